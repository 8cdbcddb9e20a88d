"""The only clock of the system; a test can shift it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

_offset: ContextVar[timedelta] = ContextVar("clock_offset", default=timedelta(0))


def now() -> datetime:
    """Return the current instant in UTC."""
    return datetime.now(UTC) + _offset.get()


@contextmanager
def shifted_clock(by: timedelta) -> Iterator[None]:
    """Shift the clock by this much, later or earlier, until the end of the block; for tests and the demo."""
    token = _offset.set(_offset.get() + by)
    try:
        yield
    finally:
        _offset.reset(token)
