"""Store in an S3-compatible bucket, accessed with obstore. Its durability is that of the bucket."""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store as Bucket

from app.core.errors import NotFound
from app.core.i18n import lazy_gettext as _
from app.core.storage.base import CHUNK_SIZE, CorruptFile, Store
from app.core.storage.digest import DIGEST_PATTERN, hash_file, require_digest
from app.core.storage.outages import build_bucket_unavailable_error

# Up to this size a file is sent in one request. Larger files are sent in parts, which needs little memory.
MAX_SINGLE_REQUEST_BYTES = 8 * 1024 * 1024


class S3Keys(NamedTuple):
    """The access key of one store, and its secret half."""

    access_key: str
    secret_key: str


class S3Store(Store):
    """Objects at `prefix/ab/cd/abcd…`. Without keys, those of the environment are used (`AWS_ACCESS_KEY_ID`)."""

    def __init__(self, bucket: str, prefix: str = "", keys: S3Keys | None = None) -> None:
        super().__init__()
        self.name, self._prefix, self._keys = bucket, prefix, keys
        self.bucket = self.open_bucket()

    def open_bucket(self, folder: str = "") -> Bucket:
        """Open the bucket below the prefix, or a folder there that holds no files by digest."""
        keys: dict[str, Any] = {}
        if self._keys:
            keys = {"access_key_id": self._keys.access_key, "secret_access_key": self._keys.secret_key}
        # No client options here: they would override those of the environment (AWS_ALLOW_HTTP, AWS_TIMEOUT).
        return Bucket(
            self.name,
            prefix="/".join(filter(None, (self._prefix, folder))) or None,
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=10)},
            **keys,
        )

    def put(self, source: Path, sha256: str) -> None:
        """Upload the file, also if it is there, then check the length. Raises CorruptFile.

        Whether it is there is not asked: the answer to an upload would come sooner for bytes that somebody else has. A
        name always means the same bytes, so sending them twice does no harm, and repairs damage.
        """
        path = self._path(sha256)
        if hash_file(source) != sha256:
            raise CorruptFile(f"the bytes given as {sha256} have another digest")
        length = source.stat().st_size
        with translate_bucket_errors(self.name):
            send_file(self.bucket, path, source, length)
            if self._length(path) != length:
                raise CorruptFile(f"the store kept {sha256} with another length")

    def remove(self, sha256: str) -> None:
        """Delete the object, if there is one."""
        path = self._path(sha256)
        with translate_bucket_errors(self.name), suppress(FileNotFoundError):
            obstore.delete(self.bucket, path)

    def size(self, sha256: str) -> int:
        """Return the length in bytes. Raises NotFound."""
        path = self._path(sha256)
        with translate_bucket_errors(self.name):
            length = self._length(path)
        if length is None:
            raise NotFound(_("This file is not in the file storage."))
        return length

    def exists(self, sha256: str) -> bool:
        """Return whether the object exists."""
        path = self._path(sha256)
        with translate_bucket_errors(self.name):
            return self._length(path) is not None

    def version_tag(self, sha256: str) -> Hashable:
        """Return length, entity tag and time of writing as the bucket reports them. Raises NotFound."""
        path = self._path(sha256)
        with translate_bucket_errors(self.name):
            try:
                metadata = obstore.head(self.bucket, path)
            except FileNotFoundError as error:
                raise NotFound(_("This file is not in the file storage.")) from error
        return metadata["size"], metadata["e_tag"], metadata["last_modified"]

    def list_digests(self) -> Iterator[str]:
        """Yield the digest of every object."""
        with translate_bucket_errors(self.name):
            for page in obstore.list(self.bucket):
                names = (str(entry["path"]).rpartition("/")[2] for entry in page)
                yield from (name for name in names if DIGEST_PATTERN.fullmatch(name))

    def check_available(self) -> None:
        """Raise Unavailable unless the bucket can be listed."""
        with translate_bucket_errors(self.name):
            next(iter(obstore.list(self.bucket, prefix="00", chunk_size=1)), None)

    def _path(self, sha256: str) -> str:
        """Return the key of a file. Raises ValueError for a name that is no digest."""
        name = require_digest(sha256)
        return f"{name[:2]}/{name[2:4]}/{name}"

    def _length(self, path: str) -> int | None:
        """Return the length of an object, None if there is none."""
        try:
            return obstore.head(self.bucket, path)["size"]
        except FileNotFoundError:
            return None

    def _read(self, sha256: str, start: int, end: int) -> Iterator[bytes]:
        path = self._path(sha256)
        while start < end:
            stop = min(start + CHUNK_SIZE * 16, end)
            with translate_bucket_errors(self.name):
                block = memoryview(obstore.get_range(self.bucket, path, start=start, end=stop))
            for at in range(0, len(block), CHUNK_SIZE):
                yield bytes(block[at : at + CHUNK_SIZE])
            start = stop


def send_file(bucket: Bucket, path: str, source: Path, length: int) -> None:
    """Upload a file, in one request if it is small."""
    if length > MAX_SINGLE_REQUEST_BYTES:
        obstore.put(bucket, path, source, max_concurrency=2)
    else:
        obstore.put(bucket, path, source.read_bytes())


@contextmanager
def translate_bucket_errors(bucket: str) -> Iterator[None]:
    """Raise Unavailable for any error of the bucket, including a bucket that does not exist."""
    try:
        yield
    except (BaseError, OSError) as error:
        raise build_bucket_unavailable_error(error, bucket) from error
