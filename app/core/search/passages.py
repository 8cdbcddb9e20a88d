"""Highlighting: passages of a text that match a query, as pieces of plain text with a match flag."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from app.core.search.words import Sought

BEFORE, LENGTH = 80, 280
MOST = 3
ENOUGH = 2_000_000  # characters of one text that are searched


class Piece(NamedTuple):
    """A piece of a passage, and whether it is a match."""

    text: str
    marked: bool


Passage = tuple[Piece, ...]


def marked(text: str, sought: Sought) -> Passage:
    """Return the whole text as pieces, with every match flagged."""
    return _split_at_matches(text, spans(text, sought), 0, len(text))


def passages(paragraphs: Iterable[str], sought: Sought) -> list[Passage]:
    """Return the first paragraphs with a match, each cut around its first match."""
    result: list[Passage] = []
    characters_read = 0
    for paragraph in paragraphs:
        characters_read += len(paragraph)
        if matches := spans(paragraph, sought):
            result.append(_cut_passage(paragraph, matches))
        if len(result) == MOST or characters_read > ENOUGH:
            break
    return result


def spans(text: str, sought: Sought) -> list[tuple[int, int]]:
    """Return start and end of all matches; overlapping ones are merged."""
    merged: list[tuple[int, int]] = []
    for start, end in sought.standing(text):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _cut_passage(text: str, matches: Sequence[tuple[int, int]]) -> Passage:
    """Cut a passage that begins a little before the first match, at spaces where there are some near."""
    start = max(0, matches[0][0] - BEFORE)
    if start and (space := text.find(" ", start, matches[0][0])) >= 0:
        start = space + 1
    end = min(len(text), start + LENGTH)
    if end < len(text) and (space := text.rfind(" ", start, end)) > matches[0][1]:
        end = space
    cut = [(a, min(b, end)) for a, b in matches if a < end]
    lead = (Piece("… ", False),) if start else ()
    return (*lead, *_split_at_matches(text, cut, start, end), *((Piece(" …", False),) if end < len(text) else ()))


def _split_at_matches(text: str, matches: Sequence[tuple[int, int]], start: int, end: int) -> Passage:
    """Divide `text[start:end]` into pieces at the spans."""
    pieces = []
    for a, b in matches:
        pieces += [Piece(text[start:a], False), Piece(text[a:b], True)]
        start = b
    pieces.append(Piece(text[start:end], False))
    return tuple(piece for piece in pieces if piece.text)
