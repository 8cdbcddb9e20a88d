"""Normalizes paragraphs: one line each, without invisible characters, bounded in length and number."""

import re
import unicodedata
from collections.abc import Iterable
from itertools import islice

from app.core.inspection.display_names import to_display_text

MAX_PARAGRAPHS = 50_000
MAX_PARAGRAPH_LENGTH = 20_000
MAX_HEADING_LENGTH = 300
# Presentation forms: Latin ligatures, and shapes of Arabic letters as old programs store them. People and searches
# need the letters themselves (Unicode 17, chapters 7.1 and 9.2).
PRESENTATION_FORMS = re.compile("[\ufb00-\ufb06\ufb50-\ufdff\ufe70-\ufeff]+")


def tidy_paragraphs(paragraphs: Iterable[str]) -> list[str]:
    """Return normalized paragraphs in order: empty ones are dropped, very long ones are divided."""
    return [line for line, _level in tidy_leveled_paragraphs((paragraph, 0) for paragraph in paragraphs)]


def tidy_leveled_paragraphs(paragraphs: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return normalized paragraphs in order, each with its level as a heading: 0 also for what is too long for one."""
    lines = (
        (to_display_text(_plain_letters(part), MAX_PARAGRAPH_LENGTH), level)
        for paragraph, level in paragraphs
        for part in _divide(paragraph)
    )
    tidy = ((line, level if len(line) <= MAX_HEADING_LENGTH else 0) for line, level in lines if line)
    return list(islice(tidy, MAX_PARAGRAPHS))


def _divide(paragraph: str) -> Iterable[str]:
    """Divide a paragraph into parts of bounded length."""
    return (paragraph[at : at + MAX_PARAGRAPH_LENGTH] for at in range(0, len(paragraph), MAX_PARAGRAPH_LENGTH))


def _plain_letters(text: str) -> str:
    """Replace presentation forms by letters."""
    return PRESENTATION_FORMS.sub(lambda shape: unicodedata.normalize("NFKC", shape[0]), text)
