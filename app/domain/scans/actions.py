"""Storing of virus scanner verdicts. The system acts here, without an actor."""

from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import WriteSession
from app.core.scanner import State, Verdict
from app.domain.scans.models import Scan


def note(session: WriteSession, sha256: str, verdict: Verdict) -> None:
    """Save the scanner's verdict on a file. If the scanner did not answer, an earlier verdict is kept."""
    moment = clock.now()
    checked = None if verdict.state is State.WAITING else moment
    columns = {"state": verdict.state, "what": verdict.what, "checked_at": checked}
    statement = insert(Scan).values(sha256=sha256, asked_at=moment, **columns)
    if verdict.state is State.WAITING:
        session.execute(statement.on_conflict_do_nothing())
    else:
        session.execute(statement.on_conflict_do_update(index_elements=["sha256"], set_=columns))
