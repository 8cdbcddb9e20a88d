"""Action points of decisions: adding them, and noting how far they are. Their history is the journal."""

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
    """Add an action point to a decision of the meeting."""
    rules.ADD_ACTION.require(actor, rules.At(meeting))
    made = ActionPoint(
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
    session.add(made)
    session.flush()
    happened = events.ActionAdded(decision.id, made.id, made.owner)
    journal.record(session, actor, happened, body=meeting.body_id)
    return made


def move(session: WriteSession, actor: Actor, meeting: Meeting, action: UUID, going: Going, *, version: int) -> None:
    """Note how far an action point is. Raises Stale if somebody noted something meanwhile."""
    found = queries.one_action(session, meeting, action, lock=True)
    rules.MOVE_ACTION.require(actor, rules.At(meeting, entity=found.owner))
    if found.version != version:
        raise Stale()
    found.progress, found.note = going.progress, going.note
    found.changed_by, found.changed_at, found.version = actor.person, clock.now(), version + 1
    happened = events.ActionMoved(found.id, going.progress, going.note)
    journal.record(session, actor, happened, body=meeting.body_id)
