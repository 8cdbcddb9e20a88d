"""The house's clock jumps an hour ahead and back, between submissions and during them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Timer
from typing import Any

import psycopg

from tests.faults.common_steps import Outcome, again, owner_address, verdict
from tests.faults.delegation import Delegation
from tests.faults.installation import House
from tests.faults.stepped_clock import set_to
from tests.waiting import wait_until

HOUR = 3600.0
# From one to the other, ahead and back. Never before the right time: yesterday nobody had a seat in this house yet.
STEPS = ((0, HOUR), (HOUR, 0), (2 * HOUR, HOUR), (HOUR, 2 * HOUR), (2 * HOUR, 0))
SLACK = timedelta(seconds=2)
A_HEAD_WITHIN = 75.0  # seconds: a minute, and what a look takes


def clock_steps(house: House, delegation: Delegation) -> Outcome:
    """Nothing twice, no gap; each receipt says what the clock said; heads grow, and go on after a step back."""
    wrong: list[str] = []
    with a_clock(house) as clock:
        for number, (before, then) in enumerate(STEPS):
            set_to(clock, before)
            wrong += _told_rightly(delegation, f"A paper after a step, {number}", before)
            turn = Timer(0.15, set_to, (clock, then))
            turn.start()
            wrong += _told_rightly(delegation, f"A paper during a step, {number}", before, then)
            turn.join(20)
        wrong += _heads_go_on(house, delegation, clock)
    return Outcome("clock steps by an hour, ahead and back", True, (*wrong, *verdict(house, delegation.notes.parent)))


@contextmanager
def a_clock(house: House) -> Iterator[Path]:
    """The house goes by a clock that can be set, until the end of the block."""
    house.clock = house.folder / "clock"
    set_to(house.clock, 0)
    _anew(house)
    try:
        yield house.clock
    finally:
        house.clock = None
        _anew(house)


def _anew(house: House) -> None:
    """Portal and worker with this clock."""
    again(house, anew=True)
    with suppress(KeyError):
        house.kill("worker")
    house.begin("worker", "work")


def _told_rightly(delegation: Delegation, title: str, *steps: float) -> list[str]:
    """Whether the time on the receipt is one that the clock showed meanwhile."""
    began = datetime.now(UTC)
    receipt = delegation.insist(title)
    ended, told = datetime.now(UTC), _instant(receipt)
    for step in steps:
        if began - SLACK <= told - timedelta(seconds=step) <= ended + SLACK:
            return []
    return [f"1: the receipt of {title!r} says {told}, between {began} and {ended} by the right clock"]


def _instant(receipt: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(receipt["statement"]["at"])


def _heads_go_on(house: House, delegation: Delegation, clock: Path) -> list[str]:
    """A draft without a receipt, made while the clock was an hour ahead: its line has a head within the minute."""
    set_to(clock, HOUR)
    delegation.draft("A draft of the future")
    set_to(clock, 0)
    with psycopg.connect(owner_address(house), connect_timeout=10) as connection:
        (lines,) = connection.execute("SELECT max(seq) FROM portal.journal_line").fetchone() or (0,)
    began = time.monotonic()
    with suppress(TimeoutError):
        wait_until(lambda: delegation.head() >= lines, within=A_HEAD_WITHIN)
        return []
    return [f"3: {lines} lines, and {time.monotonic() - began:.0f} s later no head over them"]
