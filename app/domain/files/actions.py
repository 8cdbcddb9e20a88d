"""Save verdicts of the virus scanner, record the making and the end of renditions, and count refused files. The system
acts here, without an actor."""

from collections.abc import Container
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.clamav import ScanState, ScanVerdict
from app.core.db import WriteSession, add_row_lock
from app.domain.files.events import FileScanned, RenditionDeleted, RenditionMade
from app.domain.files.inputs import RenditionResult
from app.domain.files.models import RecentRefusal, Rendition, RenditionState, VirusScanResult
from app.domain.files.queries import REFUSAL_WINDOW

MAX_ATTEMPTS = 3


def save_scan_verdict(session: WriteSession, sha256: str, verdict: ScanVerdict) -> None:
    """Save the scanner's verdict on a file. If the scanner did not answer, an earlier verdict is kept."""
    moment = clock.now()
    checked = None if verdict.state is ScanState.WAITING else moment
    columns = {"state": verdict.state, "what": verdict.detail, "checked_at": checked}
    statement = insert(VirusScanResult).values(sha256=sha256, asked_at=moment, **columns)
    if verdict.state is ScanState.WAITING:
        session.execute(statement.on_conflict_do_nothing())
        return
    earlier = session.scalar(add_row_lock(select(VirusScanResult).where(VirusScanResult.sha256 == sha256)))
    if earlier is None or (earlier.state, earlier.what) != (verdict.state, verdict.detail):
        journal.record_event(session, None, FileScanned(sha256, verdict.state))
    session.execute(statement.on_conflict_do_update(index_elements=["sha256"], set_=columns))


def count_rendering_attempt(session: WriteSession, sha256: str) -> bool:
    """Count one more attempt to render a file; False if the file needs none.

    Attempts are counted in advance, so that a file that crashes its worker is not tried for ever.
    """
    values = {"sha256": sha256, "state": RenditionState.WAITING, "asked_at": clock.now(), "tries": 0}
    session.execute(insert(Rendition).values(**values).on_conflict_do_nothing())
    rendition = _lock_rendition(session, sha256)
    if rendition.state != RenditionState.WAITING:
        return False
    if rendition.tries >= MAX_ATTEMPTS:
        _finish(session, rendition, is_complete=False)
        return False
    rendition.tries += 1
    return True


def save_rendition(session: WriteSession, sha256: str, result: RenditionResult) -> RenditionState:
    """Save the result of rendering a file; an incomplete one is not saved before the last attempt (`MAX_ATTEMPTS`), and
    none after a complete one, which another job has made meanwhile."""
    rendition = _lock_rendition(session, sha256)
    if rendition.state == RenditionState.READY:
        return RenditionState.READY
    if result.whole or rendition.tries >= MAX_ATTEMPTS:
        rendition.paragraphs, rendition.pages = result.paragraphs, result.pages
        rendition.pdf, rendition.pdf_size, rendition.picture = result.pdf, result.pdf_size, result.picture
        if result.undrawn:
            rendition.undrawn = [asdict(each) for each in result.undrawn]
        _finish(session, rendition, is_complete=result.whole)
    return RenditionState(rendition.state)


def uncount_rendering_attempt(session: WriteSession, sha256: str) -> None:
    """Uncount an attempt that failed because of the store or the database, not the file."""
    _lock_rendition(session, sha256).tries -= 1


def delete_orphaned_renditions(session: WriteSession, referenced: Container[str], *, before: datetime) -> int:
    """Delete the renditions that were made before an instant from files that are not `referenced` any more, with their
    text; return their number."""
    made = session.scalars(select(Rendition.sha256).where(Rendition.made_at < before))
    orphaned = [sha256 for sha256 in made if sha256 not in referenced]
    session.execute(delete(Rendition).where(Rendition.sha256.in_(orphaned)))
    for sha256 in orphaned:
        journal.record_event(session, None, RenditionDeleted(sha256))
    return len(orphaned)


def _lock_rendition(session: WriteSession, sha256: str) -> Rendition:
    """Return the rendition of a file, locked."""
    return session.scalars(add_row_lock(select(Rendition).where(Rendition.sha256 == sha256))).one()


def _finish(session: WriteSession, rendition: Rendition, *, is_complete: bool) -> None:
    rendition.state, rendition.made_at = RenditionState.READY if is_complete else RenditionState.FAILED, clock.now()
    journal.record_event(session, None, RenditionMade(rendition.sha256, is_complete))


def count_refused_file(session: WriteSession, person: UUID) -> None:
    """Count a file of this person that was refused just now, and forget refusals that count no more."""
    now = clock.now()
    session.execute(delete(RecentRefusal).where(RecentRefusal.refused_at < now - REFUSAL_WINDOW))
    session.add(RecentRefusal(person_id=person, refused_at=now))
