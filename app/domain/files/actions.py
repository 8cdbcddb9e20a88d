"""Save verdicts of the virus scanner, record the making and the end of renditions, and count refused files. The system
acts here, without an actor."""

from collections.abc import Collection, Container
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from app.core import clock, journal
from app.core.clamav import ScanState, ScanVerdict
from app.core.db import WriteSession, add_row_lock
from app.domain.files.events import ContributionRenditionMade, FileScanned, RenditionDeleted, RenditionMade
from app.domain.files.inputs import RenditionResult
from app.domain.files.models import (
    ContributionRendition,
    ContributionScanResult,
    RecentRefusal,
    Rendition,
    RenditionState,
    VirusScanResult,
)
from app.domain.files.queries import REFUSAL_WINDOW, AnyRendition, find_rendition

MAX_ATTEMPTS = 3


def save_scan_verdict(
    session: WriteSession, sha256: str, verdict: ScanVerdict, *, contribution: UUID | None = None
) -> None:
    """Save the scanner's verdict on a file, of a `contribution` if it is a file of one. If the scanner did not answer,
    an earlier verdict is kept.

    Each verdict has a line of the journal, also one that changes nothing: everybody sees how many lines there are, and
    their number must not tell that the file was known.
    """
    _put_scan_result(session, sha256, verdict, contribution)
    if verdict.state is not ScanState.WAITING:
        journal.record_event(session, None, FileScanned(sha256, verdict.state))


def _put_scan_result(session: WriteSession, sha256: str, verdict: ScanVerdict, contribution: UUID | None) -> None:
    moment = clock.now()
    checked = None if verdict.state is ScanState.WAITING else moment
    columns = {"state": verdict.state, "what": verdict.detail, "checked_at": checked}
    table = VirusScanResult if contribution is None else ContributionScanResult
    key = {"sha256": sha256} | ({} if contribution is None else {"contribution_id": contribution})
    statement = insert(table).values(**key, asked_at=moment, **columns)
    if verdict.state is ScanState.WAITING:
        session.execute(statement.on_conflict_do_nothing())
    else:
        session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=columns))


def save_virus_for_contributions(session: WriteSession, sha256: str, virus_name: str) -> None:
    """Save for each contribution with a verdict on this file that it is infected, as one that waited is: bytes that are
    known to hold a virus are given to no one. Waits for submissions that are being saved."""
    found = {"state": ScanState.INFECTED, "what": virus_name, "checked_at": clock.now()}
    session.execute(update(ContributionScanResult).where(ContributionScanResult.sha256 == sha256).values(**found))


def save_virus(session: WriteSession, sha256: str, virus_name: str, *, contribution: UUID | None = None) -> None:
    """Save that a file is infected, as another one with the same bytes is."""
    _put_scan_result(session, sha256, ScanVerdict(ScanState.INFECTED, virus_name), contribution)


def copy_contribution_scans(session: WriteSession, files: Collection[str], contribution: UUID) -> None:
    """Copy the verdicts on the files of a contribution that becomes a document. One that is there already stays, unless
    that file waits for the scanner."""
    columns = [column.name for column in VirusScanResult.__table__.columns]
    source, own = ContributionScanResult, ContributionScanResult.contribution_id == contribution
    made = select(*(source.__table__.columns[name] for name in columns)).where(own, source.sha256.in_(files))
    statement = insert(VirusScanResult).from_select(columns, made)
    copied = {name: statement.excluded[name] for name in columns if name != "sha256"}
    waits = VirusScanResult.state == ScanState.WAITING
    session.execute(statement.on_conflict_do_update(index_elements=["sha256"], set_=copied, where=waits))


def count_rendering_attempt(session: WriteSession, sha256: str, *, contribution: UUID | None = None) -> bool:
    """Count one more attempt to render a file, for a `contribution` if it is a file of one; False if it needs none.

    Attempts are counted in advance, so that a file that crashes its worker is not tried for ever.
    """
    _put_rendition(session, sha256, contribution)
    rendition = _lock_rendition(session, sha256, contribution)
    if rendition is None or rendition.state != RenditionState.WAITING:
        return False
    if rendition.tries >= MAX_ATTEMPTS:
        _finish(session, rendition, is_complete=False)
        return False
    rendition.tries += 1
    return True


def save_rendition(
    session: WriteSession, sha256: str, result: RenditionResult, *, contribution: UUID | None = None
) -> RenditionState:
    """Save the result of rendering a file; an incomplete one is not saved before the last attempt (`MAX_ATTEMPTS`), and
    none after a complete one, which another job has made meanwhile, or once its contribution is deleted."""
    rendition = _lock_rendition(session, sha256, contribution)
    if rendition is None or rendition.state == RenditionState.READY:
        return RenditionState.READY
    if result.whole or rendition.tries >= MAX_ATTEMPTS:
        rendition.paragraphs, rendition.pages = result.paragraphs, result.pages
        rendition.pdf, rendition.pdf_size, rendition.picture = result.pdf, result.pdf_size, result.picture
        rendition.heading_levels = result.heading_levels
        if result.undrawn:
            rendition.undrawn = [asdict(each) for each in result.undrawn]
        _finish(session, rendition, is_complete=result.whole)
    return RenditionState(rendition.state)


def uncount_rendering_attempt(session: WriteSession, sha256: str, *, contribution: UUID | None = None) -> None:
    """Uncount an attempt that failed because of the store or the database, not the file."""
    if rendition := _lock_rendition(session, sha256, contribution):
        rendition.tries -= 1


def note_interruption(session: WriteSession, sha256: str, *, contribution: UUID | None = None) -> None:
    """Note that the service that opens files ended with the rendition of a file, perhaps because of another file: from
    now on it is made alone."""
    if rendition := _lock_rendition(session, sha256, contribution):
        rendition.interrupted_at = clock.now()


def copy_contribution_rendition(session: WriteSession, sha256: str, contribution: UUID) -> bool:
    """Copy the complete rendition of a file from the contribution that became a document, unless that has one; return
    whether it has one now."""
    rendition = session.get(Rendition, sha256)
    made = find_rendition(session, sha256, contribution=contribution)
    if rendition is None and made and made.state == RenditionState.READY:
        copied = {column.key: getattr(made, column.key) for column in Rendition.__table__.columns}
        rendition = Rendition(**copied | {"made_at": None})
        session.add(rendition)
        _finish(session, rendition, is_complete=True)
    return bool(rendition and rendition.state == RenditionState.READY)


def delete_orphaned_renditions(session: WriteSession, on_record: Container[str], *, before: datetime) -> int:
    """Delete renditions that were made before an instant, with their text; return their number.

    Deleted are those of files that are not `on_record` any more, and those of contributions that have other files now,
    with the verdict of the virus scanner on what they had.
    """
    made = session.scalars(select(Rendition.sha256).where(Rendition.made_at < before))
    orphaned = [sha256 for sha256 in made if sha256 not in on_record]
    session.execute(delete(Rendition).where(Rendition.sha256.in_(orphaned)))
    former = session.execute(text("SELECT * FROM portal.list_former_renditions(:before)"), {"before": before}).all()
    for table in (ContributionRendition, ContributionScanResult):
        key = tuple_(table.sha256, table.contribution_id)
        session.execute(delete(table).where(key.in_([(row.sha256, row.contribution_id) for row in former])))
    for sha256 in (*orphaned, *(row.sha256 for row in former)):
        journal.record_event(session, None, RenditionDeleted(sha256))
    return len(orphaned) + len(former)


def _put_rendition(session: WriteSession, sha256: str, contribution: UUID | None) -> None:
    """Put the row of a rendition that is to be made, unless it is there or the contribution is deleted."""
    table = Rendition if contribution is None else ContributionRendition
    values = {"sha256": sha256, "state": RenditionState.WAITING, "asked_at": clock.now(), "tries": 0}
    if contribution is not None:
        values["contribution_id"] = contribution
    try:
        with session.begin_nested():
            session.execute(insert(table).values(**values).on_conflict_do_nothing())
    except IntegrityError:  # the contribution is not there any more
        return


def _lock_rendition(session: WriteSession, sha256: str, contribution: UUID | None) -> AnyRendition | None:
    """Return the rendition of a file, locked; None if its contribution is deleted."""
    if contribution is None:
        return session.scalar(add_row_lock(select(Rendition).where(Rendition.sha256 == sha256)))
    key = ContributionRendition.sha256 == sha256, ContributionRendition.contribution_id == contribution
    return session.scalar(add_row_lock(select(ContributionRendition).where(*key)))


def _finish(session: WriteSession, rendition: AnyRendition, *, is_complete: bool) -> None:
    """Save that a rendition was made. Each has a line of its own: the number of lines tells no one that a file was
    rendered before."""
    rendition.state, rendition.made_at = RenditionState.READY if is_complete else RenditionState.FAILED, clock.now()
    made = (
        ContributionRenditionMade(rendition.contribution_id, rendition.sha256, is_complete)
        if isinstance(rendition, ContributionRendition)
        else RenditionMade(rendition.sha256, is_complete)
    )
    journal.record_event(session, None, made)


def count_refused_file(session: WriteSession, person: UUID) -> None:
    """Count a file of this person that was refused just now, and forget refusals that count no more."""
    now = clock.now()
    session.execute(delete(RecentRefusal).where(RecentRefusal.refused_at < now - REFUSAL_WINDOW))
    session.add(RecentRefusal(person_id=person, refused_at=now))
