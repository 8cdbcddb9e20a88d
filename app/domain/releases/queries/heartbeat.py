"""The worker's last sign of life, as the read path sees it."""

from datetime import datetime

from sqlalchemy import select

from app.core.db import ReadSession
from app.domain.releases.models import ReleaseHeartbeat


def find_last_heartbeat(session: ReadSession) -> datetime | None:
    """Find when the worker gave its last sign of life; None if it never gave one."""
    return session.scalar(select(ReleaseHeartbeat.at))
