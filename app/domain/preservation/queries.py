"""What the house knows of its own record: nobody's documents, only digests, counts and instants."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, text

from app.core.db import ReadSession
from app.domain.preservation.models import Backup, FixityCheck, Hold, Restoration, Shelf, Verification

SWEEPING = 7_510_080
"""The advisory lock of what files are removed: shared by whoever copies them, held alone by whoever removes some."""

UNSTATED = -1
"""In place of a length that no table states."""

Named = dict[str, int | None]
"""Length by digest; None where no table says how long the file is."""


def named_files(session: ReadSession) -> Named:
    """Every file that a table names, other States' drafts included: the database tells their digests alone."""
    rows = session.execute(text("SELECT sha256, max(size) FROM portal.named_files() GROUP BY sha256"))
    return {row.sha256: row.max for row in rows}


def named_lengths(session: ReadSession) -> set[tuple[str, int]]:
    """The same, with each length that a table states: two may disagree."""
    rows = session.execute(text("SELECT DISTINCT sha256, size FROM portal.named_files()")).all()
    stated = {(row.sha256, row.size) for row in rows if row.size is not None}
    known = {sha256 for sha256, _ in stated}
    return stated | {(row.sha256, UNSTATED) for row in rows if row.sha256 not in known}


def released_files(session: ReadSession) -> Named:
    """Every file that lies in the read path's store."""
    rows = session.execute(text("SELECT sha256, max(size) FROM release.file GROUP BY sha256"))
    return {row.sha256: row.max for row in rows}


def damaged(session: ReadSession) -> Sequence[FixityCheck]:
    """Files that were not whole when they were last read."""
    order = FixityCheck.checked_at, FixityCheck.shelf, FixityCheck.sha256
    return session.scalars(select(FixityCheck).where(FixityCheck.fault.is_not(None)).order_by(*order)).all()


def restored_at(session: ReadSession) -> datetime | None:
    """When this record last came back from a copy; None if it never did."""
    return session.scalar(select(func.max(Restoration.restored_at)))


def how_many_damaged(session: ReadSession) -> int:
    """How many of these there are."""
    return session.scalar(select(func.count()).where(FixityCheck.fault.is_not(None))) or 0


def due(session: ReadSession, shelf: Shelf, most: int) -> Sequence[FixityCheck]:
    """The files of a store that are to be read next: those never read, then the longest ago."""
    order = FixityCheck.checked_at.asc().nulls_first(), FixityCheck.sha256
    return session.scalars(select(FixityCheck).where(FixityCheck.shelf == shelf).order_by(*order).limit(most)).all()


def how_many(session: ReadSession, shelf: Shelf) -> int:
    """Files of a store that are watched."""
    return session.scalar(select(func.count()).where(FixityCheck.shelf == shelf)) or 0


def read_since(session: ReadSession) -> datetime | None:
    """Since when every file has been read at least once; None while one never was, or there is none."""
    if session.scalar(select(func.count()).where(FixityCheck.checked_at.is_(None))):
        return None
    return session.scalar(select(func.min(FixityCheck.checked_at)))


def latest(session: ReadSession) -> Verification | None:
    """The last check of the whole."""
    return session.scalar(select(Verification).order_by(Verification.began_at.desc()).limit(1))


def latest_backup(session: ReadSession) -> Backup | None:
    """The last copy that was finished."""
    return session.scalar(select(Backup).order_by(Backup.taken_at.desc()).limit(1))


def restorations(session: ReadSession) -> Sequence[Restoration]:
    """Every time that this record came back, the latest first."""
    return session.scalars(select(Restoration).order_by(Restoration.restored_at.desc())).all()


def hold(session: ReadSession) -> Hold | None:
    """Why no door may be opened; None where all is well."""
    return session.scalar(select(Hold))
