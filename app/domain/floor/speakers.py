"""The list of speakers: asking for the floor, taking it back, and how the chair keeps the list."""

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
"""The capacity of a request that no delegate made."""


def ask(session: WriteSession, actor: Actor, meeting: Meeting, new: Asking) -> FloorRequest:
    """Ask for the floor for the own State. Asking for the same once more is asking once."""
    rules.ASK.require(actor, queries.at(session, meeting, actor.entity))
    turn = turns.lock(session, actor, meeting)
    if there := _waits(turn, actor.entity, new):
        return there
    sits_as = next(role for role in reversed(DELEGATES) if actor.sits(meeting.body_id, role))
    return _enter(turn, actor.entity, new, sits_as, tools=False)


def put_on_list(session: WriteSession, actor: Actor, meeting: Meeting, new: Putting, *, version: int) -> FloorRequest:
    """Put a State on the list that asked in the room. Raises Unknown for one that has no seat here."""
    rules.RUN.require(actor, queries.at(session, meeting))
    turn = turns.take(session, actor, meeting, version)
    if new.entity not in queries.represented(session, meeting):
        raise Unknown()
    return _waits(turn, new.entity, new) or _enter(turn, new.entity, new, CHAIR_PUT_THEM, tools=True)


def withdraw(session: WriteSession, actor: Actor, meeting: Meeting, request: UUID) -> None:
    """Take the request of the own State back, also between two sessions."""
    wanted = queries.one_of_meeting(session, meeting, request)
    rules.WITHDRAW.require(actor, rules.Asked(meeting.body_id, wanted.entity, wanted.standing))
    turn = turns.lock_if_it_sits(session, actor, meeting)
    session.refresh(wanted, with_for_update=True)
    turns.insist_on_waiting(wanted)
    wanted.standing, wanted.ended_at = Standing.WITHDRAWN, clock.now()
    happened = events.FloorWithdrawn(meeting.id, wanted.id)
    if turn:
        turn.done(happened, tools=False)
    else:
        journal.record(session, actor, happened, body=meeting.body_id)


def decline(
    session: WriteSession, actor: Actor, meeting: Meeting, request: UUID, new: Declining, *, version: int
) -> None:
    """Take a request off the list, and say why."""
    rules.RUN.require(actor, queries.at(session, meeting))
    turn = turns.take(session, actor, meeting, version)
    wanted = queries.one_request(session, turn.sitting, request)
    turns.insist_on_waiting(wanted)
    wanted.standing, wanted.ended_at, wanted.reason = Standing.DECLINED, turn.moment, new.reason
    turn.done(events.FloorDeclined(meeting.id, wanted.id))


def move(session: WriteSession, actor: Actor, meeting: Meeting, request: UUID, new: Moving, *, version: int) -> None:
    """Put a request in front of another one of its kind, or behind all of them. Points of order keep their place."""
    rules.RUN.require(actor, queries.at(session, meeting))
    turn = turns.take(session, actor, meeting, version)
    wanted = queries.one_request(session, turn.sitting, request)
    turns.insist_on_waiting(wanted)
    if wanted.kind == Kind.POINT_OF_ORDER:
        raise Conflict(say("A point of order comes first; it is not moved."))
    order = queries.on_the_list(turn.requests(), wanted.kind)
    was = order.index(wanted)
    left = [each for each in order if each is not wanted]
    places = {each.id: place for place, each in enumerate(left)}
    if new.before is not None and new.before not in places:
        raise Conflict(say("This request does not wait any more."))
    becomes = len(left) if new.before is None else places[new.before]
    left.insert(becomes, wanted)
    for place, each in enumerate(left, start=1):
        each.place = place
    moved = FloorMove(
        request_id=wanted.id,
        was=was + 1,
        becomes=becomes + 1,
        reason=new.reason,
        moved_by=actor.person,
        moved_at=turn.moment,
    )
    session.add(moved)
    turn.done(events.FloorMoved(meeting.id, wanted.id, was + 1, becomes + 1))


def close_list(session: WriteSession, actor: Actor, meeting: Meeting, new: Closing, *, version: int) -> None:
    """Announce when the list closes: in some minutes, or now."""
    rules.RUN.require(actor, queries.at(session, meeting))
    turn = turns.take(session, actor, meeting, version)
    closes = turn.moment + timedelta(minutes=new.minutes)
    turn.sitting.list_closes_at = closes
    turn.done(events.ListChanged(meeting.id, "closes", closes.isoformat(), turn.sitting.limit_seconds))


def reopen_list(session: WriteSession, actor: Actor, meeting: Meeting, *, version: int) -> None:
    """Everybody may ask again."""
    rules.RUN.require(actor, queries.at(session, meeting))
    turn = turns.take(session, actor, meeting, version)
    turn.sitting.list_closes_at = None
    turn.done(events.ListChanged(meeting.id, "reopened", "", turn.sitting.limit_seconds))


def _waits(turn: turns.Turn, entity: str, new: Asking) -> FloorRequest | None:
    """The same request, if it waits already. Raises Conflict if the State waits for it on behalf of others."""
    for each in turn.requests():
        if (each.entity, each.kind, each.standing) == (entity, new.kind, Standing.WAITING):
            if each.on_behalf_of != new.on_behalf_of:
                raise Conflict(say("This State is on the list already. Take that request back first."))
            return each
    return None


def _enter(turn: turns.Turn, entity: str, new: Asking, capacity: str, *, tools: bool) -> FloorRequest:
    there, sitting = turn.requests(), turn.sitting
    waiting = [each for each in there if each.standing in (Standing.WAITING, Standing.SPEAKING, Standing.INTERRUPTED)]
    objection = rules.against_asking(
        new.kind,
        closed=rules.is_closed(sitting.list_closes_at, turn.moment),
        waiting=sum(each.kind == Kind.FLOOR for each in waiting),
        heard=queries.heard(there),
    )
    if objection and not tools:
        raise Conflict(objection)
    made = FloorRequest(
        session_id=sitting.session_id,
        entity=entity,
        on_behalf_of=new.on_behalf_of,
        capacity=capacity,
        kind=new.kind,
        item_id=sitting.item_id,
        number=queries.last_number(turn.session, sitting) + 1,
        place=max((each.place for each in there if each.kind == new.kind), default=0) + 1,
        asked_by=turn.actor.person,
        asked_at=turn.moment,
    )
    turn.session.add(made)
    turn.session.flush()
    turn.done(events.FloorAsked(turn.meeting.id, made.id, entity, made.kind), tools=tools)
    return made
