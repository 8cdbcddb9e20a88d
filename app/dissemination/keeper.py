"""Keeps the catalogue of this process current: read once, and anew whenever the database says that something changed.

While the database does not answer, the last catalogue stays, and it is known since when it may be out of date. No
request waits for the database, but those that come before there ever was a catalogue.
"""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import psycopg
import structlog
from sqlalchemy import make_url
from sqlalchemy.orm import sessionmaker

from app.core import clock
from app.core.db import ReadSession, transaction
from app.core.errors import Unavailable
from app.core.i18n import say
from app.core.signing import PublicKey
from app.dissemination.catalogue import Catalogue
from app.dissemination.indexing import Indexing
from app.domain.releases import queries
from app.domain.releases.chain import Fault, Head, prove

PROBE = 10.0
"""Seconds of silence after which the database is asked whether it is still there."""
PAUSES = (0.2, 1.0, 2.0, 5.0)
"""Seconds before it is tried again; the last one for ever."""
DOUBT = timedelta(seconds=30)
"""After so long without a word from the database, readers are told how old what they see is."""

ONE_STATE: Final = {"isolation_level": "REPEATABLE READ"}
"""All statements of a renewal see the same releases: no output without its files."""

log = structlog.get_logger()


class Keeper:
    """Holds the catalogue: of what the tables say, what one of `keys` signed. `start` and `stop` belong to the life of
    the process."""

    def __init__(
        self,
        database_url: str,
        read: sessionmaker[ReadSession],
        keys: Sequence[PublicKey],
        indexing: Indexing | None = None,
    ) -> None:
        """With `indexing`, what is held can be searched as well."""
        address = make_url(database_url).set(drivername="postgresql")
        self._address = address.render_as_string(hide_password=False)
        self.read, self.keys, self._indexing = read, keys, indexing
        self._head: Head | None = None
        self._told: frozenset[Fault] = frozenset()
        self._lock = threading.Lock()
        self._catalogue: Catalogue | None = None
        self._known_at: datetime | None = None
        self._thread: threading.Thread | None = None
        self._over = threading.Event()
        self._listening: psycopg.Connection | None = None

    @property
    def held(self) -> Catalogue | None:
        """The catalogue, if there is one already."""
        return self._catalogue

    def catalogue(self) -> Catalogue:
        """The catalogue; the first who asks reads it. Raises Unavailable while there is none and no database."""
        if self._catalogue is None:
            with self._lock:  # who waited while another read it has it then
                try:
                    return self._catalogue or self._renewed()
                except Unavailable:
                    raise
                except Exception as error:
                    log.exception("catalogue-not-read")
                    raise Unavailable(say("What was released cannot be read at the moment.")) from error
        return self._catalogue

    def renew(self) -> Catalogue:
        """Read everything anew, in one transaction, and put it in the place of what was. Raises Unavailable."""
        with self._lock:
            return self._renewed()

    def _renewed(self) -> Catalogue:
        moment = clock.now()
        known = self._catalogue.by_slug if self._catalogue else {}
        with transaction(self.read) as session:
            session.connection(execution_options=ONE_STATE)
            outputs = queries.everything(session, known=known)
            withdrawn, tops = queries.withdrawn(session), queries.tops(session)
            proven = prove(outputs, withdrawn, queries.backwards(session), self.keys, self._head, tops)
            if self._indexing:
                self._indexing.before(session, proven.outputs)
        if proven.head and (self._head is None or proven.head.number > self._head.number):
            self._head = proven.head
        self._tell(frozenset(proven.faults))
        self._catalogue, self._known_at = Catalogue(proven, moment), moment
        if self._indexing:
            self._indexing.after(proven.outputs)
        return self._catalogue

    def _tell(self, faults: frozenset[Fault]) -> None:
        """Log what is wrong with the catalogue, each fault once for as long as it lasts."""
        for fault in sorted(faults - self._told):
            log.error("not-as-signed", manifest=fault.number, symbol=fault.symbol, what=fault.wrong.value)
        self._told = faults

    @property
    def known_at(self) -> datetime | None:
        """When what is held was last known to be all."""
        return self._known_at

    def doubted_since(self) -> datetime | None:
        """Until when what is held was known to be all, if that is too long ago to be sure now."""
        known = self._known_at
        return known if known and self._thread and clock.now() - known > DOUBT else None

    def start(self) -> None:
        """Listen from now on, in a thread of its own."""
        self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Listen no more."""
        self._over.set()
        if self._listening:
            self._listening.close()
        if self._thread:
            self._thread.join(5)
        if self._indexing:
            self._indexing.stop()

    def _keep(self) -> None:
        tries = 0
        while not self._over.is_set():
            try:
                with psycopg.connect(
                    self._address, autocommit=True, application_name="cwg-keeper", connect_timeout=5
                ) as self._listening:
                    self._listening.execute(f"LISTEN {queries.CHANNEL}")
                    tries = 0
                    self._attend(self._listening)
            except (psycopg.Error, OSError, Unavailable) as error:
                if not self._over.is_set():
                    log.warning("catalogue-not-current", kind=type(error).__name__)
            except Exception:  # whatever it is, what is held goes on being shown, and it is tried again
                log.exception("catalogue-not-current")
            self._over.wait(PAUSES[min(tries, len(PAUSES) - 1)])
            tries += 1

    def _attend(self, connection: psycopg.Connection) -> None:
        """For as long as the connection lives. What changed while there was none is read at its beginning."""
        self.renew()
        while not self._over.is_set():
            is_told = False
            for _ in connection.notifies(timeout=PROBE, stop_after=1):
                is_told = True
            if is_told:
                self.renew()
            else:
                connection.execute("SELECT 1")
                self._known_at = clock.now()
                if self._indexing and self._indexing.is_wanting:
                    self.renew()
