"""What the worker notes while it makes renditions. The house acts here, so nobody is asked."""

from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.db import WriteSession
from app.domain.renditions.events import RenditionMade
from app.domain.renditions.inputs import Made
from app.domain.renditions.models import Rendition, State

MOST_TRIES = 3


def begin_rendering(session: WriteSession, sha256: str) -> bool:
    """Note that it is tried once more; returns whether there is anything to do.

    The try is counted before it is made, so that a file that kills its worker is not tried for ever.
    """
    values = {"sha256": sha256, "state": State.WAITING, "asked_at": clock.now(), "tries": 0}
    session.execute(insert(Rendition).values(**values).on_conflict_do_nothing())
    found = session.get_one(Rendition, sha256, with_for_update=True)
    if found.state != State.WAITING:
        return False
    if found.tries >= MOST_TRIES:
        _end(session, found, whole=False)
        return False
    found.tries += 1
    return True


def keep_rendered(session: WriteSession, sha256: str, made: Made) -> State:
    """Keep what was made. What is not whole waits for another try, up to the third."""
    found = session.get_one(Rendition, sha256, with_for_update=True)
    found.paragraphs, found.pages = made.paragraphs, made.pages
    found.pdf, found.pdf_size, found.picture = made.pdf, made.pdf_size, made.picture
    if made.whole or found.tries >= MOST_TRIES:
        _end(session, found, whole=made.whole)
    return State(found.state)


def give_back_try(session: WriteSession, sha256: str) -> None:
    """The try does not count: the house was at fault (its store, its database), not the file."""
    session.get_one(Rendition, sha256, with_for_update=True).tries -= 1


def _end(session: WriteSession, found: Rendition, *, whole: bool) -> None:
    found.state, found.made_at = State.READY if whole else State.FAILED, clock.now()
    journal.record(session, None, RenditionMade(found.sha256, whole))
