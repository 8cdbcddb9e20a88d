"""The Merkle tree of RFC 9162, section 2.1, over hashes read in tiles (C2SP tlog-tiles).

A tile of level L has up to 256 hashes, each the root of a subtree of 256**L leaves. A proof needs few tiles, however
large the tree is.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence

TILE_WIDTH = 256
"""Hashes in a full tile."""
TILE_HEIGHT = 8
"""Levels of the binary tree that one tile spans."""
HASH_SIZE = 32
"""Bytes of a hash (SHA-256)."""
EMPTY_ROOT = hashlib.sha256(b"").digest()

TileReader = Callable[[int, int, int], bytes]
"""Reads the first `width` hashes of a tile, concatenated, given level, index and width."""


class InvalidProof(ValueError):
    """The hashes do not lead to the expected root."""


def hash_leaf(entry: bytes) -> bytes:
    """Hash a leaf (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """Hash an inner node (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def split_hashes(hashes: bytes) -> list[bytes]:
    """Split concatenated hashes."""
    return [hashes[at : at + HASH_SIZE] for at in range(0, len(hashes), HASH_SIZE)]


def compute_root(hashes: Sequence[bytes]) -> bytes:
    """Compute the root over the roots of subtrees of equal height."""
    if not hashes:
        return EMPTY_ROOT
    level = list(hashes)
    while len(level) > 1:
        above = [hash_node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = above + level[-1:] if len(level) % 2 else above
    return level[0]


def largest_power_of_two_below(size: int) -> int:
    """Return the largest power of two below `size`, at which RFC 9162 divides a tree of that size."""
    return 1 << (size - 1).bit_length() - 1


def level_widths(size: int) -> list[int]:
    """Return the number of hashes on each level of tiles of a tree, partial tiles included."""
    counts = []
    while size:
        counts.append(size)
        size //= TILE_WIDTH
    return counts


class MerkleTree:
    """A tree of `size` leaves. Roots and proofs of its earlier, smaller states can be computed as well."""

    def __init__(self, size: int, tile: TileReader) -> None:
        self.size = size
        self._tile = tile
        self._levels = level_widths(size)
        self._read: dict[tuple[int, int], bytes] = {}
        self._known: dict[tuple[int, int], bytes] = {}

    def root_hash(self, size: int | None = None) -> bytes:
        """Return the root, or the root at an earlier size. Raises ValueError if the size is larger than the tree."""
        tree_size = self.size if size is None else size
        self._within(tree_size)
        return self._hash(0, tree_size) if tree_size else EMPTY_ROOT

    def inclusion_path(self, index: int, size: int | None = None) -> list[bytes]:
        """Return the hashes from the leaf of this index to the root, the nearest first (2.1.3.1). Raises ValueError if
        there is no such leaf."""
        tree_size = self.size if size is None else size
        self._within(tree_size)
        if not 0 <= index < tree_size:
            raise ValueError(f"a tree of {tree_size} leaves has none of index {index}")
        path: list[bytes] = []
        start, end = 0, tree_size
        while end - start > 1:
            middle = start + largest_power_of_two_below(end - start)
            if index < middle:
                path.append(self._hash(middle, end))
                end = middle
            else:
                path.append(self._hash(start, middle))
                start = middle
        return path[::-1]

    def consistency_path(self, old: int, size: int | None = None) -> list[bytes]:
        """Return the hashes that prove a tree of `old` leaves to be the beginning of this one (2.1.4.1). Raises
        ValueError if it is larger."""
        tree_size = self.size if size is None else size
        self._within(tree_size)
        if not 0 <= old <= tree_size:
            raise ValueError(f"a tree of {old} leaves is not the beginning of one of {tree_size}")
        if old in (0, tree_size):
            return []
        path: list[bytes] = []
        start, end, is_whole = 0, tree_size, True
        while old != end:
            middle = start + largest_power_of_two_below(end - start)
            if old <= middle:
                path.append(self._hash(middle, end))
                end = middle
            else:
                path.append(self._hash(start, middle))
                start, is_whole = middle, False
        return ([] if is_whole else [self._hash(start, end)]) + path[::-1]

    def tile_hashes(self, level: int, index: int) -> bytes:
        """Return all hashes that a tile has in this tree, concatenated."""
        return self._hashes(level, index)

    def _within(self, size: int) -> None:
        """Raise ValueError if the tree has fewer leaves."""
        if not 0 <= size <= self.size:
            raise ValueError(f"there are {self.size} leaves, not {size}")

    def _hash(self, start: int, end: int) -> bytes:
        """Return the root over leaves `start` to before `end`; `start` must be where RFC 9162 divides a tree."""
        if (start, end) not in self._known:
            self._known[start, end] = self._made(start, end)
        return self._known[start, end]

    def _made(self, start: int, end: int) -> bytes:
        """Compute the root over the leaves from `start` to before `end`."""
        width = end - start
        if width & (width - 1):
            middle = start + largest_power_of_two_below(width)
            return hash_node(self._hash(start, middle), self._hash(middle, end))
        level, remaining_levels = divmod(width.bit_length() - 1, TILE_HEIGHT)
        first = start >> level * TILE_HEIGHT
        index, offset = divmod(first, TILE_WIDTH)
        hashes = self._hashes(level, index)
        return compute_root(split_hashes(hashes[offset * HASH_SIZE : (offset + (1 << remaining_levels)) * HASH_SIZE]))

    def _hashes(self, level: int, index: int) -> bytes:
        """Read a tile, once."""
        if (level, index) not in self._read:
            width = min(TILE_WIDTH, self._levels[level] - index * TILE_WIDTH)
            self._read[level, index] = self._tile(level, index, width)
        return self._read[level, index]


class MerkleFrontier:
    """The right edge of a tree that grows leaf by leaf: enough to compute its root at every size."""

    def __init__(self) -> None:
        self.size = 0
        self._whole: list[bytes] = []  # the largest whole subtree first

    def append_leaf(self, leaf: bytes) -> None:
        """Append the hash of a leaf."""
        self.size += 1
        self._whole.append(leaf)
        for _ in range((self.size & -self.size).bit_length() - 1):
            right, left = self._whole.pop(), self._whole.pop()
            self._whole.append(hash_node(left, right))

    def root_hash(self) -> bytes:
        """Return the root of all leaves added so far."""
        if not self._whole:
            return EMPTY_ROOT
        root = self._whole[-1]
        for left in self._whole[-2::-1]:
            root = hash_node(left, root)
        return root


def check_inclusion(leaf: bytes, index: int, size: int, proof: Iterable[bytes], root: bytes) -> None:
    """Raise InvalidProof unless these hashes lead from the leaf to the root (2.1.3.2)."""
    if not 0 <= index < size:
        raise InvalidProof
    position, last, computed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise InvalidProof
        if position & 1 or position == last:
            computed = hash_node(sibling, computed)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            computed = hash_node(computed, sibling)
        position, last = position >> 1, last >> 1
    if last or computed != root:
        raise InvalidProof


def check_consistency(old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Raise InvalidProof unless these hashes prove the old tree to be the beginning of the new one (2.1.4.2)."""
    if old == 0 and not proof and old_root == EMPTY_ROOT:
        return
    if old == size and not proof and old_root == root:
        return
    if not 0 < old < size or not proof:
        raise InvalidProof
    rest = list(proof) if old & (old - 1) else [old_root, *proof]
    position, last = old - 1, size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old_computed = new_computed = rest[0]
    for sibling in rest[1:]:
        if last == 0:
            raise InvalidProof
        if position & 1 or position == last:
            old_computed, new_computed = hash_node(sibling, old_computed), hash_node(sibling, new_computed)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            new_computed = hash_node(new_computed, sibling)
        position, last = position >> 1, last >> 1
    if last or old_computed != old_root or new_computed != root:
        raise InvalidProof
