"""The running jobs of a worker, and its graceful stop: on a signal it finishes them or queues them again.

A job that hangs in a thread cannot be cancelled. When its time is over it is queued again for another worker, and the
process exits while it runs: every task is written so that it may run twice.
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


class RunningJobs:
    """Tracks the jobs that run in this worker, as a procrastinate worker middleware."""

    def __init__(self, jobs: App, meters: ProcessMetrics, traces: ProcessTracing, *, heartbeat_seconds: float) -> None:
        """Take the queue, metrics, tracer, and the seconds between two heartbeats, sent until the last job ends."""
        self.jobs, self.meters, self.traces, self.heartbeat_seconds = jobs, meters, traces, heartbeat_seconds
        self.running: dict[int, Job] = {}
        self.worker_ids: set[int] = set()

    async def track_job(self, call_next: Callable[[], Awaitable[Any]], context: JobContext, worker: Worker) -> Any:
        """Run a job: measure and trace it, and remember it while it runs."""
        number = context.job.id
        assert number is not None
        self.running[number] = context.job
        if worker.worker_id is not None:
            self.worker_ids.add(worker.worker_id)
        began, outcome, task = perf_counter(), "failed", context.job.task_name
        try:
            with self.traces.trace_job(task, context.job.task_kwargs):
                result = await call_next()
            outcome = "done"
            return result
        finally:
            del self.running[number]
            self.meters.jobs.labels(task, outcome).inc()
            self.meters.job_seconds.labels(task).observe(perf_counter() - began)

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
            await self._requeue_jobs()
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

    async def _requeue_jobs(self) -> None:
        for job in list(self.running.values()):
            log.warning("a job did not end in time; it is queued again", job=job.id, task=job.task_name)
            await self.jobs.job_manager.retry_job(job, retry_at=clock.now())
