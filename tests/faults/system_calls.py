"""`kill -9`, or a disk that fails, at a chosen system call (strace --inject) of portal, worker or database.

The calls of one submission are counted first, so that each call is a point at which a fault can be injected. Only calls
that change something outside the process are points: between two of them the moment of a kill makes no difference.
"""

import random
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import which
from uuid import uuid4

from tests.faults.common_steps import Outcome, ensure_portal, is_alive, jobs, run_checker
from tests.faults.databases import database_answers
from tests.faults.delegation import Delegation, Unanswered
from tests.faults.installation import Installation
from tests.waiting import is_gone, wait_until

STRACE = which("strace")
# To the disk, to the database, to the client that waits for an answer.
CALLS = (
    "fsync",
    "fdatasync",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "ftruncate",
    "sendfile",
    "copy_file_range",
    "write",
    "writev",
    "pwrite64",
    "pwritev",
    "pwritev2",
    "sendto",
    "sendmsg",
)
BEGUN = re.compile(r"^(\d+) +([a-z0-9_]+)\(", re.MULTILINE)  # what is resumed later was counted when it began
INJECTED = "(INJECTED)"  # how strace marks a call that it changed
RESTING = 30.0  # seconds that the worker has for what it does after a submission


@dataclass(frozen=True, slots=True)
class Point:
    """The nth call of this name by one thread, or process, of a part of the installation."""

    part: str
    call: str
    number: int

    def __str__(self) -> str:
        return f"{self.part} at {self.call} {self.number}"


def processes_of(installation: Installation, part: str) -> list[int]:
    return installation.postmaster().processes() if part == "database" else [installation.running[part].pid]


@contextmanager
def traced(installation: Installation, part: str, *options: str) -> Iterator[Path]:
    """Trace a part of the installation with strace until the end of the block; yields the output file."""
    out, numbers = installation.folder / "strace", processes_of(installation, part)
    command = [str(STRACE), "-f", "-qq", "-o", str(out), *options]
    command += [word for number in numbers for word in ("-p", str(number))]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet) as process:
        try:
            wait_until(lambda: all(map(_is_traced, numbers)), "strace did not attach", within=20)
            time.sleep(0.05)
            yield out
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()


def _is_traced(number: int) -> bool:
    """Whether a process is traced; True if it has ended meanwhile."""
    try:
        return "TracerPid:\t0\n" not in Path(f"/proc/{number}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


@contextmanager
def injected(installation: Installation, *rules: str, part: str = "portal") -> Iterator[None]:
    """Until the end of the block, change system calls of a part by these rules (strace's `inject=`)."""
    with traced(installation, part, *(word for rule in rules for word in ("-e", f"inject={rule}"))):
        yield


def points(installation: Installation, part: str, act: Callable[[], None]) -> list[Point]:
    """Return every point that a part of the installation passes during `act`."""
    with traced(installation, part, "-e", "trace=" + ",".join(f"?{call}" for call in CALLS)) as out:
        act()
    found = Counter(BEGUN.findall(out.read_text(errors="replace")))
    most: dict[str, int] = {}
    for (_, call), times in found.items():
        most[call] = max(most.get(call, 0), times)
    return [Point(part, call, number) for call in sorted(most) for number in range(1, most[call] + 1)]


def every_call(
    installation: Installation, delegation: Delegation, part: str, seconds: float, rng: random.Random
) -> Iterator[Outcome]:
    """Submit one paper after the other, each with a kill at another point, in random order, as long as there is time.

    The first one is not counted: Python then writes its compiled modules, in hundreds of calls that no other one makes.
    Of two that are counted the shorter one is taken: what the worker does from time to time may fall into one of them.
    """
    _start_again(installation, part, struck=_is_dead(installation, part))
    give_up = time.monotonic() + seconds
    _submit_and_wait(installation, delegation, f"A paper before those that are counted for the {part}", part)
    counted = (f"A paper that is counted for the {part}, {number}" for number in (1, 2))
    traces = [
        points(installation, part, partial(_submit_and_wait, installation, delegation, title, part))
        for title in counted
    ]
    there = min(traces, key=len)
    rng.shuffle(there)
    done = 0
    for point in there:
        if time.monotonic() > give_up:
            break
        yield killed_at(installation, delegation, point, f"A paper, {point}")
        done += 1
    print(f"{part}: {done} of {len(there)} points of a submission", flush=True)


def _submit_and_wait(installation: Installation, delegation: Delegation, title: str, part: str) -> None:
    delegation.hand_in_until_done(title)
    if part == "worker":
        _wait_until_idle(installation)


def _wait_until_idle(installation: Installation) -> None:
    """Wait until the worker has done what was queued, or is dead."""
    over = time.monotonic() + RESTING
    while time.monotonic() < over and is_alive(installation, "worker"):
        if not _has_unfinished_jobs(installation):
            return
        time.sleep(0.1)


def killed_at(installation: Installation, delegation: Delegation, point: Point, title: str) -> Outcome:
    """`kill -9` at a point of a submission; then the process is started again, and the submission is repeated."""
    key, before = str(uuid4()), processes_of(installation, point.part)
    with injected(installation, f"{point.call}:signal=SIGKILL:when={point.number}", part=point.part):
        with suppress(Unanswered):
            delegation.hand_in(title, key=key)
        if point.part == "worker":
            _wait_until_idle(installation)
    time.sleep(0.05)
    began, struck = time.monotonic(), _died(installation, point.part, before)
    _start_again(installation, point.part, struck=struck)
    delegation.hand_in_until_done(title, key=key)
    seconds = time.monotonic() - began
    if point.part == "worker" and struck:
        wait_until(lambda: not _has_unfinished_jobs(installation), "what the worker died over was not done", within=90)
    kind = f"kill -9 of the {point.part} at a system call"
    return Outcome(f"kill -9 of the {point}", struck, run_checker(installation, delegation.notes.parent), seconds, kind)


def _has_unfinished_jobs(installation: Installation) -> bool:
    return any(status in ("todo", "doing") for _, status, _ in jobs(installation))


def _died(installation: Installation, part: str, before: list[int]) -> bool:
    """Whether the part died. If a server process of the database is killed, PostgreSQL ends all of them and starts
    again; if it is the first one, its supervisor starts it again."""
    if part != "database":
        for _ in range(20):  # on a busy machine a process that was killed is still there for a moment
            if not is_alive(installation, part):
                return True
            time.sleep(0.05)
        return False
    if is_gone(before[0]):
        installation.postmaster().reap(before[1:])
        installation.postmaster().start()
    wait_until(lambda: database_answers(installation), "the database does not come back", within=60)
    return not set(before[1:4]) <= set(installation.postmaster().processes())


def _is_dead(installation: Installation, part: str) -> bool:
    return part != "database" and not is_alive(installation, part)


def _start_again(installation: Installation, part: str, *, struck: bool) -> None:
    if part == "worker" and struck:
        installation.kill("worker")
        installation.begin("worker", "work")
    elif part == "portal":
        ensure_portal(installation)


def failing_sync(installation: Installation, delegation: Delegation, number: int) -> Outcome:
    """The disk refuses a sync: no answer acknowledges the paper, and the process ends by itself."""
    key = str(uuid4())
    title, wrong = f"A paper, failing sync {number}", []
    with traced(installation, "portal", "-e", f"inject=fsync:error=EIO:when={number}") as out:
        try:
            delegation.hand_in(title, key=key)
            wrong.append("EIO: a receipt was given")
        except Unanswered:
            pass
        with suppress(subprocess.TimeoutExpired):
            installation.running["portal"].wait(20)
    struck = INJECTED in out.read_text(errors="replace")
    if is_alive(installation, "portal"):
        wrong.append("EIO: the process goes on")
    elif installation.running["portal"].returncode == 0:
        wrong.append("EIO: the process ended as if all was well")
    seconds = ensure_portal(installation)
    delegation.hand_in_until_done(title, key=key)
    found = (*(wrong if struck else ()), *run_checker(installation, delegation.notes.parent))
    return Outcome(f"EIO at fsync {number}", struck, found, seconds, "EIO at fsync")
