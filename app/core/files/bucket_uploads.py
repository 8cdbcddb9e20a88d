"""Partial uploads in the bucket of the store, so that any portal takes any chunk, and any gives the file to a form.

An upload is a row of objects, its pieces. The name of each begins with the offset at which it begins, and is new for
each attempt: what an attempt leaves that was killed, or overtaken by another, is none of the pieces that the caller
keeps, and is removed with what is unclaimed.
"""

import errno
import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryFile, gettempdir
from typing import BinaryIO, Final, cast
from uuid import UUID

import obstore
from obstore.store import S3Store as Bucket

from app.core.files.partial_uploads import (
    BLOCK_SIZE,
    TRUNCATED_MESSAGE,
    UNCLAIMED_GRACE_SECONDS,
    Chunk,
    PartialUploads,
    PartialUploadStore,
    choose_hashes,
)
from app.core.storage import S3Store, Store
from app.core.storage.base import get_path_of_open_file
from app.core.storage.s3 import send_file, translate_bucket_errors

FOLDER: Final = "uploads"
"""Below the prefix of the store."""
SMALL_PIECE: Final = 1024 * 1024
"""A piece of fewer bytes is taken into the next one, if that is at least as long: there are never many."""


def open_partial_uploads(staging_folder: Path | None, store: Store) -> PartialUploads:
    """Open the place of partial uploads: the folder, or without one the bucket of the store. Raises ValueError for a
    store without a bucket."""
    if staging_folder is not None:
        return PartialUploadStore(staging_folder)
    if isinstance(store, S3Store):
        return BucketUploads(store.open_bucket(FOLDER), store.name)
    raise ValueError("partial uploads need a folder or a bucket")


class BucketUploads(PartialUploads):
    """Objects at `upload/offset-random`. A chunk is received in a temporary file without a name."""

    def __init__(self, bucket: Bucket, name: str) -> None:
        """`name` of the bucket is for the operator, if it fails."""
        self._bucket, self._name = bucket, name

    def begin_receiving_chunk(
        self,
        offset: int,
        length: int,  # noqa: ARG002 - of use to a folder
        *,
        prefix_hash: "hashlib._Hash | None" = None,
        compare_whole_file: bool = False,
    ) -> Chunk:
        """Create a temporary file on this machine; nothing of it is in the bucket before `append`."""
        hashes = choose_hashes(offset, prefix_hash, compare_whole_file=compare_whole_file)
        return Chunk(cast("BinaryIO", TemporaryFile(buffering=0)), offset, None, *hashes, Path(gettempdir()))

    def append(self, upload: UUID, chunk: Chunk, pieces: Sequence[str] = ()) -> Sequence[str]:
        """Put the chunk as a new object, with the small pieces before it that are not longer."""
        if not chunk.length:
            return pieces
        kept = list(pieces)
        start = chunk.offset
        while kept and start - _offset(kept[-1]) <= min(chunk.offset + chunk.length - start, SMALL_PIECE):
            start = _offset(kept.pop())
        name = f"{start}-{token_hex(8)}"
        with TemporaryFile(buffering=0) as joined, translate_bucket_errors(self._name):
            for block in self._read(upload, pieces[len(kept) :], start, chunk.offset):
                joined.write(block)
            chunk.file.seek(0)
            while part := chunk.file.read(BLOCK_SIZE):
                joined.write(part)
            path = get_path_of_open_file(cast("BinaryIO", joined))
            send_file(self._bucket, f"{upload}/{name}", path, chunk.offset + chunk.length - start)
        return [*kept, name]

    def hash_prefix(self, upload: UUID, length: int, pieces: Sequence[str] = ()) -> "hashlib._Hash":
        """Read them from the bucket."""
        digest = hashlib.sha256()
        with translate_bucket_errors(self._name):
            for block in self._read(upload, pieces, 0, length):
                digest.update(block)
        return digest

    @contextmanager
    def open_complete(self, upload: UUID, length: int, pieces: Sequence[str] = ()) -> Iterator[Path]:
        """Copy the pieces into a temporary file of this machine and yield its path."""
        with TemporaryFile() as whole:
            with translate_bucket_errors(self._name):
                for block in self._read(upload, pieces, 0, length):
                    whole.write(block)
                whole.flush()
            yield get_path_of_open_file(cast("BinaryIO", whole))

    def remove_unclaimed(self, claimed: Mapping[UUID, Sequence[str]]) -> int:
        """Remove the objects that are no piece of an upload in `claimed`, an hour after they were put."""
        newest_removed = time.time() - UNCLAIMED_GRACE_SECONDS
        needed = {f"{upload}/{piece}" for upload, pieces in claimed.items() for piece in pieces}
        with translate_bucket_errors(self._name):
            unclaimed = [
                path
                for page in obstore.list(self._bucket)
                for entry in page
                if (path := str(entry["path"])) not in needed and entry["last_modified"].timestamp() < newest_removed
            ]
            for path in unclaimed:
                obstore.delete(self._bucket, path)
        return len(unclaimed)

    def _read(self, upload: UUID, pieces: Sequence[str], start: int, end: int) -> Iterator[bytes]:
        """Read pieces that follow each other, from the byte at `start` to that at `end`. Raises OSError if one is
        not there, or shorter than it was."""
        starts = [*map(_offset, pieces), end]
        if starts[0] != start:
            raise OSError(errno.EIO, TRUNCATED_MESSAGE)
        for name, first, stop in zip(pieces, starts, starts[1:], strict=False):
            for at in range(0, stop - first, BLOCK_SIZE):
                length = min(BLOCK_SIZE, stop - first - at)
                block = bytes(obstore.get_range(self._bucket, f"{upload}/{name}", start=at, length=length))
                if len(block) != length:
                    raise OSError(errno.EIO, TRUNCATED_MESSAGE)
                yield block


def _offset(piece: str) -> int:
    """Return where a piece begins in its upload."""
    return int(piece.partition("-")[0])
