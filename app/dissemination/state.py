"""State of one read-path process and its FastAPI dependencies: a database role of its own, store, provider and secrets.
Nothing here can change data.

Requests are answered from memory. The database is read after a release, in a READ ONLY transaction; so readers cause no
database load, learn nothing from its timing, and are served while it is down.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, cast
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Engine

from app.core.db import create_database_engine, read_session_factory
from app.core.signing import PublicKey
from app.core.storage import Store, open_store
from app.dissemination.catalogue import Catalogue
from app.dissemination.file_integrity import FileIntegrity
from app.dissemination.refresh import CatalogueRefresher
from app.dissemination.search.fts_index import SearchIndex
from app.dissemination.search.indexer import Indexer
from app.domain.identity.models.claims import ClaimNames
from app.domain.releases.models import Audience
from app.http.oidc.provider import IdentityProvider
from app.http.oidc.sealed_cookies import ReplayGuard, TokenSealer
from app.http.restore_hold import refuse_connections_in_doubt
from app.http.static_files import StaticAssets
from app.http.templates import PageTemplates
from app.settings import Settings

TEMPLATE_FOLDER = Path(__file__).parents[2] / "templates"


@dataclass(frozen=True, slots=True)
class ReadPathState:
    """The shared objects of one read-path process, created once at start."""

    settings: Settings
    engine: Engine
    refresher: CatalogueRefresher
    indexers: Mapping[Audience, Indexer]
    store: Store
    file_integrity: FileIntegrity
    templates: PageTemplates
    assets: StaticAssets
    provider: IdentityProvider
    claim_names: ClaimNames
    session_sealer: TokenSealer
    attempt_sealer: TokenSealer
    feed_key_sealer: TokenSealer
    replay_guard: ReplayGuard

    @property
    def is_secure(self) -> bool:
        """Whether cookies are restricted to TLS; off on loopback only."""
        return urlsplit(self.settings.read_url).scheme == "https"

    @property
    def session_secret(self) -> str:
        """The secret from which the keys of sessions, sign-ins and feeds are derived."""
        return self.settings.read_session_secret.get_secret_value()

    @property
    def session_lifetime(self) -> timedelta:
        """How long a reader session lasts from sign-in."""
        return timedelta(minutes=self.settings.read_session_minutes)

    def cookie_name(self, name: str) -> str:
        """Return the name of a cookie, with the `__Host-` prefix over TLS (RFC 6265bis)."""
        return f"__Host-{name}" if self.is_secure else name


def open_read_path(settings: Settings) -> ReadPathState:
    """Create the state from the settings.

    Raises ValueError if the database role of the read path is not set or a secret is weak.
    """
    settings.require_read_path_settings()
    if not settings.reader_database_url:
        raise ValueError("CWG_READER_DATABASE_URL is not set: the read path has a database role of its own")
    secret = settings.read_session_secret.get_secret_value()
    engine = create_database_engine(settings.reader_database_url, pool_size=2, application_name="cwg-read")
    refuse_connections_in_doubt(engine)
    assets, store = StaticAssets(), open_store(settings.release_store_url, settings.files_front)
    keys = tuple(map(PublicKey.parse, settings.read_public_keys))
    issuer, client_id, client_secret = settings.read_path_provider()
    # One per audience: the public index must not contain a word that the public may not read.
    indexings = {audience: Indexer(read_session_factory(engine), keys) for audience in Audience}
    return ReadPathState(
        settings=settings,
        engine=engine,
        refresher=CatalogueRefresher(settings.reader_database_url, read_session_factory(engine), keys, indexings),
        indexers=indexings,
        store=store,
        file_integrity=FileIntegrity(store),
        templates=PageTemplates(
            TEMPLATE_FOLDER,
            side="reading",
            public_url=settings.read_url,
            assets=assets,
            secretariat_mail=settings.secretariat_mail,
        ),
        assets=assets,
        provider=IdentityProvider(
            issuer,
            client_id,
            client_secret,
            settings.oidc_algorithms,
            settings.oidc_scopes,
            settings.oidc_acr,
            allow_demo=settings.demo,
            other_origins=settings.oidc_origins,
        ),
        claim_names=ClaimNames(
            membership=settings.claim_membership,
            entity=settings.claim_entity,
            entity_name=settings.claim_entity_name,
            roles=settings.claim_roles,
        ),
        session_sealer=TokenSealer(secret, "session of a reader"),
        feed_key_sealer=TokenSealer(secret, "feed"),
        attempt_sealer=TokenSealer(secret, "sign-in of a reader"),
        replay_guard=ReplayGuard(),
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
