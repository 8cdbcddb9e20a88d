"""Text diff: what changed between two texts, by paragraph and by word. Pure functions.

Two steps, each the shortest edit script by Myers (An O(ND) Difference Algorithm, 1986): which paragraphs are equal,
then which words of similar paragraphs. Words are split at blanks and punctuation; Chinese is split by character. The
work is bounded: where texts have too little in common, whole paragraphs count as replaced.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

HAN_RANGES = "\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
TOKEN_PATTERN = re.compile(rf"[{HAN_RANGES}]|(?:(?![{HAN_RANGES}])[\w’'\u0640-\u0652])+\s*|\s+|[^\w\s]\s*")
# Limits of the search: for one pair of texts, and for a whole document.
MAX_STEPS = 200_000
MAX_TOTAL_STEPS = 3_000_000
MAX_PARAGRAPH_PAIRS = 2_000
MIN_SIMILARITY = 0.4  # similarity from which one paragraph counts as a rewording of another
MAX_ISLAND_LETTERS = 2  # an unchanged island of so few letters between two changes counts as changed
IndexPairs = list[tuple[int, int]]
"""Indexes of equal items in the old and the new sequence, in order."""


class ChangeKind(StrEnum):
    """What happened to a paragraph or to some words."""

    SAME = "same"
    REMOVED = "gone"
    ADDED = "new"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class DiffPiece:
    """Some words of a paragraph: same, removed or added."""

    kind: ChangeKind
    text: str


@dataclass(frozen=True, slots=True)
class DiffParagraph:
    """A paragraph of either text; a changed one has pieces of all kinds, any other exactly one."""

    kind: ChangeKind
    pieces: tuple[DiffPiece, ...]

    def old_text(self) -> str:
        """Return the paragraph as it was in the old text."""
        return "".join(piece.text for piece in self.pieces if piece.kind is not ChangeKind.ADDED)

    def new_text(self) -> str:
        """Return the paragraph as it is in the new text."""
        return "".join(piece.text for piece in self.pieces if piece.kind is not ChangeKind.REMOVED)


@dataclass(slots=True)
class StepBudget:
    """Number of search steps that may still be made."""

    steps_left: int = MAX_TOTAL_STEPS


def diff_paragraphs(old: Sequence[str], new: Sequence[str]) -> list[DiffParagraph]:
    """Compare two texts; return every paragraph of both in order, with what happened to it."""
    effort = StepBudget()
    diff: list[DiffParagraph] = []
    i = j = 0
    for same_i, same_j in [*match_equal_paragraphs(old, new, effort), (len(old), len(new))]:
        diff += diff_replaced_paragraphs(old[i:same_i], new[j:same_j], effort)
        if same_i < len(old):
            diff.append(whole_paragraph(ChangeKind.SAME, old[same_i]))
        i, j = same_i + 1, same_j + 1
    return diff


def old_paragraphs(diff: Sequence[DiffParagraph]) -> list[str]:
    """Reconstruct the old text."""
    return [paragraph.old_text() for paragraph in diff if paragraph.kind is not ChangeKind.ADDED]


def new_paragraphs(diff: Sequence[DiffParagraph]) -> list[str]:
    """Reconstruct the new text."""
    return [paragraph.new_text() for paragraph in diff if paragraph.kind is not ChangeKind.REMOVED]


def trace_old_paragraphs(diff: Sequence[DiffParagraph]) -> list[tuple[ChangeKind, int | None]]:
    """Return for each paragraph of the old text what happened to it, and its index in the new one, None if removed."""
    traced: list[tuple[ChangeKind, int | None]] = []
    place = 0
    for paragraph in diff:
        if paragraph.kind is not ChangeKind.ADDED:
            traced.append((paragraph.kind, None if paragraph.kind is ChangeKind.REMOVED else place))
        place += paragraph.kind is not ChangeKind.REMOVED
    return traced


def whole_paragraph(kind: ChangeKind, text: str) -> DiffParagraph:
    """Build a paragraph of one piece."""
    return DiffParagraph(kind, (DiffPiece(kind, text),))


def match_equal_paragraphs(old: Sequence[str], new: Sequence[str], budget: StepBudget) -> IndexPairs:
    """Match equal paragraphs: first those unique in both texts and in the same order, then others between them."""
    pairs: IndexPairs = []
    i = j = 0
    for at, to in [*find_unique_anchors(old, new), (len(old), len(new))]:
        pairs += [(i + a, j + b) for a, b in match_tokens(old[i:at], new[j:to], budget)]
        if at < len(old):
            pairs.append((at, to))
        i, j = at + 1, to + 1
    return pairs


def find_unique_anchors(old: Sequence[str], new: Sequence[str]) -> IndexPairs:
    """Return the longest increasing run of paragraphs that are unique in each text (patience diff; Bram Cohen)."""
    old_counts, new_counts = Counter(old), Counter(new)
    new_index = {text: at for at, text in enumerate(new) if new_counts[text] == 1}
    common = [(at, new_index[text]) for at, text in enumerate(old) if old_counts[text] == 1 and text in new_index]
    ends: list[int] = []  # the smallest index in `new` at which a run of each length ends
    last: list[int] = []  # the index in `common` of that end
    previous: list[int] = []
    for index, (_, to) in enumerate(common):
        length = bisect_left(ends, to)
        ends[length : length + 1], last[length : length + 1] = [to], [index]
        previous.append(last[length - 1] if length else -1)
    run, index = [], last[-1] if last else -1
    while index >= 0:
        run.append(common[index])
        index = previous[index]
    return run[::-1]


def match_tokens(a: Sequence[str], b: Sequence[str], budget: StepBudget) -> IndexPairs:
    """Return the index pairs of a common subsequence; only common start and end if the search takes too long."""
    start = next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    rest = min(len(a), len(b)) - start
    end = next((at for at in range(rest) if a[-1 - at] != b[-1 - at]), rest)
    middle = find_shortest_edit(a[start : len(a) - end], b[start : len(b) - end], budget)
    return [
        *((at, at) for at in range(start)),
        *((start + i, start + j) for i, j in middle),
        *((len(a) - at, len(b) - at) for at in range(end, 0, -1)),
    ]


def find_shortest_edit(a: Sequence[str], b: Sequence[str], budget: StepBudget) -> IndexPairs:
    """Find the shortest edit by Myers' greedy search; return no pairs once the steps are used up."""
    steps = min(MAX_STEPS, budget.steps_left)
    furthest, trace = {1: 0}, []
    for changes in range(len(a) + len(b) + 1 if a and b else 0):
        steps -= changes + 1
        if steps < 0:
            break
        trace.append(dict(furthest))
        for diagonal in range(-changes, changes + 1, 2):
            down = is_insertion_step(furthest, diagonal, changes)
            i = furthest[diagonal + 1] if down else furthest[diagonal - 1] + 1
            while i < len(a) and i - diagonal < len(b) and a[i] == b[i - diagonal]:
                i, steps = i + 1, steps - 1
            furthest[diagonal] = i
            if i >= len(a) and i - diagonal >= len(b):
                budget.steps_left -= min(MAX_STEPS, budget.steps_left) - steps
                return backtrack_edit(trace, len(a), len(b))
    budget.steps_left -= min(MAX_STEPS, budget.steps_left) - max(steps, 0)
    return []


def is_insertion_step(furthest: dict[int, int], diagonal: int, changes: int) -> bool:
    """Return whether this diagonal is reached by inserting from the new text rather than deleting from the old."""
    return diagonal == -changes or (
        diagonal != changes and furthest.get(diagonal - 1, -1) < furthest.get(diagonal + 1, -1)
    )


def backtrack_edit(trace: list[dict[int, int]], i: int, j: int) -> IndexPairs:
    """Return the matched pairs of the edit that was found, walking its trace backwards, in order."""
    pairs: IndexPairs = []
    for changes in range(len(trace) - 1, -1, -1):
        furthest, diagonal = trace[changes], i - j
        previous_diagonal = diagonal + 1 if is_insertion_step(furthest, diagonal, changes) else diagonal - 1
        from_i = furthest[previous_diagonal] if changes else 0
        from_j = from_i - previous_diagonal if changes else 0
        while i > from_i and j > from_j:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        i, j = from_i, from_j
    return pairs[::-1]


def diff_replaced_paragraphs(old: Sequence[str], new: Sequence[str], budget: StepBudget) -> Iterator[DiffParagraph]:
    """Yield paragraphs of which none is equal: similar ones as changed, the others as removed and added."""
    i = j = 0
    for like_i, like_j in [*pair_similar_paragraphs(old, new), (len(old), len(new))]:
        yield from (whole_paragraph(ChangeKind.REMOVED, text) for text in old[i:like_i])
        yield from (whole_paragraph(ChangeKind.ADDED, text) for text in new[j:like_j])
        if like_i < len(old):
            yield from diff_words(old[like_i], new[like_j], budget)
        i, j = like_i + 1, like_j + 1


def pair_similar_paragraphs(old: Sequence[str], new: Sequence[str]) -> IndexPairs:
    """Pair old and new paragraphs, in order, so that total similarity is largest; none if there are too many."""
    if len(old) * len(new) > MAX_PARAGRAPH_PAIRS:
        return []
    word_counts = [[Counter(TOKEN_PATTERN.findall(text)) for text in texts] for texts in (old, new)]
    best: list[list[tuple[float, IndexPairs]]] = [[(0.0, [])] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i, left in enumerate(word_counts[0]):
        for j, right in enumerate(word_counts[1]):
            score, pairs = max(best[i][j + 1], best[i + 1][j], key=lambda candidate: candidate[0])
            similarity = dice_similarity(left, right)
            if similarity >= MIN_SIMILARITY and best[i][j][0] + similarity > score:
                score, pairs = best[i][j][0] + similarity, [*best[i][j][1], (i, j)]
            best[i + 1][j + 1] = (score, pairs)
    return best[-1][-1][1]


def dice_similarity(left: Counter[str], right: Counter[str]) -> float:
    """Return the share of words that both have, from 0 to 1 (Dice coefficient)."""
    total = left.total() + right.total()
    return 2 * (left & right).total() / total if total else 0.0


def diff_words(old: str, new: str, budget: StepBudget) -> Iterator[DiffParagraph]:
    """Yield one paragraph with its changes marked, or both as a whole if hardly anything is common."""
    a, b = TOKEN_PATTERN.findall(old), TOKEN_PATTERN.findall(new)
    pieces = merge_pieces(build_word_pieces(a, b, match_tokens(a, b, budget)))
    if any(piece.kind is ChangeKind.SAME for piece in pieces):
        yield DiffParagraph(ChangeKind.CHANGED, pieces)
    else:
        yield from (whole_paragraph(ChangeKind.REMOVED, old), whole_paragraph(ChangeKind.ADDED, new))


def build_word_pieces(a: Sequence[str], b: Sequence[str], pairs: IndexPairs) -> list[DiffPiece]:
    """Build the pieces of a paragraph; unchanged islands of a letter or two between changes count as changed, to
    stay readable."""
    pieces: list[DiffPiece] = []
    i = j = 0
    for at, to in [*pairs, (len(a), len(b))]:
        pieces += [DiffPiece(ChangeKind.REMOVED, "".join(a[i:at])), DiffPiece(ChangeKind.ADDED, "".join(b[j:to]))]
        if at < len(a):
            pieces.append(DiffPiece(ChangeKind.SAME, a[at]))
        i, j = at + 1, to + 1
    joined = merge_pieces([piece for piece in pieces if piece.text])
    inner = range(1, len(joined) - 1)
    islands = {
        at for at in inner if joined[at].kind is ChangeKind.SAME and len(joined[at].text.strip()) <= MAX_ISLAND_LETTERS
    }
    return [
        DiffPiece(kind, piece.text)
        for at, piece in enumerate(joined)
        for kind in ((ChangeKind.REMOVED, ChangeKind.ADDED) if at in islands else (piece.kind,))
    ]


def merge_pieces(pieces: Sequence[DiffPiece]) -> tuple[DiffPiece, ...]:
    """Merge pieces so that between unchanged words there is one removed and then one added piece."""
    result: list[DiffPiece] = []
    for same, group in groupby(pieces, key=lambda piece: piece.kind is ChangeKind.SAME):
        run = list(group)
        for kind in (ChangeKind.SAME,) if same else (ChangeKind.REMOVED, ChangeKind.ADDED):
            if text := "".join(piece.text for piece in run if piece.kind is kind):
                result.append(DiffPiece(kind, text))
    return tuple(result)
