"""The list of speakers: request the floor, withdraw requests, and manage the list as chair."""

from datetime import timedelta
from uuid import UUID

from app.core import clock, journal
from app.core.db import WriteSession, lock_row
from app.core.errors import Conflict, NotFound
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.rules import DELEGATES
from app.domain.floor import events, queries, rules
from app.domain.floor.actions import floor_lock
from app.domain.floor.inputs import (
    ChairFloorRequestInput,
    FloorRequestInput,
    FloorRequestMoveInput,
    ListReasonInput,
    SpeakersListClosingInput,
)
from app.domain.floor.models import (
    NO_CAPACITY,
    FloorRequest,
    FloorRequestKind,
    FloorRequestStatus,
)
from app.domain.meetings.models import Meeting
from app.domain.member_states import is_known_state


def request_floor(session: WriteSession, actor: Actor, meeting: Meeting, wish: FloorRequestInput) -> FloorRequest:
    """Request the floor for the actor's own State; a repeated request returns the waiting one, and one that the chair
    entered is then the delegation's own.

    Raises Forbidden; Conflict if no session is open, the list is closed, or the State waits on behalf of others.
    """
    rules.ASK.require(actor, queries.build_floor_rule_subject(session, meeting, actor.entity))
    floor = floor_lock.lock_floor(session, actor, meeting)
    capacity = next(role for role in reversed(DELEGATES) if actor.has_role(meeting.body_id, role))
    if waiting := _find_waiting(floor, actor.entity, wish):
        if waiting.capacity == NO_CAPACITY:
            waiting.capacity = capacity
            floor.record_change(events.FloorAsked(meeting.id, waiting.id, actor.entity, waiting.kind), by_chair=False)
        return waiting
    return _enter_request(floor, actor.entity, wish, capacity, by_chair=False)


def put_on_speakers_list(
    session: WriteSession, actor: Actor, meeting: Meeting, wish: ChairFloorRequestInput, *, version: int
) -> FloorRequest:
    """Enter a request for a State that asked in the meeting: any Member State, and entities accredited in the body.

    Raises Forbidden, Stale, Conflict; NotFound for any other.
    """
    rules.RUN.require(actor, queries.build_floor_rule_subject(session, meeting))
    floor = floor_lock.lock_floor_for_chair(session, actor, meeting, version)
    if not is_known_state(wish.entity) and wish.entity not in queries.list_entities_accredited_in_body(
        session, meeting
    ):
        raise NotFound()
    return _find_waiting(floor, wish.entity, wish) or _enter_request(
        floor, wish.entity, wish, NO_CAPACITY, by_chair=True
    )


def withdraw_floor_request(session: WriteSession, actor: Actor, meeting: Meeting, request_id: UUID) -> None:
    """Withdraw a request of the actor's own State, also between two sessions.

    Raises Forbidden, NotFound; Conflict if it is not waiting any more.
    """
    floor_request = queries.get_floor_request_of_meeting(session, meeting, request_id)
    rules.WITHDRAW.require(
        actor, rules.FloorRequestRuleSubject(meeting.body_id, floor_request.entity, floor_request.standing)
    )
    floor = floor_lock.lock_floor_if_in_session(session, actor, meeting)
    lock_row(session, floor_request)
    floor_lock.require_waiting(floor_request)
    floor_request.standing, floor_request.ended_at = FloorRequestStatus.WITHDRAWN, clock.now()
    event = events.FloorWithdrawn(meeting.id, floor_request.id)
    if floor:
        floor.record_change(event, by_chair=False)
    else:
        journal.record_event(session, actor, event, body=meeting.body_id)


def decline_floor_request(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    request_id: UUID,
    declining: ListReasonInput,
    *,
    version: int,
) -> None:
    """Decline a request, with the reason if there is one.

    Raises Forbidden, Stale, NotFound; Conflict if it is not waiting any more.
    """
    rules.RUN.require(actor, queries.build_floor_rule_subject(session, meeting))
    floor = floor_lock.lock_floor_for_chair(session, actor, meeting, version)
    floor_request = queries.get_floor_request(session, floor.sitting, request_id)
    floor_lock.require_waiting(floor_request)
    floor_request.standing, floor_request.ended_at, floor_request.reason = (
        FloorRequestStatus.DECLINED,
        floor.moment,
        declining.words,
    )
    floor.record_change(events.FloorDeclined(meeting.id, floor_request.id))


def move_floor_request(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    request_id: UUID,
    moving: FloorRequestMoveInput,
    *,
    version: int,
) -> None:
    """Move a request before another one of its kind, or to the end of the list; points of order are not moved.

    Raises Forbidden, Stale, NotFound; Conflict if one of the two is not waiting any more.
    """
    rules.RUN.require(actor, queries.build_floor_rule_subject(session, meeting))
    floor = floor_lock.lock_floor_for_chair(session, actor, meeting, version)
    floor_request = queries.get_floor_request(session, floor.sitting, request_id)
    floor_lock.require_waiting(floor_request)
    if floor_request.kind == FloorRequestKind.POINT_OF_ORDER:
        raise Conflict(_("A point of order takes precedence and cannot be moved."))
    order = queries.list_waiting_requests(floor.list_requests(), floor_request.kind)
    was = order.index(floor_request)
    others = [other for other in order if other is not floor_request]
    places = {other.id: place for place, other in enumerate(others)}
    if moving.before is not None and moving.before not in places:
        raise Conflict(_("This request is no longer pending."))
    becomes = len(others) if moving.before is None else places[moving.before]
    others.insert(becomes, floor_request)
    for place, other in enumerate(others, start=1):
        other.place = place
    floor.record_move(floor_request, was=was + 1, becomes=becomes + 1, reason=moving.words)
    floor.record_change(events.SpeakersListReordered(meeting.id, floor_request.id, was + 1, becomes + 1))


def announce_speakers_list_closing(
    session: WriteSession, actor: Actor, meeting: Meeting, closing: SpeakersListClosingInput, *, version: int
) -> None:
    """Announce when the list of speakers closes: in some minutes, or now. Raises Forbidden, Conflict, Stale."""
    rules.RUN.require(actor, queries.build_floor_rule_subject(session, meeting))
    floor = floor_lock.lock_floor_for_chair(session, actor, meeting, version)
    closes_at = floor.moment + timedelta(minutes=closing.minutes)
    floor.sitting.list_closes_at = closes_at
    floor.record_change(
        events.SpeakersListChanged(meeting.id, "closes", closes_at.isoformat(), floor.sitting.limit_seconds)
    )


def reopen_speakers_list(session: WriteSession, actor: Actor, meeting: Meeting, *, version: int) -> None:
    """Open the list of speakers again. Raises Forbidden, Conflict, Stale."""
    rules.RUN.require(actor, queries.build_floor_rule_subject(session, meeting))
    floor = floor_lock.lock_floor_for_chair(session, actor, meeting, version)
    floor.sitting.list_closes_at = None
    floor.record_change(events.SpeakersListChanged(meeting.id, "reopened", "", floor.sitting.limit_seconds))


def _find_waiting(floor: floor_lock.LockedFloor, entity: str, wish: FloorRequestInput) -> FloorRequest | None:
    """Find an equal request that is waiting.

    Raises Conflict if the State already waits for the same kind on behalf of others.
    """
    for request in floor.list_requests():
        if (request.entity, request.kind, request.standing) == (entity, wish.kind, FloorRequestStatus.WAITING):
            if request.on_behalf_of != wish.on_behalf_of:
                raise Conflict(_("This State is already on the list. Withdraw that request first."))
            return request
    return None


def _enter_request(
    floor: floor_lock.LockedFloor, entity: str, wish: FloorRequestInput, capacity: str, *, by_chair: bool
) -> FloorRequest:
    """Store a new request. Raises Conflict if it cannot be made now; the chair (`by_chair`) may enter it anyway."""
    requests, sitting = floor.list_requests(), floor.sitting
    waiting = [
        request
        for request in requests
        if request.standing in (FloorRequestStatus.WAITING, FloorRequestStatus.SPEAKING, FloorRequestStatus.INTERRUPTED)
    ]
    objection = rules.find_obstacle_to_requesting_floor(
        wish.kind,
        closed=rules.is_list_closed(sitting.list_closes_at, floor.moment),
        waiting=sum(request.kind == FloorRequestKind.FLOOR for request in waiting),
        statements=queries.count_statements_begun(requests),
    )
    if objection is None and not by_chair and wish.kind == FloorRequestKind.FLOOR and sitting.item_id:
        spoken = queries.compute_spoken_on_item(floor.session, sitting, entity, floor.moment)
        objection = rules.find_exhausted_limit(sitting, spoken)
    if objection and not by_chair:
        raise Conflict(objection)
    floor_request = FloorRequest(
        session_id=sitting.session_id,
        entity=entity,
        on_behalf_of=wish.on_behalf_of,
        capacity=capacity,
        kind=wish.kind,
        item_id=sitting.item_id,
        number=queries.last_request_number(floor.session, sitting) + 1,
        place=max((request.place for request in requests if request.kind == wish.kind), default=0) + 1,
        asked_by=floor.actor.person,
        asked_at=floor.moment,
    )
    floor.session.add(floor_request)
    floor.session.flush()
    floor.record_change(
        events.FloorAsked(floor.meeting.id, floor_request.id, entity, floor_request.kind), by_chair=by_chair
    )
    return floor_request
