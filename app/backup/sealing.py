"""Files of a copy as they lie on the disk: plain, or sealed in the age format (age-encryption.org/v1).

Sealing needs the public half of a key alone (`age1…`), so that the machine which copies cannot read its own copies.
Every reader of the format opens them, with the other half, which is kept elsewhere.
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

from app.core.store import PIECE, Damaged
from app.core.store.disk import make_durably, sync

SUFFIX = ".age"
AT_A_TIME = 32
"""Files that are copied side by side: each waits for the disk, which syncs many in hardly more time than one."""


class Counted:
    """Pieces on their way, counted and hashed."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces, self._seen, self.size = pieces, hashlib.sha256(), 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self._seen.update(piece)
            self.size += len(piece)
            yield piece

    @property
    def sha256(self) -> str:
        return self._seen.hexdigest()


class _Stream(io.RawIOBase):
    """Pieces as something to read from."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        super().__init__()
        self._pieces, self._left = iter(pieces), b""

    def readable(self) -> bool:
        return True

    def readinto(self, room: Any) -> int:
        while not self._left:
            try:
                self._left = bytes(next(self._pieces))
            except StopIteration:
                return 0
        length = min(len(room), len(self._left))
        room[:length], self._left = self._left[:length], self._left[length:]
        return length


class Seal:
    """Writes files, sealed for a recipient if one is given, and reads them with its identity."""

    def __init__(self, recipient: str = "", identity: str = "") -> None:
        """Raises ValueError for what is no key. Neither is ever shown."""
        try:
            self._recipient = x25519.Recipient.from_str(recipient) if recipient else None
            self._identity = x25519.Identity.from_str(identity) if identity else None
        except (RecipientError, IdentityError):
            raise ValueError("a recipient is age1…, an identity AGE-SECRET-KEY-1…") from None

    @property
    def is_sealing(self) -> bool:
        return self._recipient is not None

    def write(self, path: Path, pieces: Iterable[bytes]) -> None:
        """Whole under its name and on the disk when this returns, or not there at all."""
        make_durably(path.parent)
        with NamedTemporaryFile(dir=path.parent, prefix=".writing-", delete=False) as file:
            try:
                if self._recipient:
                    encrypt_io(io.BufferedReader(_Stream(pieces), PIECE), file, [self._recipient])
                else:
                    file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).rename(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        sync(path.parent)

    @contextmanager
    def opened(self, path: Path, *, sealed: bool) -> Iterator[BinaryIO]:
        """What was written, as it was before it was sealed. Raises Damaged, and ValueError without the identity."""
        if not sealed:
            with path.open("rb") as file:
                yield file
            return
        if self._identity is None:
            raise ValueError("the copy is sealed: name the file with its identity (--identity)")
        with TemporaryFile() as plain, path.open("rb") as file:
            try:
                decrypt_io(file, plain, [self._identity])
            except DecryptError as fault:
                raise Damaged(f"{path.name} cannot be opened with this identity, or was altered") from fault
            plain.seek(0)
            yield plain


def place(folder: Path, sha256: str, *, sealed: bool) -> Path:
    """Where a file lies in the pool that all copies of a folder share."""
    return folder / "files" / sha256[:2] / sha256[2:4] / (sha256 + (SUFFIX if sealed else ""))


def dump(folder: Path, name: str, table: str, *, sealed: bool) -> Path:
    """Where the rows of a table lie."""
    return folder / name / (f"{table}.copy" + (SUFFIX if sealed else ""))
