"""Reads the cover of a PDF from the text of its first page: labels, and the largest lines as its title."""

import re
import unicodedata
from statistics import median
from typing import Final

import pypdfium2

from app.core.inspection.cover_labels import LabelReader, is_unfilled, split_label
from app.core.inspection.cover_reading import MAX_LINE_LENGTH, MAX_PROSE_LENGTH, CoverReading
from app.core.inspection.display_names import to_display_prose, to_display_text

MAX_MEASURED_CHARACTERS: Final = 2_000
MAX_COVER_LINES: Final = 100
MAX_TITLE_LINES: Final = 4
MAX_ABSTRACT_LINES: Final = 25
LARGE_RATIO: Final = 1.15
"""Height of a line, against that of most lines of the page, from which it may be a title."""
MIN_TITLE_LETTERS: Final = 6
# Titles that a program made of the name of a file.
FILE_TITLE_PATTERN: Final = re.compile(r"microsoft word - .*|untitled.*|.*\.(docx?|pdf|odt|rtf|indd)", re.IGNORECASE)


ARABIC_PATTERN: Final = re.compile("[\u0621-\u064a\ufb50-\ufdff\ufe70-\ufefc]")


def read_pdf_cover(page: pypdfium2.PdfTextPage, title: str | None) -> CoverReading:
    """Read the cover from the text of the first page.

    `title` is that of the document's properties, often left over from another document: it counts if the page shows it,
    or if nothing on the page looks like a title. Arabic is not read: the letters of a ligature come in the wrong order.
    """
    text = page.get_text_range()
    if ARABIC_PATTERN.search(text[:MAX_MEASURED_CHARACTERS]):
        return CoverReading(title=title, title_is_property=title is not None)
    values = read_labelled_lines(text.splitlines()[:MAX_COVER_LINES])
    own_title = "" if title is None or FILE_TITLE_PATTERN.fullmatch(title) else title
    is_shown = own_title.casefold() in join_lines(text.splitlines()[:MAX_COVER_LINES]).casefold()
    title_text = values.get("title") or (own_title if is_shown else "") or find_largest_lines(measure_lines(page))
    return CoverReading(
        title=to_display_text(title_text or own_title, MAX_LINE_LENGTH) or None,
        title_is_property=not title_text and bool(own_title),
        source=to_display_text(values.get("source", ""), MAX_LINE_LENGTH) or None,
        abstract=to_display_prose(values.get("abstract", ""), MAX_PROSE_LENGTH) or None,
        action=to_display_prose(values.get("action", ""), MAX_PROSE_LENGTH) or None,
    )


def read_labelled_lines(lines: list[str]) -> dict[str, str]:
    """Return the values behind labels, by field. An abstract counts only if another label ends it: lines do not say
    where a paragraph ends."""
    reader, since_label = LabelReader(), 0
    for line in lines:
        since_label = 0 if split_label(line)[0] is not None else since_label + 1
        if since_label > MAX_ABSTRACT_LINES:
            break
        reader.read_paragraph(line, is_in_table=True)
        if reader.field in {"title", "source"} and reader.value:
            reader.end_value()
    return {field: join_lines(value.splitlines()) for field, value in reader.values.items()}


def join_lines(lines: list[str]) -> str:
    """Join the lines of a paragraph, with spaces between the words of scripts that have them."""
    text = ""
    for line in map(str.strip, lines):
        is_spaced = bool(text and line) and not (is_ideograph(text[-1]) or is_ideograph(line[0]))
        text += f" {line}" if is_spaced else line
    return text


def is_ideograph(character: str) -> bool:
    """Tell whether a character is as wide as two: Chinese, and its punctuation."""
    return unicodedata.east_asian_width(character) in {"W", "F"}


def measure_lines(page: pypdfium2.PdfTextPage) -> list[tuple[float, str]]:
    """Return the height in points and the text of each line at the beginning of a page."""
    lines: list[tuple[float, str]] = []
    heights: list[float] = []
    text = ""
    for index in range(min(page.count_chars(), MAX_MEASURED_CHARACTERS)):
        character = page.get_text_range(index, 1)
        if character in {"\r", "\n", "\r\n", ""}:
            if text.strip():
                lines.append((median(heights or [0]), text.strip()))
            text, heights = "", []
            continue
        text += character
        if not character.isspace():
            _left, bottom, _right, top = page.get_charbox(index, loose=True)
            heights.append(round(top - bottom, 1))
    return [*lines, (median(heights or [0]), text.strip())] if text.strip() else lines


def find_largest_lines(lines: list[tuple[float, str]]) -> str:
    """Return the first lines that follow each other and are largest; empty if none is larger than most of the page."""
    candidates = [
        (height, place)
        for place, (height, text) in enumerate(lines)
        if sum(map(str.isalpha, text)) >= MIN_TITLE_LETTERS and not is_unfilled(text)
    ]
    if not candidates:
        return ""
    largest = max(height for height, _place in candidates)
    if largest < LARGE_RATIO * median(height for height, text in lines for _letter in text):
        return ""
    first = next(place for height, place in candidates if height == largest)
    chosen = []
    for height, text in lines[first : first + MAX_TITLE_LINES]:
        if abs(height - largest) > 0.05 * largest:
            break
        chosen.append(text)
    return join_lines(chosen)
