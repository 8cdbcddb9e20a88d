"""The result of a long run: a fault that never struck and a control that lost nothing count as failures."""

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import __main__ as long_run
from tests.faults.common_steps import Outcome
from tests.faults.report import Report

CLEAN = Outcome("disk full", True, ())
REACHED, BEYOND = (Outcome(f"EIO at fsync {n}", n == 1, (), 1.0 * n, "EIO at fsync") for n in (1, 2))
LOST = Outcome("control: power cut", True, ("2: file is not there",))


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ((CLEAN, REACHED, BEYOND, LOST), 0),
        ((CLEAN, BEYOND), 1),  # no sync failed at all
        ((Outcome("disk full", False, ()),), 1),
        ((Outcome("disk full", True, ("7: a table names it",)),), 1),
        ((Outcome("control: power cut", True, ()),), 1),
        ((Outcome("control: power cut", True, ("3: the journal is altered",)),), 1),  # not what it had to lose
    ],
)
def test_a_run_is_good_if_each_kind_struck_and_only_controls_lost(
    outcomes: tuple[Outcome, ...], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def every_run(_folder: Path, _asked: Namespace) -> Iterator[Outcome]:
        yield from outcomes

    monkeypatch.setattr(long_run, "every_run", every_run)

    assert long_run.main(["--seed", "1"]) == code


def test_the_table_counts_runs_by_kind_and_what_struck() -> None:
    report = Report([REACHED, CLEAN, BEYOND, LOST])

    assert report.never_struck == []
    assert report.table.splitlines()[2:] == [
        "| EIO at fsync | 2 | 1 | 0 | 2.0 |",
        "| disk full | 1 | 1 | 0 | 0.0 |",
        "| control: power cut | 1 | 1 | 0 | 0.0 |",
    ]
