"""A worker with tasks that block for ever; its argument is after how many seconds its event loop hangs."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from procrastinate import App

from app.core.observability import logging
from app.settings import Settings
from app.worker import app as worker
from app.worker import hang_detection
from app.worker.hang_detection import HangLimits


@dataclass(frozen=True, slots=True)
class BlockingTask:
    """A task of which no job ends."""

    name: str
    run: Callable[[], None] | Callable[[], Awaitable[None]]

    def register(self, queue: App, *_resources: object) -> None:
        queue.task(name=self.name)(self.run)


def block_thread() -> None:
    time.sleep(3600)


async def block_loop() -> None:
    time.sleep(3600)
    await asyncio.sleep(0)


def main(arguments: list[str]) -> int:
    """Run it with the settings of the environment."""
    (loop_seconds,) = map(float, arguments)
    logging.configure_logging()
    hang_detection.SECONDS_BY_TASK = {"block-thread": 1.0}  # others may be slow, on a machine that is busy
    tasks = {"block-thread": block_thread, "may-take-long": block_thread, "block-loop": block_loop}
    worker.TASKS = (*worker.TASKS, *(BlockingTask(name, run) for name, run in tasks.items()))
    worker.run_worker(Settings(), silent_seconds=1.0, hang_limits=HangLimits(loop_seconds=loop_seconds))
    return 0
