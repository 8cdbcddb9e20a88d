"""Work that the worker does over and over, apart from the jobs of its queue."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor

import structlog

from app.worker.tasks import TRANSIENT_ERRORS

log = structlog.get_logger(__name__)


async def run_step_repeatedly(
    step: Callable[[], object],
    *,
    pause: float,
    retry_pause: float,
    waiting_event: str,
    failed_event: str,
    expected: tuple[type[Exception], ...] = TRANSIENT_ERRORS,
    threads: Executor | None = None,
    **facts: object,
) -> None:
    """Run a step in a thread without end, `pause` seconds apart, or at once again after it returned True.

    After an error it is tried again `retry_pause` seconds later. Of several `expected` errors in a row only the first
    is logged, as `waiting_event`; any other one is `failed_event`. `facts` go into the log.
    """
    is_waiting = False
    while True:
        next_pause = pause
        try:
            result = await asyncio.get_running_loop().run_in_executor(threads, step)
            next_pause, is_waiting = 0.0 if result is True else pause, False
        except expected as fault:
            if not is_waiting:
                log.warning(waiting_event, kind=repr(fault), **facts)
            next_pause, is_waiting = retry_pause, True
        except Exception:
            log.exception(failed_event, **facts)
            next_pause = retry_pause
        await asyncio.sleep(next_pause)
