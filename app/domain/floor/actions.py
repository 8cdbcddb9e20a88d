"""Open and close a session, go on to an agenda item, and record decisions and positions of States meanwhile."""

from uuid import UUID

from sqlalchemy import select

from app.core import bell, clock, journal
from app.core.access import Actor
from app.core.db import WriteSession, hold
from app.core.errors import Conflict, Unknown
from app.core.i18n import say
from app.domain.agendas import queries as agendas
from app.domain.decisions import actions as decisions
from app.domain.decisions import rules as deciding
from app.domain.decisions.inputs import NewDecision, NewPosition, NotedPosition
from app.domain.decisions.models import Decision, Position
from app.domain.floor import calling, events, queries, rules, turns
from app.domain.floor.models import USUAL_LIMIT, FloorRequest, Sitting, Standing
from app.domain.meetings.models import Meeting, MeetingSession


def open_session(session: WriteSession, actor: Actor, meeting: Meeting, there: MeetingSession) -> Sitting:
    """Open a session, or reopen the one that was closed last. Waiting requests of the session before are carried over.

    Raises Forbidden; Conflict if a session is open, the meeting is over, or another session was opened after this one.
    """
    hold(session, meeting)
    rules.OPEN.require(actor, queries.at(session, meeting))
    previous = queries.last_one(session, meeting)
    sitting = session.get(Sitting, there.id)
    if sitting is not None and sitting is not previous:
        raise Conflict(say("Another session was opened after this one. It is over."))
    if sitting is None:
        sitting = _build_sitting(actor, meeting, there, previous)
        session.add(sitting)
        session.flush()
        _carry_over_requests(session, previous, sitting)
    sitting.closed_at = sitting.closed_by = None
    sitting.version, sitting.changes = sitting.version + 1, sitting.changes + 1
    session.flush()
    journal.record(session, actor, events.SittingOpened(meeting.id, there.id), body=meeting.body_id)
    bell.ring(session, queries.topic(meeting.id), sitting.changes)
    return sitting


def close_session(session: WriteSession, actor: Actor, meeting: Meeting, *, version: int) -> None:
    """Close the session. The present statement ends; waiting requests are kept for the next session.

    Raises Forbidden, Conflict, Stale.
    """
    rules.RUN.require(actor, queries.at(session, meeting))
    floor = turns.take(session, actor, meeting, version)
    ended = calling.end_all(floor)
    floor.sitting.closed_by, floor.sitting.closed_at = actor.person, floor.moment
    floor.done(*ended, events.SittingClosed(meeting.id, floor.sitting.session_id))


def go_to(session: WriteSession, actor: Actor, meeting: Meeting, item: UUID, *, version: int) -> None:
    """Go on to an item of the released agenda; its list of speakers is open.

    Raises Forbidden, Stale; NotFound if the item is not on the agenda; Conflict while a delegation waits for the floor.
    """
    rules.RUN.require(actor, queries.at(session, meeting))
    floor = turns.take(session, actor, meeting, version)
    agenda_item = agendas.one_released_item(session, meeting, item)
    if rules.in_order(floor.requests()):
        raise Conflict(say("Delegations still wait for the floor. Call them first, or decline with a reason."))
    ended = calling.end_all(floor)
    sitting = floor.sitting
    sitting.item_id, sitting.item_since, sitting.list_closes_at = agenda_item.item_id, floor.moment, None
    floor.done(*ended, events.ItemTakenUp(meeting.id, sitting.session_id, agenda_item.item_id))


def take_down(session: WriteSession, actor: Actor, meeting: Meeting, new: NewDecision, *, version: int) -> Decision:
    """Record a decision under the present item. Raises Forbidden, Conflict, Stale."""
    context = queries.at(session, meeting)
    deciding.TAKE_DOWN.require(actor, context)
    floor = turns.take(session, actor, meeting, version)
    sitting = floor.sitting
    decision = decisions.take_down(session, actor, context, new, during=sitting.session_id, under=sitting.item_id)
    floor.done()
    return decision


def correct(
    session: WriteSession, actor: Actor, meeting: Meeting, decision: Decision, new: NewDecision, *, version: int
) -> None:
    """Correct a decision of the session that is open. `version` is the decision's.

    Raises Forbidden, Conflict, Stale.
    """
    context = queries.at_session_of(session, meeting, decision)
    deciding.CORRECT.require(actor, context)
    floor = turns.lock(session, actor, meeting)
    decisions.correct(session, actor, context, decision, new, version=version)
    floor.done(tools=False)


def put_position(
    session: WriteSession, actor: Actor, meeting: Meeting, decision: Decision, new: NewPosition
) -> Position:
    """Put a position of the actor's own State on record, while the meeting goes on, also between sessions.

    Raises Forbidden, Conflict.
    """
    context = queries.at(session, meeting, actor.entity)
    deciding.PUT.require(actor, context)
    floor = turns.lock_if_it_sits(session, actor, meeting)
    position = decisions.put(session, actor, context, decision, new)
    if floor:
        floor.done(tools=False)
    return position


def note_position(
    session: WriteSession, actor: Actor, meeting: Meeting, decision: Decision, new: NotedPosition
) -> Position:
    """Record a position that a State stated in the meeting.

    Raises Forbidden, Conflict; NotFound for a State without a seat in the body.
    """
    context = queries.at(session, meeting)
    deciding.NOTE.require(actor, context)
    floor = turns.lock(session, actor, meeting)
    if new.entity not in queries.represented(session, meeting):
        raise Unknown()
    position = decisions.note(session, actor, context, decision, new)
    floor.done(tools=False)
    return position


def _build_sitting(
    actor: Actor, meeting: Meeting, meeting_session: MeetingSession, previous: Sitting | None
) -> Sitting:
    """Build the sitting of a session; it continues item, list, limit and counters of the sitting before."""
    return Sitting(
        session_id=meeting_session.id,
        meeting_id=meeting.id,
        opened_by=actor.person,
        opened_at=clock.now(),
        item_id=previous.item_id if previous else None,
        item_since=clock.now() if previous and previous.item_id else None,
        list_closes_at=previous.list_closes_at if previous else None,
        limit_seconds=previous.limit_seconds if previous else USUAL_LIMIT,
        version=previous.version if previous else 0,
        changes=previous.changes if previous else 0,
    )


def _carry_over_requests(session: WriteSession, previous: Sitting | None, sitting: Sitting) -> None:
    """Move waiting requests from the sitting before to this one."""
    if previous is None:
        return
    statement = select(FloorRequest).where(
        FloorRequest.session_id == previous.session_id, FloorRequest.standing == Standing.WAITING
    )
    for number, request in enumerate(session.scalars(statement.order_by(FloorRequest.number)), start=1):
        request.session_id, request.number = sitting.session_id, number
