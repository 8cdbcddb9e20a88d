"""Tables, sessions and transactions. Reading and writing are two types, and only `transaction` commits.

A `ReadSession` refuses to flush, and its transaction is READ ONLY in the database as well. A `WriteSession` writes the
pending lines of the journal (`app.core.journal`) as the last step before it commits.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Engine,
    Integer,
    Label,
    MetaData,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    String,
    Text,
    cast,
    create_engine,
    event,
    func,
    make_url,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import (
    DeclarativeBase,
    InstrumentedAttribute,
    Mapped,
    Session,
    SessionTransaction,
    mapped_column,
    sessionmaker,
)

from app.core.database.kept_plans import keep_marked_plans, replace_connections_with_outdated_plans
from app.core.database.session_settings import IN_PORTAL, PLAN_SETTING, PLANNER, PLANNER_UNTIL_SIGNED_IN
from app.core.database.stored_json import read_json
from app.core.database.watched_pool import WatchedPool
from app.core.db_timeouts import TimeoutConnection, set_engine_response_timeout
from app.core.errors import Unavailable
from app.core.i18n import LANGUAGES
from app.core.i18n import lazy_gettext as _
from app.core.signing import Signer, SigningPurpose

# Every instant is stored with its zone, texts in several languages as JSON.
TYPE_ANNOTATIONS = {
    datetime: DateTime(timezone=True),
    dict[str, str]: JSONB,
    dict[str, int]: JSONB,
    list[dict[str, object]]: JSONB,
    list[str]: ARRAY(String),
    list[int]: ARRAY(Integer),
}
NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

CONTENTION_SQLSTATES = ("55P03", "57014", "40P01", "40001")
"""PostgreSQL undid the transaction because of others: lock or statement timeout, deadlock, serialization failure."""

UNRECORDED = "unrecorded"
"""Key in the `info` of a table or column: why no digest of it is recorded (`app.core.row_digests`)."""

SIGNERS_KEY = "sign"
"""Key of the signers, by purpose, in the `info` of a session that writes."""

ROW_SECURITY_KEY = "row security"
"""Key in the `info` of a session: the settings that the policies of the database read."""
ENTITY_SETTING, OFFICES_SETTING = "cwg.entity", "cwg.offices"

READ_ONLY_OPTION = "read only"
"""Key of the options of an engine: whether its connections are READ ONLY from the beginning, which costs less than to
ask for it in each transaction."""

NUMBERED_PARAMETERS: Mapping[str, Any] = MappingProxyType({"paramstyle": "numeric_dollar", "use_native_hstore": False})
"""How an engine writes statements for `NumberedCursor`; it asks nothing about a type that is not used here, since that
statement has named parameters."""

SessionT = TypeVar("SessionT", bound="ReadSession")
StatementT = TypeVar("StatementT", bound=Select[Any])

RowT = TypeVar("RowT", bound=DeclarativeBase)

LocalizedText = dict[str, str]
"""One text in several languages, by language code."""


class Base(DeclarativeBase):
    """Base of all tables in the portal's own schema."""

    metadata = MetaData(schema="portal", naming_convention=NAMING_CONVENTION)
    type_annotation_map = TYPE_ANNOTATIONS


class Entity(Base):
    """Base of tables with a random key, which does not reveal how many rows there are."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)


class ReadSession(Session):
    """Session that only reads; its transaction is READ ONLY in PostgreSQL."""

    def flush(self, objects: Sequence[object] | None = None) -> None:  # noqa: ARG002 - SQLAlchemy's signature
        """Raise RuntimeError if there is anything to write."""
        if self.new or self.dirty or self.deleted:
            raise RuntimeError("a ReadSession was asked to write")


class WriteSession(ReadSession):
    """Session that reads and writes; accepted wherever a ReadSession is."""

    def flush(self, objects: Sequence[object] | None = None) -> None:
        """Write pending changes, as a plain SQLAlchemy session does."""
        Session.flush(self, objects)

    def get_signer(self, purpose: SigningPurpose) -> Signer:
        """Return the signer of a purpose, which the session was made with: no action hands it on. Raises RuntimeError
        if this process does not sign for the purpose."""
        signer = self.find_signer(purpose)
        if signer is None:
            raise RuntimeError(f"this session was given nothing to sign {purpose} with")
        return signer

    def find_signer(self, purpose: SigningPurpose) -> Signer | None:
        """Return the signer of a purpose; None if this process does not sign for it."""
        signers: Mapping[SigningPurpose, Signer] = self.info.get(SIGNERS_KEY, {})
        return signers.get(purpose)


CONNECT_TIMEOUT = 5  # seconds
BACKGROUND_RESPONSE_TIMEOUT = 10.0  # seconds
CLIENT_TIMEOUT_MARGIN = 2.0  # seconds that a database that answers needs to report its own timeout
# A machine that is gone sends nothing: after some twenty seconds the connection counts as lost (tcp(7)).
TCP_OPTIONS = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 2, "tcp_user_timeout": 20_000}


def create_database_engine(
    url: str,
    *,
    pool_size: int = 8,
    application_name: str = "cwg",
    statement_timeout: int = 30,
    idle_timeout: int = 900,
    pool_timeout: float = 10,
    is_read_only: bool = False,
) -> Engine:
    """Create an engine whose sessions have search path `portal,jobs` and a lock timeout of 5 seconds.

    In seconds: `statement_timeout` for one statement, `idle_timeout` for an open transaction without a statement,
    `pool_timeout` for waiting for a connection. The database enforces the first two; that it answers at all is checked
    on this side (`app.core.db_timeouts`). With `is_read_only`, every transaction of the engine is READ ONLY.
    """
    limits = {"lock_timeout": "5s", "statement_timeout": f"{statement_timeout}s"}
    limits["idle_in_transaction_session_timeout"] = f"{idle_timeout}s"
    engine = create_engine(
        url,
        poolclass=WatchedPool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=pool_timeout,
        execution_options={READ_ONLY_OPTION: is_read_only},
        **(NUMBERED_PARAMETERS if is_read_only else {}),
        json_deserializer=read_json,
        connect_args={
            "application_name": application_name,
            "connect_timeout": CONNECT_TIMEOUT,
            **TCP_OPTIONS,
        },
    )
    replace_connections_with_outdated_plans(engine)
    if is_read_only:
        keep_marked_plans(engine)
    settings = {**IN_PORTAL, **(PLANNER_UNTIL_SIGNED_IN if is_read_only else PLANNER), **limits}
    return set_engine_response_timeout(
        engine, statement_timeout + CLIENT_TIMEOUT_MARGIN, settings, is_read_only=is_read_only
    )


def to_libpq_address(database_url: str) -> str:
    """Return the address as psycopg understands it, without SQLAlchemy's name of the driver."""
    return make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)


def connect_for_background_thread(
    database_url: str,
    application_name: str,
    *,
    connect_timeout: int = CONNECT_TIMEOUT,
    response_timeout: float = BACKGROUND_RESPONSE_TIMEOUT,
) -> TimeoutConnection:
    """Open a connection for a background thread: outside the pools, in autocommit, closed if it is not answered.

    Raises psycopg.Error, OSError.
    """
    connection = TimeoutConnection.connect(
        to_libpq_address(database_url),
        autocommit=True,
        application_name=application_name,
        connect_timeout=connect_timeout,
    )
    connection.response_timeout = response_timeout
    return connection


def read_session_factory(engine: Engine, class_: type[ReadSession] = ReadSession) -> sessionmaker[ReadSession]:
    """Create a factory of sessions that can only read."""
    is_read_only = engine.get_execution_options().get(READ_ONLY_OPTION, False)
    reading = engine if is_read_only else engine.execution_options(postgresql_readonly=True)
    return sessionmaker(reading, class_=class_, expire_on_commit=False)


def write_session_factory(engine: Engine, info: Mapping[str, Any] | None = None) -> sessionmaker[WriteSession]:
    """Create a factory of sessions that write; `info` holds the signers (`SIGNERS_KEY`), and what the journal
    calls after writing (`app.core.journal`)."""
    return sessionmaker(engine, class_=WriteSession, expire_on_commit=False, info=dict(info or {}))


@contextmanager
def transaction(factory: sessionmaker[SessionT]) -> Iterator[SessionT]:
    """Open a session in one transaction: committed at the end of the block, rolled back by any exception.

    Raises Unavailable if the database does not answer, or gave up because of locks of others; nothing was changed then.
    A connection lost during the commit of changes stays an unexpected error, since the outcome is unknown.
    """
    with _translate_contention(), factory() as session:
        with _translate_outage():
            yield session
            if not isinstance(session, WriteSession):
                session.commit()  # nothing was changed, whatever becomes of it
                return
        session.commit()


@contextmanager
def _translate_contention() -> Iterator[None]:
    """Raise Unavailable if PostgreSQL gave up because of other transactions."""
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) in CONTENTION_SQLSTATES:
            raise Unavailable(_("Others are currently changing the same data. Nothing was changed.")) from error
        raise


@contextmanager
def _translate_outage() -> Iterator[None]:
    """Raise Unavailable if the database does not answer or the pool has no free connection."""
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        is_outage = isinstance(error, OperationalError | PoolTimeout) or error.connection_invalidated
        if not is_outage or getattr(getattr(error, "orig", None), "sqlstate", None) in CONTENTION_SQLSTATES:
            raise
        raise Unavailable(_("The database is not responding. Nothing was changed.")) from error


def release_connection(session: ReadSession) -> None:
    """Return the connection to the pool before slow work, such as the inspection of a file.

    Only before the first change, so that a request still changes all or nothing. Objects keep the values they were read
    with; the next statement begins the transaction that counts. Raises RuntimeError if something was changed.
    """
    if session.new or session.dirty or session.deleted or session.info.get("journal"):
        raise RuntimeError("a session was let go with changes in it")
    session.commit()


class RowLockStrength(StrEnum):
    """How strong the lock of a row is."""

    UPDATE = "update"
    """No other transaction locks or changes the row, or adds rows that refer to it."""
    NO_KEY_UPDATE = "key_share"
    """No other transaction locks or changes the row; rows that refer to it may be added."""
    SHARE = "read"
    """No other transaction changes the row; others may share the lock."""

    @property
    def options(self) -> dict[str, bool]:
        """The arguments of SQLAlchemy's `with_for_update`."""
        return {} if self is RowLockStrength.UPDATE else {self.value: True}


def lock_row(session: WriteSession, row: DeclarativeBase, strength: RowLockStrength = RowLockStrength.UPDATE) -> None:
    """Lock a row at hand until the transaction ends, and refresh it; pending changes are flushed first."""
    session.flush()
    session.refresh(row, with_for_update=strength.options or True)


def add_row_lock(
    statement: StatementT,
    *,
    strength: RowLockStrength = RowLockStrength.UPDATE,
    only: type[DeclarativeBase] | None = None,
    skip_locked: bool = False,
) -> StatementT:
    """Make a query lock its rows until the transaction ends, and refresh those that were read before.

    A row that the actor may see is read and locked at once: it may be gone between two statements. `only` names the
    table to lock, of several; `skip_locked` leaves out what others have locked.
    """
    locked = statement.with_for_update(of=only, skip_locked=skip_locked, **strength.options)
    return locked.execution_options(populate_existing=True)


def get_locked_row(session: WriteSession, table: type[RowT], key: object) -> RowT:
    """Return the row with this key, locked until the transaction ends and freshly read. Raises NoResultFound."""
    return session.get_one(table, key, with_for_update=True, populate_existing=True)


def count_rows(session: ReadSession, statement: Select[Any]) -> int:
    """Count the rows that a statement would find, whatever its order."""
    return session.scalar(_select_row_count(statement)) or 0


def count_rows_of_each(session: ReadSession, *statements: Select[Any]) -> tuple[int, ...]:
    """Count the rows that each of these statements would find, in one statement."""
    return tuple(session.execute(select(*(build_row_count(statement) for statement in statements))).one())


def build_row_count(statement: Select[Any]) -> ScalarSelect[int]:
    """Build the number of rows that a statement would find, as a column of another one."""
    return _select_row_count(statement).scalar_subquery().correlate(None)


def _select_row_count(statement: Select[Any]) -> Select[int]:
    return statement.order_by(None).with_only_columns(func.count(), maintain_column_froms=True)


def build_one_of_condition(column: SQLColumnExpression[str], values: Iterable[str]) -> ColumnElement[bool]:
    """SQL condition: a column has one of a few values. For statements of every request: the list of `in_` is written
    into the statement again each time."""
    return or_(*(column == value for value in values))


def lacks_a_language(column: InstrumentedAttribute[LocalizedText]) -> ColumnElement[bool]:
    """SQL condition: a text has no version in one of the six languages."""
    return ~column.op("?&", is_comparison=True)(cast(LANGUAGES, ARRAY(Text)))


def set_row_security_entity(session: ReadSession, entity: str, offices: Iterable[UUID] = ()) -> None:
    """Set the entity for which this session reads and writes: row-level security hides what is another's alone.

    `offices` are the keys of what its person holds an office of; there they see what several entities put to it.
    """
    values = {ENTITY_SETTING: entity, OFFICES_SETTING: ",".join(sorted(str(key) for key in offices))}
    _set_row_security(session.connection(), values)
    session.info[ROW_SECURITY_KEY] = values


def build_row_security_columns(
    entity: SQLColumnExpression[str], offices: SQLColumnExpression[str]
) -> tuple[Label[str], Label[str], Label[str]]:
    """Build the columns of a statement that sets the same as `set_row_security_entity` from what it reads; its rows go
    to `note_row_security`. `offices` are the keys with commas between them. The third column sets that what follows is
    planned for its own values."""
    return (
        func.set_config(ENTITY_SETTING, entity, True).label("row_security_entity"),
        func.set_config(OFFICES_SETTING, func.coalesce(offices, ""), True).label("row_security_offices"),
        func.set_config(PLAN_SETTING, PLANNER[PLAN_SETTING], True).label("planner"),
    )


def note_row_security(session: ReadSession, entity: str, offices: str) -> None:
    """Note what a statement has set (`build_row_security_columns`), for the next transaction of this session."""
    session.info[ROW_SECURITY_KEY] = {ENTITY_SETTING: entity, OFFICES_SETTING: offices}


@event.listens_for(ReadSession, "after_begin")
def _restore_row_security(session: ReadSession, _transaction: SessionTransaction, connection: Connection) -> None:
    """Set it again when a session whose connection was released begins a new transaction."""
    if values := session.info.get(ROW_SECURITY_KEY):
        _set_row_security(connection, values)


def _set_row_security(connection: Connection, values: Mapping[str, str]) -> None:
    """Set what the policies of the database read, and how statements are planned, for the current transaction."""
    settings = {**values, PLAN_SETTING: PLANNER[PLAN_SETTING]}
    connection.execute(select(*(func.set_config(name, value, True) for name, value in settings.items())))
