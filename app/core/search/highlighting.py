"""Highlighting: passages of a text that match a query, as pieces of plain text with a match flag."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from app.core.search.tokenizer import WordFormMatcher

LEAD_CHARACTERS, PASSAGE_LENGTH = 80, 280
MAX_PASSAGES = 3
MAX_CHARACTERS_READ = 2_000_000  # characters of one text that are searched


class PassagePiece(NamedTuple):
    """A piece of a passage, and whether it is a match."""

    text: str
    is_match: bool


PassagePieces = tuple[PassagePiece, ...]


def highlight_text(text: str, matcher: WordFormMatcher) -> PassagePieces:
    """Return the whole text as pieces, with every match flagged."""
    return _split_at_matches(text, find_match_spans(text, matcher), 0, len(text))


def find_passages(paragraphs: Iterable[str], matcher: WordFormMatcher) -> list[PassagePieces]:
    """Return the first paragraphs with a match, each cut around its first match."""
    result: list[PassagePieces] = []
    characters_read = 0
    for paragraph in paragraphs:
        characters_read += len(paragraph)
        if matches := find_match_spans(paragraph, matcher):
            result.append(_cut_passage(paragraph, matches))
        if len(result) == MAX_PASSAGES or characters_read > MAX_CHARACTERS_READ:
            break
    return result


def find_match_spans(text: str, matcher: WordFormMatcher) -> list[tuple[int, int]]:
    """Return start and end of all matches; overlapping ones are merged."""
    merged: list[tuple[int, int]] = []
    for start, end in matcher.find_spans(text):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _cut_passage(text: str, matches: Sequence[tuple[int, int]]) -> PassagePieces:
    """Cut a passage that begins a little before the first match, at spaces where there are some near."""
    start = max(0, matches[0][0] - LEAD_CHARACTERS)
    if start and (space := text.find(" ", start, matches[0][0])) >= 0:
        start = space + 1
    end = min(len(text), start + PASSAGE_LENGTH)
    if end < len(text) and (space := text.rfind(" ", start, end)) > matches[0][1]:
        end = space
    cut = [(a, min(b, end)) for a, b in matches if a < end]
    lead = (PassagePiece("… ", False),) if start else ()
    return (
        *lead,
        *_split_at_matches(text, cut, start, end),
        *((PassagePiece(" …", False),) if end < len(text) else ()),
    )


def _split_at_matches(text: str, matches: Sequence[tuple[int, int]], start: int, end: int) -> PassagePieces:
    """Divide `text[start:end]` into pieces at the spans."""
    pieces = []
    for a, b in matches:
        pieces += [PassagePiece(text[start:a], False), PassagePiece(text[a:b], True)]
        start = b
    pieces.append(PassagePiece(text[start:end], False))
    return tuple(piece for piece in pieces if piece.text)
