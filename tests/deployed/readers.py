"""People who read page after page while something is done to the installation: each answer is counted."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from time import monotonic, sleep

import httpx2

from tests.deployed.visitor import Visitor

PAUSE_SECONDS = 0.2


@dataclass
class Readings:
    """The answers by status, or by the error where there was none, and how long there was no good one at most."""

    answers: Counter[str] = field(default_factory=Counter)
    longest_gap: float = 0.0
    lock: Lock = field(default_factory=Lock)

    @property
    def failed(self) -> dict[str, int]:
        return {status: times for status, times in self.answers.items() if status != "200"}

    def add(self, status: str, gap: float) -> None:
        """Count an answer, the first good one after so many seconds."""
        with self.lock:
            self.answers[status] += 1
            self.longest_gap = max(self.longest_gap, gap)

    def describe(self) -> str:
        """Describe the answers in a line."""
        others = ", ".join(f"{times} × {status}" for status, times in sorted(self.failed.items()))
        return f"{self.answers['200']} of {self.answers.total()} requests answered" + (f"; {others}" if others else "")


@contextmanager
def keep_reading(visitors: Sequence[tuple[Visitor, Sequence[str]]]) -> Iterator[Readings]:
    """Have each visitor read its pages, one after the other, until the end of the block."""
    readings, is_over = Readings(), Event()
    threads = [Thread(target=_read_on, args=(*each, readings, is_over), daemon=True) for each in visitors]
    for thread in threads:
        thread.start()
    try:
        yield readings
    finally:
        is_over.set()
        for thread in threads:
            thread.join(90)


def _read_on(visitor: Visitor, paths: Sequence[str], readings: Readings, is_over: Event) -> None:
    good = monotonic()
    while not is_over.is_set():
        for path in paths:
            try:
                status = str(visitor.status(path))
            except httpx2.HTTPError as error:
                status = type(error).__name__
            if status == "200":
                readings.add(status, monotonic() - good)
                good = monotonic()
            else:
                readings.add(status, 0.0)
            sleep(PAUSE_SECONDS)
