"""That the floor of a meeting has changed, as server-sent events. They say so and nothing else; the page then asks.

A listener holds no connection to the database. Whether they may still listen is looked at from time to time, and
whenever something may have been missed. The stream ends when the session closes, or the right to see it does.
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
BEAT = 15.0  # seconds; a silent line is cut by what stands between
LOOK_AGAIN = 30.0
# Proxies that gather answers before they pass them on are asked not to (nginx).
UNBUFFERED = {"X-Accel-Buffering": "no"}


@router.get("/meetings/{meeting}/floor/events", name="floor-events", dependencies=[Depends(Asks(rules.SEE))])
async def events(
    meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request, once: str = ""
) -> Response:
    """The stream; with `once`, only how things stand now. 204 while no session is open, so that nobody asks again."""
    now = await run_in_threadpool(_changes, session, actor, meeting)
    if now is None:
        return Response(status_code=204)
    if once or request.state.is_head:
        return Response(_changed(now), media_type=EVENTS)
    secret = request.cookies[cookie_name(house)]
    return StreamingResponse(_told(house, secret, meeting), media_type=EVENTS, headers=UNBUFFERED)


async def _told(house: House, secret: str, meeting: UUID) -> AsyncIterator[str]:
    """Everything that a listener is sent. Whoever comes hears at once how things stand."""
    look_at = time.monotonic()
    with house.bell.listening(queries.topic(meeting)) as listener:
        while not listener.over:
            if time.monotonic() >= look_at:
                look_at = time.monotonic() + LOOK_AGAIN * random.uniform(0.7, 1.3)  # noqa: S311 - only spreads them
                async with house.turns.taken(is_writer=False):
                    now = await run_in_threadpool(_still, house, secret, meeting)
                if now is None:
                    yield _ended()
                    return
                yield _changed(now)
            if not await listener.heard(BEAT):
                yield ":\n\n"
            elif listener.last == queries.OVER:
                yield _ended()
                return
            elif listener.last is None:
                look_at = time.monotonic()
            else:
                yield _changed(listener.last)


def _changes(session: ReadSession, actor: Actor, meeting: UUID) -> int | None:
    found = meetings.one_visible(session, actor, meeting)
    rules.SEE.require(actor, found)
    return queries.changes(session, found.id)


def _still(house: House, secret: str, meeting: UUID) -> int | None:
    """How often the floor has changed, for whoever may still see it."""
    with transaction(house.read) as session:
        actor = still_there(session, house, secret)
        try:
            return _changes(session, actor, meeting) if actor else None
        except Refusal:
            return None


def _changed(count: int) -> str:
    return f"event: changed\ndata: {count}\n\n"


def _ended() -> str:
    return "event: ended\ndata: \n\n"
