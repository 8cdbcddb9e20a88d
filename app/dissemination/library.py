"""What the read path holds: its own database role, store, provider and secret. Nothing here can change anything.

Requests are answered out of memory. The database is read when something was released, in a READ ONLY transaction; so a
visitor costs it nothing, learns nothing from its speed, and is answered while it is away.
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
    """Everything that a request may need; made once for each process."""

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
        """Whether cookies are for TLS alone; only loopback may do without."""
        return urlsplit(self.settings.read_url).scheme == "https"

    @property
    def secret(self) -> str:
        return self.settings.read_session_secret.get_secret_value()

    @property
    def lifetime(self) -> timedelta:
        """How long a session of a reader lasts, from signing in."""
        return timedelta(minutes=self.settings.read_session_minutes)

    def cookie(self, name: str) -> str:
        """A name bound to this host where TLS lets us (RFC 6265bis, `__Host-`)."""
        return f"__Host-{name}" if self.secure else name


def build(settings: Settings) -> Library:
    """Open what the settings name. Raises ValueError if the reader's database role is not named or a secret is weak."""
    settings.insist_on_reading()
    if not settings.reader_database_url:
        raise ValueError("CWG_READER_DATABASE_URL is not set: the read path has a database role of its own")
    secret = settings.read_session_secret.get_secret_value()
    engine = make_engine(settings.reader_database_url, pool=2, application="cwg-read")
    assets, store = Assets(), open_store(settings.release_store_url, settings.files_front)
    keys = tuple(map(PublicKey.read, settings.read_public_keys))
    issuer, client_id, client_secret = settings.reading_provider()
    # One for each audience: in what the public searches no word stands that it may not read.
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
    """The library of the application that serves this request."""
    return cast("Library", request.app.state.library)


async def the_library(request: Request) -> Library:
    """As FastAPI asks for it: what only looks something up is no work for a thread of its own."""
    return library_of(request)


TheLibrary = Annotated[Library, Depends(the_library)]


async def catalogue_of(request: Request) -> Catalogue:
    """What whoever asks may read: the guard said who that is. Only the first request of all waits for the database."""
    keeper = library_of(request).keeper
    held = keeper.held
    if held is None:
        held = await run_in_threadpool(keeper.catalogues)
    return held[request.state.audience]


TheCatalogue = Annotated[Catalogue, Depends(catalogue_of)]


def index_of(library: Library, catalogue: Catalogue) -> Index:
    """What that catalogue is searched in. Raises Unavailable while it is being prepared."""
    return library.indexings[catalogue.audience].ready()
