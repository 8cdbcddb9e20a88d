"""Queries for scan verdicts and renditions, and for who pauses as their files were refused. The caller has checked that
the actor may read the file: a digest gives no right.

Files may be used unless they are infected or wait for the scanner. A person pauses, not their State; what counts is in
the database: over all processes, and with what the worker refused.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import InstrumentedAttribute, defer

from app.core import clock
from app.core.clamav import ScanState
from app.core.db import ReadSession, RowLockStrength, WriteSession, add_row_lock
from app.core.errors import Conflict, TooManyRequests
from app.core.i18n import lazy_gettext as _
from app.domain.files.models import ContributionRendition, RecentRefusal, Rendition, VirusScanResult

AnyRendition = Rendition | ContributionRendition

MAX_RECENT_REFUSALS: Final = 10
REFUSAL_WINDOW: Final = timedelta(minutes=10)


def build_quarantined_condition(sha256: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """SQL condition on a column of digests: the file is infected or waits for the scanner."""
    return exists().where(VirusScanResult.sha256 == sha256, VirusScanResult.state != ScanState.CLEAN)


def build_infected_condition(sha256: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """SQL condition on a column of digests: the file is infected."""
    return exists().where(VirusScanResult.sha256 == sha256, VirusScanResult.state == ScanState.INFECTED)


def list_infected_files(session: ReadSession, files: Iterable[str]) -> set[str]:
    """List the infected files among these."""
    return {sha256 for sha256, state in find_scan_states(session, files).items() if state == ScanState.INFECTED}


def find_scan_states(session: ReadSession, files: Iterable[str]) -> dict[str, str]:
    """Find the scan state of each of these files; files that were never scanned are left out."""
    rows = session.scalars(select(VirusScanResult).where(VirusScanResult.sha256.in_(list(files))))
    return {row.sha256: row.state for row in rows}


def require_no_virus(session: ReadSession, files: Iterable[str]) -> None:
    """Raise Conflict if one of these files is infected."""
    if list_infected_files(session, files):
        raise Conflict(_("The virus scanner found a problem in a file. Replace that file first."))


def lock_scan_results(session: WriteSession, files: Iterable[str]) -> None:
    """Lock the verdicts on these files until the transaction ends, waiting for those being saved now.

    Without it a virus could be found between the check and the commit, and would not stop this action.
    """
    session.scalars(
        add_row_lock(
            select(VirusScanResult).where(VirusScanResult.sha256.in_(list(files))), strength=RowLockStrength.SHARE
        )
    ).all()


def require_clean_scans(session: ReadSession, files: Iterable[str]) -> None:
    """Raise Conflict if one of these files is infected or waits for the scanner."""
    scan_states = find_scan_states(session, files)
    require_no_virus(session, scan_states)
    if ScanState.WAITING in scan_states.values():
        raise Conflict(_("A file has not been checked for viruses yet. The check runs automatically; try again later."))


def list_files_awaiting_scan(session: ReadSession) -> Sequence[str]:
    """List the files that wait for the scanner, those that wait longest first."""
    return session.scalars(
        select(VirusScanResult.sha256)
        .where(VirusScanResult.state == ScanState.WAITING)
        .order_by(VirusScanResult.asked_at)
    ).all()


def find_rendition(session: ReadSession, sha256: str, *, contribution: UUID | None = None) -> AnyRendition | None:
    """Find the rendition of a file, with its text; that of a `contribution` if it is a file of one."""
    if contribution is None:
        return session.get(Rendition, sha256)
    return session.get(ContributionRendition, {"sha256": sha256, "contribution_id": contribution})


def find_renditions(
    session: ReadSession, files: Iterable[str], *, contribution: UUID | None = None
) -> Mapping[str, AnyRendition]:
    """Find the renditions of these files, by digest, as `find_rendition` does. Their texts, which are long, are loaded
    on access only."""
    renditions: Iterable[AnyRendition]
    if contribution is None:
        statement = select(Rendition).where(Rendition.sha256.in_(set(files)))
        renditions = session.scalars(statement.options(defer(Rendition.paragraphs)))
    else:
        own = ContributionRendition.sha256.in_(set(files)), ContributionRendition.contribution_id == contribution
        renditions = session.scalars(
            select(ContributionRendition).where(*own).options(defer(ContributionRendition.paragraphs))
        )
    return {rendition.sha256: rendition for rendition in renditions}


def require_no_pause(session: ReadSession, person: UUID) -> None:
    """Raise TooManyRequests if `MAX_RECENT_REFUSALS` files of this person were refused within the window."""
    now = clock.now()
    times = session.scalars(
        select(RecentRefusal.refused_at)
        .where(RecentRefusal.person_id == person, RecentRefusal.refused_at > now - REFUSAL_WINDOW)
        .order_by(RecentRefusal.refused_at.desc())
        .limit(MAX_RECENT_REFUSALS)
    ).all()
    if len(times) < MAX_RECENT_REFUSALS:
        return
    raise TooManyRequests(
        _(
            "%(count)s of your files were rejected within ten minutes. Read the findings, and wait %(minutes)s "
            "minutes before you upload the next file.",
            count=MAX_RECENT_REFUSALS,
            minutes=(times[-1] + REFUSAL_WINDOW - now) // timedelta(minutes=1) + 1,
        )
    )
