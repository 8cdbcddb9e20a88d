"""Queries about the state of the record: digests, counts and instants only, no contents."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, func, select, text

from app.core.db import ReadSession
from app.domain.preservation.models import Backup, FixityCheck, Restoration, RestoreHold, StoreName, Verification
from app.domain.preservation.rules import ReadDatabaseResult

UNKNOWN_SIZE = -1
"""Placeholder for a file size that no table states."""

FILES_ON_RECORD = """
    SELECT sha256 FROM portal.language_version UNION SELECT sha256 FROM portal.output_file
    UNION SELECT sha256 FROM portal.output_translation UNION SELECT sha256 FROM portal.circulated_text
    UNION SELECT sha256 FROM portal.silence_text
"""
RELEASED_FILES = """
    SELECT sha256 FROM release.file UNION SELECT pdf FROM release.file WHERE pdf IS NOT NULL
"""
RELEASED_SIZES = """
    SELECT sha256, max(size) FROM (
        SELECT sha256, size FROM release.file
        UNION ALL SELECT pdf, pdf_size FROM release.file WHERE pdf IS NOT NULL
    ) file GROUP BY sha256
"""

FileSizes = dict[str, int | None]
"""Size in bytes by digest; None if no table states the size."""


def list_referenced_files(session: ReadSession) -> FileSizes:
    """List every file that a table refers to, drafts of all States included: only digests and sizes are visible."""
    rows = session.execute(text("SELECT sha256, max(size) FROM portal.named_files() GROUP BY sha256"))
    return {row.sha256: row.max for row in rows}


def list_files_on_record(session: ReadSession) -> set[str]:
    """List the digest of every file of a document, an output, a circulation or a silence procedure; those of
    contributions have renditions of their own."""
    return set(session.scalars(text(FILES_ON_RECORD)))


def list_referenced_sizes(session: ReadSession) -> set[tuple[str, int]]:
    """List the digest of every referenced file with each size that a table states: two tables may disagree."""
    rows = session.execute(text("SELECT DISTINCT sha256, size FROM portal.named_files()")).all()
    stated = {(row.sha256, row.size) for row in rows if row.size is not None}
    with_size = {sha256 for sha256, _ in stated}
    return stated | {(row.sha256, UNKNOWN_SIZE) for row in rows if row.sha256 not in with_size}


def list_released_files(session: ReadSession) -> FileSizes:
    """List every file of the read path's store, with its size: the released texts, and the PDF of each that has one."""
    rows = session.execute(text(RELEASED_SIZES))
    return {row.sha256: row.max for row in rows}


def list_damaged_files(session: ReadSession) -> Sequence[FixityCheck]:
    """List the files that were damaged or missing when they were last read, the longest ago first."""
    order = FixityCheck.checked_at, FixityCheck.shelf, FixityCheck.sha256
    return session.scalars(select(FixityCheck).where(FixityCheck.fault.is_not(None)).order_by(*order)).all()


def find_last_restoration_time(session: ReadSession) -> datetime | None:
    """Find the instant of the last restore; None if there was none."""
    return session.scalar(select(func.max(Restoration.restored_at)))


def select_damaged_files_count() -> Select[int]:
    """Select the number of files that were damaged or missing when they were last read."""
    return select(func.count().label("damaged")).where(FixityCheck.fault.is_not(None))


def list_files_due_for_check(session: ReadSession, store_name: StoreName, limit: int) -> Sequence[FixityCheck]:
    """List the files of a store to read next: those never read, then those read the longest ago."""
    order = FixityCheck.checked_at.asc().nulls_first(), FixityCheck.sha256
    return session.scalars(
        select(FixityCheck).where(FixityCheck.shelf == store_name).order_by(*order).limit(limit)
    ).all()


def count_files_under_fixity_check(session: ReadSession, store_name: StoreName) -> int:
    """Count the files of a store whose fixity is checked."""
    return session.scalar(select(func.count()).where(FixityCheck.shelf == store_name)) or 0


def find_oldest_check_time(session: ReadSession) -> datetime | None:
    """Find the oldest of the files' last checks; None while a file was never checked, or there is no file."""
    if session.scalar(select(func.count()).where(FixityCheck.checked_at.is_(None))):
        return None
    return session.scalar(select(func.min(FixityCheck.checked_at)))


def select_latest_verification() -> Select[Verification]:
    """Select the last verification of the whole record."""
    return select(Verification).order_by(Verification.began_at.desc()).limit(1)


def find_latest_verification(session: ReadSession) -> Verification | None:
    """Find the last verification of the whole record."""
    return session.scalar(select_latest_verification())


def list_read_database_results(verification: Verification | None) -> list[ReadDatabaseResult]:
    """List what a verification found in read databases; empty if it compared none."""
    stored = verification.read_databases if verification else None
    return [ReadDatabaseResult.from_json(each) for each in stored or ()]


def select_latest_backup() -> Select[Backup]:
    """Select the last finished backup."""
    return select(Backup).order_by(Backup.taken_at.desc()).limit(1)


def list_restorations(session: ReadSession) -> Sequence[Restoration]:
    """List all restores of this record, the latest first."""
    return session.scalars(select(Restoration).order_by(Restoration.restored_at.desc())).all()


def find_restore_hold(session: ReadSession) -> RestoreHold | None:
    """Find the restore hold, because of which no server may start; None if there is none."""
    return session.scalar(select(RestoreHold))
