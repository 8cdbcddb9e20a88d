"""Folders and locks: what may be ours alone, and the store in which root keeps what `nobody` must reach."""

import fcntl
import os
import pwd
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

STORE = Path("/var/lib/cwg-embedded")
"""Root's own: nobody else can have prepared it, and no sweeper of temporary files looks there."""

SERVANT = "nobody"
"""Who runs PostgreSQL where we are root."""


class EmbeddedError(RuntimeError):
    """The embedded PostgreSQL cannot be had; the message says what to do."""


def servant() -> pwd.struct_passwd | None:
    """Who runs PostgreSQL in our stead: only root needs somebody."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SERVANT)
    except KeyError:
        raise EmbeddedError(
            f"PostgreSQL does not run as root and there is no user {SERVANT}: run as another."
        ) from None


def room_of(home: Path) -> Path:
    """Where the cluster of this home lies: in the home or, for root, in the store, as others may be unable to enter.

    The name in the store is made from the home's, so that two homes never share a cluster.
    """
    if os.geteuid() != 0:
        room = home / "cluster"
    else:
        own(STORE)
        room = STORE / sha256(bytes(home)).hexdigest()[:16]
    own(room)
    return room


def own(folder: Path) -> None:
    """Make a folder that all may enter and only we may write to; refuse one that is anything else."""
    try:
        folder.mkdir()
        folder.chmod(0o755)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise EmbeddedError(f"{folder} is not a folder that you alone can write to: remove it.") from None


@contextmanager
def locked(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Alone until the end, or until this process dies: no program that we start inherits the lock."""
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EmbeddedError(f"Another process is using the PostgreSQL in {path.parent}: stop it first.") from None
        yield
