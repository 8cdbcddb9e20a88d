"""Files that arrived before they were inspected: the worker claims them one by one, and saves that they are accepted
(`refusals` has the other verdict).

The system acts here, without an actor. Row-level security hides drafts from the worker: it acts for the State of the
file (`app.core.db.set_row_security_entity`).
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import and_, delete, func, or_, select

from app.core import clock, journal
from app.core.db import WriteSession, add_row_lock, set_row_security_entity
from app.core.file_service.fair_slots import LARGE_FILE, PATIENCE_SECONDS
from app.core.permissions import Actor
from app.domain.contributions import events
from app.domain.contributions.actions import cosponsors
from app.domain.contributions.models import (
    Contribution,
    ContributionFile,
    FileVerdict,
    WaitingFile,
)
from app.domain.contributions.rules.sources import list_source_findings
from app.domain.documents.inputs import LanguageFile

CLAIM_DURATION: Final = timedelta(minutes=5)
"""How long a file is left to the worker that claimed it: longer than an inspection can take."""
MAX_TRIES: Final = 5
"""Inspections that may end with their worker, or with the service that opens files, until the file is refused. All but
the first are alone in the service."""
PATIENCE: Final = timedelta(seconds=PATIENCE_SECONDS)
"""How long a large file lets small ones go before it."""


def set_waiting(session: WriteSession, actor: Actor, contribution: Contribution, file: ContributionFile) -> None:
    """Have a file that the actor just handed in inspected if it waits for that; one that it replaces waits no more."""
    session.flush()
    key = WaitingFile.contribution_id == contribution.id, WaitingFile.language == file.language
    session.execute(delete(WaitingFile).where(*key))
    if file.verdict == FileVerdict.WAITING:
        session.add(
            WaitingFile(
                contribution_id=contribution.id,
                language=file.language,
                sha256=file.sha256,
                size=file.size,
                name=file.name,
                entity=contribution.by_entity,
                arrived_at=file.received_at,
                sent_by=actor.person,
            )
        )


def claim_waiting_file(session: WriteSession, *, slots: int) -> WaitingFile | None:
    """Claim the file that is inspected next, and count the try; None if none waits.

    First what was tried least; then files of the State of whose fewest are being inspected, at most all but one of the
    `slots`; then small files before large ones that came a short while ago, then in the order of their arrival.
    """
    now = clock.now()
    claimed = (
        select(WaitingFile.entity, func.count().label("count"))
        .where(WaitingFile.claimed_until > now)
        .group_by(WaitingFile.entity)
        .subquery()
    )
    count = func.coalesce(claimed.c["count"], 0)
    gives_way = and_(WaitingFile.size > LARGE_FILE, WaitingFile.arrived_at > now - PATIENCE)
    statement = (
        select(WaitingFile)
        .outerjoin(claimed, claimed.c.entity == WaitingFile.entity)
        .where(
            or_(WaitingFile.claimed_until.is_(None), WaitingFile.claimed_until <= now),
            or_(WaitingFile.retry_at.is_(None), WaitingFile.retry_at <= now),
            count < max(1, slots - 1),
        )
        .order_by(WaitingFile.tries, count, gives_way, WaitingFile.arrived_at)
        .limit(1)
    )
    waiting = session.scalar(add_row_lock(statement, only=WaitingFile, skip_locked=True))
    if waiting:
        waiting.tries += 1
        waiting.claimed_until = now + CLAIM_DURATION
        session.flush()
    return waiting


def release_claim(
    session: WriteSession, waiting: WaitingFile, *, retry_after: timedelta, is_counted: bool = False
) -> None:
    """Leave a file whose inspection was not possible to a later try. This one is counted if the file may be why."""
    claimed = (
        WaitingFile.contribution_id == waiting.contribution_id,
        WaitingFile.language == waiting.language,
        WaitingFile.sha256 == waiting.sha256,
        WaitingFile.claimed_until == waiting.claimed_until,
    )
    if row := session.scalar(add_row_lock(select(WaitingFile).where(*claimed))):
        row.tries -= 0 if is_counted else 1
        row.claimed_until, row.retry_at = None, clock.now() + retry_after


def accept_waiting_file(
    session: WriteSession, waiting: WaitingFile, file: LanguageFile, source: str | None = None
) -> bool:
    """Save that a file was accepted, with what was found in it besides what its name had shown.

    `source` is who the file says wrote it. Returns False if it was replaced or removed meanwhile.
    """
    found = lock_waiting_file(session, waiting)
    if found is None:
        return False
    contribution, row = found
    of_source = [finding.to_json() for finding in list_source_findings(source, contribution.entity)]
    row.media, row.findings = file.media, [*row.findings, *file.findings, *of_source]
    row.verdict, row.examined_at = FileVerdict.ACCEPTED, clock.now()
    event = events.ContributionFileReceived(contribution.id, row.language, row.sha256, contribution.by_entity)
    journal.record_event(session, None, event, body=contribution.body_id)
    cosponsors.ask_once_text_is_there(session, None, contribution)
    return True


def lock_waiting_file(session: WriteSession, waiting: WaitingFile) -> tuple[Contribution, ContributionFile] | None:
    """Lock the contribution of a file and end its waiting; None unless the file is still the one that was inspected."""
    set_row_security_entity(session, waiting.entity)
    contribution = session.scalar(add_row_lock(select(Contribution).where(Contribution.id == waiting.contribution_id)))
    key = (waiting.contribution_id, waiting.language)
    row = session.get(ContributionFile, key) if contribution else None
    if contribution is None or row is None:
        return None
    if (row.sha256, row.verdict) != (waiting.sha256, FileVerdict.WAITING):
        return None
    session.delete(session.get_one(WaitingFile, key))
    return contribution, row
