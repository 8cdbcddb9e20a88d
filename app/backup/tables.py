"""Rows of every table out of one snapshot, and back into an empty database, in PostgreSQL's own text format."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg import Connection, sql
from psycopg.rows import TupleRow

from app.backup.manifest import Counting

SCHEMAS = ["portal", "jobs", "release"]
# What is not carried over: sessions and half-sent files end with the machine, the schema's own note is written anew.
LEFT_OUT = frozenset({"portal.alembic_version", "portal.user_session", "portal.upload", "jobs.procrastinate_workers"})


@dataclass(frozen=True, slots=True)
class Columns:
    """A table by its qualified name, and the columns that can be written."""

    name: str
    columns: tuple[str, ...]

    @property
    def as_sql(self) -> sql.Composed:
        return sql.SQL("{} ({})").format(identifier(self.name), sql.SQL(", ").join(map(sql.Identifier, self.columns)))


def identifier(name: str) -> sql.Identifier:
    return sql.Identifier(*name.split("."))


def every(connection: Connection[TupleRow]) -> list[Columns]:
    """The tables that there are, those that are left out included."""
    rows = connection.execute(
        """
        SELECT n.nspname || '.' || c.relname, array_agg(a.attname::text ORDER BY a.attnum)
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
        WHERE n.nspname = ANY(%s) AND c.relkind = 'r' GROUP BY 1 ORDER BY 1
        """,
        [SCHEMAS],
    )
    return [Columns(name, tuple(columns)) for name, columns in rows]


def sequences(connection: Connection[TupleRow]) -> list[Counting]:
    """What each sequence gave last. Read after the rows: a number that is given twice would be worse than a gap."""
    rows = connection.execute(
        "SELECT schemaname || '.' || sequencename, last_value FROM pg_sequences WHERE schemaname = ANY(%s) ORDER BY 1",
        [SCHEMAS],
    )
    return [Counting(name=name, last=last) for name, last in rows]


def rows_of(connection: Connection[TupleRow], table: Columns) -> Iterator[bytes]:
    """One row of the text format after the other, as the transaction sees them."""
    with connection.cursor() as cursor, cursor.copy(sql.SQL("COPY {} TO STDOUT").format(table.as_sql)) as copy:
        for piece in copy:
            yield bytes(piece)


def put_in(connection: Connection[TupleRow], table: Columns, pieces: Iterator[bytes]) -> int:
    """Add these rows; how many they were."""
    with connection.cursor() as cursor:
        with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(table.as_sql)) as copy:
            for piece in pieces:
                copy.write(piece)
        return cursor.rowcount


@contextmanager
def unguarded(connection: Connection[TupleRow], tables: Sequence[Columns]) -> Iterator[None]:
    """Empty these tables; until the end nothing is fired for a row, and rows may come in any order.

    At the end every reference is checked: one that leads nowhere raises, and nothing was done. All in one transaction.
    """
    references = _references(connection)
    for table, name, _ in references:
        connection.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(identifier(table), sql.Identifier(name)))
    names = [identifier(table.name) for table in tables]
    for each in names:
        connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(each))
        connection.execute(sql.SQL("DELETE FROM {}").format(each))
    yield
    for each in names:
        connection.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(each))
    for table, name, words in references:
        add = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} ").format(identifier(table), sql.Identifier(name))
        connection.execute(add + sql.SQL(words))


def _references(connection: Connection[TupleRow]) -> list[tuple[str, str, str]]:
    found = connection.execute(
        """
        SELECT n.nspname || '.' || c.relname, k.conname, pg_get_constraintdef(k.oid)
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE k.contype = 'f' AND n.nspname = ANY(%s) ORDER BY 1, 2
        """,
        [SCHEMAS],
    )
    return [(str(table), str(name), str(words)) for table, name, words in found]


def go_on_from(connection: Connection[TupleRow], found: Sequence[Counting]) -> None:
    """Let every sequence go on behind what it gave."""
    for each in found:
        if each.last is not None:
            connection.execute("SELECT setval(%s::regclass, %s)", [each.name, each.last])


def revision(connection: Connection[TupleRow]) -> str | None:
    """At which step of the migrations the database stands; None where there is no schema of ours."""
    there = connection.execute("SELECT to_regclass('portal.alembic_version')").fetchone()
    if there is None or there[0] is None:
        return None
    row = connection.execute("SELECT version_num FROM portal.alembic_version").fetchone()
    return str(row[0]) if row else None
