"""Laying down the sessions of a meeting: on its days, one after the other. A stale change is refused."""

from datetime import datetime
from uuid import UUID

from app.core import journal
from app.core.access import Actor
from app.core.db import WriteSession, hold
from app.core.errors import Conflict, Stale, Unacceptable
from app.core.i18n import say
from app.domain.meetings import events, queries, rules
from app.domain.meetings.inputs import NewSession
from app.domain.meetings.models import Meeting, MeetingSession


def lay_down(session: WriteSession, actor: Actor, meeting: Meeting, new: NewSession) -> MeetingSession:
    """Add a session. One that was cancelled and began at that time is taken up again."""
    hold(session, meeting)
    rules.LAY_DOWN.require(actor, meeting)
    starts_at, ends_at = _fitting(session, meeting, new)
    there = queries.sessions(session, meeting)
    made = next((each for each in there if each.starts_at == starts_at), None)
    if made is None:
        made = MeetingSession(meeting_id=meeting.id, starts_at=starts_at, ends_at=ends_at, cancelled=False, version=1)
        session.add(made)
    else:
        made.ends_at, made.cancelled, made.version = ends_at, False, made.version + 1
    session.flush()
    journal.record(session, actor, events.SessionLaidDown(meeting.id, made.id), body=meeting.body_id)
    return made


def move(session: WriteSession, actor: Actor, subject: MeetingSession, new: NewSession, *, version: int) -> None:
    """Give a session another day or time. Raises Stale."""
    meeting = session.get_one(Meeting, subject.meeting_id)
    hold(session, meeting)
    rules.LAY_DOWN.require(actor, meeting)
    _insist_on(session, subject, version)
    starts_at, ends_at = _fitting(session, meeting, new, apart_from=subject.id)
    if any(each.starts_at == starts_at and each.id != subject.id for each in queries.sessions(session, meeting)):
        raise Unacceptable(say("A session that was cancelled stands there. Add one at that time instead."))
    subject.starts_at, subject.ends_at = starts_at, ends_at
    subject.version += 1
    journal.record(session, actor, events.SessionMoved(meeting.id, subject.id), body=meeting.body_id)


def cancel(session: WriteSession, actor: Actor, subject: MeetingSession, *, version: int) -> None:
    """A session will not take place. Raises Stale."""
    meeting = session.get_one(Meeting, subject.meeting_id)
    hold(session, meeting)
    rules.LAY_DOWN.require(actor, meeting)
    _insist_on(session, subject, version)
    subject.cancelled = True
    subject.version += 1
    journal.record(session, actor, events.SessionCancelled(meeting.id, subject.id), body=meeting.body_id)


def _insist_on(session: WriteSession, subject: MeetingSession, version: int) -> None:
    session.refresh(subject)
    if subject.version != version:
        raise Stale()
    if subject.cancelled:
        raise Conflict(say("This session was cancelled."))


def _fitting(
    session: WriteSession, meeting: Meeting, new: NewSession, *, apart_from: UUID | None = None
) -> tuple[datetime, datetime]:
    """From when until when, on a day of the meeting and over no other session. Raises Unacceptable."""
    if not meeting.opens_on <= new.on <= meeting.closes_on:
        raise Unacceptable(say("This is not a day of the meeting. Choose one of its days."))
    starts_at, ends_at = new.instants(meeting.zone)
    for each in queries.sessions(session, meeting):
        if not each.cancelled and each.id != apart_from and each.starts_at < ends_at and starts_at < each.ends_at:
            raise Unacceptable(say("Another session lies at that time. Choose another time, or move that one first."))
    return starts_at, ends_at
