"""Taking a copy while the house works: the database first, in one snapshot, then the files that it names.

Files are only ever added, so that order is safe; what is swept meanwhile is kept from being swept by a lock.
"""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import psycopg
from psycopg.rows import TupleRow
from sqlalchemy import NullPool, create_engine, make_url

from app.backup import manifest, tables
from app.backup.manifest import Kept, Statement, Table
from app.backup.sealing import AT_A_TIME, Counted, Seal, dump, place
from app.core import clock
from app.core.db import transaction, writers
from app.core.signing import Signer
from app.core.store import Store
from app.core.store.disk import make_durably, sync
from app.domain.preservation import actions
from app.domain.preservation.models import Backup, Shelf
from app.domain.preservation.queries import SWEEPING
from app.jobs.reactions import react

READ_ME = Path(__file__).parent / "README.txt"


@dataclass(frozen=True, slots=True)
class Source:
    """What is copied: the database as its owner, and both stores."""

    owner: str
    shelves: dict[Shelf, Store]


@dataclass(frozen=True, slots=True)
class Taken:
    """What was copied, and how many files were not there from an earlier copy."""

    statement: Statement
    new: int


def take(source: Source, folder: Path, seal: Seal, sign: Signer) -> Taken:
    """Copy everything into a folder that only we can read. Raises Damaged, and leaves no statement, if a file is not
    whole; then `python -m app verify` names all of them."""
    make_durably(folder)
    with _connected(source.owner) as lock:
        lock.execute("SELECT pg_advisory_lock_shared(%s)", [SWEEPING])
        lock.commit()
        with _connected(source.owner) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            made = _database(connection, folder, seal, sign.portal)
        files, new = _files(made.files, source.shelves, folder, seal)
    whole = made.model_copy(update={"files": files})
    content, digest = manifest.signed(whole, sign)
    Seal().write(folder / whole.name / manifest.NAME, [content])
    shutil.copyfile(READ_ME, folder / "README.txt")
    sync(folder)
    _note(source.owner, whole, digest)
    return Taken(whole, new)


@contextmanager
def _connected(owner: str) -> Iterator[psycopg.Connection[TupleRow]]:
    address = make_url(owner).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(
        address, connect_timeout=10, application_name="cwg-backup", options="-c timezone=UTC -c statement_timeout=0"
    ) as connection:
        yield connection


def _database(connection: psycopg.Connection[TupleRow], folder: Path, seal: Seal, portal: str) -> Statement:
    """All rows as they are at one instant, and the files that they name."""
    taken = cast("datetime", _one(connection, "SELECT now()")).astimezone(UTC)
    name = taken.strftime("%Y-%m-%dT%H%M%S.%fZ")
    made = []
    for table in tables.every(connection):
        if table.name in tables.LEFT_OUT:
            continue
        rows = Counted(tables.rows_of(connection, table))
        count = _count(rows)
        seal.write(dump(folder, name, table.name, sealed=seal.is_sealing), count)
        made.append(Table(name=table.name, columns=table.columns, rows=count.rows, size=rows.size, sha256=rows.sha256))
    return Statement(
        name=name,
        taken=taken,
        portal=portal,
        revision=str(tables.revision(connection)),
        sealed=seal.is_sealing,
        lines=_one(connection, "SELECT count(*) FROM portal.journal_line"),
        last=_one(
            connection,
            "SELECT max(digest) FILTER (WHERE seq = last) FROM portal.journal_line,"
            " (SELECT max(seq) AS last FROM portal.journal_line) l",
        )
        or "",
        tables=tuple(made),
        sequences=tuple(tables.sequences(connection)),
        files=tuple(_named(connection)),
    )


class _count:  # noqa: N801 - what it does
    """Pieces of the text format, which end with a line for each row."""

    def __init__(self, pieces: Counted) -> None:
        self._pieces, self.rows = pieces, 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.rows += piece.count(b"\n")  # one in a value is written as \\n
            yield piece


def _named(connection: psycopg.Connection[TupleRow]) -> Iterator[Kept]:
    on: dict[str, set[Shelf]] = {}
    for shelf, statement in (
        (Shelf.KEPT, "SELECT DISTINCT sha256 FROM portal.named_files()"),
        (Shelf.RELEASED, "SELECT DISTINCT sha256 FROM release.file"),
    ):
        for (sha256,) in connection.execute(statement):
            on.setdefault(sha256, set()).add(shelf)
    for sha256, shelves in sorted(on.items()):
        yield Kept(sha256=sha256, size=0, shelves=tuple(sorted(shelves)))


def _files(
    named: tuple[Kept, ...], shelves: dict[Shelf, Store], folder: Path, seal: Seal
) -> tuple[tuple[Kept, ...], int]:
    """Copy what is not there yet, proven on the way; every file with its length, and how many were copied."""
    done: list[tuple[Kept, bool]] = []

    def copied(each: Kept) -> tuple[Kept, bool]:
        store = shelves[each.shelves[0]]
        there = place(folder, each.sha256, sealed=seal.is_sealing)
        if is_new := not there.exists():
            seal.write(there, store.pieces(each.sha256))
        return each.model_copy(update={"size": store.size(each.sha256)}), is_new

    with ThreadPoolExecutor(AT_A_TIME) as many:
        for start in range(0, len(named), AT_A_TIME):  # after a file that fails, no more are begun
            done += many.map(copied, named[start : start + AT_A_TIME])
    return tuple(each for each, _ in done), sum(is_new for _, is_new in done)


def _one(connection: psycopg.Connection[TupleRow], statement: str) -> Any:
    row = connection.execute(cast("Any", statement)).fetchone()
    return row[0] if row else None


def _note(owner: str, made: Statement, digest: str) -> None:
    engine = create_engine(owner, poolclass=NullPool, connect_args={"options": "-c search_path=portal,jobs"})
    copy = Backup(
        name=made.name,
        taken_at=made.taken,
        ended_at=clock.now(),
        lines=made.lines,
        files=len(made.files),
        bytes=made.bytes,
        is_sealed=made.sealed,
    )
    with transaction(writers(engine, {"react": react})) as session:
        actions.note_backup(session, copy, digest)
    engine.dispose()
