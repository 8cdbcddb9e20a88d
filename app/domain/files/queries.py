"""Queries for scan verdicts and renditions, and for who pauses as their files were refused. The caller has checked that
the actor may read the file: a digest gives no right.

Files may be used unless they are infected or wait for the scanner; a `contribution` has verdicts and renditions of its
own. A person pauses, not their State; what counts is in the database: over all processes, and with what the worker
refused.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import InstrumentedAttribute, defer

from app.core import clock
from app.core.clamav import ScanState
from app.core.database.combined_lists import KeyParameter, list_of_thing
from app.core.db import ReadSession, RowLockStrength, WriteSession, add_row_lock
from app.core.errors import Conflict, TooManyRequests
from app.core.i18n import lazy_gettext as _
from app.core.long_texts import TextBeginning, take_beginning
from app.core.page_sessions import read_once
from app.domain.files.models import (
    ContributionRendition,
    ContributionScanResult,
    RecentRefusal,
    Rendition,
    RenditionState,
    VirusScanResult,
)

AnyRendition = Rendition | ContributionRendition
AnyScanResult = VirusScanResult | ContributionScanResult

MAX_RECENT_REFUSALS: Final = 10
REFUSAL_WINDOW: Final = timedelta(minutes=10)


def build_quarantined_condition(
    sha256: InstrumentedAttribute[str], contribution_id: InstrumentedAttribute[UUID]
) -> ColumnElement[bool]:
    """SQL condition on columns of digests and contributions: the file of that one is infected or waits for the
    scanner."""
    return exists().where(
        ContributionScanResult.sha256 == sha256,
        ContributionScanResult.contribution_id == contribution_id,
        ContributionScanResult.state != ScanState.CLEAN,
    )


def build_infected_condition(sha256: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """SQL condition on a column of digests: the file, which is none of a contribution, is infected."""
    return exists().where(VirusScanResult.sha256 == sha256, VirusScanResult.state == ScanState.INFECTED)


def list_infected_files(session: ReadSession, files: Iterable[str], *, contribution: UUID | None = None) -> set[str]:
    """List the infected files among these."""
    states = find_scan_states(session, files, contribution=contribution)
    return {sha256 for sha256, state in states.items() if state == ScanState.INFECTED}


def find_scan_states(session: ReadSession, files: Iterable[str], *, contribution: UUID | None = None) -> dict[str, str]:
    """Find the scan state of each of these files; files that were never scanned are left out."""
    return _read_scan_states(session, frozenset(files), contribution)


@read_once
def _read_scan_states(session: ReadSession, files: frozenset[str], contribution: UUID | None) -> dict[str, str]:
    if not files:
        return {}
    rows: Iterable[AnyScanResult]
    if contribution is None:
        rows = session.scalars(_select_scan_results(files, contribution))
    else:
        rows = list_contribution_scans(session, contribution)
    return {row.sha256: row.state for row in rows if row.sha256 in files}


@list_of_thing
def list_contribution_scans(contribution_id: KeyParameter) -> Select[ContributionScanResult]:
    """List the results of the virus scanner for the files of a contribution, also those that were replaced."""
    return select(ContributionScanResult).where(ContributionScanResult.contribution_id == contribution_id)


def _select_scan_results(
    files: Iterable[str], contribution: UUID | None
) -> Select[VirusScanResult] | Select[ContributionScanResult]:
    if contribution is None:
        return select(VirusScanResult).where(VirusScanResult.sha256.in_(set(files)))
    own = ContributionScanResult.contribution_id == contribution
    return select(ContributionScanResult).where(own, ContributionScanResult.sha256.in_(set(files)))


def require_no_virus(session: ReadSession, files: Iterable[str], *, contribution: UUID | None = None) -> None:
    """Raise Conflict if one of these files is infected."""
    if list_infected_files(session, files, contribution=contribution):
        raise Conflict(_("The virus scanner found a problem in a file. Replace that file first."))


def lock_scan_results(session: WriteSession, files: Iterable[str], *, contribution: UUID) -> None:
    """Lock the verdicts on these files until the transaction ends, waiting for those being saved now.

    Without it a virus could be found between the check and the commit, and would not stop this action.
    """
    session.scalars(add_row_lock(_select_scan_results(files, contribution), strength=RowLockStrength.SHARE)).all()


def require_clean_scans(session: ReadSession, files: Iterable[str], *, contribution: UUID | None = None) -> None:
    """Raise Conflict if one of these files is infected or waits for the scanner."""
    scan_states = find_scan_states(session, files, contribution=contribution)
    require_no_virus(session, scan_states, contribution=contribution)
    if ScanState.WAITING in scan_states.values():
        raise Conflict(_("A file has not been checked for viruses yet. The check runs automatically; try again later."))


def list_files_awaiting_scan(session: ReadSession) -> Sequence[tuple[str, UUID | None]]:
    """List the files that wait for the scanner, each with the contribution of which it is one, those that wait longest
    first. For the worker, which sees those of all States."""
    files = select(VirusScanResult).where(VirusScanResult.state == ScanState.WAITING)
    of_contributions = select(ContributionScanResult).where(ContributionScanResult.state == ScanState.WAITING)
    waiting: list[tuple[datetime, str, UUID | None]] = [
        *((row.asked_at, row.sha256, None) for row in session.scalars(files)),
        *((row.asked_at, row.sha256, row.contribution_id) for row in session.scalars(of_contributions)),
    ]
    return [(sha256, contribution) for _, sha256, contribution in sorted(waiting, key=itemgetter(0))]


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
    if not (files := set(files)):
        return {}
    renditions: Iterable[AnyRendition]
    if contribution is None:
        statement = select(Rendition).where(Rendition.sha256.in_(set(files)))
        renditions = session.scalars(statement.options(defer(Rendition.paragraphs), defer(Rendition.heading_levels)))
    else:
        own = ContributionRendition.sha256.in_(set(files)), ContributionRendition.contribution_id == contribution
        text = defer(ContributionRendition.paragraphs), defer(ContributionRendition.heading_levels)
        renditions = session.scalars(select(ContributionRendition).where(*own).options(*text))
    return {rendition.sha256: rendition for rendition in renditions}


def lock_renditions(session: WriteSession, files: Iterable[str]) -> Mapping[str, Rendition]:
    """Find the renditions of these files, as `find_renditions` does, and lock them until the transaction ends: their
    files are not removed meanwhile. One that is being deleted is waited for, and left out."""
    statement = select(Rendition).where(Rendition.sha256.in_(set(files))).order_by(Rendition.sha256)
    statement = statement.options(defer(Rendition.paragraphs), defer(Rendition.heading_levels))
    locked = session.scalars(add_row_lock(statement, strength=RowLockStrength.SHARE))
    return {rendition.sha256: rendition for rendition in locked}


def find_beginnings(
    session: ReadSession, files: Iterable[str], *, contribution: UUID, paragraphs: int
) -> Mapping[str, Sequence[str]]:
    """Find the first paragraphs of the text of these files of a contribution, by digest; of those that have one."""
    beginning = ContributionRendition.paragraphs[1:paragraphs].label("beginning")
    own = ContributionRendition.sha256.in_(set(files)), ContributionRendition.contribution_id == contribution
    rows = session.execute(select(ContributionRendition.sha256, beginning).where(*own))
    return {row.sha256: row.beginning for row in rows if row.beginning}


def was_interrupted(session: ReadSession, sha256: str, *, contribution: UUID | None = None) -> bool:
    """Return whether the service that opens files ended with the rendition of a file."""
    rendition = find_rendition(session, sha256, contribution=contribution)
    return rendition is not None and rendition.interrupted_at is not None


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


@dataclass(frozen=True, slots=True)
class ShownText:
    """The beginning of the text in one language, of `languages`; `state` is that of the rendition, which it is of."""

    language: str
    languages: Sequence[str]
    beginning: TextBeginning
    state: str


def load_shown_text(
    session: ReadSession, files: Mapping[str, str], preferred: Sequence[str], *, contribution: UUID | None = None
) -> ShownText | None:
    """Load the text of the first of the `preferred` languages in which there is a file, else of the first file; None
    without any. Infected files are left out.

    `files` are the digests of files that were loaded for the actor, by language, `contribution` that to which they
    belong, if they do.
    """
    infected = list_infected_files(session, files.values(), contribution=contribution)
    languages = [language for language, sha256 in files.items() if sha256 not in infected]
    if not languages:
        return None
    language = next((each for each in preferred if each in languages), languages[0])
    rendition = find_rendition(session, files[language], contribution=contribution)
    state = rendition.state if rendition else RenditionState.WAITING
    return ShownText(language, languages, take_rendered_beginning(rendition), state)


def take_rendered_beginning(rendition: AnyRendition | None) -> TextBeginning:
    """Take as much of the text of a file as a page shows; nothing if there is none yet."""
    if rendition is None or rendition.paragraphs is None:
        return take_beginning([], [])
    return take_beginning(rendition.paragraphs, rendition.heading_levels or [])
