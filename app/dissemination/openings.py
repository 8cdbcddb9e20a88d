"""How the text of an output begins, for lists."""

from itertools import accumulate, repeat
from typing import Final
from unicodedata import east_asian_width

from app.dissemination.search.indexer import Indexer
from app.domain.releases.queries.catalogue_entries import CatalogueEntry

MIN_COLUMNS: Final = 60
"""Columns of a paragraph that is more than a heading; a Chinese character takes two."""
MAX_COLUMNS: Final = 240
"""Columns that are shown of it."""
SEARCHED_CHARACTERS: Final = 6_000
CELL_SEPARATOR: Final = " | "
"""Between the cells of a row of a table, where the text was read from its file (`app/core/rendering/docx_text.py`)."""


def find_opening(output: CatalogueEntry, indexer: Indexer, language: str) -> tuple[str, str] | None:
    """Find how the text of an output begins in a language, else in the original one, and in which of the two: its first
    paragraph that is more than a heading, not in a table as a cover is, and not the title; cut between words. None if
    there is none."""
    titles = set(output.titles.values())
    for code in dict.fromkeys((language, output.original)):
        paragraphs, levels = indexer.read_text(output, code, characters=SEARCHED_CHARACTERS)
        running = (each for each, level in zip(paragraphs, levels or repeat(0), strict=False) if not level)
        said = (each for each in running if CELL_SEPARATOR not in each and each not in titles)
        if first := next((each for each in said if sum(map(_count_columns, each)) >= MIN_COLUMNS), None):
            return cut_text(first), code
    return None


def cut_text(text: str) -> str:
    """Cut a text after its last whole word that fits, with an ellipsis; one without spaces after the last character."""
    fits = sum(columns <= MAX_COLUMNS for columns in accumulate(map(_count_columns, text)))
    if fits == len(text):
        return text
    words, _space, _rest = text[: fits + 1].rpartition(" ")
    return f"{(words or text[:fits]).rstrip(' ,;:')}…"


def _count_columns(letter: str) -> int:
    return 2 if east_asian_width(letter) in "WF" else 1
