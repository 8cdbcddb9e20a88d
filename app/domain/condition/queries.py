"""The numbers, as they stand now: what the worker measured last, and how the queue stands.

Nothing here is about a person, a document or reading.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from sqlalchemy import select, text

from app.core import clock
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.journal import JournalLine
from app.domain.condition import rules
from app.domain.condition.alarms import Numbers
from app.domain.condition.models import Measured
from app.domain.ledger import queries as ledger
from app.domain.letters import queries as letters
from app.domain.preservation import queries as preservation

DISK, KEY = "disk:", "signing since:"
QUEUE = text(
    """
    SELECT count(*) FILTER (WHERE is_due) AS due,
        coalesce(extract(epoch FROM max(now() - since) FILTER (WHERE is_due)), 0)::float8 AS oldest,
        count(*) FILTER (WHERE status = 'failed') AS failed
    FROM (
        SELECT job.status, greatest(coalesce(job.scheduled_at, queued.at), queued.at) AS since,
            job.status = 'todo' AND (job.scheduled_at IS NULL OR job.scheduled_at <= now()) AS is_due
        FROM jobs.procrastinate_jobs job
        CROSS JOIN LATERAL (
            SELECT coalesce(min(event.at), now()) AS at FROM jobs.procrastinate_events event WHERE event.job_id = job.id
        ) queued
    ) job
    """
)
"""A job that is tried again is as old as its next try: that it fails is told apart from nobody taking it."""


def visible(session: ReadSession, actor: Actor, witnesses: Sequence[str]) -> Numbers:
    """The numbers, for whoever may see them. Raises Forbidden."""
    rules.SEE.require(actor, None)
    return numbers(session, witnesses)


def numbers(session: ReadSession, witnesses: Sequence[str]) -> Numbers:
    """The numbers, for the house itself. `witnesses` are the names of those that are set up."""
    moment, queue = clock.now(), session.execute(QUEUE).one()
    rows = {row.name: row for row in session.scalars(select(Measured))}
    values = {name: row.value for name, row in rows.items()}
    vouching = ledger.vouching(session, witnesses)
    signing = next((since for name, since in values.items() if name.startswith(KEY)), None)
    answers, made, ends = (values.get(name) for name in ("scanner_answers", "signatures_made", "certificate_ends"))
    return Numbers(
        worker_silent=(moment - rows["worker"].at).total_seconds() if "worker" in rows else None,
        jobs_due=queue.due,
        oldest_due=queue.oldest,
        jobs_failed=queue.failed,
        disks={name.removeprefix(DISK): free for name, free in values.items() if name.startswith(DISK)},
        scanner_answers=None if answers is None else bool(answers),
        signatures_age=None if made is None else moment.timestamp() - made,
        **_letters(session, sent="sends_letters" in values),
        certificate_left=None if ends is None else ends - moment.timestamp(),
        key_age=None if signing is None else moment.timestamp() - signing,
        headless=_headless(session),
        witnesses_behind={each.name: each.behind.total_seconds() for each in vouching},
        witnesses_refusing={each.name: each.refused is not None for each in vouching},
        **_record(session),
    )


def measured(session: ReadSession, name: str) -> float | None:
    """What was measured last under that name."""
    return session.scalar(select(Measured.value).where(Measured.name == name))


class Record(TypedDict):
    """The part of `Numbers` that tells of copies, checks and files."""

    backup_age: float | None
    check_age: float | None
    check_faults: int | None
    files_damaged: int


def _record(session: ReadSession) -> Record:
    """A record that was never copied or checked has waited for it since its first line."""
    copied, checked = preservation.latest_backup(session), preservation.latest(session)
    first = session.scalar(select(JournalLine.at).order_by(JournalLine.seq).limit(1))
    return {
        "backup_age": _age(copied.taken_at if copied else first),
        "check_age": _age(checked.ended_at if checked else first),
        "check_faults": checked.wrong if checked else None,
        "files_damaged": preservation.how_many_damaged(session),
    }


class Letters(TypedDict, total=False):
    """The part of `Numbers` that tells of letters, where the worker sends any."""

    letters_waiting: int
    letters_oldest: float
    letters_failed: int


def _letters(session: ReadSession, *, sent: bool) -> Letters:
    if not sent:
        return {}
    found = letters.standing(session)
    return {
        "letters_waiting": found.waiting,
        "letters_oldest": _age(found.oldest) or 0.0,
        "letters_failed": found.failed,
    }


def _age(instant: datetime | None) -> float | None:
    return max((clock.now() - instant).total_seconds(), 0.0) if instant else None


def _headless(session: ReadSession) -> float:
    """Age of the oldest line of the journal that stands under no head, in seconds; 0 where there is none."""
    waiting = ledger.waiting(session)
    return max((clock.now() - waiting.since).total_seconds(), 0.0) if waiting else 0.0
