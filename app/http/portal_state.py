"""State of one portal process and its FastAPI dependencies: settings, sessions, store, templates. The read path may not
import this module.

One request is one transaction. Its kind follows from the method: GET gets a `ReadSession` in a READ ONLY transaction,
so no page can change anything; every other method gets a `WriteSession`. The transaction is committed before the
response is sent.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from threading import BoundedSemaphore
from typing import Annotated, cast

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request
from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker

from app.core.clamav import VirusScanner
from app.core.db import (
    SIGNERS_KEY,
    ReadSession,
    WriteSession,
    create_database_engine,
    read_session_factory,
    transaction,
    write_session_factory,
)
from app.core.file_service.client import configure_file_service
from app.core.files.bucket_uploads import open_partial_uploads
from app.core.files.partial_uploads import PartialUploads
from app.core.journal import ACTOR_CHECK_KEY, JournalReaction
from app.core.page_sessions import PageSession
from app.core.pubsub import Notifier
from app.core.signing import PublicKeysByPurpose, SigningPurpose
from app.domain.bodies.queries.seats import require_seats_still_held
from app.domain.identity.queries import SessionLifetimes
from app.domain.monitoring.actions import store_frequent_refusal
from app.http.concurrency import LOGOUT_SLOTS, READER_SLOTS, ConcurrencyLimiter, ConcurrencySlot, CostlyWorkLimiter
from app.http.csrf import SAFE_METHODS
from app.http.db_health import DatabaseHealthProbe
from app.http.observability.refusals import RefusalCounter, RefusalLog
from app.http.oidc.flow import BROWSER_COOKIE
from app.http.oidc.sealed_cookies import TokenSealer
from app.http.recent_sign_in import RecentSignInPolicy
from app.http.restore_hold import refuse_connections_during_restore_hold
from app.http.server_state import ServerState, SignInSealers, open_server_state
from app.http.static_files import StaticAssets
from app.http.templates import PageTemplates
from app.http.unsubscribe_tokens import UnsubscribeTokens
from app.settings import Settings

READ_STATEMENT_TIMEOUT, WRITE_STATEMENT_TIMEOUT = 10, 20  # seconds that one SQL statement may take
IDLE_TRANSACTION_TIMEOUT = (
    60  # seconds that a transaction may be idle: a hanging process blocks others no longer than this
)
CONNECTION_TIMEOUT = 5.0  # seconds that a request waits for a database connection
PROOF_WAITS = READER_SLOTS // 2  # requests that may wait for a proof at once: the other half of the readers goes on

TRANSMISSIONS_UNDER_WAY = 2  # liaison statements of other organizations that are read into memory at once


@dataclass(frozen=True, slots=True)
class PortalState(ServerState):
    """The shared objects of one portal process, created once at start."""

    browser_cookie = BROWSER_COOKIE
    attempt_cookie = "signing-in"
    refusal_cookie = "signing-in-refused"
    sign_out_hint_cookie = "signing-out"

    engine: Engine
    writing_engine: Engine
    touch_engine: Engine
    logout_engine: Engine
    database_health: DatabaseHealthProbe
    limiter: ConcurrencyLimiter
    costly_work: CostlyWorkLimiter
    downloads: CostlyWorkLimiter
    probe_limiter: CapacityLimiter
    read_sessions: sessionmaker[ReadSession]
    write_sessions: sessionmaker[WriteSession]
    refusals: RefusalLog
    touch_sessions: sessionmaker[WriteSession]
    logout_sessions: sessionmaker[WriteSession]
    partial_uploads: PartialUploads
    scanner: VirusScanner | None
    session_limits: SessionLifetimes
    public_keys: PublicKeysByPurpose
    unsubscribe_tokens: UnsubscribeTokens | None
    notifier: Notifier
    proof_waits: BoundedSemaphore
    transmissions_under_way: BoundedSemaphore
    senders_under_way: set[str]

    def close(self) -> None:
        """Stop the database probe and close all database connections."""
        self.database_health.stop()
        for engine in self.engines:
            engine.dispose()

    @property
    def engines(self) -> tuple[Engine, ...]:
        """All engines of this process."""
        return tuple(self.pools.values())

    @property
    def pools(self) -> Mapping[str, Engine]:
        """All engines of this process by the names that their pools have in metrics."""
        return {
            "reading": self.engine,
            "writing": self.writing_engine,
            "session-uses": self.touch_engine,
            "sign-outs": self.logout_engine,
        }

    @property
    def approval_sealer(self) -> TokenSealer:
        """Seals what a person is about to approve, on the way from the page of a text to the identity provider."""
        return TokenSealer(self.settings.session_secret.get_secret_value(), "sign-in for an approval")

    @property
    def recent_sign_in_policy(self) -> RecentSignInPolicy:
        """What acts need that ask for a recent sign-in."""
        return RecentSignInPolicy.from_settings(self.settings)

    @property
    def upload_grace(self) -> timedelta:
        """How long after a deadline an upload that began before it may end."""
        return timedelta(minutes=self.settings.upload_grace_minutes)


def open_portal_state(
    settings: Settings, react: JournalReaction | None, templates: PageTemplates, assets: StaticAssets
) -> PortalState:
    """Create the state from the settings. `react` queues the jobs that follow from journal lines."""
    configure_file_service(settings.file_service_options)
    # Four pools: reads do not wait for writes; the last use of a session is noted while its request already holds a
    # connection, so it must not take a second one from the same pool; and the provider does not repeat a logout that
    # was refused because all connections for changes were taken.
    pools = (
        ("", settings.database_pool, READ_STATEMENT_TIMEOUT),
        ("-writing", settings.database_pool_writing, WRITE_STATEMENT_TIMEOUT),
        ("-side", 1, READ_STATEMENT_TIMEOUT),
        ("-logout", LOGOUT_SLOTS, WRITE_STATEMENT_TIMEOUT),
    )
    engine, writing_engine, side_engine, logout_engine = (
        create_database_engine(
            cast("str", settings.database_url),
            pool_size=size,
            application_name=f"cwg-portal{name}",
            statement_timeout=seconds,
            idle_timeout=IDLE_TRANSACTION_TIMEOUT,
            pool_timeout=CONNECTION_TIMEOUT,
            is_read_only=not name,
        )
        for name, size, seconds in pools
    )
    refuse_connections_during_restore_hold(engine, writing_engine, side_engine, logout_engine)
    database_health = DatabaseHealthProbe(cast("str", settings.database_url))
    signers = {SigningPurpose.RECEIPTS: settings.build_signer(SigningPurpose.RECEIPTS)}
    context = {"react": react, SIGNERS_KEY: signers, ACTOR_CHECK_KEY: require_seats_still_held}
    mail_secret = settings.mail_secret.get_secret_value()
    sealers = SignInSealers.derive(settings.session_secret.get_secret_value(), "a person")
    store = settings.open_store()
    return PortalState(
        **open_server_state(settings, templates, assets, store, settings.portal_provider(), sealers),
        engine=engine,
        writing_engine=writing_engine,
        touch_engine=side_engine,
        logout_engine=logout_engine,
        database_health=database_health,
        limiter=ConcurrencyLimiter(database_health.is_lost),
        costly_work=CostlyWorkLimiter(),
        downloads=CostlyWorkLimiter(),
        probe_limiter=CapacityLimiter(2),
        refusals=RefusalLog(
            settings.session_secret.get_secret_value(),
            settings.client_address_header,
            RefusalCounter(settings.alarm_refusals),
            partial(_store_frequent_refusal, write_session_factory(side_engine)),
        ),
        touch_sessions=write_session_factory(side_engine),
        read_sessions=read_session_factory(engine, PageSession),
        write_sessions=write_session_factory(writing_engine, context),
        logout_sessions=write_session_factory(logout_engine, context),
        partial_uploads=open_partial_uploads(settings.staging_folder, store),
        scanner=VirusScanner(settings.clamd) if settings.clamd else None,
        session_limits=SessionLifetimes(
            timedelta(minutes=settings.session_idle_minutes), timedelta(hours=settings.session_hours)
        ),
        public_keys=settings.list_public_keys_by_purpose(),
        unsubscribe_tokens=UnsubscribeTokens(mail_secret) if mail_secret else None,
        notifier=Notifier(cast("str", settings.database_url)),
        proof_waits=BoundedSemaphore(PROOF_WAITS),
        transmissions_under_way=BoundedSemaphore(TRANSMISSIONS_UNDER_WAY),
        senders_under_way=set(),
    )


def _store_frequent_refusal(write_sessions: sessionmaker[WriteSession], who: str) -> None:
    """Store who is refused very often, for the alarm. Raises Unavailable."""
    with transaction(write_sessions) as session:
        store_frequent_refusal(session, who)


def get_portal_state(request: Request) -> PortalState:
    """Return the state of the application that serves this request."""
    return cast("PortalState", request.app.state.portal)


async def _provide_portal_state(request: Request) -> PortalState:
    """Provide the state as a FastAPI dependency; `async`, since a lookup needs no worker thread."""
    return get_portal_state(request)


Portal = Annotated[PortalState, Depends(_provide_portal_state)]


# What every route depends on takes the request and asks it for the state. FastAPI analyses each parameter again for
# each route and each way to it: with the state as a parameter, the import of the portal takes a fifth longer.
async def acquire_request_slot(request: Request) -> AsyncIterator[ConcurrencySlot]:
    """FastAPI dependency: the concurrency slot of this request. Requests that may write wait among the writers."""
    async with get_portal_state(request).limiter.acquire_slot(is_writer=request.method not in SAFE_METHODS) as turn:
        yield turn


RequestSlot = Annotated[ConcurrencySlot, Depends(acquire_request_slot, scope="function")]


async def open_request_transaction(request: Request, _turn: RequestSlot) -> AsyncIterator[ReadSession]:
    """FastAPI dependency: the transaction of this request, read-only for safe methods.

    It begins with its first statement, so that a worker thread is needed only to end it; and not even for that once a
    page has read all it needs (`RequestContext.render`).
    """
    portal = get_portal_state(request)
    opened = _open_transaction(portal, is_read_only=request.method in SAFE_METHODS)
    session = opened.__enter__()
    try:
        yield session
    except BaseException as error:
        await _end_transaction(opened, session, error)
        raise
    await _end_transaction(opened, session, None)


def _open_transaction(portal: PortalState, *, is_read_only: bool) -> AbstractContextManager[ReadSession]:
    if is_read_only:
        return transaction(portal.read_sessions)
    writing: AbstractContextManager[WriteSession] = transaction(portal.write_sessions)
    return writing


async def _end_transaction(
    opened: AbstractContextManager[ReadSession], session: ReadSession, error: BaseException | None
) -> None:
    """Commit, or roll back because of an error. Raises as `transaction`."""
    end = partial(opened.__exit__, type(error) if error else None, error, error.__traceback__ if error else None)
    if isinstance(session, WriteSession) or session.in_transaction():
        # Not of the threads that others may all have while they wait for a connection: this gives one back.
        await to_thread.run_sync(end, limiter=CapacityLimiter(1))
    else:
        end()


RequestReadSession = Annotated[ReadSession, Depends(open_request_transaction, scope="function")]
RequestWriteSession = Annotated[WriteSession, Depends(open_request_transaction, scope="function")]
