"""Action points of decisions: add them, and update their progress. The journal keeps their history."""

from uuid import UUID

from app.core import clock, journal
from app.core.access import Actor
from app.core.db import WriteSession
from app.core.errors import Stale
from app.domain.decisions.models import ActionPoint, Decision
from app.domain.meetings.models import Meeting
from app.domain.reports import events, queries, rules
from app.domain.reports.inputs import Going, NewAction


def add(session: WriteSession, actor: Actor, meeting: Meeting, decision: Decision, new: NewAction) -> ActionPoint:
    """Add an action point to a decision of the meeting. Raises Forbidden."""
    rules.ADD_ACTION.require(actor, rules.At(meeting))
    action_point = ActionPoint(
        decision_id=decision.id,
        body_id=meeting.body_id,
        text=new.text,
        lang=new.lang,
        owner=new.owner,
        due_on=new.due_on,
        changed_by=actor.person,
        changed_at=clock.now(),
        version=1,
    )
    session.add(action_point)
    session.flush()
    event = events.ActionAdded(decision.id, action_point.id, action_point.owner)
    journal.record(session, actor, event, body=meeting.body_id)
    return action_point


def move(session: WriteSession, actor: Actor, meeting: Meeting, action: UUID, going: Going, *, version: int) -> None:
    """Update the progress of an action point, with a note.

    Raises Forbidden, NotFound; Stale if it was updated meanwhile.
    """
    action_point = queries.one_action(session, meeting, action, lock=True)
    rules.MOVE_ACTION.require(actor, rules.At(meeting, entity=action_point.owner))
    if action_point.version != version:
        raise Stale()
    action_point.progress, action_point.note = going.progress, going.note
    action_point.changed_by, action_point.changed_at, action_point.version = actor.person, clock.now(), version + 1
    event = events.ActionMoved(action_point.id, going.progress, going.note)
    journal.record(session, actor, event, body=meeting.body_id)
