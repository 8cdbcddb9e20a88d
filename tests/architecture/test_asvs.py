"""docs/asvs.md has every requirement of levels 1 and 2 once, and what it names is there."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.source_code import PROJECT_ROOT

DOCS = PROJECT_ROOT / "docs"
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| (.+?) \| (.+?) \| (.*) \|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
SECTION = re.compile(r'\[[\w.-]+\.md\]\(([\w./-]+\.md)\), "([^"]+)"')
MET, NOT_MET, ELSEWHERE = "met", "**not met**", ("operator", "provider", "does not apply")
SHORTEST_REASON = 12  # characters


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement, and whether the software meets it."""

    number: str
    level: str
    asks: str
    answer: str
    shown: str

    @property
    def tests(self) -> list[tuple[str, str]]:
        """The tests that are named: file and function."""
        return TEST.findall(self.shown)

    @property
    def sections(self) -> list[tuple[str, str]]:
        """The sections of documents that are named: file and heading."""
        return SECTION.findall(self.shown)

    @property
    def reason(self) -> str:
        """What is said besides tests and sections."""
        return SECTION.sub("", TEST.sub("", self.shown)).strip(" ·.")


def read_rows(text: str) -> list[Row]:
    return [Row(*each) for each in ROW.findall(text)]


def read_requirements() -> dict[str, str]:
    """Return the level of each requirement by its number."""
    lines = (Path(__file__).parent / "asvs_requirements.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split() for line in lines if not line.startswith("#"))


@cache
def list_test_functions(file: str) -> frozenset[str]:
    path = PROJECT_ROOT / file
    source = path.read_text(encoding="utf-8") if path.exists() else ""
    return frozenset(re.findall(r"^(?:async )?def (test_\w+)\(", source, re.MULTILINE))


@cache
def list_headings(file: str) -> frozenset[str]:
    path = DOCS / file
    return frozenset(re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE) if path.exists() else ())


def find_faults(rows: list[Row], requirements: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong with the table."""
    numbers = Counter(row.number for row in rows)
    yield from (f"{number}: missing" for number in requirements if not numbers[number])
    yield from (f"{number}: named twice" for number, times in numbers.items() if times > 1)
    for row in rows:
        if row.level != requirements.get(row.number):
            yield f"{row.number}: not of level {row.level}"
        for file, function in row.tests:
            if function not in list_test_functions(file):
                yield f"{row.number}: no test {file}::{function}"
        for file, heading in row.sections:
            if heading not in list_headings(file):
                yield f"{row.number}: no section {heading} in {file}"
        if row.answer == MET and not row.tests and not row.sections:
            yield f"{row.number}: neither test nor section"
        if row.answer in (NOT_MET, *ELSEWHERE) and len(row.reason) < SHORTEST_REASON:
            yield f"{row.number}: no reason"
        if row.answer not in (MET, NOT_MET, *ELSEWHERE):
            yield f"{row.number}: unknown answer {row.answer}"


def test_every_requirement_has_its_row_and_what_a_row_names_is_there() -> None:
    text, requirements = (DOCS / "asvs.md").read_text(encoding="utf-8"), read_requirements()
    rows = read_rows(text)

    assert len(requirements) == 253
    assert list(find_faults(rows, requirements)) == []
    assert len(rows) == len(re.findall(r"^\| \d+\.", text, re.MULTILINE))  # none that could not be read


def test_the_figures_are_those_of_the_table() -> None:
    text = (DOCS / "asvs.md").read_text(encoding="utf-8")
    counted = Counter((row.answer.strip("*"), row.level) for row in read_rows(text))

    for answer in ("met", "not met", *ELSEWHERE):
        first, second = counted[answer, "1"], counted[answer, "2"]
        assert f"| {answer} | {first} | {second} | {first + second} |" in text
    assert f"| all | {70} | {183} | {counted.total()} |" in text


GOOD = "| 1.1.1 | 2 | input | met | `tests/architecture/test_asvs.py::test_each_fault_of_a_table_is_found` |"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("1.1.1", "1.1.2", "1.1.1: missing"),
        (GOOD, f"{GOOD}\n{GOOD}", "1.1.1: named twice"),
        ("| 2 |", "| 1 |", "1.1.1: not of level 1"),
        ("_is_found", "_is_lost", "1.1.1: no test tests/architecture/test_asvs.py::test_each_fault_of_a_table_is_lost"),
        (
            "test_asvs.py",
            "test_a.py",
            "1.1.1: no test tests/architecture/test_a.py::test_each_fault_of_a_table_is_found",
        ),
        (" |", ' · [a.md](security.md), "Nothing" |', "1.1.1: no section Nothing in security.md"),
        ("`", "", "1.1.1: neither test nor section"),
        ("met", "provider", "1.1.1: no reason"),
        ("met", "**not met**", "1.1.1: no reason"),
        ("met", "perhaps", "1.1.1: unknown answer perhaps"),
    ],
)
def test_each_fault_of_a_table_is_found(old: str, new: str, fault: str) -> None:
    assert list(find_faults(read_rows(GOOD), {"1.1.1": "2"})) == []
    changed = new.join(GOOD.rsplit(old, 1)) if old == " |" else GOOD.replace(old, new)

    assert fault in list(find_faults(read_rows(changed), {"1.1.1": "2"}))
