"""Restore a backup, into an empty database and empty stores only.

Files first, then all rows in one transaction, without what must not return: sessions, partial uploads, jobs that would
reach outside the system. Unless a checkpoint proves that nothing is missing, the applications do not start afterwards.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import psycopg
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, text

from app import migrate as migration
from app.backup import head as heads
from app.backup import tables
from app.backup.manifest import Kept, NotWhole, Statement, Table
from app.backup.sealing import AT_A_TIME, Seal, dump, place
from app.core import clock
from app.core.db import WriteSession, transaction, writers
from app.core.store import PIECE, Store
from app.core.store.shelf import nameless
from app.domain.ledger.notes import Checkpoint
from app.domain.letters.models import Fate
from app.domain.preservation import actions
from app.domain.preservation.models import Doubt, Shelf
from app.jobs.reactions import ANEW, react


@dataclass(frozen=True, slots=True)
class Target:
    """An empty installation: the database URLs of owner, portal and reader, and both stores."""

    shelves: dict[Shelf, Store]
    owner: str
    portal: str
    reader: str


def insist_on_room(target: Target, copy: Statement) -> None:
    """Check that the backup can be restored there: same schema, empty database and stores. Raises ValueError."""
    current = ScriptDirectory.from_config(migration.config()).get_current_head()
    if copy.revision != current:
        raise ValueError(
            f"the copy is of schema {copy.revision}, this software has {current}: restore with the release that took"
            " the copy, then migrate"
        )
    _require_empty_database(target.owner)
    digests = {file.sha256 for file in copy.files}
    for role, store in target.shelves.items():
        if any(sha256 not in digests for sha256 in store.names()):
            raise ValueError(f"the store of {role} files holds others already: name an empty one")


def _require_empty_database(owner: str) -> None:
    """Raises ValueError if the database has rows."""
    engine = create_engine(owner, poolclass=NullPool)
    with engine.connect() as connection:
        if connection.scalar(text("SELECT to_regclass('portal.journal_line')")) is not None:
            for table in ("portal.journal_line", "portal.person", "release.output"):
                if connection.scalar(text(f"SELECT EXISTS (SELECT FROM {table})")):  # noqa: S608 - constant names
                    raise ValueError(f"the database is in use ({table} has rows): name an empty one")
    engine.dispose()


def put_files(target: Target, folder: Path, copy: Statement, seal: Seal) -> None:
    """Restore the files into their stores, durably; the stores verify each once more."""

    def restore_file(file: Kept) -> None:
        with seal.opened(place(folder, file.sha256, sealed=copy.sealed), sealed=copy.sealed) as opened:
            for role in file.shelves:
                target.shelves[role].keep(nameless(opened), file.sha256)

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for start in range(0, len(copy.files), AT_A_TIME):  # no further batch after a failure
            list(pool.map(restore_file, copy.files[start : start + AT_A_TIME]))


def put_rows(target: Target, folder: Path, copy: Statement, seal: Seal, head: Checkpoint | None) -> Doubt | None:
    """Restore all rows in one transaction, and apply the consequences.

    Returns why the applications must not start, or None.
    """
    migration.migrate(target.owner, target.portal, target.reader)
    engine = create_engine(
        target.owner, poolclass=NullPool, connect_args={"options": "-c search_path=portal,jobs -c timezone=UTC"}
    )
    with transaction(writers(engine, {"react": react})) as session:
        connection = cast("psycopg.Connection[Any]", session.connection().connection.driver_connection)
        _fill_tables(connection, folder, copy, seal)
        session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        doubt = heads.doubt_about(session, head)
        _end_unfinished(session, doubt)
        actions.note_restored(
            session, copy.name, copy.taken, lines=copy.lines, head_lines=head.size if head else None, doubt=doubt
        )
    engine.dispose()
    return doubt


def _fill_tables(connection: "psycopg.Connection[Any]", folder: Path, copy: Statement, encryption: Seal) -> None:
    """Copy all rows into the tables. Raises IncompleteCopy for an unknown table or a wrong number of rows."""
    columns_by_table = {
        table.name: table for table in tables.every(connection) if table.name != "portal.alembic_version"
    }
    if unknown := sorted({table.name for table in copy.tables} - columns_by_table.keys()):
        raise NotWhole([f"table {name} is not known here" for name in unknown])
    with tables.unguarded(connection, list(columns_by_table.values())):
        for table in copy.tables:
            row_count = tables.put_in(
                connection, tables.Columns(table.name, table.columns), _rows(folder, copy, table, encryption)
            )
            if row_count != table.rows:
                raise NotWhole([f"table {table.name}: {row_count} rows, not {table.rows}"])
    tables.go_on_from(connection, copy.sequences)


def _rows(folder: Path, copy: Statement, table: Table, encryption: Seal) -> Iterator[bytes]:
    with encryption.opened(dump(folder, copy.name, table.name, sealed=copy.sealed), sealed=copy.sealed) as file:
        while chunk := file.read(PIECE):
            yield chunk


def _end_unfinished(session: WriteSession, doubt: Doubt | None) -> None:
    """End what must not continue: jobs that reach outside are cancelled, others are queued again without their worker;
    waiting notifications are not sent; calendar addresses are revoked if later revocations may be missing."""
    waiting = "status IN ('todo', 'doing')"
    session.execute(text(f"UPDATE jobs.procrastinate_jobs SET worker_id = NULL WHERE {waiting}"))  # noqa: S608 - ours
    session.execute(
        text(
            "UPDATE jobs.procrastinate_jobs SET"  # noqa: S608 - ours
            " status = (CASE WHEN task_name = ANY(:anew) THEN 'todo' ELSE 'cancelled' END)"
            f"::jobs.procrastinate_job_status, abort_requested = false WHERE {waiting}"
        ),
        {"anew": sorted(ANEW)},
    )
    # Unknown which of them were sent after the backup was created: none is sent twice.
    session.execute(
        text("UPDATE portal.letter SET fate = :restored, ended_at = :now WHERE fate = :waiting"),
        {"restored": Fate.RESTORED, "now": clock.now(), "waiting": Fate.WAITING},
    )
    if doubt:
        session.execute(text("UPDATE portal.calendar_address SET secret_digest = NULL"))


def restored(target: Target, folder: Path, copy: Statement, seal: Seal, head: Checkpoint | None) -> Doubt | None:
    """Restore everything.

    Returns why the applications must not start, or None. Raises ValueError if the target is not empty.
    """
    insist_on_room(target, copy)
    put_files(target, folder, copy, seal)
    return put_rows(target, folder, copy, seal, head)
