"""Tables, sessions and transactions. Reading and writing are two types; nobody writes `commit()`.

A `ReadSession` refuses to flush and its transaction is READ ONLY in the database as well. A `WriteSession` writes the
pending lines of the journal (`app.core.journal`) as the last thing before it commits.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import Connection, DateTime, Engine, MetaData, String, create_engine, event, func, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoneFree
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, SessionTransaction, mapped_column, sessionmaker

from app.core.errors import Unavailable
from app.core.i18n import say
from app.core.patience import impatient

# Every instant is stored with its zone, texts in several languages as JSON.
TYPES = {
    datetime: DateTime(timezone=True),
    dict[str, str]: JSONB,
    list[dict[str, object]]: JSONB,
    list[str]: ARRAY(String),
}
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

GAVE_UP = ("55P03", "57014", "40P01", "40001")
"""PostgreSQL undid the transaction because of others: lock or statement timeout, deadlock, serialization failure."""

S = TypeVar("S", bound="ReadSession")

Titles = dict[str, str]
"""One text in several languages, by language code."""


class Base(DeclarativeBase):
    """Every table of the portal's own schema."""

    metadata = MetaData(schema="portal", naming_convention=NAMES)
    type_annotation_map = TYPES


class Entity(Base):
    """A thing with an identity of its own: a random key that tells nothing about how many there are."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)


class ReadSession(Session):
    """Reads. Asked to write, it raises; and its transaction is READ ONLY in PostgreSQL."""

    def flush(self, objects: Sequence[object] | None = None) -> None:  # noqa: ARG002 - SQLAlchemy's signature
        if self.new or self.dirty or self.deleted:
            raise RuntimeError("a ReadSession was asked to write")


class WriteSession(ReadSession):
    """Reads and writes. May be given wherever a ReadSession is wanted."""

    def flush(self, objects: Sequence[object] | None = None) -> None:
        Session.flush(self, objects)


# A plan that fits any value reads a whole archive for one page or one rare word: each statement is planned for its own
# values, and by one process, since others wait too.
PLANS = "-c plan_cache_mode=force_custom_plan -c max_parallel_workers_per_gather=0"
CONNECTING = 5  # seconds
GRACE = 2.0  # seconds that a database which answers at all needs to say that it gave up
# A machine that is gone says nothing: after some twenty seconds of that the connection is lost (tcp(7)).
LINE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 2, "tcp_user_timeout": 20_000}


def make_engine(
    url: str, *, pool: int = 8, application: str = "cwg", statement: int = 30, idle: int = 900, queue: float = 10
) -> Engine:
    """An engine whose statements find `portal` and `jobs`, and give up on locks after 5 s.

    `statement` are the seconds that one statement may take, `idle` those that a transaction may stand open with nothing
    asked, `queue` those that somebody waits for a connection. All of this the database watches over; that it answers at
    all we do (`app.core.patience`).
    """
    limits = {"lock_timeout": "5s", "statement_timeout": f"{statement}s"}
    limits["idle_in_transaction_session_timeout"] = f"{idle}s"
    options = " ".join(f"-c {name}={value}" for name, value in limits.items())
    engine = create_engine(
        url,
        pool_size=pool,
        max_overflow=0,
        pool_timeout=queue,
        pool_pre_ping=True,
        connect_args={
            "options": f"-c search_path=portal,jobs -c timezone=UTC {options} {PLANS}",
            "application_name": application,
            "connect_timeout": CONNECTING,
            **LINE,
        },
    )
    return impatient(engine, statement + GRACE)


def readers(engine: Engine) -> sessionmaker[ReadSession]:
    """Sessions that can only read."""
    return sessionmaker(engine.execution_options(postgresql_readonly=True), class_=ReadSession, expire_on_commit=False)


def writers(engine: Engine, info: Mapping[str, Any] | None = None) -> sessionmaker[WriteSession]:
    """Sessions that write; `info` carries what should follow from journal lines (`app.core.journal`)."""
    return sessionmaker(engine, class_=WriteSession, expire_on_commit=False, info=dict(info or {}))


@contextmanager
def transaction(factory: sessionmaker[S]) -> Iterator[S]:
    """One request or one job is one transaction: committed at the end, undone by any exception.

    Raises Unavailable where the database does not answer or others held a lock for too long, and nothing was changed. A
    connection that is lost while it commits stays a fault: then nobody knows.
    """
    with _waiting_ends(), factory() as session:
        with _answers():
            yield session
        session.commit()


@contextmanager
def _waiting_ends() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) in GAVE_UP:
            raise Unavailable(say("Others are at work on the same thing. Nothing was changed.")) from error
        raise


@contextmanager
def _answers() -> Iterator[None]:
    try:
        yield
    except (OperationalError, NoneFree) as error:
        if getattr(getattr(error, "orig", None), "sqlstate", None) in GAVE_UP:
            raise
        raise Unavailable(say("The database does not answer. Nothing was changed.")) from error


def let_go(session: ReadSession) -> None:
    """Give the connection back before something slow, such as the examination of a file.

    Only before the first change, so that a request still changes all or nothing. What was read stays as it was read;
    the next statement begins the transaction that counts. Raises RuntimeError if something was changed.
    """
    if session.new or session.dirty or session.deleted or session.info.get("journal"):
        raise RuntimeError("a session was let go with changes in it")
    session.commit()


def hold(session: WriteSession, row: DeclarativeBase) -> None:
    """Nobody else changes this row until the transaction ends, and it is seen as it stands now; what was changed here
    goes first."""
    session.flush()
    session.refresh(row, with_for_update=True)


def act_for(session: ReadSession, entity: str) -> None:
    """Tell the database for whom this session reads: its row-level rules hide other States' drafts."""
    _say_for_whom(session.connection(), entity)
    session.info["entity"] = entity


@event.listens_for(ReadSession, "after_begin")
def _say_it_again(session: ReadSession, _transaction: SessionTransaction, connection: Connection) -> None:
    """A session that was let go still acts for the same entity."""
    if entity := session.info.get("entity"):
        _say_for_whom(connection, entity)


def _say_for_whom(connection: Connection, entity: str) -> None:
    connection.execute(select(func.set_config("cwg.entity", entity, True)))
