"""Private folders and file locks, and the store in which root keeps what the account `nobody` must reach."""

import fcntl
import os
import pwd
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

ROOT_STORE = Path("/var/lib/cwg-embedded")
"""Owned by root: no other user can have prepared it, and temporary files are not cleaned up there."""

SERVER_ACCOUNT = "nobody"
"""Account that runs PostgreSQL if this process is root."""


class EmbeddedPostgresUnavailable(RuntimeError):
    """The embedded PostgreSQL is not available; the message says what to do."""


def find_postgres_account() -> pwd.struct_passwd | None:
    """Return the account that runs PostgreSQL for root, None for other users.

    Raises EmbeddedPostgresUnavailable if it does not exist.
    """
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SERVER_ACCOUNT)
    except KeyError:
        raise EmbeddedPostgresUnavailable(
            f"PostgreSQL does not run as root and there is no user {SERVER_ACCOUNT}: run as another."
        ) from None


def postgres_data_folder(home: Path) -> Path:
    """Return the data folder of the cluster of this home: in the home or, for root, in the store, which `nobody` can
    enter.

    The name in the store is derived from the path of the home, so that two homes never share a cluster.
    """
    if os.geteuid() != 0:
        folder = home / "cluster"
    else:
        create_owner_writable_folder(ROOT_STORE)
        folder = ROOT_STORE / sha256(bytes(home)).hexdigest()[:16]
    create_owner_writable_folder(folder)
    return folder


def create_owner_writable_folder(folder: Path) -> None:
    """Create a folder that all may enter and only the own user may write to.

    Raises EmbeddedPostgresUnavailable for an existing one that is not so.
    """
    try:
        folder.mkdir()
        folder.chmod(0o755)
    except FileExistsError:
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o022:
            raise EmbeddedPostgresUnavailable(
                f"{folder} is not a folder that you alone can write to: remove it."
            ) from None


@contextmanager
def lock_file(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Lock a file until the end of the block or of this process; started programs do not inherit the lock.

    Raises EmbeddedPostgresUnavailable if another process holds it, unless `wait` is set.
    """
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EmbeddedPostgresUnavailable(
                f"Another process is using the PostgreSQL in {path.parent}: stop it first."
            ) from None
        yield
