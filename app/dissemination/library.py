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

from app.asgi.oidc.provider import Provider
from app.asgi.oidc.sealed import Sealer, Spent
from app.asgi.pages import Pages
from app.asgi.static import Assets
from app.core.db import make_engine, readers
from app.core.signing import PublicKey
from app.core.store import Store, open_store
from app.dissemination.catalogue import Catalogue
from app.dissemination.index import Index
from app.dissemination.indexing import Indexing
from app.dissemination.keeper import Keeper
from app.dissemination.proof import Proof
from app.domain.identity.claims import ClaimNames
from app.domain.releases.models import Audience
from app.settings import Settings

TEMPLATES = Path(__file__).parents[2] / "templates"


@dataclass(frozen=True, slots=True)
class Library:
    """The shared objects of one read-path process, created once at start."""

    settings: Settings
    engine: Engine
    keeper: Keeper
    indexings: Mapping[Audience, Indexing]
    store: Store
    proof: Proof
    pages: Pages
    assets: Assets
    provider: Provider
    claim_names: ClaimNames
    sessions: Sealer
    attempts: Sealer
    feeds: Sealer
    spent: Spent

    @property
    def secure(self) -> bool:
        """Whether cookies are restricted to TLS; off on loopback only."""
        return urlsplit(self.settings.read_url).scheme == "https"

    @property
    def secret(self) -> str:
        """The secret from which the keys of sessions, sign-ins and feeds are derived."""
        return self.settings.read_session_secret.get_secret_value()

    @property
    def lifetime(self) -> timedelta:
        """How long a reader session lasts from sign-in."""
        return timedelta(minutes=self.settings.read_session_minutes)

    def cookie(self, name: str) -> str:
        """Return the name of a cookie, with the `__Host-` prefix over TLS (RFC 6265bis)."""
        return f"__Host-{name}" if self.secure else name


def build(settings: Settings) -> Library:
    """Create the state from the settings.

    Raises ValueError if the database role of the read path is not set or a secret is weak.
    """
    settings.insist_on_reading()
    if not settings.reader_database_url:
        raise ValueError("CWG_READER_DATABASE_URL is not set: the read path has a database role of its own")
    secret = settings.read_session_secret.get_secret_value()
    engine = make_engine(settings.reader_database_url, pool=2, application="cwg-read")
    assets, store = Assets(), open_store(settings.release_store_url, settings.files_front)
    keys = tuple(map(PublicKey.read, settings.read_public_keys))
    issuer, client_id, client_secret = settings.reading_provider()
    # One per audience: the public index must not contain a word that the public may not read.
    indexings = {audience: Indexing(readers(engine), keys) for audience in Audience}
    return Library(
        settings=settings,
        engine=engine,
        keeper=Keeper(settings.reader_database_url, readers(engine), keys, indexings),
        indexings=indexings,
        store=store,
        proof=Proof(store),
        pages=Pages(
            TEMPLATES,
            side="reading",
            public_url=settings.read_url,
            assets=assets,
            secretariat_mail=settings.secretariat_mail,
        ),
        assets=assets,
        provider=Provider(
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
        sessions=Sealer(secret, "session of a reader"),
        feeds=Sealer(secret, "feed"),
        attempts=Sealer(secret, "sign-in of a reader"),
        spent=Spent(),
    )


def library_of(request: Request) -> Library:
    """Return the state of the application that serves this request."""
    return cast("Library", request.app.state.library)


async def the_library(request: Request) -> Library:
    """Provide the state as a FastAPI dependency; `async`, since a lookup needs no worker thread."""
    return library_of(request)


TheLibrary = Annotated[Library, Depends(the_library)]


async def catalogue_of(request: Request) -> Catalogue:
    """Return the catalogue of the audience set by the guard. Only the very first request waits for the database."""
    refresher = library_of(request).keeper
    catalogues = refresher.held
    if catalogues is None:
        catalogues = await run_in_threadpool(refresher.catalogues)
    return catalogues[request.state.audience]


TheCatalogue = Annotated[Catalogue, Depends(catalogue_of)]


def index_of(library: Library, catalogue: Catalogue) -> Index:
    """Return the search index of a catalogue. Raises Unavailable while it is being built."""
    return library.indexings[catalogue.audience].ready()
