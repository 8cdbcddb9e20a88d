"""Copy the rows of every table out of one snapshot, and back into an empty database, in the text format of
PostgreSQL."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg import Connection, sql
from psycopg.rows import TupleRow

from app.backup.manifest import SequenceValue

BACKED_UP_SCHEMAS = ["portal", "jobs", "release"]
# Not restored: sessions and partial uploads end with the machine; the schema version is written by the migration.
EXCLUDED_TABLES = frozenset(
    {
        *("portal.alembic_version", "portal.user_session", "portal.upload"),
        *("portal.refused_often", "portal.recent_refusal"),
        "jobs.procrastinate_workers",
    }
)


@dataclass(frozen=True, slots=True)
class TableColumns:
    """A table by its qualified name, and its writable columns."""

    name: str
    columns: tuple[str, ...]

    @property
    def copy_target(self) -> sql.Composed:
        """Table and columns as in a COPY statement."""
        return sql.SQL("{} ({})").format(
            qualified_identifier(self.name), sql.SQL(", ").join(map(sql.Identifier, self.columns))
        )


def qualified_identifier(name: str) -> sql.Identifier:
    """Quote a qualified name."""
    return sql.Identifier(*name.split("."))


def list_tables(connection: Connection[TupleRow]) -> list[TableColumns]:
    """List all tables, including the excluded ones."""
    rows = connection.execute(
        """
        SELECT n.nspname || '.' || c.relname, array_agg(a.attname::text ORDER BY a.attnum)
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
        WHERE n.nspname = ANY(%s) AND c.relkind = 'r' GROUP BY 1 ORDER BY 1
        """,
        [BACKED_UP_SCHEMAS],
    )
    return [TableColumns(name, tuple(columns)) for name, columns in rows]


def list_sequence_values(connection: Connection[TupleRow]) -> list[SequenceValue]:
    """List the last value of each sequence. Read after the rows: repeating a number would be worse than a gap."""
    rows = connection.execute(
        "SELECT schemaname || '.' || sequencename, last_value FROM pg_sequences WHERE schemaname = ANY(%s) ORDER BY 1",
        [BACKED_UP_SCHEMAS],
    )
    return [SequenceValue(name=name, last=last) for name, last in rows]


def copy_rows_out(connection: Connection[TupleRow], table: TableColumns) -> Iterator[bytes]:
    """Yield the rows of a table as the transaction sees them, one per chunk."""
    with connection.cursor() as cursor, cursor.copy(sql.SQL("COPY {} TO STDOUT").format(table.copy_target)) as copy:
        for chunk in copy:
            yield bytes(chunk)


def copy_rows_in(connection: Connection[TupleRow], table: TableColumns, chunks: Iterator[bytes]) -> int:
    """Insert rows; return their number."""
    with connection.cursor() as cursor:
        with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(table.copy_target)) as copy:
            for chunk in chunks:
                copy.write(chunk)
        return cursor.rowcount


@contextmanager
def emptied_tables_without_constraints(
    connection: Connection[TupleRow], tables: Sequence[TableColumns]
) -> Iterator[None]:
    """Context manager: empty these tables, with triggers and foreign keys off, so that rows may come in any order.

    At the end every foreign key is checked: a dangling reference raises, and the transaction is rolled back.
    """
    foreign_keys = _foreign_keys(connection)
    for table, name, _ in foreign_keys:
        connection.execute(
            sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(qualified_identifier(table), sql.Identifier(name))
        )
    names = [qualified_identifier(table.name) for table in tables]
    for table_name in names:
        connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(table_name))
        connection.execute(sql.SQL("DELETE FROM {}").format(table_name))
    yield
    for table_name in names:
        connection.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(table_name))
    for table, name, definition in foreign_keys:
        statement = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} ").format(
            qualified_identifier(table), sql.Identifier(name)
        )
        connection.execute(statement + sql.SQL(definition))


def _foreign_keys(connection: Connection[TupleRow]) -> list[tuple[str, str, str]]:
    rows = connection.execute(
        """
        SELECT n.nspname || '.' || c.relname, k.conname, pg_get_constraintdef(k.oid)
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE k.contype = 'f' AND n.nspname = ANY(%s) ORDER BY 1, 2
        """,
        [BACKED_UP_SCHEMAS],
    )
    return [(str(table), str(name), str(definition)) for table, name, definition in rows]


def restore_sequences(connection: Connection[TupleRow], sequence_values: Sequence[SequenceValue]) -> None:
    """Set every sequence to continue after its last value."""
    for sequence in sequence_values:
        if sequence.last is not None:
            connection.execute("SELECT setval(%s::regclass, %s)", [sequence.name, sequence.last])


def find_schema_revision(connection: Connection[TupleRow]) -> str | None:
    """Return the migration revision of the database; None without our schema."""
    table = connection.execute("SELECT to_regclass('portal.alembic_version')").fetchone()
    if table is None or table[0] is None:
        return None
    row = connection.execute("SELECT version_num FROM portal.alembic_version").fetchone()
    return str(row[0]) if row else None
