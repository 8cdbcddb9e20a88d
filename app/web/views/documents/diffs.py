"""Differences between two texts, folded to the changed paragraphs and their context."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from app.core.errors import Unavailable
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.text_comparison import compare_two_texts
from app.core.text_diff import ChangeKind, DiffParagraph

NOT_COMPARABLE = _("The two texts cannot be compared: one of them is still being processed, or cannot be read.")
NOT_COMPARED_NOW = _("The differences cannot be shown at the moment. Try again in a few minutes.")
CONTEXT_PARAGRAPHS = 1  # unchanged paragraphs shown before and after a change


@dataclass(frozen=True, slots=True)
class DiffBlock:
    """Consecutive paragraphs: shown, or folded because none of them changed."""

    folded: bool
    paragraphs: Sequence[DiffParagraph]


@dataclass(frozen=True, slots=True)
class TextDifferences:
    """What differs between two texts, how many paragraphs do, and why that is not known; None if it is."""

    blocks: Sequence[DiffBlock]
    count: int
    missing: LazyText | None


def describe_differences(old: Sequence[str] | None, new: Sequence[str] | None) -> TextDifferences:
    """Compare two texts, None for one that is not extracted; while the service that compares them does not answer, the
    page shows the rest."""
    if old is None or new is None:
        return TextDifferences([], 0, NOT_COMPARABLE)
    try:
        changes = compare_two_texts(old, new)
    except Unavailable:
        return TextDifferences([], 0, NOT_COMPARED_NOW)
    count = sum(change.kind is not ChangeKind.SAME for change in changes)
    return TextDifferences(list(group_diff_blocks(changes)), count, None)


def group_diff_blocks(changes: Sequence[DiffParagraph]) -> Iterator[DiffBlock]:
    """Group all paragraphs in order. Those further than `CONTEXT_PARAGRAPHS` from a change are folded, unless few."""
    near: set[int] = set()
    for index, change in enumerate(changes):
        if change.kind is not ChangeKind.SAME:
            near.update(range(index - CONTEXT_PARAGRAPHS, index + CONTEXT_PARAGRAPHS + 1))
    for is_shown, indices in groupby(range(len(changes)), key=near.__contains__):
        paragraphs = [changes[index] for index in indices]
        yield DiffBlock(not is_shown and len(paragraphs) > CONTEXT_PARAGRAPHS, paragraphs)
