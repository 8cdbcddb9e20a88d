"""The ledger grows in the worker: nobody waits for it, and no act becomes slower by it.

The journal is looked at a few times a second. What somebody holds a receipt of gets its head at once, everything else
within a minute; and at each deadline whatever is there.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from app.core import clock
from app.core.db import ReadSession, transaction
from app.domain.ledger import actions, queries
from app.domain.ledger.models import LedgerHead
from app.domain.ledger.notes import Verifier
from app.domain.meetings import queries as meetings
from app.domain.releases import proving
from app.jobs.disseminate import PASSING, Desk

log = structlog.get_logger(__name__)

LOOKING = 0.25
"""Seconds from one look at the journal to the next."""
SLOWLY = 2.0
A_MINUTE = timedelta(seconds=55)
"""So old a line may become without a head: with the time that a look takes, a minute is kept."""


@dataclass(slots=True)
class Growth:
    """What a worker remembers from one look to the next: so far it looked, and whether it had to stop."""

    looked: datetime = field(default_factory=clock.now)
    stopped: str = ""


def grow(desk: Desk, growth: Growth) -> LedgerHead | None:
    """Sign a head if it is time for one, and prove what was released; the head.

    Where the journal or a head is not as it was signed, nothing more is signed: an operator has to look (`verify`), and
    until then this is said once, loudly, and each worker that starts says it again.
    """
    now = clock.now()
    try:
        with transaction(desk.write) as session:
            is_due = due(session, growth.looked, now)
        growth.looked = now
        made = sign(desk) if is_due else None
    except actions.NotConsistent as fault:
        if growth.stopped != str(fault):
            log.error("the ledger stops: the journal is not what was signed; run verify", fault=str(fault))
        growth.stopped = str(fault)
        return None
    growth.stopped = ""
    return made


def sign(desk: Desk) -> LedgerHead | None:
    """Take in what is there and sign it, each batch in a transaction of its own. Raises NotConsistent."""
    is_more = True
    while is_more:
        with transaction(desk.write) as session:
            is_more = actions.extend(session)
    with transaction(desk.write) as session:
        made = actions.sign_head(session, sign=desk.sign)
    if made:
        log.info("head signed", size=made.size)
    return made


def due(session: ReadSession, looked: datetime, now: datetime) -> bool:
    """Whether a head is to be signed now."""
    waiting = queries.waiting(session)
    if waiting is None:
        return False
    is_late = abs(now - waiting.since) >= A_MINUTE  # a line of the future: the clock was ahead, and was set back
    return waiting.is_receipt or is_late or meetings.has_deadline_between(session, looked, now)


def prove(desk: Desk, witnesses: Sequence[Verifier] = ()) -> int:
    """Put proofs beside what was released; how many."""
    with transaction(desk.write) as session:
        return proving.prove(session, witnesses)


async def keep_growing(desk: Desk, witnesses: Sequence[Verifier]) -> None:
    """Grow for as long as the worker works. What does not answer just now is tried again, more slowly."""
    growth, pause = Growth(), LOOKING
    while True:
        try:
            await asyncio.to_thread(grow, desk, growth)
            await asyncio.to_thread(prove, desk, witnesses)
            pause = LOOKING
        except PASSING as fault:
            if pause == LOOKING:
                log.warning("the ledger waits for the database", kind=type(fault).__name__)
            pause = SLOWLY
        except Exception:
            log.exception("the ledger did not grow; it is tried again")
            pause = SLOWLY
        await asyncio.sleep(pause)
