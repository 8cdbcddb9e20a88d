"""Putting a copy back, into an empty database and empty stores only.

Files first, then all rows in one transaction, with what must not come back left out: sessions, half-sent files, jobs
that would reach outside the house. Where a head does not prove that nothing is missing, no door is opened afterwards.
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
    """An empty house: the addresses of owner, portal and reader, and both stores."""

    shelves: dict[Shelf, Store]
    owner: str
    portal: str
    reader: str


def insist_on_room(target: Target, copy: Statement) -> None:
    """Raise ValueError unless this copy can go there: same schema, and nothing that it could be mixed with."""
    ours = ScriptDirectory.from_config(migration.config()).get_current_head()
    if copy.revision != ours:
        raise ValueError(
            f"the copy is of schema {copy.revision}, this software has {ours}: restore with the release that took the"
            " copy, then migrate"
        )
    _insist_on_empty_database(target.owner)
    mine = {file.sha256 for file in copy.files}
    for shelf, store in target.shelves.items():
        if any(sha256 not in mine for sha256 in store.names()):
            raise ValueError(f"the store of {shelf} files holds others already: name an empty one")


def _insist_on_empty_database(owner: str) -> None:
    engine = create_engine(owner, poolclass=NullPool)
    with engine.connect() as connection:
        if connection.scalar(text("SELECT to_regclass('portal.journal_line')")) is not None:
            for table in ("portal.journal_line", "portal.person", "release.output"):
                if connection.scalar(text(f"SELECT EXISTS (SELECT FROM {table})")):  # noqa: S608 - our own names
                    raise ValueError(f"the database is in use ({table} has rows): name an empty one")
    engine.dispose()


def put_files(target: Target, folder: Path, copy: Statement, seal: Seal) -> None:
    """Into the stores in which they lay, durably; the stores prove each once more."""

    def put(file: Kept) -> None:
        with seal.opened(place(folder, file.sha256, sealed=copy.sealed), sealed=copy.sealed) as opened:
            for shelf in file.shelves:
                target.shelves[shelf].keep(nameless(opened), file.sha256)

    with ThreadPoolExecutor(AT_A_TIME) as many:
        for start in range(0, len(copy.files), AT_A_TIME):  # after a file that fails, no more are begun
            list(many.map(put, copy.files[start : start + AT_A_TIME]))


def put_rows(target: Target, folder: Path, copy: Statement, seal: Seal, head: Checkpoint | None) -> Doubt | None:
    """All rows in one transaction, and what follows from their having been away; why the doors stay shut, or None."""
    migration.migrate(target.owner, target.portal, target.reader)
    engine = create_engine(
        target.owner, poolclass=NullPool, connect_args={"options": "-c search_path=portal,jobs -c timezone=UTC"}
    )
    with transaction(writers(engine, {"react": react})) as session:
        connection = cast("psycopg.Connection[Any]", session.connection().connection.driver_connection)
        _fill(connection, folder, copy, seal)
        session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        doubt = heads.doubt_about(session, head)
        _end_what_ended(session, doubt)
        actions.note_restored(
            session, copy.name, copy.taken, lines=copy.lines, head_lines=head.size if head else None, doubt=doubt
        )
    engine.dispose()
    return doubt


def _fill(connection: "psycopg.Connection[Any]", folder: Path, copy: Statement, seal: Seal) -> None:
    there = {table.name: table for table in tables.every(connection) if table.name != "portal.alembic_version"}
    if unknown := sorted({table.name for table in copy.tables} - there.keys()):
        raise NotWhole([f"table {name} is not known here" for name in unknown])
    with tables.unguarded(connection, list(there.values())):
        for table in copy.tables:
            put = tables.put_in(connection, tables.Columns(table.name, table.columns), _rows(folder, copy, table, seal))
            if put != table.rows:
                raise NotWhole([f"table {table.name}: {put} rows, not {table.rows}"])
    tables.go_on_from(connection, copy.sequences)


def _rows(folder: Path, copy: Statement, table: Table, seal: Seal) -> Iterator[bytes]:
    with seal.opened(dump(folder, copy.name, table.name, sealed=copy.sealed), sealed=copy.sealed) as file:
        while piece := file.read(PIECE):
            yield piece


def _end_what_ended(session: WriteSession, doubt: Doubt | None) -> None:
    """No job is run twice that reaches outside, none belongs to a worker that is gone; what can be lifted without
    harm is lifted where nobody knows what was lifted meanwhile."""
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
    # What left after the copy was taken is not known here: none goes out twice.
    session.execute(
        text("UPDATE portal.letter SET fate = :restored, ended_at = :now WHERE fate = :waiting"),
        {"restored": Fate.RESTORED, "now": clock.now(), "waiting": Fate.WAITING},
    )
    if doubt:
        session.execute(text("UPDATE portal.calendar_address SET secret_digest = NULL"))


def restored(target: Target, folder: Path, copy: Statement, seal: Seal, head: Checkpoint | None) -> Doubt | None:
    """Put everything back; why no door is opened, or None. Raises ValueError where there is no room for it."""
    insist_on_room(target, copy)
    put_files(target, folder, copy, seal)
    return put_rows(target, folder, copy, seal, head)
