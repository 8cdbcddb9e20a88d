"""The bench: what one part measures does not take away what others did."""

import json
from pathlib import Path

import pytest

from app.domain.ledger.rules.merkle_tree import HASH_SIZE, TILE_WIDTH, InvalidProof, MerkleTree, check_inclusion
from bench.__main__ import Result, keep, main
from bench.ledger import a_leaf, tiles


def test_results_of_other_parts_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    keep([Result("lists", 1, "1/s", "before"), Result("search", 2, "ms", "before")], file)

    keep([Result("lists", 3, "1/s", "after")], file)

    assert [(each["name"], each["value"], each["how"]) for each in json.loads(file.read_text(encoding="utf-8"))] == [
        ("lists", 3, "after"),
        ("search", 2, "before"),
    ]


def test_a_part_that_there_is_not_is_named() -> None:
    parts = "output, download, catalogue, search, submission, documents, upload, floor, agenda, ledger"
    with pytest.raises(SystemExit, match=f"There is no part lists: choose from {parts}"):
        main(["lists"])


def test_the_made_up_ledger_proves_each_of_its_entries_and_no_other() -> None:
    entries = 3 * TILE_WIDTH
    made = {tile.index: tile for tile in tiles(entries)}

    def tile(level: int, index: int, width: int) -> bytes:
        return (
            made[index].hashes[: width * HASH_SIZE]
            if level == 0
            else b"".join(made[each].root for each in range(width))
        )

    tree = MerkleTree(entries, tile)
    for index in (0, 255, 400, entries - 1):
        check_inclusion(a_leaf(index), index, entries, tree.inclusion_path(index), tree.root_hash())
    with pytest.raises(InvalidProof):
        check_inclusion(a_leaf(1), 0, entries, tree.inclusion_path(0), tree.root_hash())
