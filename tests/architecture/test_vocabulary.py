"""No metaphor of `vocabulary.toml` in identifiers, comments, docstrings and documents; stored names may keep it."""

from pathlib import Path

import pytest

from tests.architecture.vocabulary import (
    PROJECT_ROOT,
    VOCABULARY,
    find_below,
    find_in_document,
    find_in_identifier,
    find_in_python,
)

NOT_SEARCHED = {
    PROJECT_ROOT / "docs" / "decisions" / "vocabulary.md",  # it names the banned words
    PROJECT_ROOT / "docs" / "glossary.md",  # it names what is stored under other words
    PROJECT_ROOT / "docs" / "CHANGELOG.md",  # entries of earlier versions are not rewritten
    PROJECT_ROOT / "app" / "static" / "verify_receipt.py",  # a published program, compared with earlier copies
    PROJECT_ROOT / "tests" / "architecture" / "test_vocabulary.py",
}


@pytest.mark.parametrize("folder", ["app", "tests", "bench", "migrations", "docs"])
def test_no_metaphor_is_used(folder: str) -> None:
    findings = [str(each) for each in find_below(PROJECT_ROOT / folder) if each.path not in NOT_SEARCHED]

    assert findings == []


def test_the_readme_uses_no_metaphor() -> None:
    assert [str(each) for each in find_in_document(PROJECT_ROOT / "README.md")] == []


def test_every_banned_word_has_a_plain_one() -> None:
    assert all(entry["plain"] and (entry.get("words") or entry.get("phrases")) for entry in VOCABULARY)


def test_what_is_stored_or_shown_is_not_searched(tmp_path: Path) -> None:
    path = tmp_path / "some.py"
    path.write_text('"""Set the column `door`."""\n\nNAME = "the house is told"\nshelf = {"keeper": 1}\n')

    assert list(find_in_python(path)) == []


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("class TheHouse: ...", "house in TheHouse"),
        ("def let_out(): ...", "let_out in let_out"),
        ("x = 1  # one shelf", "shelf"),
        ('"""Everything that is\ntold."""', "told"),
        ('NAME = 1\n"""A door."""', "door"),
    ],
)
def test_identifiers_comments_and_docstrings_are_searched(tmp_path: Path, code: str, word: str) -> None:
    path = tmp_path / "some.py"
    path.write_text(code)

    assert [each.word for each in find_in_python(path)] == [word]


@pytest.mark.parametrize("name", ["stands_alone", "OutputLetOutEarly", "keeper"])
def test_only_whole_stored_names_are_kept(name: str) -> None:
    assert list(find_in_identifier(name))
