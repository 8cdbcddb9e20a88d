"""Lines on pages become paragraphs again: a line goes on in the next one if that one's first word had no room in it.

Guessing, with what typographers do: a new paragraph begins after a short line, after a gap, with a mark of a list, or
in letters of another size.
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
# Put there by the program that divided the word: U+2010 by careful ones, the others by PDFium for a soft hyphen.
DIVIDED = ("\u2010", "\u00ad", "\ufffe", "\x02")
BRACKETS = re.compile(r"[()\[\]]")
STOP_BEFORE_NUMBER = re.compile(r"(?<!\S)\.(\d+)(?!\S)")
SAME_SIZE = 0.6  # points
WIDER_GAP = 1.3  # times the usual distance of two lines on the page
LOOSE = 1.5  # times the size of the letters: so far apart are lines of a heading too
RUNNING = 3  # pages on which the same line is first or last, to be a header or a footer


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text: where it begins and ends, how high it stands (in points, upwards), and the size of letters."""

    text: str
    left: float
    right: float
    base: float
    size: float

    @property
    def is_arabic(self) -> bool:
        return len(ARABIC.findall(self.text)) * 2 > sum(letter.isalpha() for letter in self.text)


@dataclass(frozen=True, slots=True)
class Column:
    """The page's left and right edge of text, and how far its lines are apart."""

    left: float
    right: float
    step: float


def joined(pages: Iterable[list[Line]]) -> Iterator[str]:
    """The paragraphs of all pages."""
    paragraph, before, column = "", None, Column(0, 0, 0)
    for lines in without_running(list(pages)):
        for at, line in enumerate(lines):
            turned = at == 0
            if before is not None and goes_on(before, line, column, turned=turned):
                paragraph = glued(paragraph, line.text)
            else:
                yield repaired(paragraph)
                paragraph = line.text
            if turned:
                column = column_of(lines)
            before = line
    yield repaired(paragraph)


def without_running(pages: list[list[Line]]) -> Iterator[list[Line]]:
    """The pages without numbers, headers and footers: lines that come again at the same place, but for numbers."""
    ends = Counter(key for lines in pages for key in {_key(line) for line in (*lines[:1], *lines[-1:])})
    often = max(RUNNING, len(pages) // 2)

    def runs(line: Line) -> bool:
        return ends[_key(line)] >= often or NUMBER.fullmatch(line.text) is not None

    for lines in pages:
        kept = [line for at, line in enumerate(lines) if at not in (0, len(lines) - 1) or not runs(line)]
        yield [line for line in kept if re.search(r"\w", line.text)]


def _key(line: Line) -> str:
    return f"{re.sub(r'[0-9]+', '#', line.text)} {round(line.base)}"


def column_of(lines: list[Line]) -> Column:
    steps = [above.base - below.base for above, below in pairwise(lines)]
    down = [step for step in steps if step > 0]
    return Column(
        min(line.left for line in lines), max(line.right for line in lines), median(down) if down else float("inf")
    )


def goes_on(line: Line, following: Line, column: Column, *, turned: bool) -> bool:
    """Whether the second line goes on where the first ends; `turned`: a new page lies between."""
    if abs(line.size - following.size) > SAME_SIZE or LIST_MARK.match(following.text):
        return False
    if turned and END.search(line.text):
        return False
    step = line.base - following.base
    if not turned and not 0 < step <= max(WIDER_GAP * column.step, LOOSE * line.size):
        return False
    room = line.left - column.left if line.is_arabic else column.right - line.right
    return room < first_word(following) + line.size / 2


def first_word(line: Line) -> float:
    """How much room the first word takes, about; two characters of Chinese, since no line begins with a comma."""
    word = line.text[:2] if HAN.match(line.text) else line.text.split(maxsplit=1)[0]
    return (line.right - line.left) * len(word) / len(line.text)


def glued(paragraph: str, line: str) -> str:
    """Two lines as one: with a space between words, without one where a word was divided or in Chinese."""
    if paragraph.endswith(DIVIDED):
        return paragraph[:-1] + line
    tight = paragraph.endswith("-") or (HAN.match(line) and HAN.match(paragraph[-1:]))
    return paragraph + line if tight else f"{paragraph} {line}"


def repaired(paragraph: str) -> str:
    """Arabic out of a PDF has signs where they are seen, not where they are read: put stops behind numbers again, and
    pair brackets that are the wrong way round."""
    if not ARABIC.search(paragraph):
        return paragraph
    paragraph = STOP_BEFORE_NUMBER.sub(r"\1.", paragraph)
    if len(BRACKETS.findall(paragraph)) % 2:
        return paragraph
    depth = 0

    def turned(mark: re.Match[str]) -> str:
        nonlocal depth
        opens = mark[0] in "([" if depth else True
        depth += 1 if opens else -1
        square = mark[0] in "[]"
        return ("[" if square else "(") if opens else ("]" if square else ")")

    return re.sub(r" ([)\]])(?=\w)", r"\1 ", BRACKETS.sub(turned, paragraph))
