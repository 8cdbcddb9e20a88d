"""Where files grow piece by piece until they are whole: one append-only file for each upload, in a local folder.

How much of a file counts is kept by the caller, in the database. What lies beyond that is left from an attempt that was
killed, and is cut off before the next piece is written. Needs a POSIX file system, as `app.core.store.local` does.
"""

import hashlib
import os
import time
from collections.abc import Collection
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO
from uuid import UUID

from app.core.store.local import disk_faults, make_durably, sync

BLOCK = 1024 * 1024
UNCLAIMED_SECONDS = 3600  # a file may be there a moment before its row is


class Staging:
    """Files that are not whole yet, named by the keys of their uploads, readable by us alone.

    Raises Unavailable when the disk fails, and Unknown for a file that is not there.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        with disk_faults():
            make_durably(root)

    def path(self, upload: UUID) -> Path:
        return self.root / str(upload)

    def piece(self) -> BinaryIO:
        """A nameless file to receive a piece in: nothing remains of it, whatever happens. The caller closes it."""
        with disk_faults():
            return TemporaryFile(dir=self.root, buffering=0)

    def append(self, upload: UUID, offset: int, piece: BinaryIO) -> None:
        """Put a piece at `offset`, durably when this returns. Two at once are for the caller to prevent."""
        with disk_faults():
            flags = os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if offset == 0 else 0)
            file = os.open(self.path(upload), flags, mode=0o600)
            try:
                os.ftruncate(file, offset)
                os.lseek(file, offset, os.SEEK_SET)
                _copy(piece.fileno(), file)
                os.fsync(file)
            finally:
                os.close(file)
            if offset == 0:
                sync(self.root)

    def digest(self, upload: UUID, offset: int, piece: BinaryIO | None = None) -> str:
        """The SHA-256 of the first `offset` bytes, and of the piece after them."""
        seen = hashlib.sha256()
        with disk_faults():
            if offset:
                with self.path(upload).open("rb", buffering=0) as file:
                    _hash(file, seen, offset)
            if piece:
                piece.seek(0)
                _hash(piece, seen, os.fstat(piece.fileno()).st_size)
        return seen.hexdigest()

    def remove(self, upload: UUID) -> None:
        with disk_faults():
            self.path(upload).unlink(missing_ok=True)

    def sweep(self, claimed: Collection[UUID]) -> int:
        """Remove every file that belongs to no upload; how many there were."""
        before, names = time.time() - UNCLAIMED_SECONDS, {str(upload) for upload in claimed}
        with disk_faults():
            left = [path for path in self.root.iterdir() if path.name not in names and path.stat().st_mtime < before]
            for path in left:
                path.unlink(missing_ok=True)
        return len(left)


def _copy(source: int, target: int) -> None:
    """All of `source`, by the kernel, to where `target` stands."""
    at, size = 0, os.fstat(source).st_size
    while at < size:
        at += os.sendfile(target, source, at, size - at)


def _hash(file: BinaryIO, seen: "hashlib._Hash", length: int) -> None:
    while length and (block := file.read(min(BLOCK, length))):
        seen.update(block)
        length -= len(block)
