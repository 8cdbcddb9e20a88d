"""Queries about the state of the record: digests, counts and instants only, no contents."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, text

from app.core.db import ReadSession
from app.domain.preservation.models import Backup, FixityCheck, Hold, Restoration, Shelf, Verification

SWEEPING = 7_510_080
"""Number of the advisory lock on file removal: shared by backups, exclusive for jobs that remove files."""

UNSTATED = -1
"""Placeholder for a file size that no table states."""

Named = dict[str, int | None]
"""Size in bytes by digest; None if no table states the size."""


def named_files(session: ReadSession) -> Named:
    """List every file that a table refers to, drafts of all States included: only digests and sizes are visible."""
    rows = session.execute(text("SELECT sha256, max(size) FROM portal.named_files() GROUP BY sha256"))
    return {row.sha256: row.max for row in rows}


def named_lengths(session: ReadSession) -> set[tuple[str, int]]:
    """List the digest of every referenced file with each size that a table states: two tables may disagree."""
    rows = session.execute(text("SELECT DISTINCT sha256, size FROM portal.named_files()")).all()
    stated = {(row.sha256, row.size) for row in rows if row.size is not None}
    with_size = {sha256 for sha256, _ in stated}
    return stated | {(row.sha256, UNSTATED) for row in rows if row.sha256 not in with_size}


def released_files(session: ReadSession) -> Named:
    """List every file of the read path's store, with its size."""
    rows = session.execute(text("SELECT sha256, max(size) FROM release.file GROUP BY sha256"))
    return {row.sha256: row.max for row in rows}


def damaged(session: ReadSession) -> Sequence[FixityCheck]:
    """List the files that were damaged or missing when they were last read, the longest ago first."""
    order = FixityCheck.checked_at, FixityCheck.shelf, FixityCheck.sha256
    return session.scalars(select(FixityCheck).where(FixityCheck.fault.is_not(None)).order_by(*order)).all()


def restored_at(session: ReadSession) -> datetime | None:
    """Find the instant of the last restore; None if there was none."""
    return session.scalar(select(func.max(Restoration.restored_at)))


def how_many_damaged(session: ReadSession) -> int:
    """Count the files that were damaged or missing when they were last read."""
    return session.scalar(select(func.count()).where(FixityCheck.fault.is_not(None))) or 0


def due(session: ReadSession, shelf: Shelf, most: int) -> Sequence[FixityCheck]:
    """List the files of a store to read next: those never read, then those read the longest ago."""
    order = FixityCheck.checked_at.asc().nulls_first(), FixityCheck.sha256
    return session.scalars(select(FixityCheck).where(FixityCheck.shelf == shelf).order_by(*order).limit(most)).all()


def how_many(session: ReadSession, shelf: Shelf) -> int:
    """Count the files of a store whose fixity is checked."""
    return session.scalar(select(func.count()).where(FixityCheck.shelf == shelf)) or 0


def read_since(session: ReadSession) -> datetime | None:
    """Find the oldest of the files' last checks; None while a file was never checked, or there is no file."""
    if session.scalar(select(func.count()).where(FixityCheck.checked_at.is_(None))):
        return None
    return session.scalar(select(func.min(FixityCheck.checked_at)))


def latest(session: ReadSession) -> Verification | None:
    """Find the last verification of the whole record."""
    return session.scalar(select(Verification).order_by(Verification.began_at.desc()).limit(1))


def latest_backup(session: ReadSession) -> Backup | None:
    """Find the last finished backup."""
    return session.scalar(select(Backup).order_by(Backup.taken_at.desc()).limit(1))


def restorations(session: ReadSession) -> Sequence[Restoration]:
    """List all restores of this record, the latest first."""
    return session.scalars(select(Restoration).order_by(Restoration.restored_at.desc())).all()


def hold(session: ReadSession) -> Hold | None:
    """Find the restore hold, because of which no server may start; None if there is none."""
    return session.scalar(select(Hold))
