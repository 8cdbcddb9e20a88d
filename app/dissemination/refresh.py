"""Keep the catalogues of this process current: read once, and again whenever something was released or withdrawn.

While the database does not answer, or the worker gives no sign of life, the last catalogues stay, with the time since
when they may be outdated. Requests never wait for the database, except before the first catalogue is loaded.
"""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.orm import sessionmaker

from app.core import clock
from app.core.database.schema_revision import READ_HISTORY, SchemaOutdated
from app.core.db import ReadSession, transaction
from app.core.errors import Unavailable
from app.core.i18n import lazy_gettext as _
from app.core.signing import PublicKey
from app.dissemination.catalogue import Catalogue
from app.dissemination.release_watcher import ReleaseWatcher
from app.dissemination.search.indexer import Indexer
from app.domain.releases.models import Audience
from app.domain.releases.queries.chain_verification import CatalogueFault, CatalogueHead, VerifiedCatalogue
from app.domain.releases.queries.heartbeat import find_last_heartbeat, is_servable
from app.domain.releases.queries.incremental import (
    FULL_VERIFICATION_INTERVAL,
    CatalogueSnapshot,
    load_snapshot,
    update_snapshot,
)
from app.domain.releases.queries.released_duties import PublicDuty, list_signed_duties

STALE_AFTER = timedelta(seconds=30)
"""After this time without an answer from the database or a sign of life of the worker, pages show how old their content
is."""

REPEATABLE_READ: Final = {"isolation_level": "REPEATABLE READ"}
"""All statements of a refresh see the same releases: no output without its files."""

Catalogues = Mapping[Audience, Catalogue]
NO_INDEXERS: Final[Mapping[Audience, Indexer]] = MappingProxyType({})

IS_OWN_DATABASE: Final = "SELECT to_regclass('release.alembic_version') IS NOT NULL"

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
        self.read_sessions, self.public_keys, self._indexings = read_sessions, public_keys, indexers
        self._heads: dict[Audience, CatalogueHead] = {}
        self._logged_faults: frozenset[tuple[Audience, CatalogueFault]] = frozenset()
        self._logged_duties: frozenset[UUID] = frozenset()
        self._lock = threading.Lock()
        self._reading: CatalogueSnapshot | None = None
        self._proven_at: datetime | None = None
        self._held: Catalogues | None = None
        self._known_at: datetime | None = None
        self._read_at: datetime | None = None
        self._is_started = self._is_migrated = False
        self._watcher = ReleaseWatcher(database_url, on_change=self.refresh, on_quiet=self._confirm, on_held=self._drop)

    @property
    def current_catalogues(self) -> Catalogues | None:
        """The current catalogues; None before the first was loaded."""
        return self._held

    def get_catalogues(self) -> Catalogues:
        """Return the catalogues, loading them on first use. Raises Unavailable while there are none and no database."""
        if (held := self._held) is not None:
            return held
        with self._lock:  # another thread may have loaded it meanwhile
            try:
                return self._held or self._refresh()
            except Unavailable:
                raise
            except Exception as error:
                log.exception("catalogue-not-read")
                raise Unavailable(_("Released texts cannot be read at the moment.")) from error

    def refresh(self) -> Catalogues:
        """Read the changes, or everything, in one transaction and publish the new catalogues. Raises Unavailable."""
        with self._lock:
            return self._refresh()

    def _refresh(self) -> Catalogues:
        moment, previous = clock.now(), self._held or {}
        with transaction(self.read_sessions) as session:
            session.connection(execution_options=REPEATABLE_READ)
            if not is_servable(session) or not self._has_migrations(session):
                raise Unavailable(_("Released texts cannot be read at the moment."))
            self._reading = self._read(session, moment)
            alive_at = find_last_heartbeat(session)
            proven = list(self._reading.verified.values())
            duties, unsigned = list_signed_duties(session, self.public_keys)
            for each in proven:
                if each.audience in self._indexings:
                    self._indexings[each.audience].prepare_catalogue(session, each.outputs)
        self._log_faults(proven)
        self._log_unsigned_duties(unsigned)
        self._held = {
            each.audience: _current(
                previous.get(each.audience), each, moment, self._count_changes(each.audience), duties
            )
            for each in proven
        }
        self._known_at, self._read_at = min(moment, alive_at or moment), moment
        for each in proven:
            if each.audience in self._indexings:
                self._indexings[each.audience].prune_to(each.outputs)
        return self._held

    def _has_migrations(self, session: ReadSession) -> bool:
        """Tell whether the database has all migrations of this version; once it has, it keeps them.

        Where the read path shares the portal's database, those are not its own, and are not looked for.
        """
        if not self._is_migrated and session.scalar(text(IS_OWN_DATABASE)):
            try:
                READ_HISTORY.require_current(session.connection())
            except SchemaOutdated as error:
                log.warning("not-ready", why=str(error))
                return False
        self._is_migrated = True
        return True

    def _count_changes(self, audience: Audience) -> int:
        """Return how often the index of an audience was changed; 0 without one."""
        return self._indexings[audience].changes if audience in self._indexings else 0

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

    def _log_unsigned_duties(self, unsigned: frozenset[UUID]) -> None:
        """Log each public duty that is not as the portal signed it once while that lasts; none is shown."""
        for duty in sorted(unsigned - self._logged_duties):
            log.error("not-as-signed", duty=str(duty))
        self._logged_duties = unsigned

    @property
    def confirmed_at(self) -> datetime | None:
        """When the catalogues were last known to be complete."""
        return self._known_at

    @property
    def read_at(self) -> datetime | None:
        """When the catalogues were last read: something had been released or withdrawn, or all was verified again."""
        return self._read_at

    def stale_since(self) -> datetime | None:
        """Return when the catalogues were last known to be complete if that is longer ago than `STALE_AFTER`; else
        None."""
        confirmed_at = self._known_at
        return confirmed_at if confirmed_at and self._is_started and clock.now() - confirmed_at > STALE_AFTER else None

    def start(self) -> None:
        """Start watching for changes in a background thread."""
        self._is_started = True
        self._watcher.start()

    def stop(self) -> None:
        """Stop watching, and stop the indexers."""
        self._watcher.stop()
        if self._is_started:
            self._watcher.join(5)
        for indexing in self._indexings.values():
            indexing.stop()

    def _drop(self) -> None:
        """Serve nothing: the database may know what the portal does not know any more."""
        with self._lock:
            self._held = self._reading = None

    def _confirm(self, alive_at: datetime | None) -> None:
        """Note that nothing had changed by the worker's last sign of life; refresh if an index is to be tried again, or
        a complete verification is due."""
        self._known_at = min(clock.now(), alive_at or clock.now())
        needs_retry = any(indexing.needs_retry for indexing in self._indexings.values())
        if needs_retry or self._is_due(clock.now()):
            self.refresh()


def _current(
    previous: Catalogue | None,
    proven: VerifiedCatalogue,
    moment: datetime,
    index_changes: int,
    duties: Sequence[PublicDuty],
) -> Catalogue:
    """Build the catalogue of the proven releases; keep the previous one if nothing changed."""
    if previous and previous.is_current(proven, index_changes, duties):
        return previous
    return Catalogue(proven, moment, index_changes, duties)
