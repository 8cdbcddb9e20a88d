"""Measures once a second how late the event loop of a process is, and takes the other samples of that process."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import structlog

from app.core.observability.metrics import ProcessMetrics

SAMPLE_SECONDS: Final = 1.0

log = structlog.get_logger()


@asynccontextmanager
async def sample_event_loop(meters: ProcessMetrics, *samples: Callable[[], None]) -> AsyncIterator[None]:
    """Context manager: measure the lag of the running loop, and call each of `samples`, once a second."""
    task = asyncio.create_task(_sample(meters, samples))
    try:
        yield
    finally:
        task.cancel()


async def _sample(meters: ProcessMetrics, samples: tuple[Callable[[], None], ...]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + SAMPLE_SECONDS
        await asyncio.sleep(SAMPLE_SECONDS)
        meters.loop_lag.observe(max(0.0, loop.time() - due))
        for sample in samples:
            try:
                sample()
            except Exception:
                log.exception("a metric could not be sampled")
