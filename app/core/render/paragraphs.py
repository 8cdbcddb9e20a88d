"""Paragraphs as they are kept: one line each, without anything invisible, and not more than a document can have."""

import re
import unicodedata
from collections.abc import Iterable
from itertools import islice

from app.core.gate.names import shown

MOST = 50_000
LONGEST = 20_000
# Shapes of letters rather than letters: Latin ligatures, and Arabic as old programs draw it. Fonts need them,
# readers and searches need the letters (Unicode 17, chapters 7.1 and 9.2).
SHAPES = re.compile("[\ufb00-\ufb06\ufb50-\ufdff\ufe70-\ufeff]+")


def tidy(found: Iterable[str]) -> list[str]:
    """What is left of them, in order: empty ones go, and one of monstrous length is divided."""
    lines = (shown(_letters(piece), LONGEST) for paragraph in found for piece in _pieces(paragraph))
    return list(islice((line for line in lines if line), MOST))


def _pieces(paragraph: str) -> Iterable[str]:
    return (paragraph[at : at + LONGEST] for at in range(0, len(paragraph), LONGEST))


def _letters(text: str) -> str:
    return SHAPES.sub(lambda shape: unicodedata.normalize("NFKC", shape[0]), text)
