"""Folders of the service: one for each service, with one for each task that needs it, removed by another process."""

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

PREFIX: Final = "cwg-files-"
MAX_TEMPORARY_PATH: Final = 24
"""LibreOffice makes a socket in the folder of its task, and the path of a socket has at most 107 bytes."""
LOCK: Final = "lock"
"""A file that a service holds locked as long as it runs (flock(2))."""
REMOVER: Final = "/bin/rm"
"""It follows no link, and removes folders in folders however deep they are."""


def make_service_folder() -> Path:
    """Make a folder for this service; it stays locked while this process runs."""
    usual = tempfile.gettempdir()
    parent = Path(usual if len(usual) <= MAX_TEMPORARY_PATH else "/tmp")  # noqa: S108
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    lock = os.open(folder / "new", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    (folder / "new").rename(folder / LOCK)
    return folder


def list_left_folders(parent: Path) -> list[Path]:
    """List the folders of services of this user that were killed."""
    return [folder for folder in parent.glob(f"{PREFIX}*") if was_left(folder)]


def was_left(folder: Path) -> bool:
    """Tell whether the folder is of a service that no longer runs; one without a lock is not known to be."""
    try:
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.fstat(lock).st_uid == os.geteuid()
    except BlockingIOError:
        return False
    finally:
        os.close(lock)


def start_removal(folder: Path) -> int:
    """Start a process that removes a folder, and return its number. Raises OSError."""
    return os.posix_spawn(REMOVER, [REMOVER, "-rf", "--", str(folder)], {})


def remove_folder(folder: Path) -> None:
    """Remove a folder and wait for it."""
    with suppress(OSError):
        os.waitpid(start_removal(folder), 0)
        return
    shutil.rmtree(folder, ignore_errors=True)
