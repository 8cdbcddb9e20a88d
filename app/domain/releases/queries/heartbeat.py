"""The worker's last sign of life, as the read path sees it, and whether its database may be served."""

from datetime import datetime

from sqlalchemy import select, text

from app.core.db import ReadSession
from app.domain.releases.models import ReleaseHeartbeat


def find_last_heartbeat(session: ReadSession) -> datetime | None:
    """Find when the worker gave its last sign of life; None if it never gave one."""
    return session.scalar(select(ReleaseHeartbeat.at))


def is_servable(session: ReadSession) -> bool:
    """Whether readers may be served from this database: something was copied from the portal's (logical replication),
    no table is still being copied, and there is no restore hold."""
    query = """
        SELECT EXISTS (SELECT FROM release.version)
            AND NOT EXISTS (SELECT FROM pg_subscription_rel WHERE srsubstate <> 'r')
            AND NOT EXISTS (SELECT FROM release.hold)
    """
    return bool(session.scalar(text(query)))
