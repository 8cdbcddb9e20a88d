"""Differences between two texts, folded to the changed paragraphs and their context."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from app.core.differences import Kind, Paragraph

AROUND = 1  # unchanged paragraphs shown before and after a change


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive paragraphs: shown, or folded because none of them changed."""

    folded: bool
    paragraphs: Sequence[Paragraph]


def stretches(changes: Sequence[Paragraph]) -> Iterator[Stretch]:
    """Group all paragraphs in order. Those further than `CONTEXT_PARAGRAPHS` from a change are folded, unless few."""
    near: set[int] = set()
    for index, change in enumerate(changes):
        if change.kind is not Kind.SAME:
            near.update(range(index - AROUND, index + AROUND + 1))
    for is_shown, indices in groupby(range(len(changes)), key=near.__contains__):
        paragraphs = [changes[index] for index in indices]
        yield Stretch(not is_shown and len(paragraphs) > AROUND, paragraphs)
