"""Prometheus collector of the health metrics and alarms, in the worker."""

from collections.abc import Iterator, Sequence

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.orm import sessionmaker

from app.core.db import ReadSession, transaction
from app.domain.monitoring import queries
from app.domain.monitoring.rules.alarms import AlarmThresholds, HealthMetrics, evaluate_alarms


class HealthCollector(Collector):
    """Reads the metrics at each scrape; if the database does not answer, the scrape fails, which is itself an alarm."""

    def __init__(self, read: "sessionmaker[ReadSession]", limits: AlarmThresholds, witnesses: Sequence[str]) -> None:
        self.read, self.limits, self.witnesses = read, limits, witnesses

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauges of all metrics and alarms (the interface of prometheus_client)."""
        with transaction(self.read) as session:
            numbers = queries.get_health_metrics(session, self.witnesses)
        yield from build_gauges(numbers, self.limits)


def build_gauges(numbers: HealthMetrics, limits: AlarmThresholds) -> Iterator[GaugeMetricFamily]:
    """Yield the gauges of all metrics that are measured, and of the alarms."""
    yield from _build_metrics(numbers)
    raised = GaugeMetricFamily("cwg_alarm", "1: reason for alarm (docs/operating.md)", labels=("alarm", "place"))
    for alarm in evaluate_alarms(numbers, limits):
        raised.add_metric((alarm.kind.value, alarm.place), int(alarm.is_raised))
    yield raised


def _build_metrics(numbers: HealthMetrics) -> Iterator[GaugeMetricFamily]:
    for name, words, value in (
        ("cwg_worker_silent_seconds", "Since the worker measured last", numbers.worker_silent),
        ("cwg_jobs_due", "Jobs that could run now", numbers.jobs_due),
        ("cwg_jobs_oldest_due_seconds", "Age of the oldest of them", numbers.oldest_due),
        ("cwg_jobs_failed", "Jobs that failed for good", numbers.jobs_failed),
        ("cwg_scanner_answers", "1: the virus scanner answers", numbers.scanner_answers),
        ("cwg_scanner_signatures_age_seconds", "Age of its signatures", numbers.signatures_age),
        (
            "cwg_uninspected_oldest_seconds",
            "Age of the oldest file not inspected yet",
            numbers.oldest_uninspected,
        ),
        ("cwg_letters_waiting", "Letters that the mail server has not taken yet", numbers.letters_waiting),
        ("cwg_letters_oldest_seconds", "Age of the oldest of them", numbers.letters_oldest),
        ("cwg_letters_failed", "Letters of the last week that were refused or given up", numbers.letters_failed),
        ("cwg_headless_seconds", "Age of the oldest line of the journal without a signed head", numbers.headless),
        ("cwg_signing_key_age_seconds", "Since the first head by the key that signs now", numbers.key_age),
        ("cwg_backup_age_seconds", "Age of the last copy of the whole record", numbers.backup_age),
        ("cwg_check_age_seconds", "Age of the last check of the whole record", numbers.check_age),
        ("cwg_check_faults", "Faults that it found", numbers.check_faults),
        ("cwg_files_damaged", "Files that were not whole when they were last read", numbers.files_damaged),
        ("cwg_certificate_left_seconds", "Until the portal's certificate ends", numbers.certificate_left),
    ):
        if value is not None:
            yield GaugeMetricFamily(name, words, value=float(value))
    free = GaugeMetricFamily("cwg_disk_free_ratio", "Free part of a place where files lie", labels=("place",))
    for disk, part in numbers.disks.items():
        free.add_metric((disk,), part)
    yield free
    behind = GaugeMetricFamily("cwg_witness_behind_seconds", "For how long a head waits for it", labels=("witness",))
    for witness, seconds in numbers.witnesses_behind.items():
        behind.add_metric((witness,), seconds)
    yield behind
    compared = GaugeMetricFamily(
        "cwg_comparison_age_seconds", "Since a database of the read path was last compared", labels=("database",)
    )
    for database, seconds in numbers.comparison_ages.items():
        compared.add_metric((database,), seconds)
    yield compared
