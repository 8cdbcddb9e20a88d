"""Alarms, computed from the health metrics, for the page of the secretariat and for Prometheus alike.

A value that is not measured is None in `HealthMetrics` and has no alarm in the list, neither raised nor in order.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum


class AlarmKind(StrEnum):
    """The kinds of alarms; docs/operating.md has a section under each name."""

    WORKER_SILENT = "worker-silent"
    QUEUE_STUCK = "queue-stuck"
    JOBS_FAILED = "jobs-failed"
    DISK_LOW = "disk-low"
    SCANNER_SILENT = "scanner-silent"
    SIGNATURES_OLD = "signatures-old"
    FILE_SERVICE_SILENT = "file-service-silent"
    FILES_NOT_ISOLATED = "files-not-isolated"
    FILES_WAITING = "files-wait"
    MAIL_WAITING = "letters-wait"
    MAIL_FAILED = "letters-failed"
    CERTIFICATE_ENDS = "certificate-ends"
    HEAD_OLD = "head-old"
    WITNESS_BEHIND = "witness-behind"
    WITNESS_REFUSES = "witness-refuses"
    BACKUP_OLD = "backup-old"
    RECORD_UNCHECKED = "record-unchecked"
    RECORD_FAULTY = "record-faulty"
    READ_DATABASE_UNCHECKED = "read-database-unchecked"
    FILES_DAMAGED = "files-damaged"
    KEY_OLD = "key-old"
    REFUSED_OFTEN = "refused-often"


class AlarmUnit(StrEnum):
    """The unit of the value of an alarm."""

    SECONDS = "seconds"
    PIECES = "pieces"
    FRACTION = "fraction"


@dataclass(frozen=True, slots=True)
class HealthMetrics:
    """The measurements of the system. Ages and durations are in seconds; None means not measured here.

    `disks` is the free fraction of each disk by its name; `headless` the age of the oldest journal line that no signed
    ledger head covers; witnesses go by their names. `letters_oldest` is the age of the oldest waiting notification,
    `letters_failed` the number of those that failed in the last week. `backup_age` is the age of the last backup and
    `check_age` that of the last verification of the record, which found `check_faults`; without any, both are as old as
    the record. `file_service_answers` and `isolation` are about the service that opens files: whether it answers the
    worker, and which parts of the isolation (`network`, `files`, `processes`, `privileges`) it measured to have;
    `oldest_uninspected` is the age of the oldest file that arrived and is not inspected yet, 0 if there is none.
    `read_databases` has the outcome of that verification for each database of the read path, by its name
    (`ComparisonOutcome`), and is None without a verification, or if that was of a version that compared none;
    `comparison_ages` says how long ago each was compared. `files_damaged` counts files that were damaged when
    last read. `key_age` is the time since the first ledger head signed by the current key, a lower bound of the key's
    age. `refused_often` counts the people and addresses that were refused very often in the last day.
    """

    worker_silent: float | None = None
    jobs_due: int = 0
    oldest_due: float = 0.0
    jobs_failed: int = 0
    disks: dict[str, float] = field(default_factory=dict)
    scanner_answers: bool | None = None
    signatures_age: float | None = None
    file_service_answers: bool | None = None
    isolation: dict[str, bool] = field(default_factory=dict)
    oldest_uninspected: float | None = None
    letters_waiting: int | None = None
    letters_oldest: float | None = None
    letters_failed: int | None = None
    certificate_left: float | None = None
    headless: float = 0.0
    witnesses_behind: dict[str, float] = field(default_factory=dict)
    witnesses_refusing: dict[str, bool] = field(default_factory=dict)
    backup_age: float | None = None
    check_age: float | None = None
    check_faults: int | None = None
    read_databases: dict[str, str] | None = None
    comparison_ages: dict[str, float] = field(default_factory=dict)
    files_damaged: int = 0
    key_age: float | None = None
    refused_often: int = 0


@dataclass(frozen=True, slots=True)
class AlarmThresholds:
    """Limits of the metrics beyond which an alarm is raised."""

    worker_silent: timedelta
    oldest_due: timedelta
    disk_free: float
    signatures_age: timedelta
    letter_age: timedelta
    certificate_left: timedelta
    headless: timedelta
    witness_behind: timedelta
    backup_age: timedelta
    check_age: timedelta
    key_age: timedelta


@dataclass(frozen=True, slots=True)
class Alarm:
    """One monitored value, its limit, and whether the alarm is raised. `place` names one of several things."""

    kind: AlarmKind
    is_raised: bool
    value: float
    limit: float
    unit: AlarmUnit
    place: str = ""


def evaluate_alarms(metrics: HealthMetrics, thresholds: AlarmThresholds) -> list[Alarm]:
    """Evaluate the alarms of all metrics that are measured; raised ones come first."""
    return sorted(_evaluate(metrics, thresholds), key=lambda alarm: not alarm.is_raised)


def _evaluate(numbers: HealthMetrics, limits: AlarmThresholds) -> Iterator[Alarm]:
    if numbers.worker_silent is not None:
        yield _alarm_above(AlarmKind.WORKER_SILENT, numbers.worker_silent, limits.worker_silent)
    yield _alarm_above(AlarmKind.QUEUE_STUCK, numbers.oldest_due, limits.oldest_due)
    yield Alarm(AlarmKind.JOBS_FAILED, numbers.jobs_failed > 0, numbers.jobs_failed, 0, AlarmUnit.PIECES)
    for disk, free in sorted(numbers.disks.items()):
        yield Alarm(AlarmKind.DISK_LOW, free < limits.disk_free, free, limits.disk_free, AlarmUnit.FRACTION, disk)
    if numbers.scanner_answers is not None:
        silent = int(not numbers.scanner_answers)
        yield Alarm(AlarmKind.SCANNER_SILENT, silent > 0, silent, 0, AlarmUnit.PIECES)
    if numbers.signatures_age is not None:
        yield _alarm_above(AlarmKind.SIGNATURES_OLD, numbers.signatures_age, limits.signatures_age)
    yield from _file_service_alarms(numbers)
    if numbers.oldest_uninspected is not None:
        yield _alarm_above(AlarmKind.FILES_WAITING, numbers.oldest_uninspected, limits.oldest_due)
    if numbers.letters_oldest is not None:
        yield _alarm_above(AlarmKind.MAIL_WAITING, numbers.letters_oldest, limits.letter_age)
    if numbers.letters_failed is not None:
        yield Alarm(AlarmKind.MAIL_FAILED, numbers.letters_failed > 0, numbers.letters_failed, 0, AlarmUnit.PIECES)
    if (left := numbers.certificate_left) is not None:
        limit = limits.certificate_left.total_seconds()
        yield Alarm(AlarmKind.CERTIFICATE_ENDS, left < limit, left, limit, AlarmUnit.SECONDS)

    yield Alarm(AlarmKind.REFUSED_OFTEN, numbers.refused_often > 0, numbers.refused_often, 0, AlarmUnit.PIECES)
    yield from _ledger_alarms(numbers, limits)
    yield from _record_alarms(numbers, limits)


def _file_service_alarms(numbers: HealthMetrics) -> Iterator[Alarm]:
    if numbers.file_service_answers is not None:
        silent = int(not numbers.file_service_answers)
        yield Alarm(AlarmKind.FILE_SERVICE_SILENT, silent > 0, silent, 0, AlarmUnit.PIECES)
    for part, is_obtained in numbers.isolation.items():
        missing = int(not is_obtained)
        yield Alarm(AlarmKind.FILES_NOT_ISOLATED, missing > 0, missing, 0, AlarmUnit.PIECES, part)


def _ledger_alarms(numbers: HealthMetrics, limits: AlarmThresholds) -> Iterator[Alarm]:
    yield _alarm_above(AlarmKind.HEAD_OLD, numbers.headless, limits.headless)
    for witness, behind in sorted(numbers.witnesses_behind.items()):
        yield _alarm_above(AlarmKind.WITNESS_BEHIND, behind, limits.witness_behind, witness)
    for witness, refuses in sorted(numbers.witnesses_refusing.items()):
        yield Alarm(AlarmKind.WITNESS_REFUSES, refuses, int(refuses), 0, AlarmUnit.PIECES, witness)
    if numbers.key_age is not None:
        yield _alarm_above(AlarmKind.KEY_OLD, numbers.key_age, limits.key_age)


def _record_alarms(numbers: HealthMetrics, limits: AlarmThresholds) -> Iterator[Alarm]:
    if numbers.backup_age is not None:
        yield _alarm_above(AlarmKind.BACKUP_OLD, numbers.backup_age, limits.backup_age)
    if numbers.check_age is not None:
        yield _alarm_above(AlarmKind.RECORD_UNCHECKED, numbers.check_age, limits.check_age)
    if numbers.check_faults is not None:
        yield Alarm(AlarmKind.RECORD_FAULTY, numbers.check_faults > 0, numbers.check_faults, 0, AlarmUnit.PIECES)
    for name, age in sorted(numbers.comparison_ages.items()):
        yield _alarm_above(AlarmKind.READ_DATABASE_UNCHECKED, age, limits.check_age, name)
    yield Alarm(AlarmKind.FILES_DAMAGED, numbers.files_damaged > 0, numbers.files_damaged, 0, AlarmUnit.PIECES)


def _alarm_above(kind: AlarmKind, value: float, limit: timedelta, place: str = "") -> Alarm:
    return Alarm(kind, value > limit.total_seconds(), value, limit.total_seconds(), AlarmUnit.SECONDS, place)
