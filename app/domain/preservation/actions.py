"""What the house notes of its own record. Nobody asks for these: the worker and the operator's commands do them."""

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
"""Faults of one check that are kept word for word."""


def watch(session: WriteSession, shelf: Shelf, named: Named) -> None:
    """From now on read these files of a store from time to time, and no others."""
    known = set(session.scalars(select(FixityCheck.sha256).where(FixityCheck.shelf == shelf)))
    new = [{"shelf": shelf, "sha256": each, "size": named[each]} for each in sorted(named.keys() - known)]
    if new:
        session.execute(insert(FixityCheck).on_conflict_do_nothing(), new)
    if gone := known - named.keys():
        session.execute(delete(FixityCheck).where(FixityCheck.shelf == shelf, FixityCheck.sha256.in_(gone)))


def note_fixity(session: WriteSession, shelf: Shelf, sha256: str, fault: str | None) -> None:
    """A file was read just now. The journal is told when it is found damaged, and when it is whole again."""
    before = session.get(FixityCheck, (shelf, sha256), with_for_update=True)
    if before is None:
        return
    if fault and not before.fault:
        record(session, None, events.DamageFound(sha256, shelf))
    if before.fault and not fault:
        record(session, None, events.DamageMended(sha256, shelf))
    before.checked_at, before.fault = clock.now(), fault


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
    """The whole was checked."""
    made = Verification(
        began_at=began_at,
        ended_at=clock.now(),
        lines=lines,
        files=files,
        released=released,
        numbers=numbers,
        wrong=len(faults),
        faults=list(faults[:MOST_NAMED]),
    )
    session.add(made)
    return made


def note_backup(session: WriteSession, made: Backup, statement: str) -> None:
    """A copy is finished."""
    session.add(made)
    record(session, None, events.BackupTaken(made.name, made.taken_at.isoformat(), statement))


def note_restored(
    session: WriteSession, backup: str, taken_at: datetime, *, lines: int, head_lines: int | None, doubt: Doubt | None
) -> Restoration:
    """The record came back; where something may be missing, no door is opened from now on."""
    made = Restoration(
        id=uuid4(),
        backup=backup,
        taken_at=taken_at,
        restored_at=clock.now(),
        lines=lines,
        head_lines=head_lines,
        doubt=doubt,
    )
    session.add(made)
    if doubt:
        session.add(Hold(id=1, since=made.restored_at, doubt=doubt))
    record(session, None, events.RecordRestored(made.id, backup, lines, doubt))
    return made


def reopen(session: WriteSession, reason: str) -> bool:
    """The operator answers for a record in doubt, with a reason; whether there was anything to answer for."""
    if queries.hold(session) is None:
        return False
    last = queries.restorations(session)[0]
    session.execute(update(Restoration).where(Restoration.id == last.id).values(lifted_at=clock.now(), reason=reason))
    session.execute(delete(Hold))
    record(session, None, events.RecordReopened(last.id))
    return True


def note_exported(session: WriteSession, body: UUID, package: str) -> None:
    """A body's whole record left as a package."""
    record(session, None, events.RecordExported(package), body=body)
