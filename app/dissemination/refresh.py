"""Keep the catalogues of this process current: read once, and again whenever the database notifies a change.

While the database does not answer, the last catalogues stay, with the time since when they may be outdated. Requests
never wait for the database, except before the first catalogue is loaded.
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
from app.core.i18n import lazy_gettext as _
from app.core.signing import PublicKey
from app.dissemination.catalogue import Catalogue
from app.dissemination.search.indexer import Indexer
from app.domain.releases.models import Audience
from app.domain.releases.queries import releases
from app.domain.releases.queries.chain_verification import CatalogueFault, CatalogueHead, VerifiedCatalogue
from app.domain.releases.queries.incremental import (
    FULL_VERIFICATION_INTERVAL,
    CatalogueSnapshot,
    load_snapshot,
    update_snapshot,
)

PROBE_INTERVAL = 10.0
"""Seconds without a notification after which the connection is probed."""
RETRY_DELAYS = (0.2, 1.0, 2.0, 5.0)
"""Seconds before reconnecting; the last one repeats."""
STALE_AFTER = timedelta(seconds=30)
"""After this time without an answer from the database, pages show how old their content is."""

REPEATABLE_READ: Final = {"isolation_level": "REPEATABLE READ"}
"""All statements of a refresh see the same releases: no output without its files."""

Catalogues = Mapping[Audience, Catalogue]
NO_INDEXERS: Final[Mapping[Audience, Indexer]] = MappingProxyType({})

log = structlog.get_logger()


class CatalogueRefresher:
    """Holds the current catalogues: the releases that one of `public_keys` signed.

    `start` and `stop` follow the life of the process.
    """

    def __init__(
        self,
        database_url: str,
        read_sessions: sessionmaker[ReadSession],
        public_keys: Sequence[PublicKey],
        indexers: Mapping[Audience, Indexer] = NO_INDEXERS,
    ) -> None:
        """With `indexers`, the catalogues can be searched as well."""
        address = make_url(database_url).set(drivername="postgresql")
        self._address = address.render_as_string(hide_password=False)
        self.read_sessions, self.public_keys, self._indexings = read_sessions, public_keys, indexers
        self._heads: dict[Audience, CatalogueHead] = {}
        self._logged_faults: frozenset[tuple[Audience, CatalogueFault]] = frozenset()
        self._lock = threading.Lock()
        self._reading: CatalogueSnapshot | None = None
        self._proven_at: datetime | None = None
        self._held: Catalogues | None = None
        self._known_at: datetime | None = None
        self._thread: threading.Thread | None = None
        self._stop_requested = threading.Event()
        self._connection: psycopg.Connection | None = None

    @property
    def current_catalogues(self) -> Catalogues | None:
        """The current catalogues; None before the first was loaded."""
        return self._held

    def get_catalogues(self) -> Catalogues:
        """Return the catalogues, loading them on first use. Raises Unavailable while there are none and no database."""
        if self._held is None:
            with self._lock:  # another thread may have loaded it meanwhile
                try:
                    return self._held or self._refresh()
                except Unavailable:
                    raise
                except Exception as error:
                    log.exception("catalogue-not-read")
                    raise Unavailable(_("What was released cannot be read at the moment.")) from error
        return self._held

    def refresh(self) -> Catalogues:
        """Read the changes, or everything, in one transaction and publish the new catalogues. Raises Unavailable."""
        with self._lock:
            return self._refresh()

    def _refresh(self) -> Catalogues:
        moment, previous = clock.now(), self._held or {}
        with transaction(self.read_sessions) as session:
            session.connection(execution_options=REPEATABLE_READ)
            self._reading = self._read(session, moment)
            proven = list(self._reading.verified.values())
            for each in proven:
                if each.audience in self._indexings:
                    self._indexings[each.audience].prepare_catalogue(session, each.outputs)
        self._log_faults(proven)
        self._held = {each.audience: _current(previous.get(each.audience), each, moment) for each in proven}
        self._known_at = moment
        for each in proven:
            if each.audience in self._indexings:
                self._indexings[each.audience].prune_to(each.outputs)
        return self._held

    def _read(self, session: ReadSession, moment: datetime) -> CatalogueSnapshot:
        """Read only the new releases if nothing else changed; otherwise everything."""
        if self._reading and not self._is_due(moment):
            reading = update_snapshot(session, self.public_keys, self._reading)
            if reading is not None:
                return reading
        self._proven_at = moment
        return load_snapshot(session, self.public_keys, self._heads, self._reading)

    def _is_due(self, moment: datetime) -> bool:
        """Tell whether the last complete verification is too long ago."""
        return self._proven_at is None or moment - self._proven_at >= FULL_VERIFICATION_INTERVAL

    def _log_faults(self, proven: Sequence[VerifiedCatalogue]) -> None:
        """Keep the latest heads, and log each fault of a catalogue once while it lasts."""
        for each in proven:
            known = self._heads.get(each.audience)
            if each.head and (known is None or each.head.number > known.number):
                self._heads[each.audience] = each.head
        faults = frozenset((each.audience, fault) for each in proven for fault in each.faults)
        for audience, fault in sorted(faults - self._logged_faults):
            details = {"manifest": fault.number, "symbol": fault.symbol, "what": fault.kind.value}
            log.error("not-as-signed", catalogue=audience.value, **details)
        self._logged_faults = faults

    @property
    def confirmed_at(self) -> datetime | None:
        """When the catalogues were last known to be complete."""
        return self._known_at

    def stale_since(self) -> datetime | None:
        """Return when the catalogues were last known to be complete if that is longer ago than `STALE_AFTER`; else
        None."""
        confirmed_at = self._known_at
        return confirmed_at if confirmed_at and self._thread and clock.now() - confirmed_at > STALE_AFTER else None

    def start(self) -> None:
        """Start listening for changes in a background thread."""
        self._thread = threading.Thread(target=self._listen, name="catalogue-refresh", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, and stop the indexers."""
        self._stop_requested.set()
        if self._connection:
            self._connection.close()
        if self._thread:
            self._thread.join(5)
        for indexing in self._indexings.values():
            indexing.stop()

    def _listen(self) -> None:
        attempts = 0
        while not self._stop_requested.is_set():
            try:
                with psycopg.connect(
                    self._address, autocommit=True, application_name="cwg-keeper", connect_timeout=5
                ) as self._connection:
                    self._connection.execute(f"LISTEN {releases.RELEASE_CHANNEL}")
                    attempts = 0
                    self._handle_notifications(self._connection)
            except (psycopg.Error, OSError, Unavailable) as error:
                if not self._stop_requested.is_set():
                    log.warning("catalogue-not-current", kind=type(error).__name__)
            except Exception:  # any error: the current catalogues stay published, and the connection is retried
                log.exception("catalogue-not-current")
            self._stop_requested.wait(RETRY_DELAYS[min(attempts, len(RETRY_DELAYS) - 1)])
            attempts += 1

    def _handle_notifications(self, connection: psycopg.Connection) -> None:
        """Refresh now, for changes missed while disconnected, and on every notification until the connection ends."""
        self.refresh()
        while not self._stop_requested.is_set():
            is_notified = False
            for _ignored in connection.notifies(timeout=PROBE_INTERVAL, stop_after=1):
                is_notified = True
            if is_notified:
                self.refresh()
            else:
                connection.execute("SELECT 1")
                self._known_at = clock.now()
                needs_retry = any(indexing.needs_retry for indexing in self._indexings.values())
                if needs_retry or self._is_due(clock.now()):
                    self.refresh()


def _current(previous: Catalogue | None, proven: VerifiedCatalogue, moment: datetime) -> Catalogue:
    """Build the catalogue of the proven releases; keep the previous one if nothing changed."""
    return previous if previous and previous.is_current(proven) else Catalogue(proven, moment)
