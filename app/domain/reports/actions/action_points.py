"""Action points of decisions: add them, and update their progress. The journal keeps their history."""

from uuid import UUID

from app.core import clock, journal
from app.core.db import WriteSession
from app.core.errors import BadRequest, require_version
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.decisions.models import ActionPoint, Decision
from app.domain.meetings.models import Meeting
from app.domain.meetings.rules import get_today_at_meeting
from app.domain.reports import events, queries
from app.domain.reports.inputs import ActionPointUpdate, NewActionPoint
from app.domain.reports.rules import reports

DUE_DATE_PAST = _("The due date is in the past. Enter today’s date or a later one, or leave the field empty.")


def add_action_point(
    session: WriteSession, actor: Actor, meeting: Meeting, decision: Decision, content: NewActionPoint
) -> ActionPoint:
    """Add an action point to a decision of the meeting.

    Raises Forbidden; BadRequest if its due date is in the past, or if the person who is responsible has no role in the
    group.
    """
    reports.ADD_ACTION.require(actor, reports.ReportRuleSubject(meeting))
    if content.due_on and content.due_on < get_today_at_meeting(meeting):
        raise BadRequest(DUE_DATE_PAST)
    responsible = queries.get_member_of_body(session, meeting.body_id, content.person) if content.person else None
    action_point = ActionPoint(
        decision_id=decision.id,
        body_id=meeting.body_id,
        text=content.text,
        lang=content.lang,
        owner=responsible.entity if responsible else content.owner,
        owner_person=content.person,
        due_on=content.due_on,
        changed_by=actor.person,
        changed_at=clock.now(),
        version=1,
    )
    session.add(action_point)
    session.flush()
    event = events.ActionAdded(decision.id, action_point.id, action_point.owner, meeting.id, content.person)
    journal.record_event(session, actor, event, body=meeting.body_id)
    return action_point


def update_action_point(
    session: WriteSession, actor: Actor, meeting: Meeting, action_id: UUID, update: ActionPointUpdate, *, version: int
) -> None:
    """Update the progress of an action point, with a note.

    Raises Forbidden, NotFound; Stale if it was updated meanwhile.
    """
    action_point = queries.get_action_point(session, meeting, action_id, lock=True)
    reports.UPDATE_ACTION.require(actor, reports.build_action_point_rule_subject(meeting, action_point))
    require_version(action_point.version, version)
    was = action_point.progress
    action_point.progress, action_point.note = update.progress, update.note
    action_point.changed_by, action_point.changed_at, action_point.version = actor.person, clock.now(), version + 1
    event = events.ActionPointProgressNoted(action_point.id, update.progress, update.note, meeting.id, str(was))
    journal.record_event(session, actor, event, body=meeting.body_id)
