"""The portal's clock jumps an hour ahead and back, between submissions and during them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Timer
from typing import Any

import psycopg

from tests.faults.common_steps import Outcome, ensure_portal, owner_address, run_checker
from tests.faults.delegation import Delegation
from tests.faults.installation import Installation
from tests.faults.stepped_clock import set_to
from tests.waiting import wait_until

HOUR = 3600.0
# From one to the other, ahead and back. Never before the right time: no person had a seat here yesterday.
STEPS = ((0, HOUR), (HOUR, 0), (2 * HOUR, HOUR), (HOUR, 2 * HOUR), (2 * HOUR, 0))
SLACK = timedelta(seconds=2)
HEAD_WITHIN = 75.0  # seconds: a minute, and what a look takes


def clock_steps(installation: Installation, delegation: Delegation) -> Outcome:
    """Nothing twice, no gap; each receipt has the time of the clock; heads grow, also after a step back."""
    wrong: list[str] = []
    with settable_clock(installation) as clock:
        for number, (before, then) in enumerate(STEPS):
            set_to(clock, before)
            wrong += _check_receipt_time(delegation, f"A paper after a step, {number}", before)
            turn = Timer(0.15, set_to, (clock, then))
            turn.start()
            wrong += _check_receipt_time(delegation, f"A paper during a step, {number}", before, then)
            turn.join(20)
        wrong += _check_heads_after_step(installation, delegation, clock)
    return Outcome(
        "clock steps by an hour, ahead and back", True, (*wrong, *run_checker(installation, delegation.notes.parent))
    )


@contextmanager
def settable_clock(installation: Installation) -> Iterator[Path]:
    """Run the installation with a clock that can be set, until the end of the block."""
    installation.clock = installation.folder / "clock"
    set_to(installation.clock, 0)
    _restart(installation)
    try:
        yield installation.clock
    finally:
        installation.clock = None
        _restart(installation)


def _restart(installation: Installation) -> None:
    """Restart portal and worker with this clock."""
    ensure_portal(installation, restart=True)
    with suppress(KeyError):
        installation.kill("worker")
    installation.begin("worker", "work")


def _check_receipt_time(delegation: Delegation, title: str, *steps: float) -> list[str]:
    """Check that the time on the receipt is one that the clock showed meanwhile."""
    began = datetime.now(UTC)
    receipt = delegation.hand_in_until_done(title)
    ended, stated = datetime.now(UTC), _instant(receipt)
    for step in steps:
        if began - SLACK <= stated - timedelta(seconds=step) <= ended + SLACK:
            return []
    return [f"1: the receipt of {title!r} says {stated}, between {began} and {ended} by the right clock"]


def _instant(receipt: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(receipt["statement"]["at"])


def _check_heads_after_step(installation: Installation, delegation: Delegation, clock: Path) -> list[str]:
    """Check that the line of a draft made while the clock was an hour ahead is in a head within a minute."""
    set_to(clock, HOUR)
    delegation.draft("A draft of the future")
    set_to(clock, 0)
    with psycopg.connect(owner_address(installation), connect_timeout=10) as connection:
        (lines,) = connection.execute("SELECT max(seq) FROM portal.journal_line").fetchone() or (0,)
    began = time.monotonic()
    with suppress(TimeoutError):
        wait_until(lambda: delegation.head() >= lines, within=HEAD_WITHIN)
        return []
    return [f"3: {lines} lines, and {time.monotonic() - began:.0f} s later no head over them"]
