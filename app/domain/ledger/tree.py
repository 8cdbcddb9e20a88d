"""The Merkle tree of RFC 9162, section 2.1, over hashes that are asked for in tiles (C2SP tlog-tiles). No database.

A tile of level L holds up to 256 hashes, each of a whole subtree of 256**L leaves. Everything that a proof needs
stands in a few tiles on the way, however large the tree is.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence

WIDTH = 256
"""Hashes in a full tile."""
HEIGHT = 8
SIZE = 32
"""Bytes of a hash."""
EMPTY = hashlib.sha256(b"").digest()

Tile = Callable[[int, int, int], bytes]
"""The first `width` hashes of a tile, one after the other, by level, index and width."""


class NotProven(ValueError):  # noqa: N818 - what a proof is
    """These hashes do not lead to that root."""


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def pieces(hashes: bytes) -> list[bytes]:
    return [hashes[at : at + SIZE] for at in range(0, len(hashes), SIZE)]


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root over hashes of subtrees of one height."""
    if not hashes:
        return EMPTY
    level = list(hashes)
    while len(level) > 1:
        above = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = above + level[-1:] if len(level) % 2 else above
    return level[0]


def split(size: int) -> int:
    """The largest power of two below `size`: where a tree of that size is divided."""
    return 1 << (size - 1).bit_length() - 1


def widths(size: int) -> list[int]:
    """How many hashes each level has in a tree of that size, full tiles and the last one together."""
    found = []
    while size:
        found.append(size)
        size //= WIDTH
    return found


class Tree:
    """A tree of `size` leaves. Smaller ones, as it was earlier, are found in it as well."""

    def __init__(self, size: int, tile: Tile) -> None:
        self.size = size
        self._tile = tile
        self._levels = widths(size)
        self._read: dict[tuple[int, int], bytes] = {}
        self._known: dict[tuple[int, int], bytes] = {}

    def root(self, size: int | None = None) -> bytes:
        """The root of the whole, or as it was at that size."""
        wanted = self.size if size is None else size
        self._within(wanted)
        return self._hash(0, wanted) if wanted else EMPTY

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """The hashes that lead from the leaf of that index to the root, the nearest first (2.1.3.1)."""
        wanted = self.size if size is None else size
        self._within(wanted)
        if not 0 <= index < wanted:
            raise ValueError(f"a tree of {wanted} leaves has none of index {index}")
        found: list[bytes] = []
        start, end = 0, wanted
        while end - start > 1:
            middle = start + split(end - start)
            if index < middle:
                found.append(self._hash(middle, end))
                end = middle
            else:
                found.append(self._hash(start, middle))
                start = middle
        return found[::-1]

    def consistency(self, old: int, size: int | None = None) -> list[bytes]:
        """The hashes that show a tree of `old` leaves to be the beginning of this one (2.1.4.1); from none, no hash."""
        wanted = self.size if size is None else size
        self._within(wanted)
        if not 0 <= old <= wanted:
            raise ValueError(f"a tree of {old} leaves is not the beginning of one of {wanted}")
        if old in (0, wanted):
            return []
        found: list[bytes] = []
        start, end, is_whole = 0, wanted, True
        while old != end:
            middle = start + split(end - start)
            if old <= middle:
                found.append(self._hash(middle, end))
                end = middle
            else:
                found.append(self._hash(start, middle))
                start, is_whole = middle, False
        return ([] if is_whole else [self._hash(start, end)]) + found[::-1]

    def tile(self, level: int, index: int) -> bytes:
        """All hashes that a tile has in this tree."""
        return self._hashes(level, index)

    def _within(self, size: int) -> None:
        if not 0 <= size <= self.size:
            raise ValueError(f"there are {self.size} leaves, not {size}")

    def _hash(self, start: int, end: int) -> bytes:
        """The root over leaves from `start` to before `end`. `start` is where RFC 9162 divides a tree."""
        if (start, end) not in self._known:
            self._known[start, end] = self._made(start, end)
        return self._known[start, end]

    def _made(self, start: int, end: int) -> bytes:
        width = end - start
        if width & (width - 1):
            middle = start + split(width)
            return node_hash(self._hash(start, middle), self._hash(middle, end))
        level, rest = divmod(width.bit_length() - 1, HEIGHT)
        first = start >> level * HEIGHT
        index, offset = divmod(first, WIDTH)
        there = self._hashes(level, index)
        return root_of(pieces(there[offset * SIZE : (offset + (1 << rest)) * SIZE]))

    def _hashes(self, level: int, index: int) -> bytes:
        if (level, index) not in self._read:
            width = min(WIDTH, self._levels[level] - index * WIDTH)
            self._read[level, index] = self._tile(level, index, width)
        return self._read[level, index]


class Frontier:
    """The right edge of a tree that grows leaf by leaf: enough for its root at every size."""

    def __init__(self) -> None:
        self.size = 0
        self._whole: list[bytes] = []  # the largest whole subtree first

    def add(self, leaf: bytes) -> None:
        """Append the hash of a leaf."""
        self.size += 1
        self._whole.append(leaf)
        for _ in range((self.size & -self.size).bit_length() - 1):
            right, left = self._whole.pop(), self._whole.pop()
            self._whole.append(node_hash(left, right))

    def root(self) -> bytes:
        if not self._whole:
            return EMPTY
        found = self._whole[-1]
        for left in self._whole[-2::-1]:
            found = node_hash(left, found)
        return found


def check_inclusion(leaf: bytes, index: int, size: int, proof: Iterable[bytes], root: bytes) -> None:
    """Raise NotProven unless these hashes lead from that leaf to that root (2.1.3.2)."""
    if not 0 <= index < size:
        raise NotProven
    at, last, found = index, size - 1, leaf
    for each in proof:
        if last == 0:
            raise NotProven
        if at & 1 or at == last:
            found = node_hash(each, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, each)
        at, last = at >> 1, last >> 1
    if last or found != root:
        raise NotProven


def check_consistency(old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Raise NotProven unless these hashes show the old tree to be the beginning of the new one (2.1.4.2)."""
    if old == 0 and not proof and old_root == EMPTY:
        return
    if old == size and not proof and old_root == root:
        return
    if not 0 < old < size or not proof:
        raise NotProven
    rest = list(proof) if old & (old - 1) else [old_root, *proof]
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = rest[0]
    for each in rest[1:]:
        if last == 0:
            raise NotProven
        if at & 1 or at == last:
            before, after = node_hash(each, before), node_hash(each, after)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            after = node_hash(after, each)
        at, last = at >> 1, last >> 1
    if last or before != old_root or after != root:
        raise NotProven
