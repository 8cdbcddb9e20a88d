"""Storing of virus scanner verdicts. The system acts here, without an actor."""

from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.clamav import ScanState, ScanVerdict
from app.core.db import WriteSession
from app.domain.scans.models import Scan


def save_verdict(session: WriteSession, sha256: str, verdict: ScanVerdict) -> None:
    """Save the scanner's verdict on a file. If the scanner did not answer, an earlier verdict is kept."""
    moment = clock.now()
    checked = None if verdict.state is ScanState.WAITING else moment
    columns = {"state": verdict.state, "what": verdict.detail, "checked_at": checked}
    statement = insert(Scan).values(sha256=sha256, asked_at=moment, **columns)
    if verdict.state is ScanState.WAITING:
        session.execute(statement.on_conflict_do_nothing())
    else:
        session.execute(statement.on_conflict_do_update(index_elements=["sha256"], set_=columns))
