"""Normalizes paragraphs: one line each, without invisible characters, bounded in length and number."""

import re
import unicodedata
from collections.abc import Iterable
from itertools import islice

from app.core.gate.names import shown

MOST = 50_000
LONGEST = 20_000
# Presentation forms: Latin ligatures, and shapes of Arabic letters as old programs store them. People and searches
# need the letters themselves (Unicode 17, chapters 7.1 and 9.2).
SHAPES = re.compile("[\ufb00-\ufb06\ufb50-\ufdff\ufe70-\ufeff]+")


def tidy(found: Iterable[str]) -> list[str]:
    """Return normalized paragraphs in order: empty ones are dropped, very long ones are divided."""
    lines = (shown(_plain_letters(part), LONGEST) for paragraph in found for part in _divide(paragraph))
    return list(islice((line for line in lines if line), MOST))


def _divide(paragraph: str) -> Iterable[str]:
    """Divide a paragraph into parts of bounded length."""
    return (paragraph[at : at + LONGEST] for at in range(0, len(paragraph), LONGEST))


def _plain_letters(text: str) -> str:
    """Replace presentation forms by letters."""
    return SHAPES.sub(lambda shape: unicodedata.normalize("NFKC", shape[0]), text)
