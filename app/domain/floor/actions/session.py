"""Open and close a session, go on to an agenda item, and record decisions and positions of States meanwhile."""

from uuid import UUID

from sqlalchemy import select

from app.core import clock, journal, pubsub
from app.core.db import WriteSession, lock_row
from app.core.errors import Conflict, NotFound
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.agendas.queries import agenda_releases
from app.domain.decisions import actions as decisions
from app.domain.decisions import rules as deciding
from app.domain.decisions.inputs import NewDecision, NewDecisionPosition, NotedDecisionPosition
from app.domain.decisions.models import Decision, DecisionPosition
from app.domain.floor import events, queries, rules
from app.domain.floor.actions import calling, floor_lock, presence
from app.domain.floor.models import DEFAULT_SPEAKING_LIMIT, FloorRequest, FloorRequestStatus, ItemStep, Sitting
from app.domain.meetings.actions.life_cycle import note_first_act
from app.domain.meetings.models import Meeting, MeetingSession
from app.domain.meetings.rules import require_first_day


def open_meeting_session(
    session: WriteSession, actor: Actor, meeting: Meeting, meeting_session: MeetingSession
) -> Sitting:
    """Open a session, or reopen the one that was closed last. Waiting requests of the session before are carried over.

    Raises Forbidden; Conflict if a session is open, the meeting is over, its first day has not come, or another session
    was opened after this one.
    """
    lock_row(session, meeting)
    rules.OPEN.require(actor, queries.build_floor_rule_subject(session, meeting))
    require_first_day(meeting)
    note_first_act(meeting)
    previous = queries.find_last_sitting(session, meeting)
    sitting = session.get(Sitting, meeting_session.id)
    if sitting is not None and sitting is not previous:
        raise Conflict(_("This session is over; a later session has been opened."))
    if sitting is None:
        sitting = _build_sitting(actor, meeting, meeting_session, previous)
        session.add(sitting)
        session.flush()
        _carry_over_requests(session, previous, sitting)
    sitting.closed_at = sitting.closed_by = None
    sitting.item_since = clock.now() if sitting.item_id else None
    sitting.version, sitting.changes = sitting.version + 1, sitting.changes + 1
    session.flush()
    journal.record_event(session, actor, events.SittingOpened(meeting.id, meeting_session.id), body=meeting.body_id)
    pubsub.notify(session, queries.floor_channel(meeting.id), sitting.changes)
    return sitting


def close_meeting_session(session: WriteSession, actor: Actor, meeting: Meeting, *, version: int) -> None:
    """Close the session. The present statement ends; waiting requests are kept for the next session.

    Raises Forbidden, Conflict, Stale.
    """
    rules.RUN.require(actor, queries.build_floor_rule_subject(session, meeting))
    floor = floor_lock.lock_floor_for_chair(session, actor, meeting, version)
    ended = calling.end_all_statements(floor)
    floor.sitting.item_seconds = dict(rules.add_item_time(floor.sitting, floor.moment))
    floor.sitting.closed_by, floor.sitting.closed_at = actor.person, floor.moment
    presence.forget_presence(session, meeting)
    floor.record_change(*ended, events.SittingClosed(meeting.id, floor.sitting.session_id))


def go_to_item(session: WriteSession, actor: Actor, meeting: Meeting, item_id: UUID, *, version: int) -> None:
    """Go on to an item of the released agenda; its list of speakers is open.

    Raises Forbidden, Stale; NotFound if the item is not on the agenda; Conflict while a delegation waits for the floor.
    """
    rules.RUN.require(actor, queries.build_floor_rule_subject(session, meeting))
    floor = floor_lock.lock_floor_for_chair(session, actor, meeting, version)
    agenda_item = agenda_releases.get_released_item(session, meeting, item_id)
    if rules.sort_waiting_requests(floor.list_requests()):
        raise Conflict(
            _(
                "There are still delegations on the list of speakers. Give them the floor first, or "
                "decline their requests with a reason."
            )
        )
    ended = calling.end_all_statements(floor)
    sitting = floor.sitting
    sitting.item_seconds = dict(rules.add_item_time(sitting, floor.moment))
    sitting.item_id, sitting.item_since, sitting.list_closes_at = agenda_item.item_id, floor.moment, None
    sitting.step, sitting.presented_id = ItemStep.INTRODUCTION, None
    sitting.state_statements = sitting.state_seconds = None
    floor.record_change(*ended, events.ItemTakenUp(meeting.id, sitting.session_id, agenda_item.item_id))


def record_decision(
    session: WriteSession, actor: Actor, meeting: Meeting, content: NewDecision, *, version: int
) -> Decision:
    """Record a decision under the present item. Raises Forbidden, Conflict, Stale."""
    context = queries.build_floor_rule_subject(session, meeting)
    deciding.RECORD.require(actor, context)
    floor = floor_lock.lock_floor_for_chair(session, actor, meeting, version)
    sitting = floor.sitting
    decision = decisions.record_decision(
        session, actor, context, content, session_id=sitting.session_id, item_id=sitting.item_id
    )
    floor.record_change()
    return decision


def correct_decision(
    session: WriteSession, actor: Actor, meeting: Meeting, decision: Decision, content: NewDecision, *, version: int
) -> None:
    """Correct a decision of the session that is open. `version` is the decision's.

    Raises Forbidden, Conflict, Stale.
    """
    context = queries.build_decision_rule_subject(session, meeting, decision)
    deciding.CORRECT.require(actor, context)
    floor = floor_lock.lock_floor(session, actor, meeting)
    decisions.correct_decision(session, actor, context, decision, content, version=version)
    floor.record_change(by_chair=False)


def put_own_position_on_decision(
    session: WriteSession, actor: Actor, meeting: Meeting, decision: Decision, content: NewDecisionPosition
) -> DecisionPosition:
    """Put a position of the actor's own State on record, while the meeting goes on, also between sessions.

    Raises Forbidden, Conflict.
    """
    context = queries.build_floor_rule_subject(session, meeting, actor.entity)
    deciding.PUT_POSITION.require(actor, context)
    floor = floor_lock.lock_floor_if_in_session(session, actor, meeting)
    position = decisions.put_position(session, actor, context, decision, content)
    if floor:
        floor.record_change(by_chair=False)
    return position


def record_stated_position_on_decision(
    session: WriteSession, actor: Actor, meeting: Meeting, decision: Decision, content: NotedDecisionPosition
) -> DecisionPosition:
    """Record a position that a State stated in the meeting.

    Raises Forbidden, Conflict; NotFound for a State without a seat in the body.
    """
    context = queries.build_floor_rule_subject(session, meeting)
    deciding.NOTE_POSITION.require(actor, context)
    floor = floor_lock.lock_floor(session, actor, meeting)
    if content.entity not in queries.list_entities_accredited_in_body(session, meeting):
        raise NotFound()
    position = decisions.note_position(session, actor, context, decision, content)
    floor.record_change(by_chair=False)
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
        limit_seconds=previous.limit_seconds if previous else DEFAULT_SPEAKING_LIMIT,
        step=previous.step if previous else None,
        state_statements=previous.state_statements if previous else None,
        state_seconds=previous.state_seconds if previous else None,
        item_seconds=previous.item_seconds if previous else None,
        version=previous.version if previous else 0,
        changes=previous.changes if previous else 0,
    )


def _carry_over_requests(session: WriteSession, previous: Sitting | None, sitting: Sitting) -> None:
    """Move waiting requests from the sitting before to this one."""
    if previous is None:
        return
    statement = select(FloorRequest).where(
        FloorRequest.session_id == previous.session_id, FloorRequest.standing == FloorRequestStatus.WAITING
    )
    for number, request in enumerate(session.scalars(statement.order_by(FloorRequest.number)), start=1):
        request.session_id, request.number = sitting.session_id, number
