"""Growth of the ledger in the worker, so that no request waits for it.

The journal is polled a few times a second. Lines with a receipt are covered by a signed head at once, all others within
a minute; and at each deadline a head covers everything so far.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog

from app.core import clock
from app.core.db import ReadSession, transaction
from app.domain.ledger import actions
from app.domain.ledger.models import LedgerHead
from app.domain.ledger.queries import ledger
from app.domain.ledger.rules.signed_notes import NoteVerifier
from app.domain.meetings import queries as meetings
from app.domain.releases.actions import inclusion_proofs
from app.worker.loops import run_step_repeatedly
from app.worker.release import WorkerContext

log = structlog.get_logger(__name__)

POLL_SECONDS = 0.25
"""Seconds between two polls of the journal."""
RETRY_SECONDS = 2.0  # seconds between two polls after an error
MAX_LINE_AGE = timedelta(seconds=55)
"""Age that a line may reach without a head; together with the time of a poll this is less than a minute."""


@dataclass(slots=True)
class LedgerProgress:
    """State of a worker between two polls: the time of the last one, and the fault because of which it stopped."""

    checked_at: datetime = field(default_factory=clock.now)
    fault: str = ""


def sign_head_if_due(context: WorkerContext, progress: LedgerProgress) -> LedgerHead | None:
    """Sign a new head if one is due, and return it; None otherwise.

    If the journal or a head differs from what was signed, nothing more is signed: the operator has to run `verify`.
    This is logged as an error once by each worker.
    """
    now = clock.now()
    try:
        with transaction(context.write_sessions) as session:
            is_due = is_head_due(session, progress.checked_at, now)
        progress.checked_at = now
        head = add_lines_and_sign_head(context) if is_due else None
    except actions.InconsistentJournal as fault:
        if progress.fault != str(fault):
            log.error("the ledger stops: the journal is not what was signed; run verify", fault=str(fault))
        progress.fault = str(fault)
        return None
    progress.fault = ""
    return head


def add_lines_and_sign_head(context: WorkerContext) -> LedgerHead | None:
    """Add all journal lines to the tree, each batch in a transaction of its own, and sign a head.

    Raises the ledger's consistency error if the journal is not what was signed.
    """
    has_more = True
    while has_more:
        with transaction(context.write_sessions) as session:
            has_more = actions.store_next_full_tiles(session)
    with transaction(context.write_sessions) as session:
        head = actions.sign_head(session)
    if head:
        log.info("head signed", size=head.size)
    return head


def is_head_due(session: ReadSession, checked_at: datetime, now: datetime) -> bool:
    """Return whether a head is to be signed now."""
    waiting = ledger.find_uncovered_journal_lines(session)
    if waiting is None:
        return False
    is_late = abs(now - waiting.since) >= MAX_LINE_AGE  # abs: a line may lie in the future if the clock was set back
    return waiting.has_signed_record or is_late or meetings.has_deadline_between(session, checked_at, now)


def add_release_proofs(context: WorkerContext, witnesses: Sequence[NoteVerifier] = ()) -> int:
    """Add inclusion proofs to releases; returns their number."""
    with transaction(context.write_sessions) as session:
        return inclusion_proofs.add_inclusion_proofs(session, witnesses)


def grow_ledger(context: WorkerContext, progress: LedgerProgress, witnesses: Sequence[NoteVerifier]) -> None:
    """Sign a head if one is due, then add the proofs that it makes possible."""
    sign_head_if_due(context, progress)
    add_release_proofs(context, witnesses)


async def run_ledger_loop(context: WorkerContext, witnesses: Sequence[NoteVerifier]) -> None:
    """Grow the ledger for as long as the worker runs."""
    await run_step_repeatedly(
        partial(grow_ledger, context, LedgerProgress(), witnesses),
        pause=POLL_SECONDS,
        retry_pause=RETRY_SECONDS,
        waiting_event="the ledger waits for the database",
        failed_event="the ledger did not grow; it is tried again",
    )
