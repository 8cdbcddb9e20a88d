"""Keeps the catalogues of this process current: read once, and anew whenever the database says that something changed.

While the database does not answer, the last ones stay, and it is known since when they may be out of date. No request
waits for the database, but those that come before there ever was a catalogue.
"""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
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
from app.domain.releases.chain import Fault, Head, Proven
from app.domain.releases.models import Audience
from app.domain.releases.readings import EVERY, Reading, read, read_on

PROBE = 10.0
"""Seconds of silence after which the database is asked whether it is still there."""
PAUSES = (0.2, 1.0, 2.0, 5.0)
"""Seconds before it is tried again; the last one for ever."""
DOUBT = timedelta(seconds=30)
"""After so long without a word from the database, readers are told how old what they see is."""

ONE_STATE: Final = {"isolation_level": "REPEATABLE READ"}
"""All statements of a renewal see the same releases: no output without its files."""

Held = Mapping[Audience, Catalogue]
NO_SEARCH: Final[Mapping[Audience, Indexing]] = MappingProxyType({})

log = structlog.get_logger()


class Keeper:
    """Holds the catalogues: of what the tables say, what one of `keys` signed. `start` and `stop` belong to the life of
    the process."""

    def __init__(
        self,
        database_url: str,
        read: sessionmaker[ReadSession],
        keys: Sequence[PublicKey],
        indexings: Mapping[Audience, Indexing] = NO_SEARCH,
    ) -> None:
        """With `indexings`, what is held can be searched as well."""
        address = make_url(database_url).set(drivername="postgresql")
        self._address = address.render_as_string(hide_password=False)
        self.read, self.keys, self._indexings = read, keys, indexings
        self._heads: dict[Audience, Head] = {}
        self._told: frozenset[tuple[Audience, Fault]] = frozenset()
        self._lock = threading.Lock()
        self._reading: Reading | None = None
        self._proven_at: datetime | None = None
        self._held: Held | None = None
        self._known_at: datetime | None = None
        self._thread: threading.Thread | None = None
        self._over = threading.Event()
        self._listening: psycopg.Connection | None = None

    @property
    def held(self) -> Held | None:
        """The catalogues, if there are any already."""
        return self._held

    def catalogues(self) -> Held:
        """The catalogues; the first who asks reads them. Raises Unavailable while there is none and no database."""
        if self._held is None:
            with self._lock:  # who waited while another read it has it then
                try:
                    return self._held or self._renewed()
                except Unavailable:
                    raise
                except Exception as error:
                    log.exception("catalogue-not-read")
                    raise Unavailable(say("What was released cannot be read at the moment.")) from error
        return self._held

    def renew(self) -> Held:
        """Read what changed, or everything, in one transaction, and put it in the place of what was. Raises
        Unavailable."""
        with self._lock:
            return self._renewed()

    def _renewed(self) -> Held:
        moment, before = clock.now(), self._held or {}
        with transaction(self.read) as session:
            session.connection(execution_options=ONE_STATE)
            self._reading = self._read(session, moment)
            proven = list(self._reading.proven.values())
            for each in proven:
                if each.audience in self._indexings:
                    self._indexings[each.audience].before(session, each.outputs)
        self._tell(proven)
        self._held = {each.audience: _current(before.get(each.audience), each, moment) for each in proven}
        self._known_at = moment
        for each in proven:
            if each.audience in self._indexings:
                self._indexings[each.audience].after(each.outputs)
        return self._held

    def _read(self, session: ReadSession, moment: datetime) -> Reading:
        """What is new, where that is all that is different; else everything."""
        if self._reading and not self._is_due(moment):
            on = read_on(session, self.keys, self._reading)
            if on is not None:
                return on
        self._proven_at = moment
        return read(session, self.keys, self._heads, self._reading)

    def _is_due(self, moment: datetime) -> bool:
        """Whether everything was proven so long ago that it has to be again."""
        return self._proven_at is None or moment - self._proven_at >= EVERY

    def _tell(self, proven: Sequence[Proven]) -> None:
        """Keep the heads, and log what is wrong with a catalogue, each fault once for as long as it lasts."""
        for each in proven:
            known = self._heads.get(each.audience)
            if each.head and (known is None or each.head.number > known.number):
                self._heads[each.audience] = each.head
        faults = frozenset((each.audience, fault) for each in proven for fault in each.faults)
        for audience, fault in sorted(faults - self._told):
            said = {"manifest": fault.number, "symbol": fault.symbol, "what": fault.wrong.value}
            log.error("not-as-signed", catalogue=audience.value, **said)
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
        for indexing in self._indexings.values():
            indexing.stop()

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
                is_wanting = any(indexing.is_wanting for indexing in self._indexings.values())
                if is_wanting or self._is_due(clock.now()):
                    self.renew()


def _current(before: Catalogue | None, proven: Proven, moment: datetime) -> Catalogue:
    """The catalogue of what was proven at that moment: the one before it, if nothing is different."""
    return before if before and before.still_is(proven) else Catalogue(proven, moment)
