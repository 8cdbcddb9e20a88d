"""Watch schema `release` for changes: ask for the number of the last one twice a second, in a thread of its own.

The read path believes no notice: behind a pooler of connections there are none, and a replica gets none.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from app.core.connected_thread import ConnectedThread
from app.core.db_timeouts import TimeoutConnection

POLL_SECONDS: Final = 0.5
QUERY: Final = """
    SELECT concat_ws(' ', v.number, (SELECT max(srsubid) FROM pg_catalog.pg_subscription_rel)), h.at,
        EXISTS (SELECT FROM release.hold)
    FROM release.version v, release.heartbeat h
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_subscription_rel WHERE srsubstate <> 'r')
"""
"""The last change and the subscription by which it came; the last sign of life; whether there is a restore hold. No row
while the tables are being copied: then some of a release may be there, and the rest not."""


class ReleaseWatcher(ConnectedThread):
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
        super().__init__(database_url, application_name="cwg-watcher", fault_event="catalogue-not-current")
        self._on_change, self._on_quiet, self._on_held = on_change, on_quiet, on_held
        self._seen: str | None = None

    def _use_connection(self, connection: TimeoutConnection) -> None:
        self._seen = None
        while not self._stop_requested.is_set():
            self._look(connection)
            self._reset_pauses()
            self._stop_requested.wait(POLL_SECONDS)

    def _look(self, connection: TimeoutConnection) -> None:
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
