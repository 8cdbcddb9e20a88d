"""Ends a worker that hangs, so that what started it starts it again, and its jobs run again.

Neither a thread that a job blocks for ever nor a blocked event loop can be ended from inside a process. A job that
hangs counts as one during which a worker died: it is tried alone, and given up after `MAX_WORKER_DEATHS`. The other
jobs are queued again at once.
"""

import asyncio
import os
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
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
    while not (hung := find_hung_jobs(at_work, limits)):
        await asyncio.sleep(limits.pause)
    for each in hung:
        task, seconds = each.job.task_name, round(each.seconds)
        log.error("a job hangs; the worker ends", job=each.job.id, task=task, seconds=seconds, places=list_places())
    try:
        async with asyncio.timeout(REQUEUE_SECONDS):
            await at_work.requeue_jobs(except_for=hung)
    finally:
        os._exit(HUNG_EXIT_CODE)


def find_hung_jobs(at_work: RunningJobs, limits: HangLimits) -> list[TimedJob]:
    """Return the jobs that run for longer than those of their task may."""
    return [
        each
        for each in at_work.running.values()
        if each.seconds > SECONDS_BY_TASK.get(each.job.task_name, limits.job_seconds)
    ]


@contextmanager
def end_worker_if_loop_hangs(limits: HangLimits) -> Iterator[None]:
    """Context manager: end the process if the running event loop does not go on, until the end of the block."""
    loop, ended = asyncio.get_running_loop(), threading.Event()
    last_turn = monotonic()

    def note_turn() -> None:
        nonlocal last_turn
        last_turn = monotonic()

    def watch() -> None:
        while not ended.wait(limits.pause):
            if monotonic() - last_turn > limits.loop_seconds:
                log.error("the event loop hangs; the worker ends", places=list_places())
                os._exit(HUNG_EXIT_CODE)
            loop.call_soon_threadsafe(note_turn)

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
