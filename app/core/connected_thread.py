"""A thread with a database connection of its own, which connects again after every failure."""

import threading
from abc import ABC, abstractmethod
from typing import Final

import psycopg
import structlog

from app.core.db import connect_for_background_thread
from app.core.db_timeouts import TimeoutConnection
from app.core.errors import Unavailable

RECONNECT_PAUSES: Final = (0.2, 1.0, 2.0, 5.0)
"""Seconds between reconnection attempts; the last one repeats."""

log = structlog.get_logger()


class ConnectedThread(ABC):
    """Calls `_use_connection` in a thread, each time with a new connection, until it is stopped.

    If that raises, the fault is logged, and the thread connects again after a pause. The pauses grow until
    `_reset_pauses` is called.
    """

    def __init__(self, database_url: str, *, application_name: str, fault_event: str) -> None:
        """`application_name` names the connection and the thread; `fault_event` is the log event of a lost
        connection."""
        self._database_url, self._application_name, self._fault_event = database_url, application_name, fault_event
        self._attempts = 0
        self._stop_requested = threading.Event()
        self._thread = threading.Thread(target=self._run, name=application_name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end soon, without waiting for it. Can be called from any thread."""
        self._stop_requested.set()

    def join(self, timeout: float) -> None:
        """Wait at most `timeout` seconds until a thread that was stopped has ended."""
        self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stop_requested.is_set():
            try:
                with connect_for_background_thread(self._database_url, self._application_name) as connection:
                    self._use_connection(connection)
            except (psycopg.Error, OSError, Unavailable) as error:
                log.warning(self._fault_event, kind=type(error).__name__)
            except Exception:  # any error of the one who is called: the connection is tried again
                log.exception(self._fault_event)
            self._stop_requested.wait(RECONNECT_PAUSES[min(self._attempts, len(RECONNECT_PAUSES) - 1)])
            self._attempts += 1

    def _reset_pauses(self) -> None:
        """Begin again with the shortest pause: the connection works."""
        self._attempts = 0

    @abstractmethod
    def _use_connection(self, connection: TimeoutConnection) -> None:
        """Use the connection until the thread is to end. Raises psycopg.Error, OSError if the connection is lost."""
