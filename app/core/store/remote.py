"""Files in an S3-compatible store, by obstore. The bucket's own durability is what is promised here."""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store as Bucket

from app.core.errors import Unavailable, Unknown
from app.core.i18n import say
from app.core.store.digest import DIGEST, checked, digest_of
from app.core.store.shelf import PIECE, Damaged, Store

# Up to here one request creates the object if it is absent; above, parts are sent, which has no such condition,
# but holds little in memory. The same name always means the same bytes, so sending them twice does no harm.
SINGLE_REQUEST = 8 * 1024 * 1024


class S3Store(Store):
    """Objects at `prefix/ab/cd/abcd…`."""

    def __init__(self, bucket: str, prefix: str = "") -> None:
        super().__init__()
        # No client options here: any would put those of the environment (AWS_ALLOW_HTTP, AWS_TIMEOUT) out of force.
        self.bucket = Bucket(
            bucket,
            prefix=prefix or None,
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=10)},
        )

    def keep(self, source: Path, sha256: str) -> None:
        path = self._path(sha256)
        if digest_of(source) != sha256:
            raise Damaged(f"the bytes given as {sha256} have another digest")
        length = source.stat().st_size
        with answers_of_the_bucket():
            if self._length(path) != length:
                self._send(source, path, length)
            if self._length(path) != length:
                raise Damaged(f"the store kept {sha256} with another length")

    def remove(self, sha256: str) -> None:
        path = self._path(sha256)
        with answers_of_the_bucket(), suppress(FileNotFoundError):
            obstore.delete(self.bucket, path)

    def size(self, sha256: str) -> int:
        path = self._path(sha256)
        with answers_of_the_bucket():
            length = self._length(path)
        if length is None:
            raise Unknown(say("This file is not in the store."))
        return length

    def has(self, sha256: str) -> bool:
        path = self._path(sha256)
        with answers_of_the_bucket():
            return self._length(path) is not None

    def mark(self, sha256: str) -> Hashable:
        """What the bucket says of it: length, entity tag, and when it was written."""
        path = self._path(sha256)
        with answers_of_the_bucket():
            try:
                found = obstore.head(self.bucket, path)
            except FileNotFoundError as fault:
                raise Unknown(say("This file is not in the store.")) from fault
        return found["size"], found["e_tag"], found["last_modified"]

    def names(self) -> Iterator[str]:
        with answers_of_the_bucket():
            for page in obstore.list(self.bucket):
                found = (str(each["path"]).rpartition("/")[2] for each in page)
                yield from (name for name in found if DIGEST.fullmatch(name))

    def answers(self) -> None:
        with answers_of_the_bucket():
            next(iter(obstore.list(self.bucket, prefix="00", chunk_size=1)), None)

    def _path(self, sha256: str) -> str:
        name = checked(sha256)
        return f"{name[:2]}/{name[2:4]}/{name}"

    def _length(self, path: str) -> int | None:
        try:
            return obstore.head(self.bucket, path)["size"]
        except FileNotFoundError:
            return None

    def _send(self, source: Path, path: str, length: int) -> None:
        if length > SINGLE_REQUEST:
            obstore.put(self.bucket, path, source, max_concurrency=2)
            return
        try:
            obstore.put(self.bucket, path, source.read_bytes(), mode="create")
        except AlreadyExistsError:
            return  # somebody else was quicker with the same bytes

    def _read(self, sha256: str, start: int, end: int) -> Iterator[bytes]:
        path = self._path(sha256)
        while start < end:
            stop = min(start + PIECE * 16, end)
            with answers_of_the_bucket():
                block = memoryview(obstore.get_range(self.bucket, path, start=start, end=stop))
            for at in range(0, len(block), PIECE):
                yield bytes(block[at : at + PIECE])
            start = stop


@contextmanager
def answers_of_the_bucket() -> Iterator[None]:
    """Whatever goes wrong there, a bucket that does not exist included, is Unavailable."""
    try:
        yield
    except (BaseError, OSError) as fault:
        raise Unavailable(
            say("The file store does not answer just now. Nothing was kept; try again in a few minutes.")
        ) from fault
