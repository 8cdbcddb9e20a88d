"""Changes of a meeting's floor as server-sent events. They carry a counter only; the page then fetches the floor.

A listener holds no database connection. Its permission is checked again from time to time, and whenever an event may
have been missed. The stream ends when the session closes or the permission does.
"""

import random
import time
from collections.abc import AsyncIterator
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from app.asgi.actors import Asks, SignedIn, cookie_name, still_there
from app.asgi.house import House, Reading, TheHouse
from app.core.access import Actor
from app.core.db import ReadSession, transaction
from app.core.errors import Refusal
from app.domain.floor import queries, rules
from app.domain.meetings import queries as meetings

router = APIRouter()

EVENTS = "text/event-stream"
BEAT = 15.0  # seconds; proxies close idle connections
LOOK_AGAIN = 30.0  # seconds between two checks of the permission
# Proxies such as nginx must not buffer the stream.
UNBUFFERED = {"X-Accel-Buffering": "no"}


@router.get("/meetings/{meeting}/floor/events", name="floor-events", dependencies=[Depends(Asks(rules.SEE))])
async def events(
    meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request, once: str = ""
) -> Response:
    """Stream the events; with `once` or HEAD answer the current state only. 204 while no session is open, so that
    clients do not retry."""
    now = await run_in_threadpool(_count_changes, session, actor, meeting)
    if now is None:
        return Response(status_code=204)
    if once or request.state.is_head:
        return Response(_changed_event(now), media_type=EVENTS)
    secret = request.cookies[cookie_name(house)]
    return StreamingResponse(_generate_events(house, secret, meeting), media_type=EVENTS, headers=UNBUFFERED)


async def _generate_events(house: House, secret: str, meeting: UUID) -> AsyncIterator[str]:
    """Yield the events of one listener, the current state first."""
    check_at = time.monotonic()
    with house.bell.listening(queries.topic(meeting)) as listener:
        while not listener.over:
            if time.monotonic() >= check_at:
                check_at = time.monotonic() + LOOK_AGAIN * random.uniform(0.7, 1.3)  # noqa: S311 - only jitter
                async with house.turns.taken(is_writer=False):
                    now = await run_in_threadpool(_count_changes_if_visible, house, secret, meeting)
                if now is None:
                    yield _ended_event()
                    return
                yield _changed_event(now)
            if not await listener.heard(BEAT):
                yield ":\n\n"
            elif listener.last == queries.OVER:
                yield _ended_event()
                return
            elif listener.last is None:
                check_at = time.monotonic()
            else:
                yield _changed_event(listener.last)


def _count_changes(session: ReadSession, actor: Actor, meeting: UUID) -> int | None:
    """Return how often the floor has changed, None while no session is open. Raises NotFound, Forbidden."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.SEE.require(actor, meeting_row)
    return queries.changes(session, meeting_row.id)


def _count_changes_if_visible(house: House, secret: str, meeting: UUID) -> int | None:
    """Return how often the floor has changed, None if the session of the user may no longer see it."""
    with transaction(house.read) as session:
        actor = still_there(session, house, secret)
        try:
            return _count_changes(session, actor, meeting) if actor else None
        except Refusal:
            return None


def _changed_event(count: int) -> str:
    return f"event: changed\ndata: {count}\n\n"


def _ended_event() -> str:
    return "event: ended\ndata: \n\n"
