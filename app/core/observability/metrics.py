"""Prometheus metrics of a process, served on an address of their own.

All processes of a server write to files of one folder (the client library's multiprocess mode), and the first of them
answers for all. Labels are few and known beforehand; none ever holds what a person typed or read.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server, values
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import Engine, event

MULTIPROCESS_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable in which the client library, in child processes too, finds the folder."""
DURATION_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class ProcessMetrics:
    """All metrics of one process."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry(
            auto_describe=False
        )  # of this process only; served are the files of all
        self.requests = Counter(
            "cwg_requests", "Requests by kind and class of status", ("kind", "status"), registry=registry
        )
        self.seconds = Histogram(
            "cwg_request_seconds", "Time until the answer ended", ("kind",), buckets=DURATION_BUCKETS, registry=registry
        )
        self.uploads = Gauge(
            "cwg_uploads", "Requests that bring a file, now", registry=registry, multiprocess_mode="livesum"
        )
        self.connections = Gauge(
            "cwg_connections_used",
            "Connections to the database in use",
            ("pool",),
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.refusals = Counter("cwg_refusals", "Refused requests of people, by reason", ("reason",), registry=registry)
        self.jobs = Counter("cwg_jobs", "Jobs by task and how they ended", ("task", "outcome"), registry=registry)
        self.job_seconds = Histogram(
            "cwg_job_seconds",
            "Time that a job took",
            ("task",),
            buckets=(*DURATION_BUCKETS, 60, 300),
            registry=registry,
        )

    def watch_pool(self, pool: str, engine: Engine) -> None:
        """Count the connections of this engine that are in use, under the label `pool`."""
        used = self.connections.labels(pool)
        event.listen(engine, "checkout", lambda *_: used.inc())
        event.listen(engine, "checkin", lambda *_: used.dec())


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
    for collector in collectors:
        registry.register(collector)
    return registry
