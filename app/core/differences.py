"""What was changed between two texts, paragraph by paragraph, with the words that changed: pure functions.

Two steps, each the shortest list of changes by Myers (An O(ND) Difference Algorithm, 1986): which paragraphs are the
same, then, in those that are alike, which words. Words are what lies between blanks and signs; Chinese goes by
character. The work is bounded: where texts have too little in common, whole paragraphs count as exchanged.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

HAN = "\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
TOKEN = re.compile(rf"[{HAN}]|(?:(?![{HAN}])[\w’'\u0640-\u0652])+\s*|\s+|[^\w\s]\s*")
# How much may be tried before giving up: for one pair of texts, and for all of a document together.
MOST_STEPS = 200_000
MOST_STEPS_IN_ALL = 3_000_000
MOST_PAIRS = 2_000
ALIKE = 0.4  # of two paragraphs, so much in common makes one a new wording of the other
CRUMB = 2  # so few letters between two changes are not worth an island
Pairs = list[tuple[int, int]]
"""Places in the old and the new text that are the same, in order."""


class Kind(StrEnum):
    """What happened to a paragraph or to some words."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a paragraph: the same, gone or new."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of either text; one that was changed has pieces of all kinds, any other just one."""

    kind: Kind
    pieces: tuple[Piece, ...]

    def before(self) -> str:
        return "".join(piece.text for piece in self.pieces if piece.kind is not Kind.NEW)

    def after(self) -> str:
        return "".join(piece.text for piece in self.pieces if piece.kind is not Kind.GONE)


@dataclass(slots=True)
class Effort:
    """How many steps are left."""

    left: int = MOST_STEPS_IN_ALL


def differences(old: Sequence[str], new: Sequence[str]) -> list[Paragraph]:
    """Every paragraph of both texts in order, and what happened to it."""
    effort = Effort()
    found: list[Paragraph] = []
    i = j = 0
    for same_i, same_j in [*same_paragraphs(old, new, effort), (len(old), len(new))]:
        found += exchanged(old[i:same_i], new[j:same_j], effort)
        if same_i < len(old):
            found.append(whole(Kind.SAME, old[same_i]))
        i, j = same_i + 1, same_j + 1
    return found


def before(found: Sequence[Paragraph]) -> list[str]:
    """The old text again."""
    return [paragraph.before() for paragraph in found if paragraph.kind is not Kind.NEW]


def after(found: Sequence[Paragraph]) -> list[str]:
    """The new text."""
    return [paragraph.after() for paragraph in found if paragraph.kind is not Kind.GONE]


def fates(found: Sequence[Paragraph]) -> list[tuple[Kind, int | None]]:
    """Of each paragraph of the old text what became of it, and its place in the new one, counted from 0."""
    became: list[tuple[Kind, int | None]] = []
    place = 0
    for each in found:
        if each.kind is not Kind.NEW:
            became.append((each.kind, None if each.kind is Kind.GONE else place))
        place += each.kind is not Kind.GONE
    return became


def whole(kind: Kind, text: str) -> Paragraph:
    return Paragraph(kind, (Piece(kind, text),))


def same_paragraphs(old: Sequence[str], new: Sequence[str], effort: Effort) -> Pairs:
    """First those that occur once in each text and kept their order, then what can be matched between them."""
    pairs: Pairs = []
    i = j = 0
    for at, to in [*anchors(old, new), (len(old), len(new))]:
        pairs += [(i + a, j + b) for a, b in matches(old[i:at], new[j:to], effort)]
        if at < len(old):
            pairs.append((at, to))
        i, j = at + 1, to + 1
    return pairs


def anchors(old: Sequence[str], new: Sequence[str]) -> Pairs:
    """The longest run, in both orders, of paragraphs that are unique in each (a patience sort; Bram Cohen)."""
    once, places = Counter(old), Counter(new)
    where = {text: at for at, text in enumerate(new) if places[text] == 1}
    common = [(at, where[text]) for at, text in enumerate(old) if once[text] == 1 and text in where]
    ends: list[int] = []  # the smallest place in `new` at which a run of each length ends
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


def matches(a: Sequence[str], b: Sequence[str], effort: Effort) -> Pairs:
    """What two sequences have in common, or only their beginning and end if finding it takes too long."""
    start = next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    rest = min(len(a), len(b)) - start
    end = next((at for at in range(rest) if a[-1 - at] != b[-1 - at]), rest)
    middle = shortest(a[start : len(a) - end], b[start : len(b) - end], effort)
    return [
        *((at, at) for at in range(start)),
        *((start + i, start + j) for i, j in middle),
        *((len(a) - at, len(b) - at) for at in range(end, 0, -1)),
    ]


def shortest(a: Sequence[str], b: Sequence[str], effort: Effort) -> Pairs:
    """Myers' greedy search; no pairs at all once its steps are used up."""
    steps = min(MOST_STEPS, effort.left)
    furthest, trace = {1: 0}, []
    for changes in range(len(a) + len(b) + 1 if a and b else 0):
        steps -= changes + 1
        if steps < 0:
            break
        trace.append(dict(furthest))
        for diagonal in range(-changes, changes + 1, 2):
            down = goes_down(furthest, diagonal, changes)
            i = furthest[diagonal + 1] if down else furthest[diagonal - 1] + 1
            while i < len(a) and i - diagonal < len(b) and a[i] == b[i - diagonal]:
                i, steps = i + 1, steps - 1
            furthest[diagonal] = i
            if i >= len(a) and i - diagonal >= len(b):
                effort.left -= min(MOST_STEPS, effort.left) - steps
                return walked_back(trace, len(a), len(b))
    effort.left -= min(MOST_STEPS, effort.left) - max(steps, 0)
    return []


def goes_down(furthest: dict[int, int], diagonal: int, changes: int) -> bool:
    """Whether this diagonal is reached by taking from the new text, rather than leaving out of the old."""
    return diagonal == -changes or (
        diagonal != changes and furthest.get(diagonal - 1, -1) < furthest.get(diagonal + 1, -1)
    )


def walked_back(trace: list[dict[int, int]], i: int, j: int) -> Pairs:
    """The pairs on the way that was found, from its end to its beginning, in order."""
    pairs: Pairs = []
    for changes in range(len(trace) - 1, -1, -1):
        furthest, diagonal = trace[changes], i - j
        came = diagonal + 1 if goes_down(furthest, diagonal, changes) else diagonal - 1
        from_i = furthest[came] if changes else 0
        from_j = from_i - came if changes else 0
        while i > from_i and j > from_j:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        i, j = from_i, from_j
    return pairs[::-1]


def exchanged(old: Sequence[str], new: Sequence[str], effort: Effort) -> Iterator[Paragraph]:
    """Paragraphs of which none is the same: those that are alike as changed ones, the others as gone and new."""
    i = j = 0
    for like_i, like_j in [*alike(old, new), (len(old), len(new))]:
        yield from (whole(Kind.GONE, text) for text in old[i:like_i])
        yield from (whole(Kind.NEW, text) for text in new[j:like_j])
        if like_i < len(old):
            yield from reworded(old[like_i], new[like_j], effort)
        i, j = like_i + 1, like_j + 1


def alike(old: Sequence[str], new: Sequence[str]) -> Pairs:
    """Which paragraphs are a new wording of which: the pairs, in order, that have most in common altogether."""
    if len(old) * len(new) > MOST_PAIRS:
        return []
    words = [[Counter(TOKEN.findall(text)) for text in texts] for texts in (old, new)]
    best: list[list[tuple[float, Pairs]]] = [[(0.0, [])] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i, left in enumerate(words[0]):
        for j, right in enumerate(words[1]):
            score, pairs = max(best[i][j + 1], best[i + 1][j], key=lambda known: known[0])
            common = likeness(left, right)
            if common >= ALIKE and best[i][j][0] + common > score:
                score, pairs = best[i][j][0] + common, [*best[i][j][1], (i, j)]
            best[i + 1][j + 1] = (score, pairs)
    return best[-1][-1][1]


def likeness(left: Counter[str], right: Counter[str]) -> float:
    """From 0 to 1: the share of words that both have (Dice)."""
    total = left.total() + right.total()
    return 2 * (left & right).total() / total if total else 0.0


def reworded(old: str, new: str, effort: Effort) -> Iterator[Paragraph]:
    """One paragraph with its changes marked; both in whole if hardly anything stays."""
    a, b = TOKEN.findall(old), TOKEN.findall(new)
    pieces = merged(cut(a, b, matches(a, b, effort)))
    if any(piece.kind is Kind.SAME for piece in pieces):
        yield Paragraph(Kind.CHANGED, pieces)
    else:
        yield from (whole(Kind.GONE, old), whole(Kind.NEW, new))


def cut(a: Sequence[str], b: Sequence[str], pairs: Pairs) -> list[Piece]:
    """The pieces, with islands of a letter or two between changes given up, as nobody can read those."""
    found: list[Piece] = []
    i = j = 0
    for at, to in [*pairs, (len(a), len(b))]:
        found += [Piece(Kind.GONE, "".join(a[i:at])), Piece(Kind.NEW, "".join(b[j:to]))]
        if at < len(a):
            found.append(Piece(Kind.SAME, a[at]))
        i, j = at + 1, to + 1
    joined = merged([piece for piece in found if piece.text])
    inner = range(1, len(joined) - 1)
    crumbs = {at for at in inner if joined[at].kind is Kind.SAME and len(joined[at].text.strip()) <= CRUMB}
    return [
        Piece(kind, piece.text)
        for at, piece in enumerate(joined)
        for kind in ((Kind.GONE, Kind.NEW) if at in crumbs else (piece.kind,))
    ]


def merged(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Between words that stay, what is gone and then what is new, each in one piece."""
    found: list[Piece] = []
    for same, group in groupby(pieces, key=lambda piece: piece.kind is Kind.SAME):
        run = list(group)
        for kind in (Kind.SAME,) if same else (Kind.GONE, Kind.NEW):
            if text := "".join(piece.text for piece in run if piece.kind is kind):
                found.append(Piece(kind, text))
    return tuple(found)
