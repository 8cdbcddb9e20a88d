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

from app.backup import checkpoint_check as heads
from app.backup import tables
from app.backup.encryption import PARALLEL_FILES, FileEncryption, pooled_backup_file_path, table_dump_path
from app.backup.manifest import BackedUpFile, BackupManifest, IncompleteCopy, TableDump
from app.cli import migrate as migration
from app.cli.read_database import hold_read_database
from app.core import clock
from app.core.db import WriteSession, transaction, write_session_factory
from app.core.storage import CHUNK_SIZE, Store
from app.core.storage.base import get_path_of_open_file
from app.domain.ledger.rules.signed_notes import Checkpoint
from app.domain.notifications.models import DeliveryStatus
from app.domain.preservation import actions
from app.domain.preservation.events import RecordInventoried
from app.domain.preservation.models import RestoreHoldReason, StoreName
from app.worker.subscriptions import REPEATABLE_AFTER_RESTORE, queue_jobs


@dataclass(frozen=True, slots=True)
class RestoreTarget:
    """An empty installation: the addresses of the databases, of which the last two may be missing, and both stores."""

    stores: dict[StoreName, Store]
    owner_url: str
    portal_url: str
    worker_url: str
    reader_url: str
    replication_url: str | None = None
    read_owner_url: str | None = None


def require_empty_target(target: RestoreTarget, copy: BackupManifest) -> None:
    """Check that the backup can be restored there: same schema, empty database and stores. Raises ValueError."""
    current = ScriptDirectory.from_config(migration.alembic_config()).get_current_head()
    if copy.revision != current:
        raise ValueError(
            f"the copy is of schema {copy.revision}, this software has {current}: restore with the release that took"
            " the copy, then migrate"
        )
    _require_empty_database(target.owner_url)
    digests = {file.sha256 for file in copy.files}
    for role, store in target.stores.items():
        if any(sha256 not in digests for sha256 in store.list_digests()):
            raise ValueError(f"the store of {role} files holds others already: name an empty one")


def _require_empty_database(owner: str) -> None:
    """Raises ValueError if the database has rows."""
    engine = create_engine(owner, poolclass=NullPool)
    with engine.connect() as connection:
        if connection.scalar(text("SELECT to_regclass('portal.journal_line')")) is not None:
            in_use = {"portal.person": "true", "release.output": "true"}
            in_use["portal.journal_line"] = f"event <> '{RecordInventoried.name}'"  # an empty database has that line
            for table, condition in in_use.items():
                query = f"SELECT EXISTS (SELECT FROM {table} WHERE {condition})"  # noqa: S608 - constants
                if connection.scalar(text(query)):
                    raise ValueError(f"the database is in use ({table} has rows): name an empty one")
    engine.dispose()


def restore_files(target: RestoreTarget, folder: Path, copy: BackupManifest, encryption: FileEncryption) -> None:
    """Restore the files into their stores, durably; the stores verify each once more."""

    def restore_file(file: BackedUpFile) -> None:
        with encryption.open_file(
            pooled_backup_file_path(folder, file.sha256, sealed=copy.sealed), sealed=copy.sealed
        ) as opened:
            for role in file.shelves:
                target.stores[role].put(get_path_of_open_file(opened), file.sha256)

    with ThreadPoolExecutor(PARALLEL_FILES) as pool:
        for start in range(0, len(copy.files), PARALLEL_FILES):  # no further batch after a failure
            list(pool.map(restore_file, copy.files[start : start + PARALLEL_FILES]))


def restore_rows(
    target: RestoreTarget, folder: Path, copy: BackupManifest, encryption: FileEncryption, checkpoint: Checkpoint | None
) -> RestoreHoldReason | None:
    """Restore all rows in one transaction, and apply the consequences.

    Returns why the applications must not start, or None.
    """
    migration.migrate(target.owner_url, target.portal_url, target.worker_url, target.reader_url, target.replication_url)
    engine = create_engine(
        target.owner_url, poolclass=NullPool, connect_args={"options": "-c search_path=portal,jobs -c timezone=UTC"}
    )
    with transaction(write_session_factory(engine, {"react": queue_jobs})) as session:
        connection = cast("psycopg.Connection[Any]", session.connection().connection.driver_connection)
        _fill_tables(connection, folder, copy, encryption)
        session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        session.execute(text("SET CONSTRAINTS ALL DEFERRED"))  # what is changed from here on has its line at the end
        doubt = heads.find_doubt_about_restored_journal(session, checkpoint)
        _end_unfinished(session, doubt)
        actions.record_restoration(
            session,
            copy.name,
            copy.taken,
            lines=copy.lines,
            head_lines=checkpoint.size if checkpoint else None,
            doubt=doubt,
        )
    engine.dispose()
    return doubt


def _fill_tables(
    connection: "psycopg.Connection[Any]", folder: Path, copy: BackupManifest, encryption: FileEncryption
) -> None:
    """Copy all rows into the tables. Raises IncompleteCopy for an unknown table or a wrong number of rows."""
    columns_by_table = {
        table.name: table for table in tables.list_tables(connection) if table.name != "portal.alembic_version"
    }
    if unknown := sorted({table.name for table in copy.tables} - columns_by_table.keys()):
        raise IncompleteCopy([f"table {name} is not known here" for name in unknown])
    with tables.emptied_tables_without_constraints(connection, list(columns_by_table.values())):
        for table in copy.tables:
            row_count = tables.copy_rows_in(
                connection, tables.TableColumns(table.name, table.columns), _rows(folder, copy, table, encryption)
            )
            if row_count != table.rows:
                raise IncompleteCopy([f"table {table.name}: {row_count} rows, not {table.rows}"])
    tables.restore_sequences(connection, copy.sequences)


def _rows(folder: Path, copy: BackupManifest, table: TableDump, encryption: FileEncryption) -> Iterator[bytes]:
    with encryption.open_file(
        table_dump_path(folder, copy.name, table.name, sealed=copy.sealed), sealed=copy.sealed
    ) as file:
        while chunk := file.read(CHUNK_SIZE):
            yield chunk


def _end_unfinished(session: WriteSession, doubt: RestoreHoldReason | None) -> None:
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
        {"anew": sorted(REPEATABLE_AFTER_RESTORE)},
    )
    # Unknown which of them were sent after the backup was created: none is sent twice.
    for table in ("letter", "digest"):
        session.execute(
            text(f"UPDATE portal.{table} SET fate = :restored, ended_at = :now WHERE fate = :waiting"),  # noqa: S608 - ours
            {"restored": DeliveryStatus.RESTORED, "now": clock.now(), "waiting": DeliveryStatus.WAITING},
        )
    for table in ("invitation_email", "report_request_email"):
        session.execute(
            text(f"UPDATE portal.{table} SET fate = :restored, address = NULL, ended_at = :now WHERE fate = :waiting"),  # noqa: S608 - ours
            {"restored": DeliveryStatus.RESTORED, "now": clock.now(), "waiting": DeliveryStatus.WAITING},
        )
    if doubt:
        session.execute(text("UPDATE portal.calendar_address SET secret_digest = NULL"))


def restore_copy(
    target: RestoreTarget, folder: Path, copy: BackupManifest, encryption: FileEncryption, checkpoint: Checkpoint | None
) -> RestoreHoldReason | None:
    """Restore everything.

    Returns why the applications must not start, or None. Raises ValueError if the target is not empty.
    """
    require_empty_target(target, copy)
    if target.read_owner_url:
        hold_read_database(target.read_owner_url)
    restore_files(target, folder, copy, encryption)
    return restore_rows(target, folder, copy, encryption, checkpoint)
