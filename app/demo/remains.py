"""Ends what a demo started once the demo itself is gone, however it ended: `python -m app.demo.remains HOME LOCK`.

The demo starts this process before all others and holds the other end of its standard input. On it, it says the number
of each process that it starts, and at last that all have ended. If that end is closed before, the demo was killed: the
system closes a pipe on every platform and in every case.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from app.embedded import stop_abandoned_postgres_cluster

ALL_ENDED: Final = "all ended"
STOP_SECONDS: Final = 15.0
"""How long the processes of a demo that was killed may take to end before they are killed too."""


class StartedProcesses:
    """The demo's end of the pipe."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe

    def add(self, number: int) -> None:
        """Note a process that was started as the leader of a process group of its own."""
        self._write(str(number))

    def end(self) -> None:
        """Note that all of them have ended."""
        self._write(ALL_ENDED)

    def _write(self, line: str) -> None:
        with suppress(BrokenPipeError):  # the process at the other end was killed: the demo goes on without it
            self._pipe.write(f"{line}\n".encode())
            self._pipe.flush()


@contextmanager
def end_remains_if_killed(home: Path, lock: IO[str]) -> Iterator[StartedProcesses]:
    """Context manager: until the end of the block, let a process of its own end what is noted, and the database of this
    home, if this process is killed. Meanwhile it has the `lock` too, so that no other demo starts."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app.demo.remains", str(home), str(lock.fileno())],
        stdin=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        pass_fds=[lock.fileno()],
        start_new_session=True,
    )
    assert process.stdin is not None
    with process, process.stdin as pipe:
        started = StartedProcesses(pipe)
        yield started
        started.end()


def end_remains(lines: Iterable[str], home: Path, lock: int) -> None:
    """Read what the demo says until it is gone; unless all have ended by then, end the process groups and the
    database.

    Whose number is in the file of the `lock` is not asked to end any more: the number may be that of another process.
    """
    numbers = []
    for line in lines:
        if line.strip() == ALL_ENDED:
            return
        numbers.append(int(line))
    os.ftruncate(lock, 0)
    end_process_groups(numbers)
    stop_abandoned_postgres_cluster(home / "postgres")


def end_process_groups(numbers: Iterable[int]) -> None:
    """End these process groups with SIGTERM, and what is left of them after `STOP_SECONDS` with SIGKILL."""
    left = set(numbers)
    _signal_all(left, signal.SIGTERM)
    limit = time.monotonic() + STOP_SECONDS
    while left and time.monotonic() < limit:
        time.sleep(0.05)
        left = {number for number in left if _is_there(number)}
    _signal_all(left, signal.SIGKILL)


def _signal_all(groups: Iterable[int], number: signal.Signals) -> None:
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)


def _is_there(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    end_remains(sys.stdin, Path(sys.argv[1]), int(sys.argv[2]))
