"""Prometheus metrics of a process, served on an address of their own.

All processes of a server write to files of one folder (the client library's multiprocess mode), and the first of them
answers for all. Labels are few and known beforehand; none ever holds what a person typed or read.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, cast

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server, values
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from sqlalchemy import Engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from app.core.database.watched_pool import WatchedPool
from app.core.observability.process_collectors import ProcessesCollector

MULTIPROCESS_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable in which the client library, in child processes too, finds the folder."""
DURATION_BUCKETS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class FileCheckVerdict(StrEnum):
    """What became of a file that was inspected and scanned, as a label."""

    ACCEPTED = "accepted"
    QUESTION = "question"
    """Accepted; a person answers a question about it."""
    NOT_SCANNED = "not-scanned"
    """Accepted; the virus scanner has no verdict yet."""
    REFUSED = "refused"
    INFECTED = "infected"
    BUSY = "busy"
    """It could not be inspected now: the machine is busy, or the service for untrusted files does not answer."""


class ProcessMetrics:
    """All metrics of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)  # of this process only; served are the files of all
        self.requests = self._counter("requests", "Requests by kind and class of status", "kind", "method", "status")
        self.seconds = self._histogram("request_seconds", "Time until the answer ended", "kind", "method")
        self.uploads = self._gauge("uploads", "Requests that bring a file, now")
        self.connections = self._gauge("connections_used", "Connections to the database in use", "pool")
        self.connection_waits = self._histogram(
            "connection_wait_seconds", "Time until a connection to the database was there", "pool"
        )
        self.connection_timeouts = self._counter(
            "connection_timeouts", "Waits for a connection that ended without one, as all were in use", "pool"
        )
        self.refusals = self._counter("refusals", "Refused requests of people, by reason", "reason")
        self.sign_in_refusals = self._counter("sign_in_refusals", "Sign-ins that came to nothing, by cause", "cause")
        self.file_checks = self._counter("file_checks", "Files that were inspected and scanned, by verdict", "verdict")
        self.loop_lag = self._histogram("event_loop_lag_seconds", "How much later than asked the event loop goes on")
        self.child_deaths = self._counter("child_deaths", "Server processes that ended though no one stopped them")
        self.jobs = self._counter("jobs", "Jobs by task and how they ended", "task", "outcome")
        self.job_seconds = self._histogram(
            "job_seconds", "Time that a job took", "task", buckets=(*DURATION_BUCKETS, 60, 300)
        )
        self.oldest_job_seconds = self._gauge(
            "job_running_oldest_seconds", "For how long the oldest job of a task has run", "task"
        )

    def watch_pool(self, pool: str, engine: Engine) -> None:
        """Count the connections of this engine that are in use, and the waits for them, under the label `pool`."""
        used, waits = self.connections.labels(pool), self.connection_waits.labels(pool)
        timeouts = self.connection_timeouts.labels(pool)
        counted: set[ConnectionPoolEntry] = set()

        def count_checkout(_connection: object, record: ConnectionPoolEntry, _proxy: object) -> None:
            counted.add(record)
            used.inc()

        def count_checkin(_connection: object, record: ConnectionPoolEntry) -> None:
            if record in counted:  # else it could not be opened, and was not in use
                counted.remove(record)
                used.dec()

        event.listen(engine, "checkout", count_checkout)
        event.listen(engine, "checkin", count_checkin)

        def report_wait(seconds: float, is_timeout: bool) -> None:
            waits.observe(seconds)
            if is_timeout:
                timeouts.inc()

        cast("WatchedPool", engine.pool).report_wait = report_wait

    def use_for_files(self) -> None:
        """Let `count_file_check` count here, in this process and from now on.

        Each verdict begins at 0: of a series that begins with its first event, Prometheus does not count that one.
        """
        global _of_files
        for verdict in FileCheckVerdict:
            self.file_checks.labels(verdict.value)
        _of_files = self

    def _counter(self, name: str, words: str, *labels: str) -> Counter:
        return Counter(f"cwg_{name}", words, labels, registry=self.registry)

    def _gauge(self, name: str, words: str, *labels: str) -> Gauge:
        """Create a gauge whose value is the sum of those of all processes that live."""
        return Gauge(f"cwg_{name}", words, labels, registry=self.registry, multiprocess_mode="livesum")

    def _histogram(self, name: str, words: str, *labels: str, buckets: Sequence[float] = DURATION_BUCKETS) -> Histogram:
        return Histogram(f"cwg_{name}", words, labels, buckets=buckets, registry=self.registry)


_of_files: ProcessMetrics | None = None


def count_file_check(verdict: FileCheckVerdict) -> None:
    """Count a file that was inspected and scanned, in a process that has metrics."""
    if _of_files is not None:
        _of_files.file_checks.labels(verdict.value).inc()


def forget_gauges(number: int) -> None:
    """Remove what a process that has ended said of its state, such as how many connections it uses.

    Its counters stay: they belong to the server.
    """
    if MULTIPROCESS_FOLDER_VARIABLE in os.environ:
        mark_process_dead(number)  # type: ignore[no-untyped-call]


@contextmanager
def serve_metrics(address: str, *collectors: Collector) -> Iterator[None]:
    """Serve the metrics at `host:port` until the end of the block; with an empty address, neither serve nor write
    files.

    Call it before the first `ProcessMetrics` is created. Raises ValueError for a malformed address, OSError for one in
    use.
    """
    if not address:
        yield
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise ValueError("CWG_METRICS must be host:port, such as 127.0.0.1:9100")
    with TemporaryDirectory(prefix="cwg-meters-") as folder:
        os.environ[MULTIPROCESS_FOLDER_VARIABLE] = folder
        values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]
        server, thread = start_http_server(int(port), host.strip("[]"), registry=_build_registry(folder, collectors))
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join(5)
            del os.environ[MULTIPROCESS_FOLDER_VARIABLE]
            values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]


def _build_registry(folder: str, collectors: Iterable[Collector]) -> CollectorRegistry:
    """Build a registry of the metrics of all processes and of the extra collectors."""
    registry = CollectorRegistry(auto_describe=False)
    MultiProcessCollector(registry, path=str(Path(folder)))  # type: ignore[no-untyped-call]
    registry.register(ProcessesCollector(Path(folder)))
    for collector in collectors:
        registry.register(collector)
    return registry
