"""Files of a backup on disk: plain, or encrypted in the age format (age-encryption.org/v1).

Encryption needs the public key (`age1…`) only, so the machine that creates backups cannot read them. Every
implementation of the format can decrypt them with the secret key, which is kept elsewhere.
"""

import hashlib
import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import Any, BinaryIO

from pyrage import DecryptError, IdentityError, RecipientError, decrypt_io, encrypt_io, x25519

from app.core.storage import CHUNK_SIZE, CorruptFile
from app.core.storage.fsync import fsync_folder, make_folder_durably

ENCRYPTED_SUFFIX = ".age"
PARALLEL_FILES = 32
"""Files copied in parallel: each waits for the disk, which syncs many in hardly more time than one."""


class HashingChunkIterator:
    """Passes chunks on, and computes their total size and SHA-256."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces, self._hasher, self.size = pieces, hashlib.sha256(), 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self._hasher.update(piece)
            self.size += len(piece)
            yield piece

    @property
    def sha256(self) -> str:
        """SHA-256 of the chunks passed so far, in hex."""
        return self._hasher.hexdigest()


class _Stream(io.RawIOBase):
    """Chunks as a readable stream."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        super().__init__()
        self._pieces, self._left = iter(pieces), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            try:
                self._left = bytes(next(self._pieces))
            except StopIteration:
                return 0
        length = min(len(buffer), len(self._left))
        buffer[:length], self._left = self._left[:length], self._left[length:]
        return length


class FileEncryption:
    """Writes files, encrypted if there is a recipient, and reads them with the matching identity."""

    def __init__(self, recipient: str = "", identity: str = "") -> None:
        """Raises ValueError for an invalid key; the message never contains it."""
        try:
            self._recipient = x25519.Recipient.from_str(recipient) if recipient else None
            self._identity = x25519.Identity.from_str(identity) if identity else None
        except (RecipientError, IdentityError):
            raise ValueError("a recipient is age1…, an identity AGE-SECRET-KEY-1…") from None

    @property
    def is_encrypting(self) -> bool:
        """Whether written files are encrypted."""
        return self._recipient is not None

    def write_file(self, path: Path, chunks: Iterable[bytes]) -> None:
        """Write a file completely and durably, or not at all."""
        make_folder_durably(path.parent)
        with NamedTemporaryFile(dir=path.parent, prefix=".writing-", delete=False) as file:
            try:
                if self._recipient:
                    encrypt_io(io.BufferedReader(_Stream(chunks), CHUNK_SIZE), file, [self._recipient])
                else:
                    file.writelines(chunks)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).rename(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        fsync_folder(path.parent)

    @contextmanager
    def open_file(self, path: Path, *, sealed: bool) -> Iterator[BinaryIO]:
        """Context manager: open a file decrypted. Raises CorruptFile, and ValueError without the identity."""
        if not sealed:
            with path.open("rb") as file:
                yield file
            return
        if self._identity is None:
            raise ValueError("the copy is sealed: name the file with its identity (--identity)")
        with TemporaryFile() as plain, path.open("rb") as file:
            try:
                decrypt_io(file, plain, [self._identity])
            except DecryptError as error:
                raise CorruptFile(f"{path.name} cannot be opened with this identity, or was altered") from error
            plain.seek(0)
            yield plain


def pooled_backup_file_path(folder: Path, sha256: str, *, sealed: bool) -> Path:
    """Return the path of a file in the pool shared by all backups of a folder."""
    return folder / "files" / sha256[:2] / sha256[2:4] / (sha256 + (ENCRYPTED_SUFFIX if sealed else ""))


def table_dump_path(folder: Path, name: str, table: str, *, sealed: bool) -> Path:
    """Return the path of the rows of a table."""
    return folder / name / (f"{table}.copy" + (ENCRYPTED_SUFFIX if sealed else ""))
