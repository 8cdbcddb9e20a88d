"""Whether the database answers, known before anybody asks: felt every other second, in a thread of its own.

While it does not, requests are answered at once that it does not, instead of each finding out after many seconds.
"""

import threading
from time import monotonic
from typing import Final

import psycopg
import structlog
from sqlalchemy import make_url

from app.core.patience import Impatient

EVERY: Final = 1.5
"""Seconds between two beats."""
PATIENCE: Final = 2.5
"""Seconds that one beat may take. Both together are less than the five after which it must be known."""

log = structlog.get_logger()


class Pulse:
    """Felt from `start` to `stop`; before and after that nothing is known to be lost."""

    def __init__(self, database_url: str) -> None:
        address = make_url(database_url).set(drivername="postgresql")
        self._address = address.render_as_string(hide_password=False)
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._line: Impatient | None = None
        self._lost_since: float | None = None

    def is_lost(self) -> bool:
        """Whether the last beat was missed."""
        return self._lost_since is not None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._feel, name="pulse", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Feel no more. One that is in the middle of a beat ends with the process."""
        self._over.set()
        self._lost_since = None

    def _feel(self) -> None:
        while not self._over.wait(EVERY):
            try:
                self._beat()
            except (psycopg.Error, OSError) as error:
                self._missed(type(error).__name__)
            else:
                self._felt()
        self._hang_up()

    def _beat(self) -> None:
        if self._line is None or self._line.closed:
            self._line = Impatient.connect(
                self._address, autocommit=True, application_name="cwg-pulse", connect_timeout=int(PATIENCE)
            )
            self._line.patience = PATIENCE
        self._line.execute("SELECT 1")

    def _missed(self, kind: str) -> None:
        self._hang_up()
        if self._lost_since is None and not self._over.is_set():
            self._lost_since = monotonic()
            log.error("database-lost", kind=kind)

    def _felt(self) -> None:
        if self._lost_since is not None:
            log.warning("database-back", after=round(monotonic() - self._lost_since, 1))
            self._lost_since = None

    def _hang_up(self) -> None:
        if self._line:
            self._line.close()
            self._line = None
