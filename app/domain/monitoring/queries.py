"""Current health metrics: the worker's last measurements, the job queue, ledger, mail, backups and files.

Nothing in them names a person, or is about a document or reading.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict, TypeVar

from sqlalchemy import Float, Integer, Row, column, func, select, text

from app.core import clock
from app.core.database.clock_parameters import build_moment_parameter
from app.core.database.combined_lists import StatementsReadTogether, prepare_reading
from app.core.database.kept_statements import keep_statement
from app.core.db import ReadSession
from app.core.journal import JournalLine
from app.core.permissions import Actor
from app.core.signing import SigningPurpose
from app.domain.ledger.models import LedgerWitness
from app.domain.ledger.queries import ledger
from app.domain.monitoring.models import FrequentRefusal, Measurement
from app.domain.monitoring.rules import monitoring
from app.domain.monitoring.rules.alarms import HealthMetrics
from app.domain.notifications.queries import notifications
from app.domain.preservation import queries as preservation
from app.domain.preservation.models import Backup, Verification

ValueT = TypeVar("ValueT")

DISK_PREFIX, SIGNING_KEY_PREFIX, ACCEPTED_KEY_PREFIX = "disk:", "signing since:", "accepted key:"
ISOLATION_PREFIX = "isolation:"
UNINSPECTED_SINCE = "uninspected since"
WORKER_MARK = "@"
"""Between the name of a measurement and that of the worker that took it, if each worker takes it for itself."""
LEFT_OVER_AGE = timedelta(minutes=10)
"""Age from which a measurement of one worker is that of a worker that is gone."""
MAX_NOTE_AGE = timedelta(minutes=3)
"""Age up to which it counts which keys the worker accepts; it notes them once a minute."""
REFUSALS_KEPT = timedelta(days=1)
"""How long it is kept and raised as an alarm that somebody was refused very often."""
QUEUE_STATISTICS = (
    text(
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
    .columns(column("due", Integer), column("oldest", Float), column("failed", Integer))
    .subquery("queue_statistics")
)
"""The age of a retried job counts from its next attempt, so that failing jobs differ from jobs that no worker takes."""


def get_visible_metrics(session: ReadSession, actor: Actor, witnesses: Sequence[str]) -> HealthMetrics:
    """Return the health metrics if the actor may see them. Raises Forbidden."""
    monitoring.SEE.require(actor, None)
    return get_health_metrics(session, witnesses)


def get_health_metrics(session: ReadSession, witnesses: Sequence[str]) -> HealthMetrics:
    """Return the health metrics, for the system itself. `witnesses` are the names of the configured witnesses."""
    moment, facts = clock.now(), _read_health_facts(session)
    [queue], [(refused_often,)] = facts.queue, facts.refused_often
    rows = {row.name: row for (row,) in facts.measured}
    values = _list_worst_values(rows.values())
    vouching = ledger.build_witness_statuses(session, witnesses, facts.witnesses)
    signing = next((since for name, since in values.items() if name.startswith(SIGNING_KEY_PREFIX)), None)
    scanner_answers, signatures_made, certificate_ends, file_service_answers, uninspected_since = (
        values.get(name)
        for name in (
            *("scanner_answers", "signatures_made", "certificate_ends", "file_service_answers"),
            UNINSPECTED_SINCE,
        )
    )
    return HealthMetrics(
        worker_silent=(moment - rows["worker"].at).total_seconds() if "worker" in rows else None,
        jobs_due=queue.due,
        oldest_due=queue.oldest,
        jobs_failed=queue.failed,
        disks={name.removeprefix(DISK_PREFIX): free for name, free in values.items() if name.startswith(DISK_PREFIX)},
        scanner_answers=None if scanner_answers is None else bool(scanner_answers),
        signatures_age=None if signatures_made is None else moment.timestamp() - signatures_made,
        file_service_answers=None if file_service_answers is None else bool(file_service_answers),
        isolation={
            name.removeprefix(ISOLATION_PREFIX): bool(value)
            for name, value in sorted(values.items())
            if name.startswith(ISOLATION_PREFIX)
        },
        oldest_uninspected=None if uninspected_since is None else moment.timestamp() - uninspected_since,
        **_mail_metrics(session, is_sent="sends_letters" in values),
        certificate_left=None if certificate_ends is None else certificate_ends - moment.timestamp(),
        key_age=None if signing is None else moment.timestamp() - signing,
        headless=max((moment - facts.uncovered[0].since).total_seconds(), 0.0) if facts.uncovered[0].since else 0.0,
        refused_often=refused_often,
        witnesses_behind={state.name: state.waiting_time.total_seconds() for state in vouching},
        witnesses_refusing={state.name: state.refused is not None for state in vouching},
        **_record_metrics(facts),
    )


@dataclass(frozen=True, slots=True)
class HealthFacts:
    """What the metrics are made of: rows of the job queue, measurements, witnesses with the first head that waits for
    each, journal lines without a head, frequent refusals, the latest backup and verification, the first journal line
    and damaged files."""

    queue: Sequence[Row[int, float, int]]
    measured: Sequence[Row[Measurement]]
    witnesses: Sequence[Row[LedgerWitness, datetime | None]]
    uncovered: Sequence[Row[datetime, bool]]
    refused_often: Sequence[Row[int]]
    backups: Sequence[Row[Backup]]
    verifications: Sequence[Row[Verification]]
    first_lines: Sequence[Row[datetime]]
    damaged_files: Sequence[Row[int]]


def _read_health_facts(session: ReadSession) -> HealthFacts:
    """Read what the metrics are made of, in one statement."""
    return HealthFacts(*_prepare_health_facts().read(session))


@keep_statement
def _prepare_health_facts() -> StatementsReadTogether:
    since = build_moment_parameter(-REFUSALS_KEPT)
    statements = (
        select(*QUEUE_STATISTICS.c),
        select(Measurement),
        ledger.select_witnesses(),
        ledger.select_uncovered_journal_lines(),
        select(func.count().label("refused")).where(FrequentRefusal.at > since),
        preservation.select_latest_backup(),
        preservation.select_latest_verification(),
        select(JournalLine.at).order_by(JournalLine.seq).limit(1),
        preservation.select_damaged_files_count(),
    )
    return prepare_reading(statements)


def _list_worst_values(rows: Iterable[Measurement]) -> dict[str, float]:
    """List the values by name; of those that each worker takes for itself the lowest, which is the worst of them."""
    values: dict[str, float] = {}
    for row in rows:
        name = row.name.partition(WORKER_MARK)[0]
        values[name] = min(row.value, values.get(name, row.value))
    return values


def find_measurement(session: ReadSession, name: str) -> float | None:
    """Find the last measurement with this name."""
    return session.scalar(select(Measurement.value).where(Measurement.name == name))


def list_accepted_key_ids(session: ReadSession, purpose: SigningPurpose) -> Sequence[str]:
    """List the ids of the public keys of a purpose that all workers accept, in their order; none if none was noted of
    late: a worker that does not run accepts nothing."""
    name, prefix = Measurement.name, f"{ACCEPTED_KEY_PREFIX}{purpose}:"
    is_recent = Measurement.at >= clock.now() - MAX_NOTE_AGE
    names = select(name).where(name.startswith(prefix, autoescape=True), is_recent).order_by(Measurement.value)
    ids_by_worker: dict[str, list[str]] = {}
    for each in session.scalars(names):
        key_id, _mark, worker = each.removeprefix(prefix).partition(WORKER_MARK)
        ids_by_worker.setdefault(worker, []).append(key_id)
    first, *others = ids_by_worker.values() or [[]]
    return [each for each in first if all(each in ids for ids in others)]


class BackupAndIntegrityMetrics(TypedDict):
    """The part of `HealthMetrics` about backups, verifications and files."""

    backup_age: float | None
    check_age: float | None
    check_faults: int | None
    read_databases: dict[str, str] | None
    comparison_ages: dict[str, float]
    files_damaged: int


def _record_metrics(facts: HealthFacts) -> BackupAndIntegrityMetrics:
    """Return the metrics of the record. Without a backup or verification, their age counts from the first line."""
    backup, verification = _take_first(facts.backups), _take_first(facts.verifications)
    first_line_at = _take_first(facts.first_lines)
    results = preservation.list_read_database_results(verification)
    has_compared = verification is not None and verification.read_databases is not None
    return {
        "backup_age": _age(backup.taken_at if backup else first_line_at),
        "check_age": _age(verification.ended_at if verification else first_line_at),
        "check_faults": verification.wrong if verification else None,
        "read_databases": {result.name: result.outcome.value for result in results} if has_compared else None,
        "comparison_ages": {result.name: _age(result.compared_at) or 0.0 for result in results},
        "files_damaged": facts.damaged_files[0][0],
    }


def _take_first(rows: Sequence[Row[ValueT]]) -> ValueT | None:
    """Return the value in the first of these rows; None if there is none."""
    return rows[0][0] if rows else None


class MailMetrics(TypedDict, total=False):
    """The part of `HealthMetrics` about notifications; empty if the worker sends none."""

    letters_waiting: int
    letters_oldest: float
    letters_failed: int


def _mail_metrics(session: ReadSession, *, is_sent: bool) -> MailMetrics:
    if not is_sent:
        return {}
    statistics = notifications.get_notification_statistics(session)
    return {
        "letters_waiting": statistics.waiting,
        "letters_oldest": _age(statistics.oldest) or 0.0,
        "letters_failed": statistics.failed,
    }


def _age(instant: datetime | None) -> float | None:
    return max((clock.now() - instant).total_seconds(), 0.0) if instant else None
