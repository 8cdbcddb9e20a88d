"""Benchmarks: measuring one part keeps the results of the others."""

import hashlib
import json
from pathlib import Path

import pytest

import bench
from app.domain.ledger.rules.merkle_tree import HASH_SIZE, TILE_WIDTH, InvalidProof, MerkleTree, check_inclusion
from bench.__main__ import Result, main, write_results
from bench.ledger import build_tiles, leaf_at

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


def test_an_unknown_part_is_named() -> None:
    parts = "output, download, catalogue, search, submission, documents, upload, floor, agenda, ledger"
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
