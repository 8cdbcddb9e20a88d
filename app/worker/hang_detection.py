"""Ends a worker that hangs, so that what started it starts it again, and its jobs run again.

Neither a thread that a job blocks for ever nor a blocked event loop can be ended from inside a process. A job that
hangs counts as one during which a worker died: it is tried alone, and given up after `MAX_WORKER_DEATHS`. The other
jobs are queued again at once.

Time is counted in looks, one after each pause, not in differences of a clock: a process that was suspended for an hour,
as by a snapshot of its machine, took no look meanwhile, and did not hang.
"""

import asyncio
import os
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import structlog

from app.worker.graceful_stop import RunningJobs, TimedJob

HUNG_EXIT_CODE: Final = 3
SECONDS_BY_TASK: Final[Mapping[str, float]] = MappingProxyType({"verify": 24 * 3600.0, "check-fixity": 6 * 3600.0})
"""Limits of the tasks that read the whole record, or many files."""
REQUEUE_SECONDS: Final = 10.0
LOOKS: Final = 20
"""How many times the limits are looked at within the shorter one, at most once a second."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class HangLimits:
    """After how many seconds a job hangs, if its task has no limit of its own, and the event loop, which a busy machine
    also makes late."""

    job_seconds: float = 3600.0
    loop_seconds: float = 300.0

    @property
    def pause(self) -> float:
        """Seconds between two looks."""
        return min(1.0, self.job_seconds / LOOKS, self.loop_seconds / LOOKS)


async def end_worker_if_job_hangs(at_work: RunningJobs, limits: HangLimits) -> None:
    """Look at the running jobs again and again; if one hangs, queue the others again and end the process."""
    watch = JobWatch(limits)
    while not (hung := watch.look_for_hung_jobs(at_work.running)):
        await asyncio.sleep(limits.pause)
    for each in hung:
        task, seconds = each.job.task_name, round(each.seconds)
        log.error("a job hangs; the worker ends", job=each.job.id, task=task, seconds=seconds, places=list_places())
    try:
        async with asyncio.timeout(REQUEUE_SECONDS):
            await at_work.requeue_jobs(except_for=hung)
    finally:
        os._exit(HUNG_EXIT_CODE)


class JobWatch:
    """How many times each running job was seen; one that is tried again is another one."""

    def __init__(self, limits: HangLimits) -> None:
        self._limits = limits
        self._looks: Mapping[tuple[int, float], int] = {}

    def look_for_hung_jobs(self, running: Mapping[int, TimedJob]) -> list[TimedJob]:
        """Look once at the running jobs; return those that run for longer than jobs of their task may."""
        limits, jobs = self._limits, [(number, each.began) for number, each in running.items()]
        self._looks = {job: self._looks.get(job, 0) + 1 for job in jobs}
        return [
            each
            for number, each in running.items()
            if self._looks[number, each.began] * limits.pause
            > SECONDS_BY_TASK.get(each.job.task_name, limits.job_seconds)
        ]


class LoopWatch:
    """How many times a thread looked since the event loop last went on. The thread alone writes one number, and the
    loop the other one."""

    def __init__(self, limits: HangLimits) -> None:
        self._limits = limits
        self._looks = self._looks_at_last_turn = 0

    def look_whether_loop_hangs(self) -> bool:
        """Look once; return whether the loop has not gone on for longer than it may."""
        self._looks += 1
        return (self._looks - self._looks_at_last_turn) * self._limits.pause > self._limits.loop_seconds

    def note_turn(self) -> None:
        """Note that the loop goes on; called by the loop."""
        self._looks_at_last_turn = self._looks


@contextmanager
def end_worker_if_loop_hangs(limits: HangLimits) -> Iterator[None]:
    """Context manager: end the process if the running event loop does not go on, until the end of the block."""
    loop, ended, hang_watch = asyncio.get_running_loop(), threading.Event(), LoopWatch(limits)

    def watch() -> None:
        while not ended.wait(limits.pause):
            if hang_watch.look_whether_loop_hangs():
                log.error("the event loop hangs; the worker ends", places=list_places())
                os._exit(HUNG_EXIT_CODE)
            loop.call_soon_threadsafe(hang_watch.note_turn)

    threading.Thread(target=watch, name="hang-detection", daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def list_places() -> dict[str, str]:
    """Return where each thread of this process is: file, line and function, by the name of the thread."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    places = {}
    for number, frame in sys._current_frames().items():
        last = traceback.extract_stack(frame)[-1]
        places[names.get(number, str(number))] = f"{last.filename}:{last.lineno} {last.name}"
    return places
