"""Tasks of the queue. Each module of jobs lists its own in `TASKS`; `app.worker.app` registers them all.

Names, arguments and locks are stored in the queue, so they never change.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from procrastinate import App, RetryStrategy
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.core.errors import Unavailable

TRANSIENT_ERRORS = (Unavailable, OperationalError, PoolTimeout, OSError)
"""Errors that may be over in a moment: the store or the database does not answer."""
EVERY_MINUTE, EVERY_TEN_MINUTES = "* * * * *", "*/10 * * * *"
HOURLY, NIGHTLY = "23 * * * *", "37 1 * * *"  # in UTC


def retry_on(*errors: type[Exception], wait: int = 3, increase: int = 10) -> RetryStrategy:
    """Retry without end on transient errors and on these, after `wait` seconds and `increase` more each time.

    A scheduled release must be carried out: a store that is down for an hour only delays it. The job itself gives up,
    by the clock (see the release actions, some 130 attempts): it then raises an error that is not retried.
    """
    return RetryStrategy(
        max_attempts=None, wait=wait, linear_wait=increase, retry_exceptions=(*errors, *TRANSIENT_ERRORS)
    )


class QueueTask(Protocol):
    """A task that can be registered with the queue. Its job is called with the `resources` of the worker."""

    def register(self, queue: App, *resources: object) -> None:
        """Register the task; its jobs run in a thread."""


@dataclass(frozen=True, slots=True)
class EventTask:
    """Runs for each job queued by an event: the job function gets the resources and one fact of the event, and those
    named in `options` that it has."""

    name: str
    run: Callable[..., object]
    fact: str
    fact_type: Callable[[str], object] = UUID
    retry: RetryStrategy = field(default_factory=retry_on)
    options: tuple[str, ...] = ()

    def register(self, queue: App, *resources: object) -> None:
        """Register the task; facts that it does not need are ignored."""

        def run_job(**facts: str) -> None:
            options = {name: facts[name] for name in self.options if name in facts}
            self.run(*resources, self.fact_type(facts[self.fact]), **options)

        queue.task(name=self.name, retry=self.retry)(run_job)


@dataclass(frozen=True, slots=True)
class PeriodicTask:
    """Runs by the clock; no second job waits while one does. `is_exclusive`: no second job runs either."""

    name: str
    run: Callable[..., object]
    cron: str
    periodic_id: str
    is_exclusive: bool = False

    def register(self, queue: App, *resources: object) -> None:
        """Register the task and its schedule."""

        def run_job(timestamp: int) -> None:  # noqa: ARG001 - procrastinate gives the instant of the schedule
            self.run(*resources)

        lock = self.name if self.is_exclusive else None
        task = queue.task(name=self.name, queueing_lock=self.name, lock=lock)(run_job)
        queue.periodic(cron=self.cron, periodic_id=self.periodic_id)(task)
