"""Watch schema `release` for changes: ask for the number of the last one twice a second, in a thread of its own.

The read path believes no notice: behind a pooler of connections there are none, and a replica gets none.
"""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Final

import psycopg
import structlog

from app.core.db import connect_for_background_thread
from app.core.errors import Unavailable

POLL_SECONDS: Final = 0.5
RECONNECT_PAUSES: Final = (0.2, 1.0, 2.0, 5.0)
"""Seconds between reconnection attempts; the last one repeats."""
QUERY: Final = """
    SELECT concat_ws(' ', v.number, (SELECT max(srsubid) FROM pg_catalog.pg_subscription_rel)), h.at,
        EXISTS (SELECT FROM release.hold)
    FROM release.version v, release.heartbeat h
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_subscription_rel WHERE srsubstate <> 'r')
"""
"""The last change and the subscription by which it came; the last sign of life; whether there is a restore hold. No row
while the tables are being copied: then some of a release may be there, and the rest not."""

log = structlog.get_logger()


class ReleaseWatcher:
    """Calls `on_change` when something was released or withdrawn, `on_quiet` when nothing was, and `on_held` while
    there is a restore hold, from `start` to `stop`.

    The argument of `on_quiet` is when the worker gave its last sign of life that arrived, None if it never gave one. If
    one of them raises, the watcher connects again, and then calls `on_change`.
    """

    def __init__(
        self,
        database_url: str,
        *,
        on_change: Callable[[], object],
        on_quiet: Callable[[datetime | None], object],
        on_held: Callable[[], object],
    ) -> None:
        self._database_url = database_url
        self._on_change, self._on_quiet, self._on_held = on_change, on_quiet, on_held
        self._seen: str | None = None
        self._stop_requested = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cwg-watcher", daemon=True)

    def start(self) -> None:
        """Start watching."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching soon, without waiting for it. Can be called from any thread."""
        self._stop_requested.set()

    def join(self, timeout: float) -> None:
        """Wait at most `timeout` seconds until a watcher that was stopped has ended."""
        self._thread.join(timeout)

    def _run(self) -> None:
        attempts = 0
        while not self._stop_requested.is_set():
            self._seen = None
            try:
                with connect_for_background_thread(self._database_url, "cwg-watcher") as connection:
                    while not self._stop_requested.is_set():
                        self._look(connection)
                        attempts = 0
                        self._stop_requested.wait(POLL_SECONDS)
            except (psycopg.Error, OSError, Unavailable) as error:
                log.warning("catalogue-not-current", kind=type(error).__name__)
            except Exception:  # any error of the one who is called: the connection is tried again
                log.exception("catalogue-not-current")
            self._stop_requested.wait(RECONNECT_PAUSES[min(attempts, len(RECONNECT_PAUSES) - 1)])
            attempts += 1

    def _look(self, connection: psycopg.Connection[tuple[str, datetime | None, bool]]) -> None:
        """Compare what is there with what was there at the last look. Raises psycopg.Error, OSError."""
        row = connection.execute(QUERY).fetchone()
        if row is None:
            self._seen = None
            return
        change, alive_at, is_held = row
        if is_held:
            self._on_held()
        elif change != self._seen:
            self._on_change()
        else:
            self._on_quiet(alive_at)
        self._seen = None if is_held else change
