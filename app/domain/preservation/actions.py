"""Record checks, backups and restores. Called by the worker and the operator's commands, without an actor."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import WriteSession
from app.core.journal import record
from app.domain.preservation import events, queries
from app.domain.preservation.models import Backup, Doubt, FixityCheck, Hold, Restoration, Shelf, Verification
from app.domain.preservation.queries import Named

MOST_NAMED = 200
"""Number of faults of one verification that are stored in words."""


def watch(session: WriteSession, shelf: Shelf, named: Named) -> None:
    """Set the files of a store whose fixity is checked periodically: new ones are added, all others removed."""
    watched = set(session.scalars(select(FixityCheck.sha256).where(FixityCheck.shelf == shelf)))
    new = [{"shelf": shelf, "sha256": sha256, "size": named[sha256]} for sha256 in sorted(named.keys() - watched)]
    if new:
        session.execute(insert(FixityCheck).on_conflict_do_nothing(), new)
    if removed := watched - named.keys():
        session.execute(delete(FixityCheck).where(FixityCheck.shelf == shelf, FixityCheck.sha256.in_(removed)))


def note_fixity(session: WriteSession, shelf: Shelf, sha256: str, fault: str | None) -> None:
    """Record that a file was read now. Damage and its repair are written to the journal."""
    check = session.get(FixityCheck, (shelf, sha256), with_for_update=True)
    if check is None:
        return
    if fault and not check.fault:
        record(session, None, events.DamageFound(sha256, shelf))
    if check.fault and not fault:
        record(session, None, events.DamageMended(sha256, shelf))
    check.checked_at, check.fault = clock.now(), fault


def note_verification(
    session: WriteSession,
    began_at: datetime,
    faults: Sequence[str],
    *,
    lines: int,
    files: int,
    released: int,
    numbers: int,
) -> Verification:
    """Record a verification of the whole record. Only the first faults are stored, but all are counted."""
    verification = Verification(
        began_at=began_at,
        ended_at=clock.now(),
        lines=lines,
        files=files,
        released=released,
        numbers=numbers,
        wrong=len(faults),
        faults=list(faults[:MOST_NAMED]),
    )
    session.add(verification)
    return verification


def note_backup(session: WriteSession, made: Backup, statement: str) -> None:
    """Record a finished backup; `statement` is the digest of its signed statement."""
    session.add(made)
    record(session, None, events.BackupTaken(made.name, made.taken_at.isoformat(), statement))


def note_restored(
    session: WriteSession, backup: str, taken_at: datetime, *, lines: int, head_lines: int | None, doubt: Doubt | None
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
        session.add(Hold(id=1, since=restoration.restored_at, doubt=doubt))
    record(session, None, events.RecordRestored(restoration.id, backup, lines, doubt))
    return restoration


def reopen(session: WriteSession, reason: str) -> bool:
    """Lift the restore hold, for a reason of the operator; False if there is no hold."""
    if queries.hold(session) is None:
        return False
    last = queries.restorations(session)[0]
    session.execute(update(Restoration).where(Restoration.id == last.id).values(lifted_at=clock.now(), reason=reason))
    session.execute(delete(Hold))
    record(session, None, events.RecordReopened(last.id))
    return True


def note_exported(session: WriteSession, body: UUID, package: str) -> None:
    """Record the export of the whole record of a body; `package` is the digest of its list of files."""
    record(session, None, events.RecordExported(package), body=body)
