"""Digests of rows: which rows each line of the journal made, changed or deleted.

Triggers of the database note them (migration `row_digests`). The next line of the journal in the transaction hashes the
list; without one the transaction is refused. So a row that is changed behind the portal's back differs from what the
journal says. Every column of every table is recorded, unless its `info` says why it is not (`UNRECORDED`).
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import BigInteger, FetchedValue, Identity, Index, Integer, LargeBinary, String, Table, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import UNRECORDED, Base, ReadSession


class RowDigest(Base):
    """A row as a line of the journal left it; `digest` is None if the line deleted it.

    `key` is the JSON array of the values of its primary key. `digest` is the SHA-256 of `salt` followed by the row as
    JSON, without empty and unrecorded columns.
    """

    __tablename__ = "row_digest"
    __table_args__ = (
        Index(None, "relation", "key", "line"),
        {"info": {UNRECORDED: "Each line of the journal hashes its list."}},
    )

    line: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    relation: Mapped[str]
    key: Mapped[str]
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[bytes | None] = mapped_column(LargeBinary)


class PendingRowDigest(Base):
    """A changed row of a transaction that has not written its line yet; empty outside transactions."""

    __tablename__ = "pending_row_digest"
    __table_args__ = (
        {"prefixes": ["UNLOGGED"], "info": {UNRECORDED: "It is empty whenever nothing is being written."}},
    )

    transaction: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    relation: Mapped[str]
    key: Mapped[str]
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[bytes | None] = mapped_column(LargeBinary)


class RecordedTableRow(Base):
    """A table whose rows are recorded: the columns of its key, and those that are not recorded.

    An inventory notes the rows that no line after `inventoried_after` has noted: those that were there before their
    table, or a column of it, was recorded.
    """

    __tablename__ = "recorded_table"
    __table_args__ = ({"info": {UNRECORDED: "It is compared with the tables of this software."}},)

    relation: Mapped[str] = mapped_column(primary_key=True)
    key_columns: Mapped[list[str]] = mapped_column(ARRAY(String))
    unrecorded: Mapped[list[str]] = mapped_column(ARRAY(String))
    inventoried_after: Mapped[int] = mapped_column(BigInteger, server_default=FetchedValue())
    is_inventoried: Mapped[bool] = mapped_column(server_default=FetchedValue())


@dataclass(frozen=True, slots=True, order=True)
class RecordedTable:
    """A recorded table by its qualified name, the columns of its key, and those that are not recorded."""

    relation: str
    key_columns: tuple[str, ...]
    unrecorded: tuple[str, ...]

    @property
    def trigger_arguments(self) -> bytes:
        """Return the arguments of the trigger as PostgreSQL stores them."""
        columns = (self.key_columns, self.unrecorded)
        return b"".join(b"{%s}\0" % ",".join(each).encode() for each in columns)


def list_recorded_tables(tables: Iterable[Table]) -> list[RecordedTable]:
    """List the recorded ones of these tables, by name."""
    return sorted(
        RecordedTable(
            table.fullname,
            tuple(column.name for column in table.primary_key),
            tuple(sorted(column.name for column in table.columns if UNRECORDED in column.info)),
        )
        for table in tables
        if UNRECORDED not in table.info
    )


FUNCTIONS = {
    "complete_journal_line": "b7226ceae206133b2c0d3be0a00e30603be397641ae8e36dcfee769beb24f02d",
    "list_row_faults": "75f309268cc1df0569c79008f5c299c01887148682d5714ee01c94c0db9a8a9e",
    "make_salt": "d58aa8c9282645c01223aa5a0388b48ce7e6b4160cdee5502598353a231bba25",
    "note_row": "9378cb16719bde617088ef074ea2d07825b0766f381940c66fb5ca21a57f3a97",
    "require_journal_line": "428b82da620f3473fa7935b6485a87b74ed4b40d7eb39e36de0862919f0d977c",
}
"""SHA-256 of the source of each function that takes part in recording and checking."""

TRIGGERS = """
    SELECT n.nspname || '.' || c.relname, t.tgname, p.proname, t.tgtype, t.tgargs
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace f ON f.oid = p.pronamespace
    WHERE f.nspname = 'portal' AND t.tgenabled IN ('O', 'A') AND t.tgqual IS NULL
"""
AFTER_EACH_ROW, BEFORE_EACH_ROW = 1, 3  # bits of `pg_trigger.tgtype`
INSERT, DELETE, UPDATE = 4, 8, 16


def find_recording_faults(session: ReadSession, tables: Iterable[Table]) -> Iterator[str]:
    """Yield a fault for each function, trigger and entry that recording rests on and that was changed."""
    expected = {
        ("portal.journal_line", "complete_journal_line", BEFORE_EACH_ROW | INSERT, b""),
        ("portal.pending_row_digest", "require_journal_line", AFTER_EACH_ROW | INSERT, b""),
    }
    recorded = list_recorded_tables(tables)
    for table in recorded:
        expected.add((table.relation, "note_row", AFTER_EACH_ROW | INSERT | DELETE | UPDATE, table.trigger_arguments))
    present = {
        (relation, function, kind, bytes(arguments))
        for relation, _, function, kind, arguments in session.execute(text(TRIGGERS))
    }
    for relation, function, *_ in sorted(expected - present):
        yield f"changes of {relation} are not recorded as they should be ({function})"
    entries = {
        RecordedTable(row.relation, tuple(row.key_columns), tuple(row.unrecorded))
        for row in session.query(RecordedTableRow)
    }
    for table in sorted(entries ^ set(recorded)):
        yield f"{table.relation} is not recorded with the columns that this software expects"
    sources = "SELECT p.proname, p.prosrc FROM pg_proc p WHERE p.pronamespace = 'portal'::regnamespace"
    digests = {name: hashlib.sha256(source.encode()).hexdigest() for name, source in session.execute(text(sources))}
    for name, digest in FUNCTIONS.items():
        if digests.get(name) != digest:
            yield f"the function {name} of the database was changed"


LISTS = """
    SELECT coalesce(l.seq, d.line) FROM (
        SELECT line, encode(sha256(convert_to(string_agg(
            json_build_array(relation, key, encode(salt, 'hex'), encode(digest, 'hex'))::text,
            E'\\n' ORDER BY position), 'UTF8')), 'hex') AS rows
        FROM portal.row_digest GROUP BY line
    ) d FULL JOIN portal.journal_line l ON l.seq = d.line
    WHERE l.rows IS DISTINCT FROM d.rows ORDER BY 1
"""


def find_row_list_faults(session: ReadSession) -> Iterator[str]:
    """Yield a fault for each line of the journal whose list of changed rows is not the one that it hashes."""
    for line in session.scalars(text(LISTS)):
        yield f"line {line}: the list of the rows that it changed was altered"


def find_row_faults(session: ReadSession, table: RecordedTable) -> Iterator[str]:
    """Yield a fault for each row of a table that is not as the journal left it."""
    rows = session.execute(text("SELECT key, fault FROM portal.list_row_faults(:name)"), {"name": table.relation})
    for key, fault in rows:
        yield f"{table.relation} {key} was {fault} without a line of the journal"


def count_row_changes(session: ReadSession) -> int:
    """Count the changes of rows that the journal records."""
    return session.query(RowDigest).count()
