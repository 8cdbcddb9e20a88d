"""Bounded waiting: for a condition, and for the end of a process."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Timer
from time import monotonic, sleep
from typing import Any, Protocol

from sqlalchemy import text
from sqlalchemy.orm import Session

PATIENCE = 60.0
WAITS = text("SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


class StoppableProcess(Protocol):
    """What `subprocess.Popen` and `ForkedProcess` have in common."""

    pid: int
    args: Any

    def wait(self, timeout: float | None = None) -> int: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


def wait_until(holds: Callable[[], object], what: str = "it never came to hold", within: float = PATIENCE) -> None:
    """Wait until a condition is true. Raises TimeoutError with these words."""
    give_up = monotonic() + within
    while not holds():
        if monotonic() > give_up:
            raise TimeoutError(what)
        sleep(0.02)


def is_lock_waiting(session: Session) -> bool:
    """Whether a session waits for a lock in the database of this session."""
    is_waiting = bool(session.execute(WAITS).all())
    session.rollback()
    return is_waiting


def stop_process(process: StoppableProcess, within: float = PATIENCE) -> int:
    """Stop a process with SIGTERM; return its exit code. Raises TimeoutError if it did not end, after killing it.

    Without the kill, the end of `with Popen(…)` would wait for ever.
    """
    process.terminate()
    try:
        return process.wait(within)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(within)
        raise TimeoutError(f"{process.args!r} did not end {within:.0f} s after it was told to") from None


def kill_all(process: StoppableProcess) -> None:
    """Send SIGKILL to the session of a process with all its children, so that none keeps our output open."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(PATIENCE)


@contextmanager
def time_limit(seconds: float, process: StoppableProcess) -> Iterator[None]:
    """Kill the process if the block takes longer, so that a reader of its output reaches the end."""
    timer = Timer(seconds, process.kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def stopped_processes(numbers: list[int]) -> Iterator[None]:
    """Stop these processes (SIGSTOP) until the end of the block. A process that ended meanwhile is ignored.

    All of them are continued in any case: a stopped process reacts to no signal but SIGKILL.
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
    """Whether a process has ended. An unreaped process (Z) counts: not every first process reaps."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True
