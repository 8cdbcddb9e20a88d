"""The jobs that this worker does now, and its end: told to stop, it finishes them or gives them back.

A job that hangs in a thread cannot be ended by anybody. Where its time is over it is queued once more, for another
worker, and the process ends under it: every task is written to run twice.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from time import perf_counter
from typing import Any

import structlog
from procrastinate import App, JobContext
from procrastinate.jobs import Job
from procrastinate.worker import Worker

from app.core import clock
from app.core.meters import Meters
from app.core.traces import Traces

log = structlog.get_logger(__name__)

CLOSING = 10.0
"""Seconds for whatever is not ours to close, once our work has ended."""


def end_within(seconds: float, code: int) -> None:
    """From now on the process lives so long at most, and then ends with that code.

    All of ours is done or given back by then. A pool that was just connecting may lose the order to end, which happened
    once in some hundred starts (Python 3.11), and a thread may wait for a database that hangs: Python waits for both.
    """
    timer = threading.Timer(seconds, os._exit, (code,))
    timer.daemon = True
    timer.start()


class AtWork:
    """Told of every job by the worker (a procrastinate worker middleware)."""

    def __init__(self, jobs: App, meters: Meters, traces: Traces, *, every: float) -> None:
        """`every` are the seconds between two signs of life, which are given to the last job."""
        self.jobs, self.meters, self.traces, self.every = jobs, meters, traces, every
        self.doing: dict[int, Job] = {}
        self.worker: int | None = None

    async def note(self, go_on: Callable[[], Awaitable[Any]], context: JobContext, worker: Worker) -> Any:
        number = context.job.id
        assert number is not None
        self.worker, self.doing[number] = worker.worker_id, context.job
        began, outcome, task = perf_counter(), "failed", context.job.task_name
        try:
            with self.traces.job(task, context.job.task_kwargs):
                done = await go_on()
            outcome = "done"
            return done
        finally:
            del self.doing[number]
            self.meters.jobs.labels(task, outcome).inc()
            self.meters.job_seconds.labels(task).observe(perf_counter() - began)

    async def until_told(self, working: Coroutine[Any, Any, None], patience: float) -> None:
        """Work until SIGTERM or SIGINT; then no new job is begun, and what is being done has so many seconds to end."""
        told, loop = asyncio.Event(), asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, told.set)
        task, waiting = asyncio.create_task(working), asyncio.create_task(told.wait())
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if not told.is_set():
            await task
            return
        task.cancel()
        if not await self._ended(task, patience):
            await self._give_back()
            os._exit(0)  # a thread of ours still works on what was given back, and Python would wait for it

    async def _ended(self, task: "asyncio.Task[None]", patience: float) -> bool:
        """Whether all ended in that time. Meanwhile there are signs of life, which the worker gives no more itself."""
        give_up = asyncio.get_running_loop().time() + patience
        while (left := give_up - asyncio.get_running_loop().time()) > 0:
            done, _ = await asyncio.wait({task}, timeout=min(left, self.every))
            if done:
                with suppress(asyncio.CancelledError):
                    await task
                return True
            if self.worker is not None:
                await self.jobs.job_manager.update_heartbeat(self.worker)
        return False

    async def _give_back(self) -> None:
        for job in list(self.doing.values()):
            log.warning("a job did not end in time; it is given back", job=job.id, task=job.task_name)
            await self.jobs.job_manager.retry_job(job, retry_at=clock.now())
