"""The worker's sign of life for the read path."""

from sqlalchemy import update

from app.core import clock
from app.core.db import WriteSession
from app.domain.releases.models import ReleaseHeartbeat


def record_heartbeat(session: WriteSession) -> None:
    """Record that the worker is alive now. The worker acts, so no permission is required."""
    session.execute(update(ReleaseHeartbeat).values(at=clock.now()))
