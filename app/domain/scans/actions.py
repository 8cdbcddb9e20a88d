"""Keeping what the virus scanner says. The house does this by itself, for every file and whoever sent it."""

from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import WriteSession
from app.core.scanner import State, Verdict
from app.domain.scans.models import Scan


def note(session: WriteSession, sha256: str, verdict: Verdict) -> None:
    """Keep what the scanner said of a file. That it did not answer takes back nothing of what it said before."""
    moment = clock.now()
    checked = None if verdict.state is State.WAITING else moment
    said = {"state": verdict.state, "what": verdict.what, "checked_at": checked}
    new = insert(Scan).values(sha256=sha256, asked_at=moment, **said)
    if verdict.state is State.WAITING:
        session.execute(new.on_conflict_do_nothing())
    else:
        session.execute(new.on_conflict_do_update(index_elements=["sha256"], set_=said))
