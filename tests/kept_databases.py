"""Databases that a worker keeps from test to test: after each test, what was written is put back.

A clone for each test costs more than most tests do: some 300 files, and connections that know nothing of its tables.
Here tests commit as they like, from any thread, process or role; nothing is rolled back around them, so READ ONLY
transactions, roles and row-level security are those of the portal. Afterwards a superuser looks at every table, empties
those that were empty and fills the others as they were. It sees what is there, not who wrote it. If the schema itself
is another one, the database is thrown away and cloned again.
"""

import atexit
import os
import select
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, ClassVar

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from app.core import db_timeouts
from app.core.db_timeouts import TimeoutConnection

PREFIX = "kept_"
TABLES = """
    SELECT c.oid::regclass::text, array(
        SELECT quote_ident(attname) FROM pg_attribute
        WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
    ) FROM pg_class c WHERE relkind = 'r' AND relpersistence <> 't'
    AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) ORDER BY 1
"""
SEQUENCES = """
    SELECT oid::regclass::text FROM pg_class
    WHERE relkind = 'S' AND relnamespace <> 'pg_catalog'::regnamespace ORDER BY 1
"""
# The schema is the same while no row of these was made or changed. Databases have settings of their own as well.
CATALOGUES = ("class", "attribute", "attrdef", "constraint", "index", "namespace", "policy", "proc", "trigger", "type")
SCHEMA = " UNION ALL ".join(
    f"SELECT count(*) FILTER (WHERE age(xmin) <= (SELECT age(%(noted)s::xid))) || '/' || count(*) FROM pg_{name}"
    for name in CATALOGUES
)  # the age of the noted transaction is computed once, not for each row
OF_THE_DATABASE = """
    SELECT coalesce(string_agg(setrole || setconfig::text, ' ' ORDER BY setrole), '') FROM pg_db_role_setting
    WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
    UNION ALL SELECT string_agg(a.xmin::text || a.rolname, ' ' ORDER BY a.oid) FROM pg_authid a
"""
TRANSACTION = "SELECT pg_current_xact_id()::xid::text"
OTHERS = """
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
# What DISCARD ALL does, but for plans and prepared statements, which belong to no role.
AS_NEW = (
    "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; SELECT pg_advisory_unlock_all(); "
    "DISCARD TEMP; DISCARD SEQUENCES"
)
AT_MOST = 12  # connections kept for one address


class Kept(TimeoutConnection):
    """A connection to a kept database. Closed, it waits for who opens the next one in the same way."""

    waiting: ClassVar[dict[object, list["Kept"]]] = {}
    known: ClassVar[dict[object, dict[str, object]]] = {}
    _lock: ClassVar[Lock] = Lock()
    key: object = None
    is_lost = False

    @classmethod
    def opened(cls, *given: object, **named: object) -> TimeoutConnection:
        """Connect as `TimeoutConnection.connect` does, or return a kept connection."""
        if not str(named.get("dbname", "")).startswith(PREFIX):
            return TimeoutConnection.connect(*given, **named)
        key = (os.getpid(), given, tuple(sorted((name, value) for name, value in named.items() if name != "context")))
        with cls._lock:
            there = cls.waiting.setdefault(key, [])
            while there:
                found = there.pop()
                if found.says_nothing():
                    return found
                found.end()
        made = cls.connect(*given, **named)
        made.key = key
        return made

    def says_nothing(self) -> bool:
        """Whether it is open, and the server has sent nothing since: that would be the notice that it was closed."""
        return not self.closed and not select.select([self.fileno()], [], [], 0)[0]

    def close(self) -> None:
        if self.closed or self.is_lost or self.key is None or not self._is_as_new():
            self.end()
            return
        with self._lock:
            there = self.waiting.setdefault(self.key, [])
            if len(there) < AT_MOST and self not in there:
                there.append(self)
                return
        self.end()

    def _is_as_new(self) -> bool:
        if self.pgconn.transaction_status not in (
            TransactionStatus.IDLE,
            TransactionStatus.INTRANS,
            TransactionStatus.INERROR,
        ):
            return False
        try:
            self.response_timeout = 5.0  # who opens it next sets how long they wait
            self.rollback()
            self.autocommit = True
            self.execute(AS_NEW, prepare=False)
            self.autocommit = False
            self.read_only = self.isolation_level = self.deferrable = None
        except psycopg.Error:
            return False
        self._notice_handlers.clear()
        self._notify_handlers.clear()
        return True

    def end(self) -> None:
        super().close()

    @classmethod
    def end_all(cls, database: str | None = None) -> None:
        """Close the waiting connections of this database or of all."""
        with cls._lock:
            for key in list(cls.waiting):
                if database is None or ("dbname", database) in key[2]:
                    for each in cls.waiting.pop(key):
                        each.end()

    @classmethod
    def processes(cls) -> set[int]:
        """The server processes of the waiting connections."""
        with cls._lock:
            return {each.pgconn.backend_pid for there in cls.waiting.values() for each in there if not each.closed}


atexit.register(Kept.end_all)


@dataclass
class RestoredDatabase:
    """A database that is the same at the beginning of each test.

    What a table holds at first is written by one transaction, and again by one when it is restored. So rows of others
    are those with another `xmin`, and a row that others changed or deleted is missing among those with this one.
    """

    name: str
    line: Callable[[str], psycopg.Connection[Any]]
    clone: Callable[[str], None]
    drop: Callable[[str], None]
    clones: int = 0
    _connection: psycopg.Connection[Any] | None = None
    _columns: dict[str, str] = field(default_factory=dict)
    _copies: dict[str, bytes] = field(default_factory=dict)  # of the tables that hold something at first
    _counts: dict[str, int] = field(default_factory=dict)  # rows of those
    _writers: dict[str, str] = field(default_factory=dict)  # the transaction that wrote them
    _empty: Sequence[str] = ()
    _sequences: dict[str, str] = field(default_factory=dict)
    _noted: str = ""  # the transaction after which the schema may not have changed
    _schema: Sequence[Any] = ()
    _question: str = ""

    def open(self) -> None:
        """Create it if it does not exist, and note its contents."""
        if self._connection is not None:
            return
        self.clone(self.name)
        self.clones += 1
        self._connection = connection = self.line(self.name)
        connection.execute("SET session_replication_role = replica")
        self._columns = {name: ", ".join(columns) for name, columns in connection.execute(TABLES).fetchall()}
        self._copies = {name: copy for name in self._columns if (copy := self._copied(name))}
        self._empty = [name for name in self._columns if name not in self._copies]
        sequences = [name for (name,) in connection.execute(SEQUENCES)]
        with connection.transaction():
            self._rewrite(connection, list(self._copies))
        self._question = self._ask_for(sequences)
        self._noted = self._read(TRANSACTION)[0]
        self._schema = self._look_at_schema(connection)
        rows, _, values = self._read(self._question, ([*self._writers.values()],))
        self._counts = dict(zip(self._copies, (every for _, every in rows), strict=True))
        self._sequences = dict(zip(sequences, values, strict=True))

    def put_back(self) -> None:
        """Restore what was noted; end all other connections first."""
        connection = self._connection
        assert connection is not None
        try:
            self._send_away(connection)
            if self._look_at_schema(connection) != self._schema:
                self.forget()
                return
            self._restore(connection, *self._read(self._question, ([*self._writers.values()],)))
        except psycopg.Error:
            self.forget()

    def forget(self) -> None:
        """Drop it; the next test gets a clone."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            Kept.end_all(self.name)
            self.drop(self.name)

    def _ask_for(self, sequences: Sequence[str]) -> str:
        """Of each table that held something: its rows by its writer, and all; whether others hold any; sequences."""
        rows = (
            f"(SELECT ARRAY[count(*) FILTER (WHERE xmin = writers[{number}]), count(*)] FROM {name})"
            for number, name in enumerate(self._copies, 1)
        )
        held = (f"EXISTS (SELECT FROM {name})" for name in self._empty)
        values = (f"(SELECT last_value || '/' || is_called FROM {name})" for name in sequences)
        parts = (f"ARRAY[{', '.join(part)}]" for part in (rows, held, values))
        return f"SELECT {', '.join(parts)} FROM (SELECT %s::xid[] AS writers)"

    def _read(self, statement: str, parameters: Sequence[object] = ()) -> Any:
        assert self._connection is not None
        return self._connection.execute(statement, parameters, prepare=True).fetchone()

    def _send_away(self, connection: psycopg.Connection[Any]) -> None:
        strangers = {pid for (pid,) in connection.execute(OTHERS, prepare=True)} - Kept.processes()
        for pid in strangers:
            connection.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))

    def _look_at_schema(self, connection: psycopg.Connection[Any]) -> Sequence[Any]:
        statement = f"{SCHEMA} UNION ALL {OF_THE_DATABASE}"
        return connection.execute(statement, {"noted": self._noted}, prepare=True).fetchall()

    def _restore(
        self,
        connection: psycopg.Connection[Any],
        rows: Sequence[tuple[int, int]],
        held: Sequence[bool],
        values: Sequence[str],
    ) -> None:
        counted = list(zip(self._copies, rows, strict=True))
        filled = [name for name, holds in zip(self._empty, held, strict=True) if holds]
        longer = [name for name, (own, every) in counted if own == self._counts[name] < every]
        moved = [name for name, is_now in zip(self._sequences, values, strict=True) if is_now != self._sequences[name]]
        with connection.transaction():
            for name in filled:
                connection.execute(f"DELETE FROM {name}", prepare=True)
            for name in longer:
                connection.execute(f"DELETE FROM {name} WHERE xmin <> %s::xid", (self._writers[name],), prepare=True)
            self._rewrite(connection, [name for name, (own, _) in counted if own != self._counts[name]])
            for name in moved:
                value, _, is_called = self._sequences[name].partition("/")
                connection.execute("SELECT setval(%s, %s, %s)", (name, int(value), is_called == "true"), prepare=True)

    def _rewrite(self, connection: psycopg.Connection[Any], names: Sequence[str]) -> None:
        """Fill tables as they were at first, within a transaction."""
        if not names:
            return
        self._writers |= dict.fromkeys(names, self._read(TRANSACTION)[0])
        for name in names:
            connection.execute(f"DELETE FROM {name}", prepare=True)
            with connection.cursor().copy(f"COPY {name} ({self._columns[name]}) FROM STDIN (FORMAT binary)") as into:
                into.write(self._copies[name])

    def _copied(self, name: str) -> bytes:
        assert self._connection is not None
        if not self._connection.execute(f"SELECT FROM {name} LIMIT 1").fetchall():
            return b""
        with self._connection.cursor().copy(f"COPY {name} ({self._columns[name]}) TO STDOUT (FORMAT binary)") as out:
            return b"".join(bytes(part) for part in out)


_initialise = PGDialect_psycopg.initialize


def _initialised(dialect: PGDialect_psycopg, connection: Any) -> None:
    """What a dialect asks of the server on its first connection, asked once for connections of one kind."""
    key = getattr(connection.connection.driver_connection, "key", None)
    if key is None or key not in Kept.known:
        before = dict(vars(dialect))
        _initialise(dialect, connection)
        if key is not None:
            Kept.known[key] = {name: value for name, value in vars(dialect).items() if before.get(name) is not value}
        return
    vars(dialect).update(Kept.known[key])


def keep_connections() -> None:
    """From now on engines of this process keep their connections to kept databases."""
    db_timeouts.TimeoutConnection = _Opening
    PGDialect_psycopg.initialize = _initialised


class _Opening:
    connect = staticmethod(Kept.opened)
