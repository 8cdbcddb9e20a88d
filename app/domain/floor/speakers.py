"""The list of speakers: request the floor, withdraw requests, and manage the list as chair."""

from datetime import timedelta
from uuid import UUID

from app.core import clock, journal
from app.core.access import Actor
from app.core.db import WriteSession
from app.core.errors import Conflict, Unknown
from app.core.i18n import say
from app.domain.bodies.rules import DELEGATES
from app.domain.floor import events, queries, rules, turns
from app.domain.floor.inputs import Asking, Closing, Declining, Moving, Putting
from app.domain.floor.models import FloorMove, FloorRequest, Kind, Standing
from app.domain.meetings.models import Meeting

CHAIR_PUT_THEM = ""
"""Capacity of a request that the chair entered for a State."""


def ask(session: WriteSession, actor: Actor, meeting: Meeting, new: Asking) -> FloorRequest:
    """Request the floor for the actor's own State; a repeated request returns the waiting one.

    Raises Forbidden; Conflict if no session is open, the list is closed, or the State waits on behalf of others.
    """
    rules.ASK.require(actor, queries.at(session, meeting, actor.entity))
    floor = turns.lock(session, actor, meeting)
    if waiting := _find_waiting(floor, actor.entity, new):
        return waiting
    capacity = next(role for role in reversed(DELEGATES) if actor.sits(meeting.body_id, role))
    return _enter_request(floor, actor.entity, new, capacity, by_chair=False)


def put_on_list(session: WriteSession, actor: Actor, meeting: Meeting, new: Putting, *, version: int) -> FloorRequest:
    """Enter a request for a State that asked in the meeting.

    Raises Forbidden, Stale; NotFound for a State without a seat in the body; Conflict.
    """
    rules.RUN.require(actor, queries.at(session, meeting))
    floor = turns.take(session, actor, meeting, version)
    if new.entity not in queries.represented(session, meeting):
        raise Unknown()
    return _find_waiting(floor, new.entity, new) or _enter_request(
        floor, new.entity, new, CHAIR_PUT_THEM, by_chair=True
    )


def withdraw(session: WriteSession, actor: Actor, meeting: Meeting, request: UUID) -> None:
    """Withdraw a request of the actor's own State, also between two sessions.

    Raises Forbidden, NotFound; Conflict if it is not waiting any more.
    """
    floor_request = queries.one_of_meeting(session, meeting, request)
    rules.WITHDRAW.require(actor, rules.Asked(meeting.body_id, floor_request.entity, floor_request.standing))
    floor = turns.lock_if_it_sits(session, actor, meeting)
    session.refresh(floor_request, with_for_update=True)
    turns.insist_on_waiting(floor_request)
    floor_request.standing, floor_request.ended_at = Standing.WITHDRAWN, clock.now()
    event = events.FloorWithdrawn(meeting.id, floor_request.id)
    if floor:
        floor.done(event, tools=False)
    else:
        journal.record(session, actor, event, body=meeting.body_id)


def decline(
    session: WriteSession, actor: Actor, meeting: Meeting, request: UUID, new: Declining, *, version: int
) -> None:
    """Decline a request, with a reason. Raises Forbidden, Stale, NotFound; Conflict if it is not waiting any more."""
    rules.RUN.require(actor, queries.at(session, meeting))
    floor = turns.take(session, actor, meeting, version)
    floor_request = queries.one_request(session, floor.sitting, request)
    turns.insist_on_waiting(floor_request)
    floor_request.standing, floor_request.ended_at, floor_request.reason = Standing.DECLINED, floor.moment, new.reason
    floor.done(events.FloorDeclined(meeting.id, floor_request.id))


def move(session: WriteSession, actor: Actor, meeting: Meeting, request: UUID, new: Moving, *, version: int) -> None:
    """Move a request before another one of its kind, or to the end of the list; points of order are not moved.

    Raises Forbidden, Stale, NotFound; Conflict if one of the two is not waiting any more.
    """
    rules.RUN.require(actor, queries.at(session, meeting))
    floor = turns.take(session, actor, meeting, version)
    floor_request = queries.one_request(session, floor.sitting, request)
    turns.insist_on_waiting(floor_request)
    if floor_request.kind == Kind.POINT_OF_ORDER:
        raise Conflict(say("A point of order comes first; it is not moved."))
    order = queries.on_the_list(floor.requests(), floor_request.kind)
    was = order.index(floor_request)
    others = [other for other in order if other is not floor_request]
    places = {other.id: place for place, other in enumerate(others)}
    if new.before is not None and new.before not in places:
        raise Conflict(say("This request does not wait any more."))
    becomes = len(others) if new.before is None else places[new.before]
    others.insert(becomes, floor_request)
    for place, other in enumerate(others, start=1):
        other.place = place
    floor_move = FloorMove(
        request_id=floor_request.id,
        was=was + 1,
        becomes=becomes + 1,
        reason=new.reason,
        moved_by=actor.person,
        moved_at=floor.moment,
    )
    session.add(floor_move)
    floor.done(events.FloorMoved(meeting.id, floor_request.id, was + 1, becomes + 1))


def close_list(session: WriteSession, actor: Actor, meeting: Meeting, new: Closing, *, version: int) -> None:
    """Announce when the list of speakers closes: in some minutes, or now. Raises Forbidden, Conflict, Stale."""
    rules.RUN.require(actor, queries.at(session, meeting))
    floor = turns.take(session, actor, meeting, version)
    closes_at = floor.moment + timedelta(minutes=new.minutes)
    floor.sitting.list_closes_at = closes_at
    floor.done(events.ListChanged(meeting.id, "closes", closes_at.isoformat(), floor.sitting.limit_seconds))


def reopen_list(session: WriteSession, actor: Actor, meeting: Meeting, *, version: int) -> None:
    """Open the list of speakers again. Raises Forbidden, Conflict, Stale."""
    rules.RUN.require(actor, queries.at(session, meeting))
    floor = turns.take(session, actor, meeting, version)
    floor.sitting.list_closes_at = None
    floor.done(events.ListChanged(meeting.id, "reopened", "", floor.sitting.limit_seconds))


def _find_waiting(floor: turns.Turn, entity: str, wish: Asking) -> FloorRequest | None:
    """Find an equal request that is waiting.

    Raises Conflict if the State already waits for the same kind on behalf of others.
    """
    for request in floor.requests():
        if (request.entity, request.kind, request.standing) == (entity, wish.kind, Standing.WAITING):
            if request.on_behalf_of != wish.on_behalf_of:
                raise Conflict(say("This State is on the list already. Take that request back first."))
            return request
    return None


def _enter_request(floor: turns.Turn, entity: str, wish: Asking, capacity: str, *, by_chair: bool) -> FloorRequest:
    """Store a new request. Raises Conflict if it cannot be made now; the chair (`by_chair`) may enter it anyway."""
    requests, sitting = floor.requests(), floor.sitting
    waiting = [
        request
        for request in requests
        if request.standing in (Standing.WAITING, Standing.SPEAKING, Standing.INTERRUPTED)
    ]
    objection = rules.against_asking(
        wish.kind,
        closed=rules.is_closed(sitting.list_closes_at, floor.moment),
        waiting=sum(request.kind == Kind.FLOOR for request in waiting),
        heard=queries.heard(requests),
    )
    if objection and not by_chair:
        raise Conflict(objection)
    floor_request = FloorRequest(
        session_id=sitting.session_id,
        entity=entity,
        on_behalf_of=wish.on_behalf_of,
        capacity=capacity,
        kind=wish.kind,
        item_id=sitting.item_id,
        number=queries.last_number(floor.session, sitting) + 1,
        place=max((request.place for request in requests if request.kind == wish.kind), default=0) + 1,
        asked_by=floor.actor.person,
        asked_at=floor.moment,
    )
    floor.session.add(floor_request)
    floor.session.flush()
    floor.done(events.FloorAsked(floor.meeting.id, floor_request.id, entity, floor_request.kind), tools=by_chair)
    return floor_request
