"""The running jobs of a worker, and its graceful stop: on a signal it finishes them or queues them again.

A job that hangs in a thread cannot be cancelled. When its time is over it is queued again for another worker, and the
process exits while it runs: every task is written so that it may run twice.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Collection, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import structlog
from procrastinate import App, JobContext
from procrastinate.jobs import Job
from procrastinate.worker import Worker

from app.core import clock
from app.core.observability.metrics import ProcessMetrics
from app.core.observability.tracing import ProcessTracing

log = structlog.get_logger(__name__)

EXIT_GRACE_SECONDS = 10.0
"""Seconds for libraries to close their resources, once all jobs have ended."""


def exit_within(seconds: float, exit_code: int) -> None:
    """Exit the process with this code after so many seconds, if it still runs then.

    No job runs by then: all are done or queued again, or none was begun. A connection pool that is just connecting may
    miss the request to close, which happened once in some hundred starts (Python 3.11), and a thread may wait for a
    hanging database: Python would wait for both.
    """
    timer = threading.Timer(seconds, os._exit, (exit_code,))
    timer.daemon = True
    timer.start()


@dataclass(frozen=True, slots=True)
class TimedJob:
    """A running job, and when it began (of `perf_counter`)."""

    job: Job
    began: float

    @property
    def seconds(self) -> float:
        """For how long it has run."""
        return perf_counter() - self.began


class RunningJobs:
    """Tracks the jobs that run in this worker, as a procrastinate worker middleware."""

    def __init__(self, jobs: App, meters: ProcessMetrics, traces: ProcessTracing, *, heartbeat_seconds: float) -> None:
        """Take the queue, metrics, tracer, and the seconds between two heartbeats, sent until the last job ends."""
        self.jobs, self.meters, self.traces, self.heartbeat_seconds = jobs, meters, traces, heartbeat_seconds
        self.running: dict[int, TimedJob] = {}
        self.worker_ids: set[int] = set()
        self._tasks_sampled: Collection[str] = ()

    async def track_job(self, call_next: Callable[[], Awaitable[Any]], context: JobContext, worker: Worker) -> Any:
        """Run a job: measure and trace it, and remember it while it runs."""
        number = context.job.id
        assert number is not None
        running = self.running[number] = TimedJob(context.job, perf_counter())
        if worker.worker_id is not None:
            self.worker_ids.add(worker.worker_id)
        outcome, task = "failed", context.job.task_name
        try:
            with self.traces.trace_job(task, context.job.task_kwargs):
                result = await call_next()
            outcome = "done"
            return result
        finally:
            del self.running[number]
            self.meters.jobs.labels(task, outcome).inc()
            self.meters.job_seconds.labels(task).observe(running.seconds)

    async def run_until_signalled(self, work: Coroutine[Any, Any, None], grace_seconds: float) -> None:
        """Work until SIGTERM or SIGINT; then start no new job and give running ones `grace_seconds` to end.

        Jobs that do not end in time are queued again, and the process exits.
        """
        signalled, loop = asyncio.Event(), asyncio.get_running_loop()
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signal_number, signalled.set)
        task, waiting = asyncio.create_task(work), asyncio.create_task(signalled.wait())
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if not signalled.is_set():
            await task
            return
        task.cancel()
        if not await self._wait_for_end(task, grace_seconds):
            for each in self.running.values():
                log.warning("a job did not end in time; it is queued again", job=each.job.id, task=each.job.task_name)
            await self.requeue_jobs()
            os._exit(0)  # a thread still works on a job that was queued again, and Python would wait for it

    async def _wait_for_end(self, task: "asyncio.Task[None]", grace_seconds: float) -> bool:
        """Wait for the end of all jobs; False on timeout. Sends heartbeats, since the worker itself sends none now."""
        deadline = asyncio.get_running_loop().time() + grace_seconds
        while (left := deadline - asyncio.get_running_loop().time()) > 0:
            done, _ = await asyncio.wait({task}, timeout=min(left, self.heartbeat_seconds))
            if done:
                with suppress(asyncio.CancelledError):
                    await task
                return True
            for worker_id in self.worker_ids:
                await self.jobs.job_manager.update_heartbeat(worker_id)
        return False

    async def requeue_jobs(self, except_for: Collection[TimedJob] = ()) -> None:
        """Queue the running jobs again, for a process that ends without them."""
        for each in list(self.running.values()):
            if each not in except_for:
                await self.jobs.job_manager.retry_job(each.job, retry_at=clock.now())

    def sample_oldest(self) -> None:
        """Set the metric of the job of each task that has run for longest."""
        oldest = dict.fromkeys(self._tasks_sampled, 0.0)
        for each in self.running.values():
            oldest[each.job.task_name] = max(each.seconds, oldest.get(each.job.task_name, 0.0))
        for task, seconds in oldest.items():
            self.meters.oldest_job_seconds.labels(task).set(seconds)
        self._tasks_sampled = oldest.keys()
