"""Where files grow piece by piece until they are whole: one append-only file for each upload, in a local folder.

How much of a file counts is kept by the caller, in the database. What lies beyond that is left from an attempt that was
killed, and is cut off before the next piece is written. Needs a POSIX file system, as `app.core.store.local` does.
"""

import errno
import hashlib
import os
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import BinaryIO, Self, cast
from uuid import UUID

from app.core.store.disk import disk_faults, flush, make_durably, sync

BLOCK = 1024 * 1024
MOST_PARTS = os.sysconf("SC_IOV_MAX")
GROWING = ".growing-"
CUT_SHORT = "a file is shorter than it was said to be"
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

    def piece(
        self, offset: int, length: int, *, before: "hashlib._Hash | None" = None, by_whole: bool = False
    ) -> "Arriving":
        """Room for a piece of about that length. The caller closes it.

        `before` has read what the file holds already (`digest`), where the digest of the whole file is wanted;
        `by_whole` that the digest to be compared is that of the file with the piece, not of the piece alone.
        """
        checked = before if by_whole and before else hashlib.sha256()
        whole = checked if by_whole or not offset else before
        with disk_faults():
            if length < offset:
                return Arriving(TemporaryFile(dir=self.root, buffering=0), offset, None, checked, whole)
            named = NamedTemporaryFile(dir=self.root, prefix=GROWING, buffering=0, delete=False)  # noqa: SIM115 - handed on
            return Arriving(cast("BinaryIO", named), offset, Path(named.name), checked, whole)

    def append(self, upload: UUID, piece: "Arriving") -> None:
        """Put a piece where it belongs, durably when this returns. Two at once are for the caller to prevent.

        The larger of the two is not copied: a piece that is longer than what is there takes that in, and its place.
        """
        with disk_faults():
            if piece.path:
                self._replace(upload, piece, piece.path)
            else:
                self._extend(upload, piece)

    def _extend(self, upload: UUID, piece: "Arriving") -> None:
        file = os.open(self.path(upload), os.O_RDWR | os.O_CLOEXEC)
        try:
            if os.fstat(file).st_size < piece.offset:
                raise OSError(errno.EIO, CUT_SHORT)
            os.ftruncate(file, piece.offset)
            os.lseek(file, piece.offset, os.SEEK_SET)
            _copy(piece.file.fileno(), 0, file, piece.length)
            flush(file)
        finally:
            os.close(file)

    def _replace(self, upload: UUID, piece: "Arriving", path: Path) -> None:
        """The piece lies at its offset in a file of its own: what comes before it is copied in, then it is renamed."""
        whole, final = piece.file.fileno(), self.path(upload)
        if piece.offset:
            with final.open("rb", buffering=0) as before:
                os.lseek(whole, 0, os.SEEK_SET)
                _copy(before.fileno(), 0, whole, piece.offset)
        flush(whole)
        path.rename(final)
        sync(self.root)

    def digest(self, upload: UUID, length: int) -> "hashlib._Hash":
        """The SHA-256 of the first `length` bytes, to go on with."""
        seen = hashlib.sha256()
        if length:
            with disk_faults(), self.path(upload).open("rb", buffering=0) as file:
                _hash(file, seen, length)
        return seen

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


class Arriving:
    """A piece as it comes in; nothing remains of it once it is closed, unless it was appended.

    One with a `path` is longer than what is there. It lies at its own offset already, and is on its way to the disk
    while the rest of it comes in; after a kill it goes with the next sweep. Any other has no name.
    """

    def __init__(
        self,
        file: BinaryIO,
        offset: int,
        path: Path | None,
        checked: "hashlib._Hash",
        whole: "hashlib._Hash | None",
    ) -> None:
        self.file, self.offset, self.path, self.length = file, offset, path, 0
        self._checked, self._whole = checked, whole
        if path:
            file.seek(offset)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()
        if self.path:
            self.path.unlink(missing_ok=True)

    @property
    def digest(self) -> str:
        """What is compared with what the sender said."""
        return self._checked.hexdigest()

    @property
    def whole(self) -> str | None:
        """Of the file with the piece, if it was asked for."""
        return self._whole.hexdigest() if self._whole else None

    def see(self, block: Sequence[bytes]) -> None:
        """Add what came to the digest that is compared."""
        for part in block:
            self._checked.update(part)

    def write(self, block: Sequence[bytes]) -> None:
        """Keep what was seen, in the parts in which it came. Raises Unavailable when the disk is full or fails."""
        length = sum(map(len, block))
        with disk_faults():
            _write(self.file, block)
            if self.path:  # begins to write it out, and does not wait for it
                os.posix_fadvise(self.file.fileno(), self.offset + self.length, length, os.POSIX_FADV_DONTNEED)
        if self._whole and self._whole is not self._checked:
            for part in block:
                self._whole.update(part)
        self.length += length


def _write(file: BinaryIO, block: Sequence[bytes]) -> None:
    """All of it: one call may write less, and takes so many parts."""
    parts, at = [memoryview(part) for part in block if part], 0
    while at < len(parts):
        written = os.writev(file.fileno(), parts[at : at + MOST_PARTS])
        while at < len(parts) and written >= len(parts[at]):
            written -= len(parts[at])
            at += 1
        if written:
            parts[at] = parts[at][written:]


def _copy(source: int, at: int, target: int, length: int) -> None:
    """So many bytes of `source`, by the kernel, to where `target` stands."""
    while length:
        sent = os.sendfile(target, source, at, length)
        if not sent:
            raise OSError(errno.EIO, CUT_SHORT)
        at, length = at + sent, length - sent


def _hash(file: BinaryIO, seen: "hashlib._Hash", length: int) -> None:
    while length and (block := file.read(min(BLOCK, length))):
        seen.update(block)
        length -= len(block)
