"""Reader sessions that ended before their cookie expires: all that the read path remembers of sessions.

A row says that the sessions under a keyed digest have ended, and is deleted when their cookies have expired anyway. The
digest is that of the random number in a cookie, or of the session or the subject at the identity provider, which only
a cookie contains too. So neither the table nor a copy of it names a reader, and a reader who did not sign out is not
in it.

Each process reads the whole table, at most once a second and only while signed-in readers ask: the database does
not learn which session reads. If the table was not read within `MAX_AGE_SECONDS`, no cookie counts.
"""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from time import monotonic
from typing import Final

import structlog
from sqlalchemy import Column, DateTime, MetaData, String, Table, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from app.core import clock
from app.core.db import WriteSession, create_database_engine, read_session_factory, transaction, write_session_factory
from app.core.errors import Unavailable
from app.core.hashing import derive_secret
from app.core.i18n import lazy_gettext as _
from app.http.oidc.logout import LogoutNotice
from app.settings import MAX_READ_SESSION_MINUTES

FRESH_SECONDS: Final = 1.0
"""After this time a signed-in request has the table read again."""
MAX_AGE_SECONDS: Final = 5.0
"""What was read longer ago than this proves nothing: every session counts as ended."""
WAIT_SECONDS: Final = 1.0
"""How long a request waits for the table, beyond which it takes what is known."""
DATABASE_SECONDS: Final = 3
LONGEST_LIFETIME: Final = timedelta(minutes=MAX_READ_SESSION_MINUTES)
"""How long the end of a session at the provider is remembered: no cookie that it ends is valid for longer, also if the
setting has been lowered since."""
ALWAYS: Final = datetime(9999, 12, 31, tzinfo=UTC)
"""`begun_until` of what has ended whenever it began."""

READING_METADATA = MetaData(schema="reading")
ENDED_SESSION = Table(
    "ended_session",
    READING_METADATA,
    Column("digest", String(43), primary_key=True),
    Column("begun_until", DateTime(timezone=True), primary_key=True),
    Column("until", DateTime(timezone=True), nullable=False),
)
"""Sessions under `digest` that began until `begun_until` have ended; remembered until `until`."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SessionMarks:
    """By what a session is recognised when it ends: when it began, when its cookie expires (POSIX seconds), and its
    digests (`ended_session.digest`)."""

    began_at: float
    expires_at: float
    digests: Sequence[str]


class SessionDigests:
    """Computes the digests under which sessions end; without the key it cannot be found out whose they are."""

    def __init__(self, key: str) -> None:
        self._key = key

    def digest_id(self, session_id: str) -> str:
        """Return the digest of the random number in a cookie."""
        return derive_secret(session_id, key=self._key, purpose="ended session of a reader")

    def digest_provider_session(self, issuer: str, sid: str) -> str:
        """Return the digest of a session at the identity provider."""
        return derive_secret(f"{issuer} {sid}", key=self._key, purpose="ended session at the provider")

    def digest_subject(self, issuer: str, subject: str) -> str:
        """Return the digest of a person at the identity provider."""
        return derive_secret(f"{issuer} {subject}", key=self._key, purpose="ended sessions of a subject")

    def digest_token(self, identifier: str) -> str:
        """Return the digest of the identifier of a logout token."""
        return derive_secret(identifier, key=self._key, purpose="used logout token")


class EndedSessions:
    """Ends reader sessions for all processes, and tells which have ended."""

    def __init__(self, database_url: str, key: str) -> None:
        self.digests = SessionDigests(key)
        # Apart from the pool of the catalogue, which may be busy for longer than a signed-in request can wait.
        self.engine = create_database_engine(
            database_url,
            pool_size=1,
            application_name="cwg-read-sessions",
            statement_timeout=DATABASE_SECONDS,
            pool_timeout=DATABASE_SECONDS,
        )
        self._read_sessions, self._write_sessions = (
            read_session_factory(self.engine),
            write_session_factory(self.engine),
        )
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ended-sessions")
        self._lock = Lock()
        self._reading: Future[None] | None = None
        self._read_at: float | None = None
        self._is_failing = False
        self._ended: dict[str, float] = {}
        self._ended_here: dict[str, datetime] = {}

    def close(self) -> None:
        """Close the connection, and end the thread."""
        self._thread.shutdown(wait=False)
        self.engine.dispose()

    async def is_live(self, marks: SessionMarks) -> bool:
        """Tell whether a session has not ended; False while the database cannot be asked."""
        if not self._was_read_within(FRESH_SECONDS):
            await asyncio.wait({asyncio.wrap_future(self._start_reading())}, timeout=WAIT_SECONDS)
        return self._was_read_within(MAX_AGE_SECONDS) and not self._has_ended(marks)

    def end_session(self, session_id: str, marks: SessionMarks) -> None:
        """End the session of one cookie, also where it was copied to. Raises Unavailable; this process knows it
        nevertheless."""
        digest = self.digests.digest_id(session_id)
        moment, remembered_until = clock.now(), datetime.fromtimestamp(marks.expires_at, UTC)
        with self._lock:
            self._ended_here = {known: until for known, until in self._ended_here.items() if until > moment}
            self._ended_here[digest] = remembered_until
        with self._write() as session:
            _add_row(session, digest, ALWAYS, remembered_until)

    def end_sessions_from_provider(self, notice: LogoutNotice) -> None:
        """End the sessions that a logout token names, by sid or else by subject. Raises OidcVerificationError if the
        token was used before, Unavailable."""
        with self._write() as session:
            ended = notice.redeem(_UsedLogoutTokens(session, self.digests))
            moment = clock.now()
            if ended.sid is not None:  # nor does a sign-in count that is under way in that session
                digest, begun_until = self.digests.digest_provider_session(ended.issuer, ended.sid), ALWAYS
            else:
                digest, begun_until = self.digests.digest_subject(ended.issuer, ended.subject or ""), moment
            _add_row(session, digest, begun_until, moment + LONGEST_LIFETIME)

    @contextmanager
    def _write(self) -> Iterator[WriteSession]:
        """Open a transaction that first deletes what is no longer needed. Raises Unavailable."""
        try:
            with transaction(self._write_sessions) as session:
                session.execute(delete(ENDED_SESSION).where(ENDED_SESSION.c.until < func.now()))
                yield session
        except SQLAlchemyError as error:
            log.error("ended-session-not-stored", kind=type(error).__name__)
            raise Unavailable(_("The database is not responding. Nothing was changed.")) from error

    def _was_read_within(self, seconds: float) -> bool:
        read_at = self._read_at
        return read_at is not None and monotonic() - read_at <= seconds

    def _has_ended(self, marks: SessionMarks) -> bool:
        ended = self._ended
        for digest in marks.digests:
            if digest in self._ended_here or (digest in ended and marks.began_at <= ended[digest]):
                return True
        return False

    def _start_reading(self) -> "Future[None]":
        """Begin to read the table, unless that is under way."""
        with self._lock:
            if self._reading is None or self._reading.done():
                self._reading = self._thread.submit(self._read)
            return self._reading

    def _read(self) -> None:
        begun = monotonic()
        statement = select(ENDED_SESSION.c.digest, func.max(ENDED_SESSION.c.begun_until)).group_by(
            ENDED_SESSION.c.digest
        )
        try:
            with transaction(self._read_sessions) as session:
                ended = {digest: until.timestamp() for digest, until in session.execute(statement)}
        except Exception as error:  # of any kind: what is known becomes too old, and the next request tries again
            if not self._is_failing:
                log.error("ended-sessions-not-read", kind=type(error).__name__)
            self._is_failing = True
            return
        self._ended, self._read_at, self._is_failing = ended, begun, False


def _add_row(session: WriteSession, digest: str, begun_until: datetime, until: datetime) -> bool:
    """Add a row; return whether it was new."""
    row = insert(ENDED_SESSION).values(digest=digest, begun_until=begun_until, until=until)
    return session.scalar(row.on_conflict_do_nothing().returning(ENDED_SESSION.c.digest)) is not None


class _UsedLogoutTokens:
    """Identifiers of redeemed logout tokens, kept as rows like the sessions that they ended."""

    def __init__(self, session: WriteSession, digests: SessionDigests) -> None:
        self._session, self._digests = session, digests

    def use(self, identifier: str, until: datetime) -> bool:
        """Record the identifier; return whether it was new."""
        return _add_row(self._session, self._digests.digest_token(identifier), ALWAYS, until)
