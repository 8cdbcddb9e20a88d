"""Records of the worker while it makes renditions. The system acts here, without an actor."""

from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.db import WriteSession
from app.domain.renditions.events import RenditionMade
from app.domain.renditions.inputs import Made
from app.domain.renditions.models import Rendition, State

MOST_TRIES = 3


def begin_rendering(session: WriteSession, sha256: str) -> bool:
    """Count one more attempt to render a file; False if the file needs none.

    Attempts are counted in advance, so that a file that crashes its worker is not tried for ever.
    """
    values = {"sha256": sha256, "state": State.WAITING, "asked_at": clock.now(), "tries": 0}
    session.execute(insert(Rendition).values(**values).on_conflict_do_nothing())
    rendition = session.get_one(Rendition, sha256, with_for_update=True)
    if rendition.state != State.WAITING:
        return False
    if rendition.tries >= MOST_TRIES:
        _finish(session, rendition, is_complete=False)
        return False
    rendition.tries += 1
    return True


def keep_rendered(session: WriteSession, sha256: str, made: Made) -> State:
    """Save the result of rendering a file; an incomplete one waits for another attempt, up to `MAX_ATTEMPTS`."""
    rendition = session.get_one(Rendition, sha256, with_for_update=True)
    rendition.paragraphs, rendition.pages = made.paragraphs, made.pages
    rendition.pdf, rendition.pdf_size, rendition.picture = made.pdf, made.pdf_size, made.picture
    if made.whole or rendition.tries >= MOST_TRIES:
        _finish(session, rendition, is_complete=made.whole)
    return State(rendition.state)


def give_back_try(session: WriteSession, sha256: str) -> None:
    """Uncount an attempt that failed because of the store or the database, not the file."""
    session.get_one(Rendition, sha256, with_for_update=True).tries -= 1


def _finish(session: WriteSession, rendition: Rendition, *, is_complete: bool) -> None:
    rendition.state, rendition.made_at = State.READY if is_complete else State.FAILED, clock.now()
    journal.record(session, None, RenditionMade(rendition.sha256, is_complete))
