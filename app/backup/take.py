"""Create a backup while the system runs: the database first, in one snapshot, then the files that it names.

Files are only ever added, so this order is safe; a lock keeps unused files from being deleted meanwhile.
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
    """What is backed up: the database as its owner, and both stores."""

    owner: str
    shelves: dict[Shelf, Store]


@dataclass(frozen=True, slots=True)
class Taken:
    """The manifest of the backup, and the number of files not contained in an earlier backup."""

    statement: Statement
    new: int


def take(source: Source, folder: Path, seal: Seal, sign: Signer) -> Taken:
    """Back up everything into a folder readable by us only.

    Raises CorruptFile, and writes no manifest, if a file is damaged; `python -m app verify` then names all of them.
    """
    make_durably(folder)
    with _connected(source.owner) as lock:
        lock.execute("SELECT pg_advisory_lock_shared(%s)", [SWEEPING])
        lock.commit()
        with _connected(source.owner) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            statement = _copy_database(connection, folder, seal, sign.portal)
        files, new = _copy_files(statement.files, source.shelves, folder, seal)
    complete = statement.model_copy(update={"files": files})
    content, digest = manifest.signed(complete, sign)
    Seal().write(folder / complete.name / manifest.NAME, [content])
    shutil.copyfile(READ_ME, folder / "README.txt")
    sync(folder)
    _note_backup(source.owner, complete, digest)
    return Taken(complete, new)


@contextmanager
def _connected(owner: str) -> Iterator[psycopg.Connection[TupleRow]]:
    address = make_url(owner).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(
        address, connect_timeout=10, application_name="cwg-backup", options="-c timezone=UTC -c statement_timeout=0"
    ) as connection:
        yield connection


def _copy_database(connection: psycopg.Connection[TupleRow], folder: Path, encryption: Seal, portal: str) -> Statement:
    """Copy all rows as of one instant, and list the files that they name."""
    taken = cast("datetime", _scalar(connection, "SELECT now()")).astimezone(UTC)
    name = taken.strftime("%Y-%m-%dT%H%M%S.%fZ")
    dumps = []
    for table in tables.every(connection):
        if table.name in tables.LEFT_OUT:
            continue
        hashed = Counted(tables.rows_of(connection, table))
        rows = _CountedRows(hashed)
        encryption.write(dump(folder, name, table.name, sealed=encryption.is_sealing), rows)
        dumps.append(
            Table(name=table.name, columns=table.columns, rows=rows.rows, size=hashed.size, sha256=hashed.sha256)
        )
    return Statement(
        name=name,
        taken=taken,
        portal=portal,
        revision=str(tables.revision(connection)),
        sealed=encryption.is_sealing,
        lines=_scalar(connection, "SELECT count(*) FROM portal.journal_line"),
        last=_scalar(
            connection,
            "SELECT max(digest) FILTER (WHERE seq = last) FROM portal.journal_line,"
            " (SELECT max(seq) AS last FROM portal.journal_line) l",
        )
        or "",
        tables=tuple(dumps),
        sequences=tuple(tables.sequences(connection)),
        files=tuple(_list_files(connection)),
    )


class _CountedRows:
    """Chunks of the text format, counting its rows: each ends with a newline."""

    def __init__(self, pieces: Counted) -> None:
        self._pieces, self.rows = pieces, 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._pieces:
            self.rows += chunk.count(b"\n")  # a newline in a value is escaped as \\n
            yield chunk


def _list_files(connection: psycopg.Connection[TupleRow]) -> Iterator[Kept]:
    roles_by_file: dict[str, set[Shelf]] = {}
    for role, statement in (
        (Shelf.KEPT, "SELECT DISTINCT sha256 FROM portal.named_files()"),
        (Shelf.RELEASED, "SELECT DISTINCT sha256 FROM release.file"),
    ):
        for (sha256,) in connection.execute(statement):
            roles_by_file.setdefault(sha256, set()).add(role)
    for sha256, roles in sorted(roles_by_file.items()):
        yield Kept(sha256=sha256, size=0, shelves=tuple(sorted(roles)))


def _copy_files(
    files: tuple[Kept, ...], stores: dict[Shelf, Store], folder: Path, encryption: Seal
) -> tuple[tuple[Kept, ...], int]:
    """Copy the files that are not in the pool yet, verified on the way; return every file with its size, and the number
    copied."""
    results: list[tuple[Kept, bool]] = []

    def copy_file(file: Kept) -> tuple[Kept, bool]:
        store = stores[file.shelves[0]]
        path = place(folder, file.sha256, sealed=encryption.is_sealing)
        if is_new := not path.exists():
            encryption.write(path, store.pieces(file.sha256))
        return file.model_copy(update={"size": store.size(file.sha256)}), is_new

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for start in range(0, len(files), AT_A_TIME):  # no further batch after a failure
            results += pool.map(copy_file, files[start : start + AT_A_TIME])
    return tuple(file for file, _ in results), sum(is_new for _, is_new in results)


def _scalar(connection: psycopg.Connection[TupleRow], statement: str) -> Any:
    row = connection.execute(cast("Any", statement)).fetchone()
    return row[0] if row else None


def _note_backup(owner: str, statement: Statement, digest: str) -> None:
    """Note the backup in the journal."""
    engine = create_engine(owner, poolclass=NullPool, connect_args={"options": "-c search_path=portal,jobs"})
    copy = Backup(
        name=statement.name,
        taken_at=statement.taken,
        ended_at=clock.now(),
        lines=statement.lines,
        files=len(statement.files),
        bytes=statement.bytes,
        is_sealed=statement.sealed,
    )
    with transaction(writers(engine, {"react": react})) as session:
        actions.note_backup(session, copy, digest)
    engine.dispose()
