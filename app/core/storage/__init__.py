"""File stores: files by their SHA-256 digest, in a local folder or in an S3-compatible store."""

from urllib.parse import unquote, urlsplit

from app.core.storage.base import CHUNK_SIZE, CorruptFile, Store
from app.core.storage.digest import hash_file, require_digest
from app.core.storage.local import LocalStore
from app.core.storage.s3 import S3Keys, S3Store

__all__ = [
    "CHUNK_SIZE",
    "CorruptFile",
    "LocalStore",
    "S3Keys",
    "S3Store",
    "Store",
    "hash_file",
    "open_store",
    "require_digest",
]


def open_store(url: str, accel_prefix: str = "", *, keys: S3Keys | None = None) -> Store:
    """Open the store at `file:///…` or `s3://bucket/prefix`; `accel_prefix` as in `LocalStore`.

    The endpoint of an S3 store, and its keys unless some are given, are the usual `AWS_…` variables, which obstore
    reads itself. Raises ValueError for any other address, and Unavailable if a local folder cannot be created.
    """
    parts = urlsplit(url)
    if parts.query or parts.fragment:
        raise ValueError("the address of a store ends with its path")
    if parts.scheme == "file" and not parts.netloc and parts.path.strip("/"):
        return LocalStore(unquote(parts.path), accel_prefix)
    if parts.scheme == "s3" and parts.netloc:
        return S3Store(parts.netloc, unquote(parts.path).strip("/"), keys)
    raise ValueError("a store is file:///folder or s3://bucket/prefix")
