"""Opening and closing a session, going on to an item, and what falls there: decisions and positions of States."""

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
    """Open a session, or go on with one that was closed. Who waited at the end of the one before still waits."""
    hold(session, meeting)
    rules.OPEN.require(actor, queries.at(session, meeting))
    before = queries.last_one(session, meeting)
    sitting = session.get(Sitting, there.id)
    if sitting is not None and sitting is not before:
        raise Conflict(say("Another session was opened after this one. It is over."))
    if sitting is None:
        sitting = _begin(actor, meeting, there, before)
        session.add(sitting)
        session.flush()
        _carry_over(session, before, sitting)
    sitting.closed_at = sitting.closed_by = None
    sitting.version, sitting.changes = sitting.version + 1, sitting.changes + 1
    session.flush()
    journal.record(session, actor, events.SittingOpened(meeting.id, there.id), body=meeting.body_id)
    bell.ring(session, queries.topic(meeting.id), sitting.changes)
    return sitting


def close_session(session: WriteSession, actor: Actor, meeting: Meeting, *, version: int) -> None:
    """Close the session. Who has the floor ends; who still waits, waits for the next session."""
    rules.RUN.require(actor, queries.at(session, meeting))
    turn = turns.take(session, actor, meeting, version)
    ended = calling.end_all(turn)
    turn.sitting.closed_by, turn.sitting.closed_at = actor.person, turn.moment
    turn.done(*ended, events.SittingClosed(meeting.id, turn.sitting.session_id))


def go_to(session: WriteSession, actor: Actor, meeting: Meeting, item: UUID, *, version: int) -> None:
    """Go on to an item of the released agenda; its list of speakers is open. Raises Conflict while somebody waits."""
    rules.RUN.require(actor, queries.at(session, meeting))
    turn = turns.take(session, actor, meeting, version)
    found = agendas.one_released_item(session, meeting, item)
    if rules.in_order(turn.requests()):
        raise Conflict(say("Delegations still wait for the floor. Call them first, or decline with a reason."))
    ended = calling.end_all(turn)
    sitting = turn.sitting
    sitting.item_id, sitting.item_since, sitting.list_closes_at = found.item_id, turn.moment, None
    turn.done(*ended, events.ItemTakenUp(meeting.id, sitting.session_id, found.item_id))


def take_down(session: WriteSession, actor: Actor, meeting: Meeting, new: NewDecision, *, version: int) -> Decision:
    """Take a decision down, under the item at which the meeting is."""
    at = queries.at(session, meeting)
    deciding.TAKE_DOWN.require(actor, at)
    turn = turns.take(session, actor, meeting, version)
    sitting = turn.sitting
    made = decisions.take_down(session, actor, at, new, during=sitting.session_id, under=sitting.item_id)
    turn.done()
    return made


def correct(
    session: WriteSession, actor: Actor, meeting: Meeting, decision: Decision, new: NewDecision, *, version: int
) -> None:
    """Correct a decision of the session that sits. `version` is the decision's."""
    at = queries.at_session_of(session, meeting, decision)
    deciding.CORRECT.require(actor, at)
    turn = turns.lock(session, actor, meeting)
    decisions.correct(session, actor, at, decision, new, version=version)
    turn.done(tools=False)


def put_position(
    session: WriteSession, actor: Actor, meeting: Meeting, decision: Decision, new: NewPosition
) -> Position:
    """Put a position on record for the own State, while the meeting goes on, also between sessions."""
    at = queries.at(session, meeting, actor.entity)
    deciding.PUT.require(actor, at)
    turn = turns.lock_if_it_sits(session, actor, meeting)
    made = decisions.put(session, actor, at, decision, new)
    if turn:
        turn.done(tools=False)
    return made


def note_position(
    session: WriteSession, actor: Actor, meeting: Meeting, decision: Decision, new: NotedPosition
) -> Position:
    """Note what a State said in the room. Raises Unknown for one that has no seat here."""
    at = queries.at(session, meeting)
    deciding.NOTE.require(actor, at)
    turn = turns.lock(session, actor, meeting)
    if new.entity not in queries.represented(session, meeting):
        raise Unknown()
    made = decisions.note(session, actor, at, decision, new)
    turn.done(tools=False)
    return made


def _begin(actor: Actor, meeting: Meeting, there: MeetingSession, before: Sitting | None) -> Sitting:
    """A new sitting goes on where the one before stopped, and counts on from there."""
    return Sitting(
        session_id=there.id,
        meeting_id=meeting.id,
        opened_by=actor.person,
        opened_at=clock.now(),
        item_id=before.item_id if before else None,
        item_since=clock.now() if before and before.item_id else None,
        list_closes_at=before.list_closes_at if before else None,
        limit_seconds=before.limit_seconds if before else USUAL_LIMIT,
        version=before.version if before else 0,
        changes=before.changes if before else 0,
    )


def _carry_over(session: WriteSession, before: Sitting | None, sitting: Sitting) -> None:
    if before is None:
        return
    mine = select(FloorRequest).where(
        FloorRequest.session_id == before.session_id, FloorRequest.standing == Standing.WAITING
    )
    for number, each in enumerate(session.scalars(mine.order_by(FloorRequest.number)), start=1):
        each.session_id, each.number = sitting.session_id, number
