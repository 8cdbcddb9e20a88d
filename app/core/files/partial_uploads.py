"""Partial uploads: what every place of them can do, and the local folder, with one append-only file for each upload.

The caller keeps the valid length of each in the database. Bytes beyond it are left from an attempt that was killed and
are cut off before the next chunk is written. Needs a POSIX file system, as `app.core.storage.local` does. A bucket is
another place (`app.core.files.bucket_uploads`).
"""

import errno
import hashlib
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import BinaryIO, Self, cast
from uuid import UUID

from app.core.storage.base import get_path_of_open_file
from app.core.storage.fsync import fsync_descriptor, fsync_folder, make_folder_durably, translate_disk_errors

BLOCK_SIZE = 1024 * 1024
MAX_WRITE_PARTS = os.sysconf("SC_IOV_MAX")
CHUNK_PREFIX = ".growing-"
TRUNCATED_MESSAGE = "a file is shorter than it was said to be"
UNCLAIMED_GRACE_SECONDS = 3600  # a file may exist a moment before its row


class PartialUploads(ABC):
    """Uploads that are not complete, by id. What was acknowledged is in the place that all processes share.

    The caller keeps with each upload the `pieces` that `append` returned last; a place that needs none returns none.
    All methods raise Unavailable if the place fails, and NotFound or Unavailable for an upload that is not there.
    """

    @abstractmethod
    def begin_receiving_chunk(
        self, offset: int, length: int, *, prefix_hash: "hashlib._Hash | None" = None, compare_whole_file: bool = False
    ) -> "Chunk":
        """Create a temporary file for a chunk of about `length` bytes; the caller closes it.

        `prefix_hash` is the hash of the bytes before `offset` (`hash_prefix`), if the digest of the whole file is
        wanted. With `compare_whole_file`, the digest to be compared is that of the file with the chunk, not of the
        chunk alone.
        """

    @abstractmethod
    def append(self, upload: UUID, chunk: "Chunk", pieces: Sequence[str] = ()) -> Sequence[str]:
        """Append a chunk at its offset, durably when this returns the pieces; the caller prevents two at once."""

    @abstractmethod
    def hash_prefix(self, upload: UUID, length: int, pieces: Sequence[str] = ()) -> "hashlib._Hash":
        """Return the SHA-256 hash object of the `length` bytes that were received, to be continued."""

    @abstractmethod
    def open_complete(self, upload: UUID, length: int, pieces: Sequence[str] = ()) -> AbstractContextManager[Path]:
        """Context manager: the path of a complete upload of so many bytes, until the end of the block."""

    @abstractmethod
    def remove_unclaimed(self, claimed: Mapping[UUID, Sequence[str]]) -> int:
        """Remove what belongs to no upload in `claimed`, or is none of its pieces, and return how many files."""


class PartialUploadStore(PartialUploads):
    """Files named by upload id and readable by the own user only, in a folder that all processes share."""

    def __init__(self, root: Path) -> None:
        self.root = root
        with translate_disk_errors(root):
            make_folder_durably(root)

    def path(self, upload: UUID) -> Path:
        """Return the path of the file of an upload."""
        return self.root / str(upload)

    def begin_receiving_chunk(
        self, offset: int, length: int, *, prefix_hash: "hashlib._Hash | None" = None, compare_whole_file: bool = False
    ) -> "Chunk":
        """Create it in the folder: with a name if the chunk is longer than what is before it."""
        hashes = choose_hashes(offset, prefix_hash, compare_whole_file=compare_whole_file)
        with translate_disk_errors(self.root):
            if length < offset:
                return Chunk(TemporaryFile(dir=self.root, buffering=0), offset, None, *hashes, self.root)
            named_file = NamedTemporaryFile(dir=self.root, prefix=CHUNK_PREFIX, buffering=0, delete=False)  # noqa: SIM115 - the chunk closes it
            return Chunk(cast("BinaryIO", named_file), offset, Path(named_file.name), *hashes, self.root)

    def append(self, upload: UUID, chunk: "Chunk", pieces: Sequence[str] = ()) -> Sequence[str]:  # noqa: ARG002
        """Append a chunk to the file of the upload; there are no pieces.

        The larger part is not copied: a chunk longer than the bytes before it takes those in and replaces the file.
        """
        with translate_disk_errors(self.root):
            if chunk.path:
                self._replace(upload, chunk, chunk.path)
            else:
                self._extend(upload, chunk)
        return ()

    def _extend(self, upload: UUID, chunk: "Chunk") -> None:
        """Cut the file at the offset and copy the chunk to its end. Raises OSError if the file is shorter."""
        file = os.open(self.path(upload), os.O_RDWR | os.O_CLOEXEC)
        try:
            if os.fstat(file).st_size < chunk.offset:
                raise OSError(errno.EIO, TRUNCATED_MESSAGE)
            os.ftruncate(file, chunk.offset)
            os.lseek(file, chunk.offset, os.SEEK_SET)
            _copy(chunk.file.fileno(), 0, file, chunk.length)
            fsync_descriptor(file)
        finally:
            os.close(file)

    def _replace(self, upload: UUID, chunk: "Chunk", path: Path) -> None:
        """Copy the bytes before the offset into the file of the chunk, then rename it over the upload."""
        whole, final = chunk.file.fileno(), self.path(upload)
        if chunk.offset:
            with final.open("rb", buffering=0) as previous:
                os.lseek(whole, 0, os.SEEK_SET)
                _copy(previous.fileno(), 0, whole, chunk.offset)
        fsync_descriptor(whole)
        path.rename(final)
        fsync_folder(self.root)

    def hash_prefix(self, upload: UUID, length: int, pieces: Sequence[str] = ()) -> "hashlib._Hash":  # noqa: ARG002
        """Read them from the file."""
        digest = hashlib.sha256()
        if length:
            with translate_disk_errors(self.root), self.path(upload).open("rb", buffering=0) as file:
                _hash(file, digest, length)
        return digest

    @contextmanager
    def open_complete(self, upload: UUID, length: int, pieces: Sequence[str] = ()) -> Iterator[Path]:  # noqa: ARG002
        """Yield the path of the file itself. It remains after the block. Raises OSError if it is shorter."""
        path = self.path(upload)
        with translate_disk_errors(self.root):
            if path.stat().st_size < length:
                raise OSError(errno.EIO, TRUNCATED_MESSAGE)
        yield path

    def remove_unclaimed(self, claimed: Mapping[UUID, Sequence[str]]) -> int:
        """Remove the files that belong to no upload in `claimed`."""
        newest_removed, names = time.time() - UNCLAIMED_GRACE_SECONDS, {str(upload) for upload in claimed}
        with translate_disk_errors(self.root):
            unclaimed = [
                path for path in self.root.iterdir() if path.name not in names and path.stat().st_mtime < newest_removed
            ]
            for path in unclaimed:
                path.unlink(missing_ok=True)
        return len(unclaimed)


class Chunk:
    """A chunk that is being received; unless it was appended, nothing of it remains once it is closed.

    A chunk with a `path` is longer than the bytes before it. It is written at its final offset and already flushed to
    disk in the background; after a kill, the next `remove_unclaimed` removes it. Any other chunk is an unnamed file.
    """

    def __init__(
        self,
        file: BinaryIO,
        offset: int,
        path: Path | None,
        checked: "hashlib._Hash",
        whole: "hashlib._Hash | None",
        folder: Path,
    ) -> None:
        self.file, self.offset, self.path, self.length = file, offset, path, 0
        self._checked, self._whole, self._folder = checked, whole, folder
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
        """SHA-256 that is compared with the one that the sender stated, in hexadecimal."""
        return self._checked.hexdigest()

    @property
    def whole_file_digest(self) -> str | None:
        """SHA-256 of the file with the chunk in hexadecimal, if it was requested."""
        return self._whole.hexdigest() if self._whole else None

    @property
    def whole_path(self) -> Path:
        """A path at which the bytes of a chunk that begins its file are read, until it is closed."""
        return self.path or get_path_of_open_file(self.file)

    def read_head(self, length: int) -> bytes:
        """Read the first bytes of the chunk, at most `length`."""
        with translate_disk_errors(self._folder):
            return os.pread(self.file.fileno(), min(length, self.length), self.offset if self.path else 0)

    def update_digest(self, block: Sequence[bytes]) -> None:
        """Add received parts to the digest that is compared."""
        for part in block:
            self._checked.update(part)

    def write(self, block: Sequence[bytes]) -> None:
        """Write received parts. Raises Unavailable if the disk is full or fails."""
        length = sum(map(len, block))
        with translate_disk_errors(self._folder):
            _write(self.file, block)
            if self.path:  # starts the write-out without waiting for it
                os.posix_fadvise(self.file.fileno(), self.offset + self.length, length, os.POSIX_FADV_DONTNEED)
        if self._whole and self._whole is not self._checked:
            for part in block:
                self._whole.update(part)
        self.length += length


def choose_hashes(
    offset: int, prefix_hash: "hashlib._Hash | None", *, compare_whole_file: bool
) -> "tuple[hashlib._Hash, hashlib._Hash | None]":
    """Return the hash that is compared with the stated one, and that of the whole file if it is wanted."""
    compared = prefix_hash if compare_whole_file and prefix_hash else hashlib.sha256()
    return compared, compared if compare_whole_file or not offset else prefix_hash


def _write(file: BinaryIO, block: Sequence[bytes]) -> None:
    """Write all parts; one writev(2) may write less and takes a limited number of parts."""
    parts, at = [memoryview(part) for part in block if part], 0
    while at < len(parts):
        written = os.writev(file.fileno(), parts[at : at + MAX_WRITE_PARTS])
        while at < len(parts) and written >= len(parts[at]):
            written -= len(parts[at])
            at += 1
        if written:
            parts[at] = parts[at][written:]


def _copy(source: int, at: int, target: int, length: int) -> None:
    """Copy `length` bytes of `source` from `at` to the current position of `target`, in the kernel. Raises OSError
    if the source is shorter."""
    while length:
        copied = os.sendfile(target, source, at, length)
        if not copied:
            raise OSError(errno.EIO, TRUNCATED_MESSAGE)
        at, length = at + copied, length - copied


def _hash(file: BinaryIO, digest: "hashlib._Hash", length: int) -> None:
    """Add the next `length` bytes of the file to the hash."""
    while length and (block := file.read(min(BLOCK_SIZE, length))):
        digest.update(block)
        length -= len(block)
