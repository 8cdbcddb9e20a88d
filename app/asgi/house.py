"""The house as the portal's doors see it: settings, sessions, store, pages. The read path may not import this.

One request is one transaction. Its kind follows from the method: a GET gets a `ReadSession` in a READ ONLY transaction,
so that no page can change anything; every other method gets a `WriteSession`. It is committed before the answer leaves.
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
READING, WRITING = 10, 20  # seconds that one statement may take
IDLE = 60  # seconds that a transaction may stand open with nothing asked: a process that hangs blocks nobody for longer
QUEUE = 5.0  # seconds that a request waits for a connection


@dataclass(frozen=True, slots=True)
class House:
    """Everything that a request may need; made once for each process."""

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
        """Give every connection back."""
        self.pulse.stop()
        for engine in (self.engine, self.writing_engine, self.side_engine):
            engine.dispose()

    @property
    def grace(self) -> timedelta:
        """How long after a deadline an upload that was begun before it may end."""
        return timedelta(minutes=self.settings.upload_grace_minutes)


def build(settings: Settings, react: React | None, pages: Pages, assets: Assets) -> House:
    """Open what the settings name. `react` queues what follows from journal lines."""
    # Three pools: pages do not wait for changes; and noting that a session was used happens while its request holds a
    # connection, so it never takes one from the same pool.
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
    """The house of the application that serves this request."""
    return cast("House", request.app.state.house)


async def _the_house(request: Request) -> House:
    """As FastAPI asks for it: what only looks something up is no work for a thread of its own."""
    return the_house(request)


TheHouse = Annotated[House, Depends(_the_house)]


async def in_turn(request: Request, house: TheHouse) -> AsyncIterator[Turn]:
    """The turn of this request. What changes something waits among writers."""
    async with house.turns.taken(is_writer=request.method not in SAFE) as turn:
        yield turn


MyTurn = Annotated[Turn, Depends(in_turn, scope="function")]


def in_transaction(request: Request, house: TheHouse, _turn: MyTurn) -> Iterator[ReadSession]:
    """The transaction of this request."""
    if request.method in SAFE:
        with transaction(house.read) as reading:
            yield reading
    else:
        with transaction(house.write) as writing:
            yield writing


Reading = Annotated[ReadSession, Depends(in_transaction, scope="function")]
Writing = Annotated[WriteSession, Depends(in_transaction, scope="function")]
