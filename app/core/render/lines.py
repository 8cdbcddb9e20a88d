"""Joins lines of PDF pages into paragraphs: a line continues in the next one if its first word would not have fitted.

A heuristic from typography: a new paragraph begins after a short line, after a gap, with a list mark, or with letters
of another size.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

ARABIC = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
HAN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
NUMBER = re.compile(r"[\W_]*\d{0,4}[\W_]*(\d{1,4})?[\W_]*")
LIST_MARK = re.compile(r"(\(?\w{1,3}[.)]|[•–—▪◦○●·-])\s")
END = re.compile(r"[.!?:;。！？：；؟؛][\"”»’)\]]*$")
# Hyphens of divided words: U+2010 by careful programs, the others by PDFium for a soft hyphen.
DIVIDED = ("\u2010", "\u00ad", "\ufffe", "\x02")
BRACKETS = re.compile(r"[()\[\]]")
STOP_BEFORE_NUMBER = re.compile(r"(?<!\S)\.(\d+)(?!\S)")
SAME_SIZE = 0.6  # points
WIDER_GAP = 1.3  # times the usual line distance of the page
LOOSE = 1.5  # times the size of the letters, for lines of a heading
RUNNING = 3  # a line that is first or last on so many pages is a header or a footer


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text with its left and right end and its baseline in points, upwards, and the size of its letters."""

    text: str
    left: float
    right: float
    base: float
    size: float

    @property
    def is_arabic(self) -> bool:
        """True if more than half of the letters are of a right-to-left script."""
        return len(ARABIC.findall(self.text)) * 2 > sum(letter.isalpha() for letter in self.text)


@dataclass(frozen=True, slots=True)
class Column:
    """Left and right edge of the text of a page and the usual distance of its lines, in points."""

    left: float
    right: float
    step: float


def joined(pages: Iterable[list[Line]]) -> Iterator[str]:
    """Yield the paragraphs of all pages."""
    paragraph, previous, column = "", None, Column(0, 0, 0)
    for lines in without_running(list(pages)):
        for at, line in enumerate(lines):
            page_turned = at == 0
            if previous is not None and goes_on(previous, line, column, turned=page_turned):
                paragraph = glued(paragraph, line.text)
            else:
                yield repaired(paragraph)
                paragraph = line.text
            if page_turned:
                column = column_of(lines)
            previous = line
    yield repaired(paragraph)


def without_running(pages: list[list[Line]]) -> Iterator[list[Line]]:
    """Yield the pages without page numbers, headers and footers: lines that repeat at the same position, but for
    digits."""
    ends = Counter(key for lines in pages for key in {_running_key(line) for line in (*lines[:1], *lines[-1:])})
    often = max(RUNNING, len(pages) // 2)

    def is_running(line: Line) -> bool:
        return ends[_running_key(line)] >= often or NUMBER.fullmatch(line.text) is not None

    for lines in pages:
        remaining = [line for at, line in enumerate(lines) if at not in (0, len(lines) - 1) or not is_running(line)]
        yield [line for line in remaining if re.search(r"\w", line.text)]


def _running_key(line: Line) -> str:
    """Return text and position of a line, without its digits."""
    return f"{re.sub(r'[0-9]+', '#', line.text)} {round(line.base)}"


def column_of(lines: list[Line]) -> Column:
    """Measure the edges and the line distance of a page."""
    steps = [above.base - below.base for above, below in pairwise(lines)]
    down = [step for step in steps if step > 0]
    return Column(
        min(line.left for line in lines), max(line.right for line in lines), median(down) if down else float("inf")
    )


def goes_on(line: Line, following: Line, column: Column, *, turned: bool) -> bool:
    """Return whether the second line continues the paragraph of the first; `page_turned` if a page ends between
    them."""
    if abs(line.size - following.size) > SAME_SIZE or LIST_MARK.match(following.text):
        return False
    if turned and END.search(line.text):
        return False
    step = line.base - following.base
    if not turned and not 0 < step <= max(WIDER_GAP * column.step, LOOSE * line.size):
        return False
    free_width = line.left - column.left if line.is_arabic else column.right - line.right
    return free_width < first_word(following) + line.size / 2


def first_word(line: Line) -> float:
    """Estimate the width of the first word in points; of Chinese, two characters, since no line begins with a comma."""
    word = line.text[:2] if HAN.match(line.text) else line.text.split(maxsplit=1)[0]
    return (line.right - line.left) * len(word) / len(line.text)


def glued(paragraph: str, line: str) -> str:
    """Join two lines: with a space between words, without one after a hyphen or in Chinese."""
    if paragraph.endswith(DIVIDED):
        return paragraph[:-1] + line
    tight = paragraph.endswith("-") or (HAN.match(line) and HAN.match(paragraph[-1:]))
    return paragraph + line if tight else f"{paragraph} {line}"


def repaired(paragraph: str) -> str:
    """Repair Arabic, which PDFs store in visual order: move stops behind numbers again, and turn brackets that do
    not pair."""
    if not ARABIC.search(paragraph):
        return paragraph
    paragraph = STOP_BEFORE_NUMBER.sub(r"\1.", paragraph)
    if len(BRACKETS.findall(paragraph)) % 2:
        return paragraph
    depth = 0

    def pair_bracket(mark: re.Match[str]) -> str:
        nonlocal depth
        opens = mark[0] in "([" if depth else True
        depth += 1 if opens else -1
        square = mark[0] in "[]"
        return ("[" if square else "(") if opens else ("]" if square else ")")

    return re.sub(r" ([)\]])(?=\w)", r"\1 ", BRACKETS.sub(pair_bracket, paragraph))
