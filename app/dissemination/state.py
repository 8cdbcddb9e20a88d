"""State of one read-path process and its FastAPI dependencies: a database role of its own, store, provider and secrets.
Nothing here can change what is released; all that is written is which sessions have ended.

Requests are answered from memory. The database is read after a release, in a READ ONLY transaction; so readers cause no
database load, learn nothing from its timing, and are served what is public while it is down. Who is signed in is
served as long as it is known that their session has not ended (`app.dissemination.ended_sessions`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Engine

from app.core.db import create_database_engine, read_session_factory
from app.core.signing import PublicKeysByPurpose
from app.dissemination.catalogue import Catalogue
from app.dissemination.ended_sessions import EndedSessions
from app.dissemination.file_integrity import FileIntegrity
from app.dissemination.refresh import CatalogueRefresher
from app.dissemination.search.fts_index import SearchIndex
from app.dissemination.search.indexer import Indexer
from app.domain.releases.models import Audience
from app.http.oidc.flow import BROWSER_COOKIE
from app.http.oidc.sealed_cookies import TokenSealer
from app.http.restore_hold import refuse_connections_during_restore_hold
from app.http.server_state import ServerState, SignInSealers, open_server_state
from app.http.static_files import StaticAssets
from app.http.templates import PageTemplates
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class ReadPathState(ServerState):
    """The shared objects of one read-path process, created once at start."""

    # Names of their own: on loopback both applications share the cookies of one host, whatever their ports.
    browser_cookie = f"read-{BROWSER_COOKIE}"
    attempt_cookie = "sign-in"
    refusal_cookie = "sign-in-refused"
    sign_out_hint_cookie = "read-sign-out"

    engine: Engine
    refresher: CatalogueRefresher
    indexers: Mapping[Audience, Indexer]
    file_integrity: FileIntegrity
    public_keys: PublicKeysByPurpose
    ended_sessions: EndedSessions
    session_sealer: TokenSealer
    feed_key_sealer: TokenSealer

    @property
    def session_secret(self) -> str:
        """The secret from which the keys of sessions, sign-ins and feeds are derived."""
        return self.settings.read_session_secret.get_secret_value()

    @property
    def session_lifetime(self) -> timedelta:
        """How long a reader session lasts from sign-in."""
        return timedelta(minutes=self.settings.read_session_minutes)


def open_read_path_state(settings: Settings, templates: PageTemplates, assets: StaticAssets) -> ReadPathState:
    """Create the state from the settings.

    Raises ValueError if the database role of the read path is not set or a secret is weak.
    """
    settings.require_read_path_settings()
    if not settings.reader_database_url:
        raise ValueError("CWG_READER_DATABASE_URL is not set: the read path has a database role of its own")
    secret = settings.read_session_secret.get_secret_value()
    engine = create_database_engine(settings.reader_database_url, pool_size=2, application_name="cwg-read")
    refuse_connections_during_restore_hold(engine)
    shared = open_server_state(
        settings,
        templates,
        assets,
        settings.open_release_store(),
        settings.read_path_provider(),
        SignInSealers.derive(secret, "a reader"),
    )
    keys = settings.list_public_keys_by_purpose()
    # One per audience: the public index must not contain a word that the public may not read.
    indexings = {audience: Indexer(read_session_factory(engine), keys.releases) for audience in Audience}
    return ReadPathState(
        **shared,
        engine=engine,
        refresher=CatalogueRefresher(
            settings.reader_database_url, read_session_factory(engine), keys.releases, indexings
        ),
        indexers=indexings,
        file_integrity=FileIntegrity(shared["store"]),
        public_keys=keys,
        ended_sessions=EndedSessions(settings.reader_database_url, secret),
        session_sealer=TokenSealer(secret, "session of a reader"),
        feed_key_sealer=TokenSealer(secret, "feed"),
    )


def get_read_path_state(request: Request) -> ReadPathState:
    """Return the state of the application that serves this request."""
    return cast("ReadPathState", request.app.state.read_path)


async def provide_read_path_state(request: Request) -> ReadPathState:
    """Provide the state as a FastAPI dependency; `async`, since a lookup needs no worker thread."""
    return get_read_path_state(request)


ReadPath = Annotated[ReadPathState, Depends(provide_read_path_state)]


async def get_catalogue(request: Request) -> Catalogue:
    """Return the catalogue of the audience set by the guard. Only the very first request waits for the database."""
    refresher = get_read_path_state(request).refresher
    catalogues = refresher.current_catalogues
    if catalogues is None:
        catalogues = await run_in_threadpool(refresher.get_catalogues)
    return catalogues[request.state.audience]


CurrentCatalogue = Annotated[Catalogue, Depends(get_catalogue)]


def get_search_index(state: ReadPathState, catalogue: Catalogue) -> SearchIndex:
    """Return the search index of a catalogue. Raises Unavailable while it is being built."""
    return state.indexers[catalogue.audience].get_ready_index()
