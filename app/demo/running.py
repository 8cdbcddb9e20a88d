"""The lock that a running demo holds, with its process number, and the command that stops it."""

import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from app.demo.place import DemoInstallation

STOP_SECONDS: Final = 120.0


class DemoRunsAlreadyError(RuntimeError):
    """A demo runs in this folder, or one that was killed is being ended."""


def lock_path(installation: DemoInstallation) -> Path:
    """Return the path of the lock, next to the folder, which a fresh demo deletes."""
    return installation.home.with_name(f"{installation.home.name}.lock")


@contextmanager
def hold_demo_lock(installation: DemoInstallation) -> Iterator[IO[str]]:
    """Context manager: hold the lock until the end of the block; the file names this process.

    Raises DemoRunsAlreadyError.
    """
    with lock_path(installation).open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoRunsAlreadyError from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield lock
        lock.truncate(0)


def stop_demo(installation: DemoInstallation) -> int:
    """Stop the demo of this folder and wait for its end; returns the exit code: 1 if it does not end."""
    limit, path = time.monotonic() + STOP_SECONDS, lock_path(installation)
    if not path.exists() or _is_free(path):
        print("No demo runs here.")
        return 0
    if number := path.read_text(encoding="ascii"):
        with suppress(ProcessLookupError):
            os.kill(int(number), signal.SIGTERM)
    while not _is_free(path):
        if time.monotonic() > limit:
            print(f"The demo (process {number or 'unknown'}) does not end.", file=sys.stderr)
            return 1
        time.sleep(0.1)
    print("Stopped.")
    return 0


def _is_free(path: Path) -> bool:
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
