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
from sqlalchemy import NullPool, create_engine

from app.backup import manifest, tables
from app.backup.encryption import (
    PARALLEL_FILES,
    FileEncryption,
    HashingChunkIterator,
    pooled_backup_file_path,
    table_dump_path,
)
from app.backup.manifest import BackedUpFile, BackupManifest, TableDump
from app.core import clock
from app.core.db import to_libpq_address, transaction, write_session_factory
from app.core.locks import AdvisoryLock, share_lock_until_connection_ends
from app.core.signing import Signer
from app.core.storage import Store
from app.core.storage.fsync import fsync_folder, make_folder_durably
from app.domain.preservation import actions
from app.domain.preservation.models import Backup, StoreName
from app.domain.preservation.queries import RELEASED_FILES
from app.worker.subscriptions import queue_jobs

COPY_NAME_FORMAT = "%Y-%m-%dT%H%M%S.%fZ"
"""The name of a backup: when it was taken, in UTC."""
README = Path(__file__).parent / "README.txt"


@dataclass(frozen=True, slots=True)
class BackupSource:
    """What is backed up: the database as its owner, and both stores."""

    owner_url: str
    stores: dict[StoreName, Store]


@dataclass(frozen=True, slots=True)
class BackupResult:
    """The manifest of the backup, and the number of files not contained in an earlier backup."""

    manifest: BackupManifest
    new_files: int


def create_backup(source: BackupSource, folder: Path, encryption: FileEncryption, signer: Signer) -> BackupResult:
    """Back up everything into a folder readable by us only.

    Raises CorruptFile, and writes no manifest, if a file is damaged; `python -m app verify` then names all of them.
    """
    make_folder_durably(folder)
    with _connected(source.owner_url) as lock:
        share_lock_until_connection_ends(lock, AdvisoryLock.FILE_REMOVAL)
        lock.commit()
        with _connected(source.owner_url) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            statement = _copy_database(connection, folder, encryption, signer.portal)
        files, new = _copy_files(statement.files, source.stores, folder, encryption)
    complete = statement.model_copy(update={"files": files})
    content, digest = manifest.sign_manifest(complete, signer)
    FileEncryption().write_file(folder / complete.name / manifest.MANIFEST_NAME, [content])
    shutil.copyfile(README, folder / "README.txt")
    fsync_folder(folder)
    _note_backup(source.owner_url, complete, digest)
    return BackupResult(complete, new)


@contextmanager
def _connected(owner: str) -> Iterator[psycopg.Connection[TupleRow]]:
    with psycopg.connect(
        to_libpq_address(owner),
        connect_timeout=10,
        application_name="cwg-backup",
        options="-c timezone=UTC -c statement_timeout=0",
    ) as connection:
        yield connection


def _copy_database(
    connection: psycopg.Connection[TupleRow], folder: Path, encryption: FileEncryption, portal: str
) -> BackupManifest:
    """Copy all rows as of one instant, and list the files that they name."""
    taken = cast("datetime", _scalar(connection, "SELECT now()")).astimezone(UTC)
    name = taken.strftime(COPY_NAME_FORMAT)
    dumps = []
    for table in tables.list_tables(connection):
        if table.name in tables.EXCLUDED_TABLES:
            continue
        hashed = HashingChunkIterator(tables.copy_rows_out(connection, table))
        rows = _CountedRows(hashed)
        encryption.write_file(table_dump_path(folder, name, table.name, sealed=encryption.is_encrypting), rows)
        dumps.append(
            TableDump(name=table.name, columns=table.columns, rows=rows.rows, size=hashed.size, sha256=hashed.sha256)
        )
    return BackupManifest(
        name=name,
        taken=taken,
        portal=portal,
        revision=str(tables.find_schema_revision(connection)),
        sealed=encryption.is_encrypting,
        lines=_scalar(connection, "SELECT count(*) FROM portal.journal_line"),
        last=_scalar(
            connection,
            "SELECT max(digest) FILTER (WHERE seq = last) FROM portal.journal_line,"
            " (SELECT max(seq) AS last FROM portal.journal_line) l",
        )
        or "",
        tables=tuple(dumps),
        sequences=tuple(tables.list_sequence_values(connection)),
        files=tuple(_list_files(connection)),
    )


class _CountedRows:
    """Chunks of the text format, counting its rows: each ends with a newline."""

    def __init__(self, pieces: HashingChunkIterator) -> None:
        self._pieces, self.rows = pieces, 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._pieces:
            self.rows += chunk.count(b"\n")  # a newline in a value is escaped as \\n
            yield chunk


def _list_files(connection: psycopg.Connection[TupleRow]) -> Iterator[BackedUpFile]:
    roles_by_file: dict[str, set[StoreName]] = {}
    for role, statement in (
        (StoreName.PORTAL, "SELECT DISTINCT sha256 FROM portal.named_files()"),
        (StoreName.RELEASED, RELEASED_FILES),
    ):
        for (sha256,) in connection.execute(statement):
            roles_by_file.setdefault(sha256, set()).add(role)
    for sha256, roles in sorted(roles_by_file.items()):
        yield BackedUpFile(sha256=sha256, size=0, shelves=tuple(sorted(roles)))


def _copy_files(
    files: tuple[BackedUpFile, ...], stores: dict[StoreName, Store], folder: Path, encryption: FileEncryption
) -> tuple[tuple[BackedUpFile, ...], int]:
    """Copy the files that are not in the pool yet, verified on the way; return every file with its size, and the number
    copied."""
    results: list[tuple[BackedUpFile, bool]] = []

    def copy_file(file: BackedUpFile) -> tuple[BackedUpFile, bool]:
        store = stores[file.shelves[0]]
        path = pooled_backup_file_path(folder, file.sha256, sealed=encryption.is_encrypting)
        if is_new := not path.exists():
            encryption.write_file(path, store.iter_chunks(file.sha256))
        return file.model_copy(update={"size": store.size(file.sha256)}), is_new

    with ThreadPoolExecutor(PARALLEL_FILES) as pool:
        for start in range(0, len(files), PARALLEL_FILES):  # no further batch after a failure
            results += pool.map(copy_file, files[start : start + PARALLEL_FILES])
    return tuple(file for file, _ in results), sum(is_new for _, is_new in results)


def _scalar(connection: psycopg.Connection[TupleRow], statement: str) -> Any:
    row = connection.execute(cast("Any", statement)).fetchone()
    return row[0] if row else None


def _note_backup(owner: str, statement: BackupManifest, digest: str) -> None:
    """Note the backup in the journal."""
    engine = create_engine(owner, poolclass=NullPool, connect_args={"options": "-c search_path=portal,jobs"})
    copy = Backup(
        name=statement.name,
        taken_at=statement.taken,
        ended_at=clock.now(),
        lines=statement.lines,
        files=len(statement.files),
        bytes=statement.total_bytes,
        is_sealed=statement.sealed,
    )
    with transaction(write_session_factory(engine, {"react": queue_jobs})) as session:
        actions.record_backup(session, copy, digest)
    engine.dispose()
