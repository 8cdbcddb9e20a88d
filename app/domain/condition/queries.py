"""Current health metrics: the worker's last measurements, the job queue, ledger, mail, backups and files.

Nothing in them is about a person, a document or reading.
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
"""The age of a retried job counts from its next attempt, so that failing jobs differ from jobs that no worker takes."""


def visible(session: ReadSession, actor: Actor, witnesses: Sequence[str]) -> Numbers:
    """Return the health metrics if the actor may see them. Raises Forbidden."""
    rules.SEE.require(actor, None)
    return numbers(session, witnesses)


def numbers(session: ReadSession, witnesses: Sequence[str]) -> Numbers:
    """Return the health metrics, for the system itself. `witnesses` are the names of the configured witnesses."""
    moment, queue = clock.now(), session.execute(QUEUE).one()
    rows = {row.name: row for row in session.scalars(select(Measured))}
    values = {name: row.value for name, row in rows.items()}
    vouching = ledger.vouching(session, witnesses)
    signing = next((since for name, since in values.items() if name.startswith(KEY)), None)
    scanner_answers, signatures_made, certificate_ends = (
        values.get(name) for name in ("scanner_answers", "signatures_made", "certificate_ends")
    )
    return Numbers(
        worker_silent=(moment - rows["worker"].at).total_seconds() if "worker" in rows else None,
        jobs_due=queue.due,
        oldest_due=queue.oldest,
        jobs_failed=queue.failed,
        disks={name.removeprefix(DISK): free for name, free in values.items() if name.startswith(DISK)},
        scanner_answers=None if scanner_answers is None else bool(scanner_answers),
        signatures_age=None if signatures_made is None else moment.timestamp() - signatures_made,
        **_mail_metrics(session, is_sent="sends_letters" in values),
        certificate_left=None if certificate_ends is None else certificate_ends - moment.timestamp(),
        key_age=None if signing is None else moment.timestamp() - signing,
        headless=_headless(session),
        witnesses_behind={state.name: state.behind.total_seconds() for state in vouching},
        witnesses_refusing={state.name: state.refused is not None for state in vouching},
        **_record_metrics(session),
    )


def measured(session: ReadSession, name: str) -> float | None:
    """Find the last measurement with this name."""
    return session.scalar(select(Measured.value).where(Measured.name == name))


class Record(TypedDict):
    """The part of `HealthMetrics` about backups, verifications and files."""

    backup_age: float | None
    check_age: float | None
    check_faults: int | None
    files_damaged: int


def _record_metrics(session: ReadSession) -> Record:
    """Return the metrics of the record. Without a backup or verification, their age counts from the first line."""
    backup, verification = preservation.latest_backup(session), preservation.latest(session)
    first_line_at = session.scalar(select(JournalLine.at).order_by(JournalLine.seq).limit(1))
    return {
        "backup_age": _age(backup.taken_at if backup else first_line_at),
        "check_age": _age(verification.ended_at if verification else first_line_at),
        "check_faults": verification.wrong if verification else None,
        "files_damaged": preservation.how_many_damaged(session),
    }


class Letters(TypedDict, total=False):
    """The part of `HealthMetrics` about notifications; empty if the worker sends none."""

    letters_waiting: int
    letters_oldest: float
    letters_failed: int


def _mail_metrics(session: ReadSession, *, is_sent: bool) -> Letters:
    if not is_sent:
        return {}
    statistics = letters.standing(session)
    return {
        "letters_waiting": statistics.waiting,
        "letters_oldest": _age(statistics.oldest) or 0.0,
        "letters_failed": statistics.failed,
    }


def _age(instant: datetime | None) -> float | None:
    return max((clock.now() - instant).total_seconds(), 0.0) if instant else None


def _headless(session: ReadSession) -> float:
    """Return the age of the oldest journal line that no signed head covers, in seconds; 0 if there is none."""
    waiting = ledger.waiting(session)
    return max((clock.now() - waiting.since).total_seconds(), 0.0) if waiting else 0.0
