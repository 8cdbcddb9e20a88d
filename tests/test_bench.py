"""Benchmarks: measuring one part keeps the results of the others."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

import bench.__main__
from app.domain.ledger.rules.merkle_tree import HASH_SIZE, TILE_WIDTH, InvalidProof, MerkleTree, check_inclusion
from app.settings import Settings
from bench.__main__ import main, run_part
from bench.ledger import build_tiles, leaf_at
from bench.results import Result, write_results

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

    def part(_settings: Settings, _engine: Engine, _folder: Path) -> Iterator[Result]:
        yield Result("lists", 1, "1/s", "before it failed")
        raise RuntimeError("no more")

    is_whole = run_part(part, Settings(), create_engine("sqlite://"), tmp_path)

    assert not is_whole
    assert [each["name"] for each in json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))] == ["lists"]


def test_an_unknown_part_is_named() -> None:
    parts = "output, download, catalogue, search, submission, documents, scale, upload, floor, agenda"
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
