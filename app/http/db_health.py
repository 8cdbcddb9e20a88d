"""Background health probe of the database: a thread queries it every 1.5 seconds.

While the database does not answer, requests fail at once instead of each waiting for its own timeout.
"""

import threading
from time import monotonic
from typing import Final

import psycopg
import structlog

from app.core.db import connect_for_background_thread
from app.core.db_timeouts import TimeoutConnection

PROBE_INTERVAL: Final = 1.5
"""Seconds between two probes."""
PROBE_TIMEOUT: Final = 2.5
"""Seconds that one probe may take.

An outage must be known after five seconds; interval and timeout together take less.
"""

log = structlog.get_logger()


class DatabaseHealthProbe:
    """Whether the database answers, probed from `start` to `stop`; before and afterwards it counts as available."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._stop_requested = threading.Event()
        self._thread: threading.Thread | None = None
        self._connection: TimeoutConnection | None = None
        self._lost_since: float | None = None

    def is_lost(self) -> bool:
        """Tell whether the last probe failed."""
        return self._lost_since is not None

    def start(self) -> None:
        """Start the probing thread."""
        self._thread = threading.Thread(target=self._run, name="database-health", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop probing. A probe under way ends with the process."""
        self._stop_requested.set()
        self._lost_since = None

    def _run(self) -> None:
        while not self._stop_requested.wait(PROBE_INTERVAL):
            try:
                self._probe()
            except (psycopg.Error, OSError) as error:
                self._record_failure(type(error).__name__)
            else:
                self._record_success()
        self._close_connection()

    def _probe(self) -> None:
        if self._connection is None or self._connection.closed:
            self._connection = connect_for_background_thread(
                self._database_url,
                "cwg-pulse",
                connect_timeout=int(PROBE_TIMEOUT),
                response_timeout=PROBE_TIMEOUT,
            )
        self._connection.execute("SELECT 1")

    def _record_failure(self, kind: str) -> None:
        self._close_connection()
        if self._lost_since is None and not self._stop_requested.is_set():
            self._lost_since = monotonic()
            log.error("database-lost", kind=kind)

    def _record_success(self) -> None:
        if self._lost_since is not None:
            log.warning("database-back", after=round(monotonic() - self._lost_since, 1))
            self._lost_since = None

    def _close_connection(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None
