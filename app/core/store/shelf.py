"""What every store promises, and the checks that all of them share."""

import hashlib
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import BinaryIO, NamedTuple

from app.core.store.digest import checked

PIECE = 256 * 1024
MOST_PROVEN = 100_000


class Damaged(Exception):  # noqa: N818 - a fault of ours, named for what it says of the file
    """What lies under a digest is not what the digest names: a fault of ours, never shown as the file."""


class AtHand(NamedTuple):
    """A file that the web server in front can send at once."""

    size: int
    address: str


class Store(ABC):
    """Files by digest. Every method raises ValueError for a name that is no digest, Unknown for a file that is
    not there, and Unavailable when the store does not answer or the disk fails."""

    def __init__(self) -> None:
        self._proven: OrderedDict[str, Hashable] = OrderedDict()
        self._lock = Lock()

    @abstractmethod
    def keep(self, source: Path, sha256: str) -> None:
        """Durably keep a copy of `source` when this returns; keeping the same file again is well.

        Raises Damaged, and keeps nothing, if the bytes are not those that the digest names.
        """

    def adopt(self, source: Path, sha256: str) -> None:
        """`keep`, for a synced file that nobody writes to any more: where the store can, it is not copied."""
        self.keep(source, sha256)

    @abstractmethod
    def remove(self, sha256: str) -> None:
        """Durably take it out when this returns; what is not there is well."""

    @abstractmethod
    def size(self, sha256: str) -> int:
        """Its length in bytes."""

    @abstractmethod
    def has(self, sha256: str) -> bool:
        """Is it there?"""

    @abstractmethod
    def mark(self, sha256: str) -> Hashable:
        """What is another one as soon as somebody writes to the file: it need not be read again while this stays."""

    @abstractmethod
    def names(self) -> Iterator[str]:
        """The digest of every file that is there."""

    def remove_unless_new(self, sha256: str, since: float) -> bool:  # noqa: ARG002 - what a store may know
        """Remove a file unless it was kept, or kept again, after that instant (seconds of the epoch); whether it went.

        False from a store that cannot tell the two apart without a gap in between.
        """
        checked(sha256)
        return False

    @abstractmethod
    def answers(self) -> None:
        """Return if the store can be read just now."""

    def address(self, sha256: str) -> str | None:
        """Where the web server in front of us finds the file, to send it itself; None where we send it.

        Raises Damaged if the bytes are not those that the digest names.
        """
        checked(sha256)
        return None

    def at_hand(self, sha256: str) -> AtHand | None:
        """Its length and its `address`, if this process has read it and nobody touched it since: known from one look at
        the disk. None where the file has to be read, or somebody asked over a network."""
        checked(sha256)
        return None

    def prove(self, sha256: str) -> None:
        """Return if the bytes are those that the digest names: read once by each process while nobody touches them.

        Raises Damaged otherwise.
        """
        mark = self.mark(sha256)
        with self._lock:
            if self._proven.get(sha256) == mark:
                return
        for _ in self.pieces(sha256):  # the last one comes only if all of them are right
            pass
        with self._lock:
            self._proven[sha256] = mark
            if len(self._proven) > MOST_PROVEN:
                self._proven.popitem(last=False)

    @abstractmethod
    def _read(self, sha256: str, start: int, end: int) -> Iterator[bytes]:
        """The bytes from `start` up to `end`, in pieces of at most PIECE."""

    def pieces(self, sha256: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to, not including, `end`, in bounded pieces.

        Raises at once if the file is not there, not when the first piece is asked for. A whole file is hashed as it
        goes and its last piece is held back until the digest is right: Damaged is raised instead of a whole wrong file.
        """
        length = self.size(checked(sha256))
        stop = length if end is None else min(end, length)
        if start < 0 or start > stop:
            raise ValueError("no such part of the file")
        found = self._read(sha256, start, stop)
        return proven(found, sha256) if (start, stop) == (0, length) else found

    def open(self, sha256: str) -> BinaryIO:
        """The whole file, proven, in a nameless temporary file that can be sought; the caller closes it."""
        pieces = self.pieces(sha256)
        copy = TemporaryFile()  # noqa: SIM115 - handed to the caller
        try:
            copy.writelines(pieces)
            copy.seek(0)
        except BaseException:
            copy.close()
            raise
        return copy

    def copy_to(self, other: "Store", sha256: str) -> None:
        """Keep this file in the other store too, proven on the way out and on the way in."""
        with self.open(sha256) as copy:
            other.keep(nameless(copy), sha256)


def nameless(file: BinaryIO) -> Path:
    """A path to an open file that may have no name (any more). Opening it starts at the beginning (proc(5))."""
    return Path(f"/proc/self/fd/{file.fileno()}")


def proven(pieces: Iterator[bytes], sha256: str) -> Iterator[bytes]:
    """The same pieces, the last one only if all of them together have that digest; else raises Damaged."""
    seen = hashlib.sha256()
    held = b""
    for piece in pieces:
        seen.update(piece)
        if held:
            yield held
        held = piece
    if seen.hexdigest() != sha256:
        raise Damaged(f"the file kept as {sha256} has other bytes")
    if held:
        yield held
