"""Files that arrived before they were inspected: the worker claims them one by one, and saves the verdict.

The system acts here, without an actor. Row-level security hides drafts from the worker: it acts for the State of the
file (`app.core.db.set_row_security_entity`).
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.db import WriteSession, add_row_lock, set_row_security_entity
from app.core.i18n import LazyText
from app.core.inspection import Finding
from app.domain.contributions import events
from app.domain.contributions.models import (
    Contribution,
    ContributionFile,
    ContributionStatus,
    FileVerdict,
    ReplaceableFile,
    WaitingFile,
)
from app.domain.documents.inputs import LanguageFile
from app.domain.documents.models import EditionStep
from app.domain.meetings.models import Meeting

CLAIM_DURATION: Final = timedelta(minutes=5)
"""How long a file is left to the worker that claimed it: longer than an inspection can take."""
MAX_TRIES: Final = 5
"""Inspections that may end with their worker until the file is refused."""
SMALL_FILE_BYTES: Final = 5_000_000
"""Files up to this size are inspected before larger ones."""


def set_waiting(session: WriteSession, contribution: Contribution, file: ContributionFile) -> None:
    """Have a file that was just taken inspected if it waits for that; a file that it replaces waits no more."""
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
            )
        )


def claim_waiting_file(session: WriteSession, *, slots: int) -> WaitingFile | None:
    """Claim the file that is inspected next, and count the try; None if none waits.

    First those of the State of whose files fewest are being inspected, at most all but one of the `slots`; then small
    files before large ones, then in the order of their arrival.
    """
    now = clock.now()
    claimed = (
        select(WaitingFile.entity, func.count().label("count"))
        .where(WaitingFile.claimed_until > now)
        .group_by(WaitingFile.entity)
        .subquery()
    )
    count = func.coalesce(claimed.c["count"], 0)
    statement = (
        select(WaitingFile)
        .outerjoin(claimed, claimed.c.entity == WaitingFile.entity)
        .where(or_(WaitingFile.claimed_until.is_(None), WaitingFile.claimed_until <= now), count < max(1, slots - 1))
        .order_by(count, WaitingFile.size > SMALL_FILE_BYTES, WaitingFile.arrived_at)
        .limit(1)
    )
    waiting = session.scalar(add_row_lock(statement, only=WaitingFile, skip_locked=True))
    if waiting:
        waiting.tries += 1
        waiting.claimed_until = now + CLAIM_DURATION
        session.flush()
    return waiting


def release_claim(session: WriteSession, waiting: WaitingFile, *, retry_after: timedelta) -> None:
    """Leave a file whose inspection was not possible to the next try, which is not counted."""
    claimed = (
        WaitingFile.contribution_id == waiting.contribution_id,
        WaitingFile.language == waiting.language,
        WaitingFile.sha256 == waiting.sha256,
        WaitingFile.claimed_until == waiting.claimed_until,
    )
    if row := session.scalar(add_row_lock(select(WaitingFile).where(*claimed))):
        row.tries -= 1
        row.claimed_until = clock.now() + retry_after


def accept_waiting_file(session: WriteSession, waiting: WaitingFile, file: LanguageFile) -> bool:
    """Save that a file was accepted, with what was found in it; False if it was replaced or removed meanwhile."""
    found = _lock_waiting_file(session, waiting)
    if found is None:
        return False
    contribution, row = found
    row.media, row.name, row.findings = file.media, file.name, file.findings
    row.verdict, row.examined_at = FileVerdict.ACCEPTED, clock.now()
    event = events.ContributionFileReceived(contribution.id, row.language, row.sha256)
    journal.record_event(session, None, event, body=contribution.body_id)
    return True


def refuse_waiting_file(
    session: WriteSession, waiting: WaitingFile, reason: LazyText, findings: Sequence[Finding], *, grace: timedelta
) -> bool:
    """Save that a file was refused; False if it was replaced or removed meanwhile.

    What was submitted with it is returned to its State with the `reason`. If it came in time, the State may replace
    that file within the grace period, which begins with the refusal or the deadline, whichever is later.
    """
    found = _lock_waiting_file(session, waiting)
    if found is None:
        return False
    contribution, row = found
    row.verdict, row.examined_at = FileVerdict.REFUSED, clock.now()
    row.findings = [finding.to_json() for finding in findings]
    is_submitted = contribution.status in (ContributionStatus.SUBMITTED, ContributionStatus.HELD)
    if not contribution.late and (is_submitted or _was_submitted_with(session, contribution, row)):
        _allow_replacement(session, contribution, row, grace)
    if is_submitted:
        _return_contribution(session, contribution, reason)
        return True
    event = events.ContributionFileRefused(contribution.id, row.language, row.sha256, contribution.by_entity)
    journal.record_event(session, None, event, body=contribution.body_id)
    return True


def _lock_waiting_file(session: WriteSession, waiting: WaitingFile) -> tuple[Contribution, ContributionFile] | None:
    """Lock the contribution and end the waiting; None unless the file is still the one that was inspected."""
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


def _was_submitted_with(session: WriteSession, contribution: Contribution, file: ContributionFile) -> bool:
    """Return whether another file of the same submission was refused before: it was returned for that one already."""
    other = select(ReplaceableFile.language).where(
        ReplaceableFile.contribution_id == contribution.id, ReplaceableFile.refused_at >= file.received_at
    )
    return contribution.status == ContributionStatus.RETURNED and session.scalar(other.limit(1)) is not None


def _allow_replacement(
    session: WriteSession, contribution: Contribution, file: ContributionFile, grace: timedelta
) -> None:
    """Allow the State to replace a refused file. A replacement that is refused as well gets no more time, and a
    corrigendum, which has no deadline, needs none."""
    if contribution.step == EditionStep.CORRIGENDUM:
        return
    now, due = clock.now(), session.get_one(Meeting, contribution.meeting_id).contributions_due_at
    statement = insert(ReplaceableFile).values(
        contribution_id=contribution.id,
        language=file.language,
        sha256=file.sha256,
        received_at=file.received_at,
        refused_at=now,
        until=max(now, due) + grace,
    )
    session.execute(statement.on_conflict_do_nothing())


def _return_contribution(session: WriteSession, contribution: Contribution, reason: LazyText) -> None:
    """Return a contribution to its State for the sake of a file that was refused after its submission."""
    contribution.status, contribution.held_because = ContributionStatus.RETURNED, None
    contribution.returned_because = reason.translate(contribution.original)
    contribution.version += 1
    journal.record_event(session, None, events.ContributionReturned(contribution.id), body=contribution.body_id)
