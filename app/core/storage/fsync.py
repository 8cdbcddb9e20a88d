"""Durable folders, folder locks, and fsync(2), which is never repeated after it failed.

After a failed fsync the kernel may mark pages as written that never were, and let the next fsync succeed. So a process
that saw a failure stores nothing more: it fails what is under way and ends, and its supervisor restarts it.
"""

import errno
import fcntl
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from app.core.errors import NotFound
from app.core.i18n import lazy_gettext as _
from app.core.storage.outages import build_disk_unavailable_error

log = structlog.get_logger(__name__)
_failed = threading.Event()


def has_disk_failed() -> bool:
    """Return whether an fsync failed in this process."""
    return _failed.is_set()


def fsync_descriptor(descriptor: int) -> None:
    """Call fsync(2). Raises OSError; after the disk itself failed, always, and this process ends."""
    if _failed.is_set():
        raise OSError(errno.EIO, "the disk failed before: nothing more is kept by this process")
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno == errno.EIO:
            _failed.set()
            log.critical("the disk failed: this process keeps nothing more, and ends")
            request_process_end()
        raise


def request_process_end() -> None:
    """Send SIGTERM to this process."""
    os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def translate_disk_errors(folder: Path) -> Iterator[None]:
    """Raise NotFound for a missing file and Unavailable for any other OSError (disk full, broken, forbidden).

    `folder` is named to the operator if the error names no path itself.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound(_("This file is not in the file storage.")) from error
    except OSError as error:
        raise build_disk_unavailable_error(error, folder) from error


@contextmanager
def lock_folder(folder: Path) -> Iterator[int]:
    """Lock a folder exclusively (flock(2)) until the end of the block; yield its descriptor."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def fsync_folder(folder: Path) -> None:
    """Call fsync(2) on a folder. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fsync_descriptor(descriptor)
    finally:
        os.close(descriptor)


def make_folder_durably(folder: Path) -> None:
    """Create a folder and its parents with mode 0700, each synced before the next."""
    if folder.is_dir():
        return
    make_folder_durably(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    fsync_folder(folder.parent)
