"""Sign of life of the worker for the read path, which says since when it may be behind once there is none."""

import asyncio

from app.core.db import transaction
from app.domain.releases.actions import heartbeat
from app.worker.release import WorkerContext

HEARTBEAT_SECONDS = 1.0
"""Seconds between two signs of life."""


async def send_heartbeat(context: WorkerContext) -> None:
    """Record that the worker is alive now."""
    await asyncio.to_thread(_record_heartbeat, context)


def _record_heartbeat(context: WorkerContext) -> None:
    with transaction(context.write_sessions) as session:
        heartbeat.record_heartbeat(session)
