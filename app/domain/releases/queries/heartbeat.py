"""The worker's last sign of life, as the read path sees it, and whether its database may be served."""

from datetime import datetime

from sqlalchemy import select, text

from app.core.db import ReadSession
from app.domain.releases.models import ReleaseHeartbeat


def find_last_heartbeat(session: ReadSession) -> datetime | None:
    """Find when the worker gave its last sign of life; None if it never gave one."""
    return session.scalar(select(ReleaseHeartbeat.at))


def is_servable(session: ReadSession) -> bool:
    """Whether readers may be served from this database: no table is still being copied from the portal's (logical
    replication), and there is no restore hold."""
    query = (
        "SELECT EXISTS (SELECT FROM pg_subscription_rel WHERE srsubstate <> 'r') OR EXISTS (SELECT FROM release.hold)"
    )
    return not session.scalar(text(query))
