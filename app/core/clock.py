"""The only clock of the system, which a test can shift, and the time zone in which its days begin."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Final

SEAT_ZONE: Final = "Europe/Zurich"
"""The time zone of Geneva, the seat: of the record, of the dates of releases, and of readers who chose none."""

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
