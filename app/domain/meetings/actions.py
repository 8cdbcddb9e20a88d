"""Planning, convening, running and changing meetings. Whoever changes one says which version they saw; a stale change
is refused. Their sessions are in `sessions`."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core import journal
from app.core.access import Actor
from app.core.db import WriteSession, hold
from app.core.errors import Conflict, Stale, Unacceptable
from app.core.i18n import say
from app.domain.bodies.models import Body
from app.domain.bodies.rules import Place
from app.domain.meetings import events, queries, rules
from app.domain.meetings.inputs import Because, NewMeeting, Practical
from app.domain.meetings.models import Life, Meeting, MeetingSession

FIXED_IN_SESSION = (
    "opens_on",
    "zone",
    "contributions_due_at",
    "posting_due_at",
    "proposals_due_at",
    "registration_due_at",
)


def convene(session: WriteSession, actor: Actor, body: Body, new: NewMeeting, language: str) -> Meeting:
    """Call a meeting of a body, at once open for contributions."""
    rules.CONVENE.require(actor, Place(body.id))
    made = _make(session, body, new, language, Life.OPEN)
    journal.record(session, actor, events.MeetingConvened(made.id, made.number), body=body.id)
    return made


def plan(session: WriteSession, actor: Actor, body: Body, new: NewMeeting, language: str) -> Meeting:
    """Plan a meeting of a body: only its secretariat and its chairs see it until it is convened."""
    rules.CONVENE.require(actor, Place(body.id))
    made = _make(session, body, new, language, Life.PLANNED)
    journal.record(session, actor, events.MeetingPlanned(made.id, made.number), body=body.id)
    return made


def _make(session: WriteSession, body: Body, new: NewMeeting, language: str, life: Life) -> Meeting:
    _refuse_a_taken_number(session, body.id, new.number)
    made = Meeting(
        body_id=body.id,
        number=new.number,
        place={language: new.place},
        version=1,
        agenda_version=0,
        life=life,
        **_times(new, body),
    )
    session.add(made)
    session.flush()
    return made


def _times(new: NewMeeting, body: Body) -> dict[str, Any]:
    return {
        "zone": new.zone,
        "opens_on": new.opens_on,
        "closes_on": new.closes_on,
        "contributions_due_at": new.due_at(body.deadline_days, new.contributions_due_on),
        "posting_due_at": new.due_at(body.posting_days, new.posting_due_on),
        "proposals_due_at": new.due_at(body.proposal_days, new.proposals_due_on),
        "registration_due_at": new.due_at(body.registration_days, new.registration_due_on),
    }


def change(
    session: WriteSession, actor: Actor, meeting: Meeting, new: NewMeeting, language: str, *, version: int
) -> None:
    """Change dates, place or deadlines; sessions move along with the first day. Raises Stale.

    The number stays: symbols are made of it. Once the meeting is in session, only its place and its last day change.
    """
    _hold(session, meeting, version)
    rules.CHANGE.require(actor, meeting)
    if new.number != meeting.number:
        raise Unacceptable(say("The number of a meeting cannot be changed: symbols are made of it."))
    body = session.get_one(Body, meeting.body_id)
    times = _times(new, body)
    if meeting.life == Life.IN_SESSION and any(times[name] != getattr(meeting, name) for name in FIXED_IN_SESSION):
        raise Conflict(say("The meeting is in session. Only its place and its last day can be changed now."))
    _take_sessions_along(session, meeting, new)
    was = meeting.contributions_due_at
    meeting.place = {**meeting.place, language: new.place}
    for name, value in times.items():
        setattr(meeting, name, value)
    if meeting.contributions_due_at != was and meeting.life != Life.PLANNED:
        moved = events.DeadlineMoved(meeting.id, *map(_in_utc, (was, meeting.contributions_due_at)))
        journal.record(session, actor, moved, body=meeting.body_id)
    happened = events.MeetingChanged(
        meeting.id, str(new.opens_on), str(new.closes_on), meeting.contributions_due_at.isoformat()
    )
    journal.record(session, actor, happened, body=meeting.body_id)


def _take_sessions_along(session: WriteSession, meeting: Meeting, new: NewMeeting) -> None:
    """Each session keeps its day of the meeting and its time of the day. Raises Conflict if it would lie outside."""
    by, old, there = new.opens_on - meeting.opens_on, ZoneInfo(meeting.zone), ZoneInfo(new.zone)
    moves = by != timedelta(0) or new.zone != meeting.zone
    for each in queries.sessions(session, meeting):
        begins = (each.starts_at.astimezone(old) + by).replace(tzinfo=there)
        if not each.cancelled and not new.opens_on <= begins.date() <= new.closes_on:
            raise Conflict(say("Sessions would lie outside the days of the meeting. Move or cancel them first."))
        if moves:
            each.starts_at, each.ends_at = begins, (each.ends_at.astimezone(old) + by).replace(tzinfo=there)
            each.version += 1


def inform(session: WriteSession, actor: Actor, meeting: Meeting, new: Practical, *, version: int) -> None:
    """Say how to get there and how to join, in the languages that there are. Raises Stale."""
    _hold(session, meeting, version)
    rules.CHANGE.require(actor, meeting)
    meeting.practical = {language: text for language, text in new.texts.items() if text}
    meeting.remote_link = new.remote_link or ""
    journal.record(session, actor, events.PracticalChanged(meeting.id), body=meeting.body_id)


def move(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    name: str,
    *,
    version: int,
    because: Because | None = None,
) -> None:
    """Take a step of `rules.MOVES`. Raises Stale; Unacceptable where a reason is wanted and there is none."""
    step = rules.MOVES[name]
    step.permission.require(actor, meeting)
    _hold(session, meeting, version)
    step.permission.require(actor, meeting)
    if step.wants_reason and because is None:
        raise Unacceptable(say("Give the reason."))
    meeting.life = step.to
    meeting.cancelled_because = because.reason if because and step.wants_reason else None
    if step.to == Life.CANCELLED:
        for each in session.scalars(select(MeetingSession).where(MeetingSession.meeting_id == meeting.id)):
            each.cancelled, each.version = True, each.version + 1
    journal.record(session, actor, _told(meeting), body=meeting.body_id)


def _told(meeting: Meeting) -> journal.Event:
    if meeting.life == Life.CONVENED:
        return events.MeetingConvened(meeting.id, meeting.number)
    if meeting.life == Life.CANCELLED:
        return events.MeetingCancelled(meeting.id)
    return events.MeetingMoved(meeting.id, meeting.life)


def _hold(session: WriteSession, meeting: Meeting, version: int) -> None:
    """Nobody else changes it now, and nobody did since `version`. Raises Stale."""
    hold(session, meeting)
    if meeting.version != version:
        raise Stale()
    meeting.version += 1


def _in_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _refuse_a_taken_number(session: WriteSession, body: UUID, number: int) -> None:
    session.execute(select(Body.id).where(Body.id == body).with_for_update())
    taken = select(Meeting.id).where(Meeting.body_id == body, Meeting.number == number)
    if session.scalar(taken):
        raise Unacceptable(say("There is a meeting with that number already. Choose the next one."))
