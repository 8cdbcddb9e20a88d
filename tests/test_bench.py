"""The bench: what one part measures does not take away what others did."""

import json
from pathlib import Path

import pytest

from bench.__main__ import Result, keep, main


def test_results_of_other_parts_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    keep([Result("lists", 1, "1/s", "before"), Result("search", 2, "ms", "before")], file)

    keep([Result("lists", 3, "1/s", "after")], file)

    assert [(each["name"], each["value"], each["how"]) for each in json.loads(file.read_text(encoding="utf-8"))] == [
        ("lists", 3, "after"),
        ("search", 2, "before"),
    ]


def test_a_part_that_there_is_not_is_named() -> None:
    parts = "output, download, catalogue, search, submission, documents, upload"
    with pytest.raises(SystemExit, match=f"There is no part lists: choose from {parts}"):
        main(["lists"])
