"""Waiting that comes to an end: for something to hold, and for a process to be gone."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Timer
from time import monotonic, sleep
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

PATIENCE = 60.0
WAITS = text("SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


def until(holds: Callable[[], object], what: str = "it never came to hold", within: float = PATIENCE) -> None:
    """Wait until that holds. Raises TimeoutError with these words."""
    give_up = monotonic() + within
    while not holds():
        if monotonic() > give_up:
            raise TimeoutError(what)
        sleep(0.02)


def somebody_waits(session: Session) -> bool:
    """Whether somebody waits for a lock in this session's database just now."""
    found = bool(session.execute(WAITS).all())
    session.rollback()
    return found


def end(process: "subprocess.Popen[Any]", within: float = 20.0) -> int:
    """Tell a process to end (SIGTERM); its exit code. Raises TimeoutError if it did not, once it has been killed.

    Without the kill, the end of `with Popen(…)` would wait for ever.
    """
    process.terminate()
    try:
        return process.wait(within)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(within)
        raise TimeoutError(f"{process.args!r} did not end {within:.0f} s after it was told to") from None


def kill_all(process: "subprocess.Popen[Any]") -> None:
    """`kill -9` of a process that began a session of its own, and of all that it started: none holds our output."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(20)


@contextmanager
def at_most(seconds: float, process: "subprocess.Popen[Any]") -> Iterator[None]:
    """Kill it if the block takes longer: who reads what it says then reads the end of it."""
    timer = Timer(seconds, process.kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def standing_still(numbers: list[int]) -> Iterator[None]:
    """These processes hang (SIGSTOP) until the end of the block. One that has ended meanwhile does not matter.

    All of them go on whatever happens: one that stands still ends at no signal but SIGKILL.
    """
    try:
        for number in numbers:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGSTOP)
        yield
    finally:
        for number in numbers:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGCONT)


def is_gone(number: int) -> bool:
    """Whether a process is no more. One that nobody has buried yet (Z) is dead: not every first process buries."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True
