"""Benchmarks: measuring one part keeps the results of the others."""

import asyncio
import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine

import bench.__main__
from app.core.inspection import FindingLevel, InspectionLimits
from app.core.inspection.classify import inspect_stream
from app.domain.ledger.rules.merkle_tree import HASH_SIZE, TILE_WIDTH, InvalidProof, MerkleTree, check_inclusion
from app.settings import Settings
from bench.__main__ import main, run_part
from bench.deadline_figures import breaks_rule
from bench.deadline_plan import MINUTE, DeadlinePlan, draw_submissions
from bench.ledger import build_tiles, leaf_at
from bench.lines import Line, LineCut
from bench.papers import write_paper
from bench.results import Result, write_results
from bench.submitting import Deposit

BARE_PAGES = "67b8701f8d3261d32b271d88404a0078c029911aec7161b0bc2968d0a8261591"
"""Digest of the bare pages: a ratio to slower ones would mean nothing. After a change all ratios are measured again."""


def test_the_bare_pages_are_those_that_all_ratios_were_measured_with() -> None:
    source = Path(bench.__file__).with_name("bare.py").read_bytes()
    assert hashlib.sha256(source).hexdigest() == BARE_PAGES


def test_results_of_other_parts_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    write_results([Result("lists", 1, "1/s", "before"), Result("search", 2, "ms", "before")], file)

    write_results([Result("lists", 3, "1/s", "after")], file)

    assert [(each["name"], each["value"], each["how"]) for each in json.loads(file.read_text(encoding="utf-8"))] == [
        ("lists", 3, "after"),
        ("search", 2, "before"),
    ]


def test_a_figure_is_the_median_with_its_spread() -> None:
    figure = Result.of(("lists", [3.0, 1.0, 8.0], "ms", "three rounds"), target="<= 4")

    assert (figure.value, figure.least, figure.most, figure.times) == (3.0, 1.0, 8.0, 3)
    assert "3.00 ms    [<= 4] (1.00 to 8.00, 3 times) three rounds; load" in figure.format_line()


def test_a_part_that_fails_keeps_what_it_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.__main__, "RESULTS", tmp_path / "results.json")

    def part(_settings: Settings, _engine: Engine, folder: Path) -> Iterator[Result]:
        assert not list(folder.iterdir())  # parts write under the same names
        yield Result("lists", 1, "1/s", "before it failed")
        raise RuntimeError("no more")

    is_whole = run_part(part, Settings(), create_engine("sqlite://"), tmp_path / "part")

    assert not is_whole
    assert [each["name"] for each in json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))] == ["lists"]


def test_the_half_hour_before_a_deadline_is_the_same_each_time_and_has_what_it_says() -> None:
    plan = DeadlinePlan()

    drawn = draw_submissions(plan)

    assert drawn == draw_submissions(plan)
    before = [each for each in drawn if each.begins_at < plan.window]
    in_rush = [each for each in before if each.begins_at >= plan.window - plan.rush]
    assert (len(before), len(in_rush), len(drawn) - len(before)) == (400, 133, plan.late)
    assert all(plan.sizes[0] <= each.size <= plan.sizes[1] for each in drawn)
    assert all(plan.speeds[0] <= each.speed <= plan.speeds[1] for each in drawn)
    assert {each.person for each in drawn} <= set(range(plan.people))


@pytest.mark.parametrize("wrong", [{"factor": 7}, {"factor": 0}, {"rush": 30 * MINUTE}, {"people": 10}])
def test_a_half_hour_that_cannot_be_played_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must be whole minutes|the rush is part of the window"):
        DeadlinePlan(**wrong)


@pytest.mark.parametrize("name", ["paper.docx", "paper.pdf"])
def test_a_paper_has_the_size_that_is_wanted_and_is_accepted(tmp_path: Path, name: str) -> None:
    paper = tmp_path / name

    write_paper(paper, 1, 300_000, Random(1))

    assert paper.stat().st_size == pytest.approx(300_000, rel=0.2)
    with paper.open("rb") as content:
        report = inspect_stream(content, InspectionLimits())
    assert FindingLevel.REFUSED not in {finding.level for finding in report.findings}


def test_a_submission_counts_by_the_clock_of_its_sender() -> None:
    def is_broken(timing: str, began_at: float, received_at: float, submitted_at: float) -> bool:
        receipt = {"statement": {"timing": timing}}
        times = began_at, began_at, received_at, received_at, submitted_at, submitted_at, submitted_at
        return breaks_rule(Deposit(1, "", *times, receipt=receipt), due=100, grace=50)

    assert not is_broken("in-time", 10, 20, 30)
    assert is_broken("late", 10, 20, 30)
    assert is_broken("in-time", 110, 120, 130)
    assert not is_broken("grace", 90, 120, 130)
    assert is_broken("late", 90, 120, 130)
    assert is_broken("grace", 90, 120, 160)
    assert not is_broken("late", 80, 90, 130)
    assert is_broken("grace", 80, 90, 130)


def test_a_line_takes_a_body_at_its_speed_and_is_cut() -> None:
    async def ask(cut_every: float) -> tuple[int, float]:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(50_000)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                await writer.drain()
            writer.close()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            line = Line(server.sockets[0].getsockname()[1], 7, 500_000.0, cut_every, Random(1))
            start = time.monotonic()
            answered = await line.exchange("POST", "/", {}, bytes(50_000), is_paced=True)
            return answered.status, time.monotonic() - start

    status, spent = asyncio.run(ask(cut_every=1e9))
    assert status == 200
    assert spent >= 0.1
    with pytest.raises(LineCut):
        asyncio.run(ask(cut_every=0.001))


def test_an_unknown_part_is_named() -> None:
    parts = "output, download, readers, catalogue, search, submission, documents, scale, upload, deadline, floor"
    with pytest.raises(SystemExit, match=f"There is no part lists: choose from {parts}"):
        main(["lists"])


def test_the_synthetic_ledger_proves_each_of_its_entries_and_no_other() -> None:
    entries = 3 * TILE_WIDTH
    tile_by_index = {tile.index: tile for tile in build_tiles(entries)}

    def tile(level: int, index: int, width: int) -> bytes:
        return (
            tile_by_index[index].hashes[: width * HASH_SIZE]
            if level == 0
            else b"".join(tile_by_index[each].root for each in range(width))
        )

    tree = MerkleTree(entries, tile)
    for index in (0, 255, 400, entries - 1):
        check_inclusion(leaf_at(index), index, entries, tree.inclusion_path(index), tree.root_hash())
    with pytest.raises(InvalidProof):
        check_inclusion(leaf_at(1), 0, entries, tree.inclusion_path(0), tree.root_hash())
