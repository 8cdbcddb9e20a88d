"""The files of one private key while it is replaced: `cwg_release_key`, the next one (`.next`), and the last one
(`.old`). None is ever overwritten, except that the next key takes the place of the current one once that is kept."""

import os
import secrets
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

from app.core.signing import KEY_LENGTH, PublicKey, Signer, SigningPurpose
from app.core.storage.fsync import fsync_descriptor, fsync_folder
from app.key_settings import PRIVATE_KEY_SETTINGS


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """The private keys of one purpose in the folder of secrets."""

    folder: Path
    purpose: SigningPurpose

    @property
    def current(self) -> Path:
        """The key that the process is started with."""
        return self.folder / f"cwg_{PRIVATE_KEY_SETTINGS[self.purpose]}"

    @property
    def following(self) -> Path:
        """The key that will sign next."""
        return self.current.with_name(f"{self.current.name}.next")

    @property
    def previous(self) -> Path:
        """The key that signed before."""
        return self.current.with_name(f"{self.current.name}.old")

    @property
    def are_exchanged(self) -> bool:
        """True if the next key is in place, and the previous one was not destroyed yet."""
        return self.previous.exists() and not self.following.exists()

    def read_public_key(self, path: Path) -> PublicKey:
        """Return the public half of the key in a file. Raises ValueError, naming the file."""
        try:
            return Signer.from_secret("", path.read_text()).public_key
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error

    def create_key(self, path: Path) -> PublicKey:
        """Create a private key in a new file that only its owner can read, and return its public half.

        Raises FileExistsError.
        """
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(b64encode(secrets.token_bytes(KEY_LENGTH)).decode() + "\n")
            file.flush()
            fsync_descriptor(file.fileno())
        fsync_folder(self.folder)
        return self.read_public_key(path)

    def exchange_keys(self) -> None:
        """Keep the current key as the previous one, then put the next one in its place, with the same owner and mode.

        At each instant there is a current key. Repeated after an interruption, it continues. Raises ValueError if an
        earlier key is still kept.
        """
        if not self.previous.exists():
            self.previous.hardlink_to(self.current)
        elif not self.previous.samefile(self.current):
            raise ValueError(f"{self.previous} is there: destroy the key that signed before the current one first")
        status = self.current.stat()
        if (self.following.stat().st_uid, self.following.stat().st_gid) != (status.st_uid, status.st_gid):
            os.chown(self.following, status.st_uid, status.st_gid)
        self.following.chmod(status.st_mode & 0o777)
        fsync_folder(self.folder)
        self.following.replace(self.current)
        fsync_folder(self.folder)
