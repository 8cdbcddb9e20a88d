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
    f"SELECT sum(hashint8(xmin::text::bigint))::text || '/' || count(*) FROM pg_{name}" for name in CATALOGUES
)
OF_THE_DATABASE = """
    SELECT coalesce(string_agg(setrole || setconfig::text, ' ' ORDER BY setrole), '') FROM pg_db_role_setting
    WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
    UNION ALL SELECT string_agg(a.xmin::text || a.rolname, ' ' ORDER BY a.oid) FROM pg_authid a
"""
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
    """A database that is the same at the beginning of each test."""

    name: str
    line: Callable[[str], psycopg.Connection[Any]]
    clone: Callable[[str], None]
    drop: Callable[[str], None]
    clones: int = 0
    _connection: psycopg.Connection[Any] | None = None
    _copies: dict[str, bytes] = field(default_factory=dict)
    _columns: dict[str, str] = field(default_factory=dict)
    _at_first: dict[str, Sequence[Any]] = field(default_factory=dict)
    _sequences: list[str] = field(default_factory=list)
    _question: str = ""

    def open(self) -> None:
        """Create it if it does not exist, and note its contents."""
        if self._connection is not None:
            return
        self.clone(self.name)
        self.clones += 1
        self._connection = connection = self.line(self.name)
        connection.execute("SET session_replication_role = replica")
        tables = connection.execute(TABLES).fetchall()
        self._sequences = [name for (name,) in connection.execute(SEQUENCES)]
        self._columns = {name: ", ".join(columns) for name, columns in tables}
        self._copies = {name: self._copied(name) for name, _ in tables}
        looks = [
            f"(SELECT sum(hashtextextended(ctid::text || xmin::text, 0))::text || count(*) FROM {name})"
            if self._copies[name]
            else f"(SELECT 'x' FROM {name} LIMIT 1)"
            for name in self._columns
        ]
        looks += [f"(SELECT last_value || '/' || is_called FROM {name})" for name in self._sequences]
        self._question = f"SELECT ARRAY[{', '.join(looks)}]"
        self._note()

    def put_back(self) -> None:
        """Restore what was noted; end all other connections first."""
        connection = self._connection
        assert connection is not None
        try:
            self._send_away(connection)
            if self._schema(connection) != self._at_first["schema"]:
                self.forget()
                return
            rows = connection.execute(self._question, prepare=True).fetchone()
            assert rows
            now, names = rows[0], [*self._columns, *self._sequences]
            changed = [
                name for name, was, is_now in zip(names, self._at_first["rows"], now, strict=True) if was != is_now
            ]
            if changed:
                self._restore(connection, changed)
        except psycopg.Error:
            self.forget()

    def forget(self) -> None:
        """Drop it; the next test gets a clone."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            Kept.end_all(self.name)
            self.drop(self.name)

    def _note(self) -> None:
        connection = self._connection
        assert connection is not None
        rows = connection.execute(self._question, prepare=True).fetchone()
        assert rows
        self._at_first = {"schema": self._schema(connection), "rows": rows[0]}

    def _send_away(self, connection: psycopg.Connection[Any]) -> None:
        strangers = {pid for (pid,) in connection.execute(OTHERS, prepare=True)} - Kept.processes()
        for pid in strangers:
            connection.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))

    @staticmethod
    def _schema(connection: psycopg.Connection[Any]) -> list[Any]:
        return connection.execute(f"{SCHEMA} UNION ALL {OF_THE_DATABASE}", prepare=True).fetchall()

    def _restore(self, connection: psycopg.Connection[Any], changed: list[str]) -> None:
        with connection.transaction():
            for name in changed:
                if name in self._sequences:
                    last, _, called = self._at_first["rows"][
                        len(self._columns) + self._sequences.index(name)
                    ].partition("/")
                    connection.execute("SELECT setval(%s, %s, %s)", (name, int(last), called == "true"), prepare=True)
                    continue
                connection.execute(f"DELETE FROM {name}", prepare=True)
                if copy := self._copies[name]:
                    with connection.cursor().copy(
                        f"COPY {name} ({self._columns[name]}) FROM STDIN (FORMAT binary)"
                    ) as into:
                        into.write(copy)
        if any(name in self._columns and self._copies[name] for name in changed):
            self._note()

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
