"""Passages of a text that answer a question, in pieces of which some are marked. The pieces are plain text."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from app.core.search.words import Sought

BEFORE, LENGTH = 80, 280
MOST = 3
ENOUGH = 2_000_000  # characters of one text that are looked through


class Piece(NamedTuple):
    """A piece of a passage, and whether it is what was asked for."""

    text: str
    marked: bool


Passage = tuple[Piece, ...]


def marked(text: str, sought: Sought) -> Passage:
    """The whole text, with every word marked that is sought."""
    return _pieces(text, spans(text, sought), 0, len(text))


def passages(paragraphs: Iterable[str], sought: Sought) -> list[Passage]:
    """The first paragraphs in which a word stands that is sought, cut around the first of them."""
    found: list[Passage] = []
    read = 0
    for paragraph in paragraphs:
        read += len(paragraph)
        if there := spans(paragraph, sought):
            found.append(_around(paragraph, there))
        if len(found) == MOST or read > ENOUGH:
            break
    return found


def spans(text: str, sought: Sought) -> list[tuple[int, int]]:
    """Where they stand; what overlaps is one span."""
    found: list[tuple[int, int]] = []
    for start, end in sought.standing(text):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _around(text: str, there: Sequence[tuple[int, int]]) -> Passage:
    """From a little before the first span, between spaces where there are some near."""
    start = max(0, there[0][0] - BEFORE)
    if start and (space := text.find(" ", start, there[0][0])) >= 0:
        start = space + 1
    end = min(len(text), start + LENGTH)
    if end < len(text) and (space := text.rfind(" ", start, end)) > there[0][1]:
        end = space
    cut = [(a, min(b, end)) for a, b in there if a < end]
    lead = (Piece("… ", False),) if start else ()
    return (*lead, *_pieces(text, cut, start, end), *((Piece(" …", False),) if end < len(text) else ()))


def _pieces(text: str, there: Sequence[tuple[int, int]], start: int, end: int) -> Passage:
    pieces = []
    for a, b in there:
        pieces += [Piece(text[start:a], False), Piece(text[a:b], True)]
        start = b
    pieces.append(Piece(text[start:end], False))
    return tuple(piece for piece in pieces if piece.text)
