"""What the disk does and says: durable folders, locks, and fsync(2), which is never asked twice for what it refused.

After a failed fsync the kernel may hold pages as written that never were, and call the next fsync good. So a process
that saw one keeps nothing more: it refuses what is under way and ends; whoever watches it starts it anew.
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

from app.core.errors import Unavailable, Unknown
from app.core.i18n import say

log = structlog.get_logger(__name__)
_failed = threading.Event()


def has_failed() -> bool:
    """Whether the disk refused a sync to this process."""
    return _failed.is_set()


def flush(descriptor: int) -> None:
    """fsync(2). Raises OSError; once the disk itself failed, always, and this process ends."""
    if _failed.is_set():
        raise OSError(errno.EIO, "the disk failed before: nothing more is kept by this process")
    try:
        os.fsync(descriptor)
    except OSError as fault:
        if fault.errno == errno.EIO:
            _failed.set()
            log.critical("the disk failed: this process keeps nothing more, and ends")
            end()
        raise


def end() -> None:
    """Ask this process to end in order."""
    os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def disk_faults() -> Iterator[None]:
    """What the disk says, in our words: absent is Unknown, anything else (full, broken, forbidden) is Unavailable."""
    try:
        yield
    except FileNotFoundError as fault:
        raise Unknown(say("This file is not in the store.")) from fault
    except OSError as fault:
        raise silent() from fault


def silent() -> Unavailable:
    return Unavailable(say("The file store does not answer just now. Nothing was kept; try again in a few minutes."))


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        flush(descriptor)
    finally:
        os.close(descriptor)


def make_durably(folder: Path) -> None:
    """Make a folder and those above it, for us alone (0700), each on the disk before the next."""
    if folder.is_dir():
        return
    make_durably(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    sync(folder.parent)
