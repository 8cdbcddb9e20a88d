"""Releases under kills are whole or not there, and never early; and what the observers note is judged."""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.faults.fault_plan import installation_settings
from tests.faults.releases.judgement import (
    PortalRecord,
    ReleaseFault,
    find_instant_faults,
    find_page_faults,
    find_record_faults,
    find_snapshot_faults,
)
from tests.faults.releases.observers import PageLook, ReleaseRow, Snapshot
from tests.faults.releases.plan import release_under_kills
from tests.faults.releases.under_kills import SINGLE_KILLS, choose_strikes, describe_delays

OUTPUT, TEXT, MANIFEST, PROOF = (
    ReleaseRow("output", "a", "one"),
    ReleaseRow("file", "b", "one"),
    ReleaseRow("manifest", "c", ""),
    ReleaseRow("proof", "d", ""),
)
RELEASED, PROVEN = frozenset({OUTPUT, TEXT, MANIFEST}), frozenset({OUTPUT, TEXT, MANIFEST, PROOF})
RECORD = PortalRecord({OUTPUT: "7", TEXT: "7", MANIFEST: "7", PROOF: "8"}, {"one": 100.0})
STRANGE = ReleaseRow("file", "other bytes", "one")


@pytest.mark.thorough
def test_releases_are_whole_on_both_read_paths_whatever_is_killed(tmp_path: Path) -> None:
    """Each part once; then the controls, which have to lose what they say."""
    seed = random.SystemRandom().randrange(10**6)

    outcomes = list(release_under_kills(tmp_path / "clusters", installation_settings(), len(SINGLE_KILLS), seed))

    assert [(each.name, each.wrong) for each in outcomes if not each.is_good] == [], seed
    assert [each.name for each in outcomes if not each.struck] == [], seed
    without_files = next(each for each in outcomes if "without files" in each.name)
    assert {fault[0] for fault in without_files.wrong} == {"1", "2"}
    assert len([each for each in outcomes if each.is_control]) == 4


def snapshots_of(*seen: tuple[float, frozenset[ReleaseRow]]) -> Sequence[Snapshot]:
    return [Snapshot(at - 0.1, at, rows) for at, rows in seen]


def test_a_release_that_appears_whole_after_its_instant_is_right() -> None:
    seen = snapshots_of((99.0, frozenset()), (100.1, RELEASED), (130.0, PROVEN))

    assert list(find_snapshot_faults(seen, RECORD)) == []
    assert list(find_record_faults(RECORD, {"one": {"en": "b"}})) == []


@pytest.mark.parametrize(
    ("at", "rows", "kinds"),
    [
        (99.9, RELEASED, {"1"}),
        (99.9, frozenset({OUTPUT}), {"1", "2"}),
        (100.1, frozenset({OUTPUT, MANIFEST}), {"2"}),
        (100.1, RELEASED | {STRANGE}, {"2"}),
    ],
)
def test_a_snapshot_that_is_early_or_half_is_a_fault(at: float, rows: frozenset[ReleaseRow], kinds: set[str]) -> None:
    assert {fault.text[0] for fault in find_snapshot_faults(snapshots_of((at, rows)), RECORD)} == kinds


def test_a_release_in_two_transactions_is_a_fault() -> None:
    in_two = PortalRecord(RECORD.writers | {TEXT: "9"}, RECORD.instants)

    assert [fault.output for fault in find_record_faults(in_two, {"one": {"en": "b"}})] == ["one"]


def test_an_instant_that_was_not_asked_for_is_a_fault() -> None:
    assert list(find_instant_faults({"one": 100.0}, {"one": [99.0, 100.0]})) == []
    assert [fault.output for fault in find_instant_faults({"one": 100.0}, {"one": [99.0]})] == ["one"]


def test_a_release_that_is_there_and_then_not_is_a_fault() -> None:
    seen = snapshots_of((100.1, RELEASED), (100.4, frozenset()), (105.0, RELEASED))

    assert {fault.text[0] for fault in find_snapshot_faults(seen, RECORD)} == {"2"}


def judge_pages(*looks: tuple[float, str], kills: Sequence[float] = ()) -> list[ReleaseFault]:
    notes = [PageLook("one", at - 0.1, at, seen) for at, seen in looks]
    return list(find_page_faults(notes, {"one": 100.0}, kills))


def test_a_page_that_is_unknown_and_then_whole_is_right_and_may_be_away_after_a_kill() -> None:
    looks = ((99.0, "unknown"), (100.5, "whole"), (101.0, "away"), (103.0, "away"), (104.0, "whole"))

    assert judge_pages(*looks, kills=[100.9]) == []


@pytest.mark.parametrize(
    ("looks", "kind"),
    [
        (((99.9, "whole"),), "1"),
        (((100.5, "the file in en says 404, 9 bytes"),), "2"),
        (((100.5, "whole"), (101.0, "unknown")), "2"),
        (((100.5, "whole"), (101.0, "away")), "3"),
        (((99.0, "away"), (99.5, "unknown"), (100.5, "away")), "3"),  # it has answered since the kill
    ],
)
def test_a_page_that_is_early_half_gone_or_away_is_a_fault(looks: Sequence[tuple[float, str]], kind: str) -> None:
    assert [fault.text[0] for fault in judge_pages(*looks, kills=[98.0])] == [kind]


def test_every_part_is_killed_in_each_round_and_pairs_are_too() -> None:
    strikes = choose_strikes(20, random.Random(1))

    assert {strike.parts for strike in strikes[:6]} == {(part,) for part in SINGLE_KILLS}
    assert [len(strike.parts) for strike in strikes] == [*[1] * 6, 2, 2, 0, 0] * 2
    assert [strike.is_awaited for strike in strikes] == [*[True] * 10, *[False] * 8, True, True]


def test_the_delays_are_described_with_those_without_a_kill() -> None:
    delays = {f"output-{number}": float(number) for number in range(1, 11)}

    assert describe_delays("reading-1", delays, {"output-1", "output-2"}) == (
        "reading-1: 10 releases readable after their instants, median 5.5 s, 95 % 10.0 s, worst 10.0 s, worst of 2"
        " without a kill 2.0 s"
    )
