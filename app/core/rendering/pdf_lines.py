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

ARABIC_PATTERN = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
HAN_PATTERN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
NUMBER_PATTERN = re.compile(r"[\W_]*\d{0,4}[\W_]*(\d{1,4})?[\W_]*")
LIST_MARK_PATTERN = re.compile(r"(\(?\w{1,3}[.)]|[•–—▪◦○●·-])\s")
SENTENCE_END_PATTERN = re.compile(r"[.!?:;。！？：；؟؛][\"”»’)\]]*$")
# Hyphens of divided words: U+2010 by careful programs, the others by PDFium for a soft hyphen.
HYPHENATION_MARKS = ("\u2010", "\u00ad", "\ufffe", "\x02")
BRACKET_PATTERN = re.compile(r"[()\[\]]")
STOP_BEFORE_NUMBER_PATTERN = re.compile(r"(?<!\S)\.(\d+)(?!\S)")
SIZE_TOLERANCE = 0.6  # points
MAX_GAP_FACTOR = 1.3  # times the usual line distance of the page
MAX_SIZE_FACTOR = 1.5  # times the size of the letters, for lines of a heading
MIN_RUNNING_PAGES = 3  # a line that is first or last on so many pages is a header or a footer


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text with its left and right end and its baseline in points, upwards, and the size of its letters."""

    text: str
    left: float
    right: float
    baseline: float
    size: float

    @property
    def is_arabic(self) -> bool:
        """True if more than half of the letters are of a right-to-left script."""
        return len(ARABIC_PATTERN.findall(self.text)) * 2 > sum(letter.isalpha() for letter in self.text)


@dataclass(frozen=True, slots=True)
class TextColumnGeometry:
    """Left and right edge of the text of a page and the usual distance of its lines, in points."""

    left: float
    right: float
    line_spacing: float


def join_lines_into_paragraphs(pages: Iterable[list[TextLine]]) -> Iterator[str]:
    """Yield the paragraphs of all pages."""
    paragraph, previous, column = "", None, TextColumnGeometry(0, 0, 0)
    for lines in drop_headers_and_footers(list(pages)):
        for at, line in enumerate(lines):
            page_turned = at == 0
            if previous is not None and continues_paragraph(previous, line, column, page_turned=page_turned):
                paragraph = append_line_to_paragraph(paragraph, line.text)
            else:
                yield repair_arabic_order(paragraph)
                paragraph = line.text
            if page_turned:
                column = measure_column(lines)
            previous = line
    yield repair_arabic_order(paragraph)


def drop_headers_and_footers(pages: list[list[TextLine]]) -> Iterator[list[TextLine]]:
    """Yield the pages without page numbers, headers and footers: lines that repeat at the same position, but for
    digits."""
    ends = Counter(key for lines in pages for key in {_running_key(line) for line in (*lines[:1], *lines[-1:])})
    often = max(MIN_RUNNING_PAGES, len(pages) // 2)

    def is_running(line: TextLine) -> bool:
        return ends[_running_key(line)] >= often or NUMBER_PATTERN.fullmatch(line.text) is not None

    for lines in pages:
        remaining = [line for at, line in enumerate(lines) if at not in (0, len(lines) - 1) or not is_running(line)]
        yield [line for line in remaining if re.search(r"\w", line.text)]


def _running_key(line: TextLine) -> str:
    """Return text and position of a line, without its digits."""
    return f"{re.sub(r'[0-9]+', '#', line.text)} {round(line.baseline)}"


def measure_column(lines: list[TextLine]) -> TextColumnGeometry:
    """Measure the edges and the line distance of a page."""
    steps = [above.baseline - below.baseline for above, below in pairwise(lines)]
    down = [step for step in steps if step > 0]
    return TextColumnGeometry(
        min(line.left for line in lines), max(line.right for line in lines), median(down) if down else float("inf")
    )


def continues_paragraph(line: TextLine, following: TextLine, column: TextColumnGeometry, *, page_turned: bool) -> bool:
    """Return whether the second line continues the paragraph of the first; `page_turned` if a page ends between
    them."""
    if abs(line.size - following.size) > SIZE_TOLERANCE or LIST_MARK_PATTERN.match(following.text):
        return False
    if page_turned and SENTENCE_END_PATTERN.search(line.text):
        return False
    step = line.baseline - following.baseline
    if not page_turned and not 0 < step <= max(MAX_GAP_FACTOR * column.line_spacing, MAX_SIZE_FACTOR * line.size):
        return False
    free_width = line.left - column.left if line.is_arabic else column.right - line.right
    return free_width < first_word_width(following) + line.size / 2


def first_word_width(line: TextLine) -> float:
    """Estimate the width of the first word in points; of Chinese, two characters, since no line begins with a comma."""
    word = line.text[:2] if HAN_PATTERN.match(line.text) else line.text.split(maxsplit=1)[0]
    return (line.right - line.left) * len(word) / len(line.text)


def append_line_to_paragraph(paragraph: str, line: str) -> str:
    """Join two lines: with a space between words, without one after a hyphen or in Chinese."""
    if paragraph.endswith(HYPHENATION_MARKS):
        return paragraph[:-1] + line
    tight = paragraph.endswith("-") or (HAN_PATTERN.match(line) and HAN_PATTERN.match(paragraph[-1:]))
    return paragraph + line if tight else f"{paragraph} {line}"


def repair_arabic_order(paragraph: str) -> str:
    """Repair Arabic, which PDFs store in visual order: move stops behind numbers again, and turn brackets that do
    not pair."""
    if not ARABIC_PATTERN.search(paragraph):
        return paragraph
    paragraph = STOP_BEFORE_NUMBER_PATTERN.sub(r"\1.", paragraph)
    if len(BRACKET_PATTERN.findall(paragraph)) % 2:
        return paragraph
    depth = 0

    def pair_bracket(mark: re.Match[str]) -> str:
        nonlocal depth
        opens = mark[0] in "([" if depth else True
        depth += 1 if opens else -1
        square = mark[0] in "[]"
        return ("[" if square else "(") if opens else ("]" if square else ")")

    return re.sub(r" ([)\]])(?=\w)", r"\1 ", BRACKET_PATTERN.sub(pair_bracket, paragraph))
