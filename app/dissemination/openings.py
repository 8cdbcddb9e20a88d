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


def find_opening(output: CatalogueEntry, indexer: Indexer, language: str) -> tuple[str, str] | None:
    """Find how the text of an output begins in a language, else in the original one, and in which of the two: its first
    paragraph that is more than a heading, cut between words. None if there is none."""
    for code in dict.fromkeys((language, output.original)):
        paragraphs, levels = indexer.read_text(output, code, characters=SEARCHED_CHARACTERS)
        running = (each for each, level in zip(paragraphs, levels or repeat(0), strict=False) if not level)
        if first := next((each for each in running if sum(map(_count_columns, each)) >= MIN_COLUMNS), None):
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
