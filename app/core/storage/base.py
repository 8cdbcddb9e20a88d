"""Base class of file stores: the operations of every store, and the digest checks that all share."""

import hashlib
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import BinaryIO, NamedTuple

from app.core.storage.digest import require_digest

CHUNK_SIZE = 256 * 1024
MAX_VERIFIED_FILES = 100_000


class CorruptFile(Exception):
    """A stored file does not have the bytes that its digest names. A fault of the system; the file is never shown."""


class AccelFile(NamedTuple):
    """A file that the web server in front can send at once: its length in bytes and its internal path."""

    size: int
    accel_path: str


class Store(ABC):
    """Files by digest.

    All methods raise ValueError for a name that is no digest, NotFound for a file that is not there, and Unavailable if
    the store does not answer or the disk fails.
    """

    def __init__(self) -> None:
        self._verified_tags: OrderedDict[str, Hashable] = OrderedDict()
        self._lock = Lock()

    @abstractmethod
    def put(self, source: Path, sha256: str) -> None:
        """Store a copy of `source`, durably when this returns; storing the same file again is no error.

        Raises CorruptFile, and stores nothing, if the bytes do not have the digest.
        """

    def put_linked_if_possible(self, source: Path, sha256: str) -> None:
        """Store a synced file that is not written to any more; where the store can, without copying it. Else as
        `put`."""
        self.put(source, sha256)

    @abstractmethod
    def remove(self, sha256: str) -> None:
        """Remove a file, durably when this returns; a missing file is no error."""

    @abstractmethod
    def size(self, sha256: str) -> int:
        """Return the length in bytes."""

    @abstractmethod
    def exists(self, sha256: str) -> bool:
        """Return whether the file exists."""

    @abstractmethod
    def version_tag(self, sha256: str) -> Hashable:
        """Return a value that changes as soon as the file is written to; while it stays, the file need not be read
        again."""

    @abstractmethod
    def list_digests(self) -> Iterator[str]:
        """Yield the digest of every stored file."""

    def remove_if_older(self, sha256: str, since: float) -> bool:  # noqa: ARG002 - used by subclasses
        """Remove a file unless it was put, or put again, after `since` (seconds of the epoch); return whether it was
        removed.

        A store that cannot decide this atomically returns False.
        """
        require_digest(sha256)
        return False

    @abstractmethod
    def check_available(self) -> None:
        """Raise Unavailable unless the store can be read now."""

    def verified_accel_path(self, sha256: str) -> str | None:
        """Verify the file and return the path at which the web server in front finds it; None if this process must send
        it.

        Raises CorruptFile if the bytes do not have the digest.
        """
        require_digest(sha256)
        return None

    def find_accel_file(self, sha256: str) -> AccelFile | None:
        """Return length and internal path of a file that this process has verified and that has not changed since.

        Costs one stat(2). None if the file has to be read first, or is in a remote store.
        """
        require_digest(sha256)
        return None

    def verify(self, sha256: str) -> None:
        """Verify the digest of a file; each process reads an unchanged file only once.

        Raises CorruptFile if the bytes do not have the digest.
        """
        tag = self.version_tag(sha256)
        with self._lock:
            if self._verified_tags.get(sha256) == tag:
                return
        for _ in self.iter_chunks(sha256):  # raises before the last chunk if any byte is wrong
            pass
        with self._lock:
            self._verified_tags[sha256] = tag
            if len(self._verified_tags) > MAX_VERIFIED_FILES:
                self._verified_tags.popitem(last=False)

    @abstractmethod
    def _read(self, sha256: str, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes from `start` up to `end`, in chunks of at most CHUNK_SIZE."""

    def iter_chunks(self, sha256: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the bytes from `start` up to, not including, `end`, in chunks.

        Raises NotFound at once, not at the first chunk. A whole file is hashed on the way, and its last chunk is held
        back until the digest is right: CorruptFile is raised instead of completing a wrong file.
        """
        length = self.size(require_digest(sha256))
        stop = length if end is None else min(end, length)
        if start < 0 or start > stop:
            raise ValueError("no such part of the file")
        chunks = self._read(sha256, start, stop)
        return verify_chunks(chunks, sha256) if (start, stop) == (0, length) else chunks

    def open(self, sha256: str) -> BinaryIO:
        """Return the whole file, verified, in an unnamed seekable temporary file; the caller closes it."""
        chunks = self.iter_chunks(sha256)
        copy = TemporaryFile()  # noqa: SIM115 - handed to the caller
        try:
            copy.writelines(chunks)
            copy.seek(0)
        except BaseException:
            copy.close()
            raise
        return copy

    def copy_to_store(self, other: "Store", sha256: str) -> None:
        """Copy a file to another store, verified on reading and on writing."""
        with self.open(sha256) as copy:
            other.put(get_path_of_open_file(copy), sha256)


def get_path_of_open_file(file: BinaryIO) -> Path:
    """Return a path to an open file that may have no name. Opening it starts at the beginning (proc(5))."""
    return Path(f"/proc/self/fd/{file.fileno()}")


def verify_chunks(chunks: Iterator[bytes], sha256: str) -> Iterator[bytes]:
    """Yield the chunks; the last one only if all together have this digest, else raise CorruptFile."""
    digest = hashlib.sha256()
    held_back = b""
    for chunk in chunks:
        digest.update(chunk)
        if held_back:
            yield held_back
        held_back = chunk
    if digest.hexdigest() != sha256:
        raise CorruptFile(f"the file kept as {sha256} has other bytes")
    if held_back:
        yield held_back
