"""Digests of rows: which rows each line of the journal made, changed or deleted.

Triggers of the database note them (migration `row_digests`). The next line of the journal in the transaction hashes the
list; without one the transaction is refused. So a row that is changed behind the portal's back differs from what the
journal says. Every column of every table is recorded, unless its `info` says why it is not (`UNRECORDED`).
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, FetchedValue, Identity, Index, Integer, LargeBinary, String, Table, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import UNRECORDED, Base, ReadSession
from app.core.journal import Event, JournalLine


class RowDigest(Base):
    """A row as a line of the journal left it; `digest` is None if the line deleted it.

    `key` is the JSON array of the values of its primary key. `digest` is the SHA-256 of `salt` followed by the row as
    JSON, without empty and unrecorded columns. `is_altered` says that the row, before this change, was not as the note
    before left it.
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
    is_altered: Mapped[bool]


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
    is_altered: Mapped[bool] = mapped_column(server_default=FetchedValue())
    started_at: Mapped[datetime] = mapped_column(server_default=FetchedValue())


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
    "complete_journal_line": "662aa09961ea2b984241d8c7e162c97eb6a188b7c2c2551ae71b1efb7057f919",
    "count_pending_row_digests": "776b8d7e238e3689239f3316c38235417bd87a70e3fe5fa5b2316de5f4f2924e",
    "count_row_changes": "c167c56644f233dad6ac60f156d35d17eecded01635d8d61ca35fa3f767a19f7",
    "get_recorded_content": "be09d013f63dd8a1c43928affdcccd9fd4e0a1a1dc063f547bdbd21d39ef25f2",
    "is_altered": "cb05dd2163c6414e38bd69bdf8e86d65699d71badb1e923d2fd1c32d2a27677b",
    "list_altered_lists": "acf8f3b2ab6233c277bd33e10c1ee7ae828b8a1faf5414c79087b78122a3d033",
    "list_key_columns": "2dd5c4da863fbda2715ec49eaf0d5cc8598e348ef64aec7eaf19e0d5fef88e2a",
    "list_row_faults": "ad952e781c4bea40b449a9e796169ac9dc33b69e4de5bd2d7d97588888906c39",
    "make_salt": "f1a4aacda9568f52e7f9651f01cc0fb90464f544dbd52a57ff5dd0604ff5178a",
    "note_row": "42211e5448b9625e296c4da1f3691f133544a0771f3de27520863615aa245ab3",
    "require_journal_line": "9006b0937842ecf0942da395a942b04467d4f858cd397d65dda0ce97c7ff49b7",
    "take_inventory": "b4f68f1d5cfc54e3b6413ea546de36c6a074be557f4d941a1ab9e0e5259f87e1",
}
"""SHA-256 of source, language, rights and settings of each function that takes part in recording and checking."""

FUNCTION_ROWS = """
    SELECT p.proname, concat_ws(chr(10), p.prosrc, l.lanname, p.prosecdef, p.proconfig) FROM pg_proc p
    JOIN pg_language l ON l.oid = p.prolang WHERE p.pronamespace = 'portal'::regnamespace AND p.proowner = (
        SELECT relowner FROM pg_class WHERE oid = 'portal.row_digest'::regclass
    )
"""
# The enabled triggers with functions of this software.
TRIGGERS = """
    SELECT n.nspname || '.' || c.relname, p.proname, t.tgtype, t.tgargs FROM pg_trigger t
    JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace f ON f.oid = p.pronamespace
    WHERE NOT t.tgisinternal AND n.nspname IN ('portal', 'release') AND f.nspname IN ('portal', 'release')
        AND t.tgenabled IN ('O', 'A') AND t.tgqual IS NULL
"""
# Triggers with other functions, and rules, by which a statement does something else than it says.
FOREIGN_TRIGGERS = """
    SELECT n.nspname || '.' || c.relname, t.tgname FROM pg_trigger t
    JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace f ON f.oid = p.pronamespace
    WHERE NOT t.tgisinternal AND f.nspname || '.' || p.proname <> ALL (:known)
        AND (n.nspname IN ('portal', 'release') OR n.nspname = 'jobs' AND f.nspname <> 'jobs')
    UNION ALL
    SELECT n.nspname || '.' || c.relname, r.rulename FROM pg_rewrite r
    JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('portal', 'release') ORDER BY 1, 2
"""
TRIGGER_FUNCTIONS = [
    *("portal.complete_journal_line", "portal.require_journal_line", "portal.note_row", "portal.cosignatures_grow"),
    *("portal.seal_document", "portal.set_office_entity", "release.tell"),
]
# What the roles of portal, worker and read path may not do, and where the database hides rows of other States.
GRANTS = """
    SELECT t.relation FROM (
        SELECT r.role, t.relation, t.privileges, t.columns
        FROM unnest(ARRAY['cwg_portal', 'cwg_worker', 'cwg_reader', 'cwg_replica']) AS r (role), (VALUES
            ('portal.row_digest', 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE', 'SELECT, INSERT, UPDATE'),
            ('portal.pending_row_digest', 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE', 'SELECT, INSERT, UPDATE'),
            ('portal.recorded_table', 'INSERT, UPDATE, DELETE, TRUNCATE', 'INSERT, UPDATE'),
            ('portal.journal_line', 'UPDATE, DELETE, TRUNCATE', 'UPDATE')
        ) AS t (relation, privileges, columns)
        UNION ALL
        SELECT r.role, n.nspname || '.' || c.relname, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER', 'INSERT, UPDATE'
        FROM unnest(ARRAY['cwg_portal', 'cwg_reader', 'cwg_replica']) AS r (role), pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r'
            AND (n.nspname = 'release' OR n.nspname = 'portal' AND c.relname IN (
                'ledger_tile', 'ledger_head', 'ledger_witness', 'approval_check', 'translation_approval_check',
                'verification', 'fixity_check', 'measured', 'rendition', 'contribution_rendition',
                'refused_file'
            ))
    ) AS t
    WHERE has_table_privilege(t.role, t.relation, t.privileges)
        OR has_any_column_privilege(t.role, t.relation, t.columns)
    UNION
    SELECT n.nspname || '.' || p.proname
    FROM unnest(ARRAY['cwg_portal', 'cwg_reader', 'cwg_replica']) AS r (role), pg_proc p
    JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = 'release' AND p.proname IN ('bury', 'complete')
        AND has_function_privilege(r.role, p.oid, 'EXECUTE')
    ORDER BY 1
"""
ROW_SECURITY = """
    SELECT relation FROM unnest(CAST(:tables AS text[])) relation
    WHERE NOT (SELECT relrowsecurity FROM pg_class WHERE oid = relation::regclass)
"""
TABLES_WITH_ROW_SECURITY = [
    *("portal.contribution", "portal.contribution_file", "portal.cosponsor", "portal.output_comment"),
    *("portal.output_statement", "portal.silence_position"),
    *("portal.upload", "portal.item_proposal", "portal.clearance", "portal.rendition"),
    *("portal.waiting_file", "portal.refused_file", "portal.original_file", "portal.accreditation_request"),
    *("portal.contribution_rendition", "portal.contribution_scan", "portal.state_decision"),
    *("portal.secretariat_message", "portal.secretariat_message_text", "portal.chair_note"),
    *("portal.received_translation", "portal.delegation_note"),
]
AFTER_EACH_ROW, BEFORE_EACH_ROW = 1, 3  # bits of `pg_trigger.tgtype`
INSERT, DELETE, UPDATE = 4, 8, 16


def find_recording_faults(session: ReadSession, tables: Iterable[Table], migrated: type[Event]) -> Iterator[str]:
    """Yield a fault for each function, trigger, right and entry that recording rests on and that was changed.

    `migrated` is the event of a migration that changed rows.
    """
    recorded = list_recorded_tables(tables)
    yield from _find_trigger_faults(session, recorded)
    yield from _find_entry_faults(session, recorded, migrated)
    rows = session.execute(text(FUNCTION_ROWS))
    functions = [(name, hashlib.sha256(definition.encode()).hexdigest()) for name, definition in rows]
    for name, digest in FUNCTIONS.items():
        if [found for each, found in functions if each == name] != [digest]:
            yield f"the function {name} of the database was changed"
    for relation in session.scalars(text(GRANTS)):
        yield f"{relation} can be changed by a role that may not"
    for relation in session.scalars(text(ROW_SECURITY), {"tables": TABLES_WITH_ROW_SECURITY}):
        yield f"{relation} no longer hides rows of other States"
    if session.scalar(text("SELECT portal.count_pending_row_digests()")):
        yield "digests of rows were put in that no transaction made"


def _find_trigger_faults(session: ReadSession, recorded: Iterable[RecordedTable]) -> Iterator[str]:
    """Yield a fault for each trigger that is missing or was changed, and for each trigger or rule that is not ours."""
    expected = {
        ("portal.journal_line", "complete_journal_line", BEFORE_EACH_ROW | INSERT, b""),
        ("portal.pending_row_digest", "require_journal_line", AFTER_EACH_ROW | INSERT, b""),
    }
    for table in recorded:
        expected.add((table.relation, "note_row", AFTER_EACH_ROW | INSERT | DELETE | UPDATE, table.trigger_arguments))
    present = {
        (relation, function, kind, bytes(arguments))
        for relation, function, kind, arguments in session.execute(text(TRIGGERS))
    }
    for relation, function, *_ in sorted(expected - present):
        yield f"changes of {relation} are not recorded as they should be ({function})"
    for relation, name in session.execute(text(FOREIGN_TRIGGERS), {"known": TRIGGER_FUNCTIONS}):
        yield f"{relation} has a trigger or a rule that is not of this software ({name})"


def _find_entry_faults(session: ReadSession, recorded: Iterable[RecordedTable], migrated: type[Event]) -> Iterator[str]:
    """Yield a fault for each entry that is not the one of this software, and for each inventory that is not finished.

    An inventory is taken again only after a migration that a line of the journal names with its table.
    """
    rows = session.query(RecordedTableRow).order_by(RecordedTableRow.relation).all()
    entries = {RecordedTable(row.relation, tuple(row.key_columns), tuple(row.unrecorded)) for row in rows}
    for table in sorted(entries ^ set(recorded)):
        yield f"{table.relation} is not recorded with the columns that this software expects"
    for row in rows:
        line = session.get(JournalLine, row.inventoried_after) if row.inventoried_after else None
        if row.inventoried_after and (
            line is None or (line.event, line.facts.get("table")) != (migrated.name, row.relation)
        ):
            yield f"{row.relation} was inventoried again, and no migration asked for it"
        if not row.is_inventoried:
            yield f"the inventory of {row.relation} is not finished: run `python -m app migrate`"


def find_row_list_faults(session: ReadSession) -> Iterator[str]:
    """Yield a fault for each line of the journal whose list of changed rows is not the one that it hashes."""
    for line in session.scalars(text("SELECT portal.list_altered_lists()")):
        yield f"line {line}: the list of the rows that it changed was altered"


def find_row_faults(session: ReadSession, table: RecordedTable) -> Iterator[str]:
    """Yield a fault for each row of a table that is not as the journal left it, or was not when it was changed."""
    rows = session.execute(text("SELECT key, fault FROM portal.list_row_faults(:name)"), {"name": table.relation})
    for key, fault in rows:
        yield f"{table.relation} {key} was {fault} without a line of the journal"


def count_row_changes(session: ReadSession) -> int:
    """Count the changes of rows that the journal records."""
    return int(session.scalar(text("SELECT portal.count_row_changes()")) or 0)
