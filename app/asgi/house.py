"""State of one portal process and its FastAPI dependencies: settings, sessions, store, templates. The read path may not
import this module.

One request is one transaction. Its kind follows from the method: GET gets a `ReadSession` in a READ ONLY transaction,
so no page can change anything; every other method gets a `WriteSession`. The transaction is committed before the
response is sent.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, cast

from anyio import CapacityLimiter
from fastapi import Depends, Request
from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker

from app.asgi.forms import SAFE
from app.asgi.letter_keys import LetterKeys
from app.asgi.oidc.provider import Provider
from app.asgi.oidc.sealed import Sealer, Spent
from app.asgi.pages import Pages
from app.asgi.pulse import Pulse
from app.asgi.static import Assets
from app.asgi.turns import Turn, Turns
from app.core.bell import Bell
from app.core.db import ReadSession, WriteSession, make_engine, readers, transaction, writers
from app.core.journal import React
from app.core.scanner import Scanner
from app.core.signing import PublicKey, Signer
from app.core.staging import Staging
from app.core.store import Store, open_store
from app.domain.identity.claims import ClaimNames
from app.domain.identity.people import Limits
from app.domain.receipts.actions import HAND
from app.settings import Settings

TEMPLATES = Path(__file__).parent.parent.parent / "templates"
READING, WRITING = 10, 20  # seconds that one SQL statement may take
IDLE = 60  # seconds that a transaction may be idle: a hanging process blocks others no longer than this
QUEUE = 5.0  # seconds that a request waits for a database connection


@dataclass(frozen=True, slots=True)
class House:
    """The shared objects of one portal process, created once at start."""

    settings: Settings
    engine: Engine
    writing_engine: Engine
    side_engine: Engine
    pulse: Pulse
    turns: Turns
    probing: CapacityLimiter
    read: sessionmaker[ReadSession]
    write: sessionmaker[WriteSession]
    touch: sessionmaker[WriteSession]
    store: Store
    staging: Staging
    scanner: Scanner | None
    pages: Pages
    assets: Assets
    provider: Provider
    attempts: Sealer
    spent: Spent
    limits: Limits
    claim_names: ClaimNames
    signer: Signer
    keys: tuple[PublicKey, ...]
    letter_keys: LetterKeys
    bell: Bell

    def close(self) -> None:
        """Stop the database probe and close all database connections."""
        self.pulse.stop()
        for engine in (self.engine, self.writing_engine, self.side_engine):
            engine.dispose()

    @property
    def grace(self) -> timedelta:
        """How long after a deadline an upload that began before it may end."""
        return timedelta(minutes=self.settings.upload_grace_minutes)


def build(settings: Settings, react: React | None, pages: Pages, assets: Assets) -> House:
    """Create the state from the settings. `react` queues the jobs that follow from journal lines."""
    # Three pools: reads do not wait for writes; and the last use of a session is noted while its request already holds
    # a connection, so it must not take a second one from the same pool.
    pools = (("", settings.database_pool, READING), ("-writing", settings.database_pool_writing, WRITING))
    engine, writing_engine, side_engine = (
        make_engine(
            cast("str", settings.database_url),
            pool=size,
            application=f"cwg-portal{name}",
            statement=seconds,
            idle=IDLE,
            queue=QUEUE,
        )
        for name, size, seconds in (*pools, ("-side", 1, READING))
    )
    pulse = Pulse(cast("str", settings.database_url))
    signer = Signer.of(settings.portal_url, settings.signing_key.get_secret_value(), settings.previous_public_keys)
    return House(
        settings=settings,
        engine=engine,
        writing_engine=writing_engine,
        side_engine=side_engine,
        pulse=pulse,
        turns=Turns(pulse.is_lost),
        probing=CapacityLimiter(2),
        touch=writers(side_engine),
        read=readers(engine),
        write=writers(writing_engine, {"react": react, HAND: signer}),
        store=open_store(settings.store_url, settings.files_front),
        staging=Staging(settings.staging_folder),
        scanner=Scanner(settings.clamd) if settings.clamd else None,
        pages=pages,
        assets=assets,
        provider=Provider(
            settings.oidc_issuer,
            settings.oidc_client_id,
            settings.oidc_client_secret.get_secret_value(),
            settings.oidc_algorithms,
            settings.oidc_scopes,
            settings.oidc_acr,
            allow_demo=settings.demo,
            other_origins=settings.oidc_origins,
        ),
        attempts=Sealer(settings.session_secret.get_secret_value(), "sign-in of a person"),
        spent=Spent(),
        limits=Limits(timedelta(minutes=settings.session_idle_minutes), timedelta(hours=settings.session_hours)),
        claim_names=ClaimNames(
            membership=settings.claim_membership,
            entity=settings.claim_entity,
            entity_name=settings.claim_entity_name,
            roles=settings.claim_roles,
        ),
        signer=signer,
        keys=signer.keys,
        letter_keys=LetterKeys(settings.signing_key.get_secret_value()),
        bell=Bell(cast("str", settings.database_url)),
    )


def the_house(request: Request) -> House:
    """Return the state of the application that serves this request."""
    return cast("House", request.app.state.house)


async def _provide_portal_state(request: Request) -> House:
    """Provide the state as a FastAPI dependency; `async`, since a lookup needs no worker thread."""
    return the_house(request)


TheHouse = Annotated[House, Depends(_provide_portal_state)]


async def in_turn(request: Request, house: TheHouse) -> AsyncIterator[Turn]:
    """FastAPI dependency: the concurrency slot of this request. Requests that may write wait among the writers."""
    async with house.turns.taken(is_writer=request.method not in SAFE) as turn:
        yield turn


MyTurn = Annotated[Turn, Depends(in_turn, scope="function")]


def in_transaction(request: Request, house: TheHouse, _turn: MyTurn) -> Iterator[ReadSession]:
    """FastAPI dependency: the transaction of this request, read-only for safe methods."""
    if request.method in SAFE:
        with transaction(house.read) as reading:
            yield reading
    else:
        with transaction(house.write) as writing:
            yield writing


Reading = Annotated[ReadSession, Depends(in_transaction, scope="function")]
Writing = Annotated[WriteSession, Depends(in_transaction, scope="function")]
