"""Differences between two texts, folded to the changed paragraphs and their context."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from app.core.text_diff import ChangeKind, DiffParagraph

CONTEXT_PARAGRAPHS = 1  # unchanged paragraphs shown before and after a change


@dataclass(frozen=True, slots=True)
class DiffBlock:
    """Consecutive paragraphs: shown, or folded because none of them changed."""

    folded: bool
    paragraphs: Sequence[DiffParagraph]


def group_diff_blocks(changes: Sequence[DiffParagraph]) -> Iterator[DiffBlock]:
    """Group all paragraphs in order. Those further than `CONTEXT_PARAGRAPHS` from a change are folded, unless few."""
    near: set[int] = set()
    for index, change in enumerate(changes):
        if change.kind is not ChangeKind.SAME:
            near.update(range(index - CONTEXT_PARAGRAPHS, index + CONTEXT_PARAGRAPHS + 1))
    for is_shown, indices in groupby(range(len(changes)), key=near.__contains__):
        paragraphs = [changes[index] for index in indices]
        yield DiffBlock(not is_shown and len(paragraphs) > CONTEXT_PARAGRAPHS, paragraphs)
