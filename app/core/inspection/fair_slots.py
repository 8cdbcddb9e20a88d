"""Slots that parties share fairly: who holds fewest goes first, and no one holds all of them."""

import itertools
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition
from typing import Final

ALONE: Final = ""
"""The party of what no State or organisation hands in, such as the files of a command."""
MAX_WAITING: Final = 6
"""How many of one party may wait: each holds a thread of the portal, which has forty."""


class NoSlotError(Exception):
    """No slot became free in time, or too many of the party wait already."""


class FairSlots:
    """A number of slots, of which one party holds at most all but one."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._changed = Condition()
        self._held: Counter[str] = Counter()
        self._numbers, self._last_served = itertools.count(1), dict[str, int]()
        self._waiting: list[tuple[str, object]] = []  # in order of arrival

    @contextmanager
    def hold(self, party: str, timeout: float) -> Iterator[None]:
        """Context manager: hold a slot. Raises NoSlotError if none is free after `timeout` seconds, or at once if
        `MAX_WAITING` of the party wait."""
        with self._changed:
            self._take(party, timeout)
        try:
            yield
        finally:
            with self._changed:
                self._held[party] -= 1
                self._changed.notify_all()

    def _take(self, party: str, timeout: float) -> None:
        """Wait for a slot and count it as held; called under the lock. Raises NoSlotError."""
        if sum(waiting == party for waiting, _ in self._waiting) >= MAX_WAITING:
            raise NoSlotError
        ticket = (party, object())
        self._waiting.append(ticket)
        try:
            if not self._changed.wait_for(lambda: self._find_next() == ticket, timeout):
                raise NoSlotError
            self._held[party] += 1
            self._last_served[party] = next(self._numbers)
        finally:
            self._waiting.remove(ticket)
            self._changed.notify_all()

    def _find_next(self) -> tuple[str, object] | None:
        """Find who is next: of those whose party may hold one more, whose party holds fewest, then whose was served
        longest ago, then who came first."""
        if self._held.total() >= self._count:
            return None
        most = max(1, self._count - 1)
        allowed = [ticket for ticket in self._waiting if self._held[ticket[0]] < most]
        return min(
            allowed, key=lambda ticket: (self._held[ticket[0]], self._last_served.get(ticket[0], 0)), default=None
        )
