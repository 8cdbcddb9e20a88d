"""Growth of the ledger in the worker, so that no request waits for it.

The journal is polled a few times a second. Lines with a receipt are covered by a signed head at once, all others within
a minute; and at each deadline a head covers everything so far.
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
"""Seconds between two polls of the journal."""
SLOWLY = 2.0  # seconds between two polls after an error
A_MINUTE = timedelta(seconds=55)
"""Age that a line may reach without a head; together with the time of a poll this is less than a minute."""


@dataclass(slots=True)
class Growth:
    """State of a worker between two polls: the time of the last one, and the fault because of which it stopped."""

    looked: datetime = field(default_factory=clock.now)
    stopped: str = ""


def grow(desk: Desk, growth: Growth) -> LedgerHead | None:
    """Sign a new head if one is due, and return it; None otherwise.

    If the journal or a head differs from what was signed, nothing more is signed: the operator has to run `verify`.
    This is logged as an error once by each worker.
    """
    now = clock.now()
    try:
        with transaction(desk.write) as session:
            is_due = due(session, growth.looked, now)
        growth.looked = now
        head = sign(desk) if is_due else None
    except actions.NotConsistent as fault:
        if growth.stopped != str(fault):
            log.error("the ledger stops: the journal is not what was signed; run verify", fault=str(fault))
        growth.stopped = str(fault)
        return None
    growth.stopped = ""
    return head


def sign(desk: Desk) -> LedgerHead | None:
    """Add all journal lines to the tree, each batch in a transaction of its own, and sign a head.

    Raises the ledger's consistency error if the journal is not what was signed.
    """
    has_more = True
    while has_more:
        with transaction(desk.write) as session:
            has_more = actions.extend(session)
    with transaction(desk.write) as session:
        head = actions.sign_head(session, sign=desk.sign)
    if head:
        log.info("head signed", size=head.size)
    return head


def due(session: ReadSession, looked: datetime, now: datetime) -> bool:
    """Return whether a head is to be signed now."""
    waiting = queries.waiting(session)
    if waiting is None:
        return False
    is_late = abs(now - waiting.since) >= A_MINUTE  # abs: a line may lie in the future if the clock was set back
    return waiting.is_receipt or is_late or meetings.has_deadline_between(session, looked, now)


def prove(desk: Desk, witnesses: Sequence[Verifier] = ()) -> int:
    """Add inclusion proofs to releases; returns their number."""
    with transaction(desk.write) as session:
        return proving.prove(session, witnesses)


async def keep_growing(desk: Desk, witnesses: Sequence[Verifier]) -> None:
    """Grow the ledger for as long as the worker runs. After an error it is retried, more slowly."""
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
