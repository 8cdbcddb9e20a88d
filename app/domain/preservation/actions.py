"""Record checks, backups and restores. Called by the worker and the operator's commands, without an actor."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import WriteSession, add_row_lock
from app.core.journal import record_event
from app.domain.preservation import events, queries
from app.domain.preservation.models import (
    Backup,
    ComparisonOutcome,
    FixityCheck,
    Restoration,
    RestoreHold,
    RestoreHoldReason,
    StoreName,
    Verification,
)
from app.domain.preservation.queries import FileSizes
from app.domain.preservation.rules import COMPARED_OUTCOMES, ReadDatabaseResult

MAX_STORED_FAULTS = 200
"""Number of faults of one verification that are stored in words."""


def replace_files_under_fixity_check(session: WriteSession, store_name: StoreName, file_sizes: FileSizes) -> None:
    """Set the files of a store whose fixity is checked periodically: new ones are added, all others removed."""
    watched = set(session.scalars(select(FixityCheck.sha256).where(FixityCheck.shelf == store_name)))
    new = [
        {"shelf": store_name, "sha256": sha256, "size": file_sizes[sha256]}
        for sha256 in sorted(file_sizes.keys() - watched)
    ]
    if new:
        session.execute(insert(FixityCheck).on_conflict_do_nothing(), new)
    if removed := watched - file_sizes.keys():
        session.execute(delete(FixityCheck).where(FixityCheck.shelf == store_name, FixityCheck.sha256.in_(removed)))


def record_fixity_check(session: WriteSession, store_name: StoreName, sha256: str, fault: str | None) -> None:
    """Record that a file was read now. Damage and its repair are written to the journal."""
    statement = select(FixityCheck).where(FixityCheck.shelf == store_name, FixityCheck.sha256 == sha256)
    check = session.scalar(add_row_lock(statement))
    if check is None:
        return
    if fault and not check.fault:
        record_event(session, None, events.DamageFound(sha256, store_name))
    if check.fault and not fault:
        record_event(session, None, events.DamageMended(sha256, store_name))
    check.checked_at, check.fault = clock.now(), fault


def record_verification(
    session: WriteSession,
    began_at: datetime,
    faults: Sequence[str],
    *,
    lines: int,
    files: int,
    released: int,
    numbers: int,
    read_databases: Iterable[tuple[str, ComparisonOutcome, int]] = (),
) -> Verification:
    """Record a verification of the whole record. Only the first faults are stored, but all are counted.

    `read_databases` has name, outcome and number of differences of each.
    """
    results = _build_read_database_results(session, began_at, read_databases)
    verification = Verification(
        began_at=began_at,
        ended_at=clock.now(),
        lines=lines,
        files=files,
        released=released,
        numbers=numbers,
        wrong=len(faults),
        faults=list(faults[:MAX_STORED_FAULTS]),
        read_databases=[result.to_json() for result in results],
    )
    session.add(verification)
    return verification


def _build_read_database_results(
    session: WriteSession, began_at: datetime, compared: Iterable[tuple[str, ComparisonOutcome, int]]
) -> list[ReadDatabaseResult]:
    """Build the results; one that could not be compared keeps the instant of the verification before."""
    earlier = queries.list_read_database_results(queries.find_latest_verification(session))
    compared_before = {result.name: result.compared_at for result in earlier}
    return [
        ReadDatabaseResult(
            name,
            outcome,
            differences,
            began_at if outcome in COMPARED_OUTCOMES else compared_before.get(name, began_at),
        )
        for name, outcome, differences in compared
    ]


def record_backup(session: WriteSession, backup: Backup, statement: str) -> None:
    """Record a finished backup; `statement` is the digest of its signed statement."""
    session.add(backup)
    record_event(session, None, events.BackupTaken(backup.name, backup.taken_at.isoformat(), statement))


def record_restoration(
    session: WriteSession,
    backup: str,
    taken_at: datetime,
    *,
    lines: int,
    head_lines: int | None,
    doubt: RestoreHoldReason | None,
) -> Restoration:
    """Record a restore from a backup. With `doubt`, no server or worker starts until the hold is lifted."""
    restoration = Restoration(
        id=uuid4(),
        backup=backup,
        taken_at=taken_at,
        restored_at=clock.now(),
        lines=lines,
        head_lines=head_lines,
        doubt=doubt,
    )
    session.add(restoration)
    if doubt:
        session.add(RestoreHold(id=1, since=restoration.restored_at, doubt=doubt))
    record_event(session, None, events.RecordRestored(restoration.id, backup, lines, doubt))
    return restoration


def lift_restore_hold(session: WriteSession, reason: str) -> bool:
    """Lift the restore hold, for a reason of the operator; False if there is no hold."""
    if queries.find_restore_hold(session) is None:
        return False
    last = queries.list_restorations(session)[0]
    session.execute(update(Restoration).where(Restoration.id == last.id).values(lifted_at=clock.now(), reason=reason))
    session.execute(delete(RestoreHold))
    record_event(session, None, events.RecordReopened(last.id))
    return True


def record_export(session: WriteSession, body_id: UUID, package: str) -> None:
    """Record the export of the whole record of a body; `package` is the digest of its list of files."""
    record_event(session, None, events.RecordExported(package), body=body_id)
