"""Changes of a meeting's floor as server-sent events. They carry a counter only; the page then fetches the floor.

A listener holds no database connection. Its permission is checked again from time to time, and whenever an event may
have been missed. The stream ends when the session closes or the permission does.
"""

import random
import time
from collections.abc import AsyncIterator
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from app.core.db import ReadSession, transaction
from app.core.errors import DomainError
from app.core.permissions import Actor
from app.domain.floor import queries, rules
from app.domain.floor.actions.presence import note_presence
from app.domain.meetings import queries as meetings
from app.domain.meetings.rules import is_first_day_reached
from app.http.authentication import SignedInGuard, find_actor_by_secret, session_cookie_name
from app.http.page_context import ReadContext
from app.http.portal_state import PortalState

router = APIRouter()

EVENT_STREAM_TYPE = "text/event-stream"
KEEPALIVE_SECONDS = 15.0  # seconds; proxies close idle connections
RECHECK_SECONDS = 30.0  # seconds between two checks of the permission
# Proxies such as nginx must not buffer the stream.
UNBUFFERED_HEADERS = {"X-Accel-Buffering": "no"}


@router.get("/meetings/{meeting}/floor/events", dependencies=[Depends(SignedInGuard(rules.SEE))])
async def stream_floor_events(context: ReadContext, meeting: UUID, once: str = "") -> Response:
    """Stream the events; with `once` or HEAD answer the current state only. 204 while no session is open, so that
    clients do not retry."""
    now = await run_in_threadpool(_follow, context.portal, context.session, context.actor, meeting)
    if now is None:
        return Response(status_code=204)
    if once or context.request.state.is_head:
        return Response(_changed_event(now), media_type=EVENT_STREAM_TYPE)
    secret = context.request.cookies[session_cookie_name(context.portal)]
    return StreamingResponse(
        _generate_events(context.portal, secret, meeting), media_type=EVENT_STREAM_TYPE, headers=UNBUFFERED_HEADERS
    )


async def _generate_events(portal: PortalState, secret: str, meeting: UUID) -> AsyncIterator[str]:
    """Yield the events of one listener, the current state first."""
    check_at = time.monotonic()
    with portal.notifier.subscribe(queries.floor_channel(meeting)) as listener:
        while not listener.is_closed:
            if time.monotonic() >= check_at:
                check_at = time.monotonic() + RECHECK_SECONDS * random.uniform(0.7, 1.3)  # noqa: S311 - only jitter
                async with portal.limiter.acquire_slot(is_writer=False):
                    now = await run_in_threadpool(_count_changes_if_visible, portal, secret, meeting)
                if now is None:
                    yield _ended_event()
                    return
                yield _changed_event(now)
            if not await listener.wait(KEEPALIVE_SECONDS):
                yield ":\n\n"
            elif listener.last_value == queries.SESSION_CLOSED:
                yield _ended_event()
                return
            elif listener.last_value is None:
                check_at = time.monotonic()
            else:
                yield _changed_event(listener.last_value)


def _follow(portal: PortalState, session: ReadSession, actor: Actor, meeting: UUID) -> int | None:
    """Return how often the floor has changed, None while no session is open; note that the actor follows it, or waits
    for the next session.

    A GET request cannot write in its own transaction, and writes only now and then. Raises NotFound, Forbidden.
    """
    meeting_row = meetings.get_visible_meeting(session, actor, meeting)
    rules.SEE.require(actor, meeting_row)
    changes = queries.count_floor_changes(session, meeting_row.id)
    expects_session = changes is not None or (
        is_first_day_reached(meeting_row) and queries.find_next_session(session, meeting_row) is not None
    )
    if expects_session and not queries.is_presence_recent(session, actor.person, meeting_row.id):
        with transaction(portal.touch_sessions) as touching:
            note_presence(touching, actor, meeting_row)
    return changes


def _count_changes_if_visible(portal: PortalState, secret: str, meeting: UUID) -> int | None:
    """Return how often the floor has changed, None if the session of the user may no longer see it."""
    with transaction(portal.read_sessions) as session:
        actor = find_actor_by_secret(session, portal, secret)
        try:
            return _follow(portal, session, actor, meeting) if actor else None
        except DomainError:
            return None


def _changed_event(count: int) -> str:
    return f"event: changed\ndata: {count}\n\n"


def _ended_event() -> str:
    return "event: ended\ndata: \n\n"
