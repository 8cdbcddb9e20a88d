"""Convening meetings and changing them. Whoever changes one says which version they saw; a stale change is refused."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select

from app.core import journal
from app.core.access import Actor
from app.core.db import WriteSession
from app.core.errors import Stale, Unacceptable
from app.core.i18n import say
from app.domain.bodies.models import Body
from app.domain.bodies.rules import Place
from app.domain.meetings import events, rules
from app.domain.meetings.inputs import NewMeeting
from app.domain.meetings.models import Meeting


def convene(session: WriteSession, actor: Actor, body: Body, new: NewMeeting, language: str) -> Meeting:
    """Call a meeting of a body."""
    rules.CONVENE.require(actor, Place(body.id))
    _refuse_a_taken_number(session, body.id, new.number)
    made = Meeting(
        body_id=body.id,
        number=new.number,
        place={language: new.place},
        zone=new.zone,
        opens_on=new.opens_on,
        closes_on=new.closes_on,
        contributions_due_at=new.due_at(body.deadline_days),
        version=1,
        agenda_version=0,
    )
    session.add(made)
    session.flush()
    journal.record(session, actor, events.MeetingConvened(made.id, made.number), body=body.id)
    return made


def change(
    session: WriteSession, actor: Actor, meeting: Meeting, new: NewMeeting, language: str, *, version: int
) -> None:
    """Change dates, place or deadline. The number stays: symbols are made of it. Raises Stale."""
    rules.CONVENE.require(actor, meeting)
    session.flush()
    session.refresh(meeting, with_for_update=True)
    if meeting.version != version:
        raise Stale()
    meeting.version += 1
    if new.number != meeting.number:
        raise Unacceptable(say("The number of a meeting cannot be changed: symbols are made of it."))
    body = session.get_one(Body, meeting.body_id)
    meeting.place = {**meeting.place, language: new.place}
    meeting.zone, meeting.opens_on, meeting.closes_on = new.zone, new.opens_on, new.closes_on
    was, meeting.contributions_due_at = meeting.contributions_due_at, new.due_at(body.deadline_days)
    if meeting.contributions_due_at != was:
        moved = events.DeadlineMoved(meeting.id, *map(_in_utc, (was, meeting.contributions_due_at)))
        journal.record(session, actor, moved, body=meeting.body_id)
    happened = events.MeetingChanged(
        meeting.id, str(new.opens_on), str(new.closes_on), meeting.contributions_due_at.isoformat()
    )
    journal.record(session, actor, happened, body=meeting.body_id)


def _in_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _refuse_a_taken_number(session: WriteSession, body: UUID, number: int) -> None:
    session.execute(select(Body.id).where(Body.id == body).with_for_update())
    taken = select(Meeting.id).where(Meeting.body_id == body, Meeting.number == number)
    if session.scalar(taken):
        raise Unacceptable(say("There is a meeting with that number already. Choose the next one."))
