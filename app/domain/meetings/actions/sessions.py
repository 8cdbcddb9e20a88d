"""Add, move and cancel the sessions of a meeting: on its days, without overlap. A stale change is refused."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from app.core import journal
from app.core.canonical_json import format_instant
from app.core.db import WriteSession, lock_row
from app.core.errors import BadRequest, Conflict, require_version
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.meetings import events, queries, rules
from app.domain.meetings.actions.life_cycle import note_first_act
from app.domain.meetings.inputs import NewMeetingSession
from app.domain.meetings.models import Meeting, MeetingSession


def add_session(session: WriteSession, actor: Actor, meeting: Meeting, new: NewMeetingSession) -> MeetingSession:
    """Add a session; a cancelled one that began at the same time is reinstated. Raises BadRequest as `_require_fit`."""
    lock_row(session, meeting)
    rules.SCHEDULE_SESSIONS.require(actor, meeting)
    starts_at, ends_at = _require_fit(session, meeting, new)
    note_first_act(meeting)
    sessions = queries.list_sessions(session, meeting)
    meeting_session = next((existing for existing in sessions if existing.starts_at == starts_at), None)
    if meeting_session is None:
        meeting_session = MeetingSession(
            meeting_id=meeting.id, starts_at=starts_at, ends_at=ends_at, cancelled=False, version=1
        )
        session.add(meeting_session)
    else:
        meeting_session.ends_at, meeting_session.cancelled, meeting_session.version = (
            ends_at,
            False,
            meeting_session.version + 1,
        )
    session.flush()
    journal.record_event(session, actor, events.SessionLaidDown(meeting.id, meeting_session.id), body=meeting.body_id)
    return meeting_session


def copy_sessions(session: WriteSession, actor: Actor, meeting: Meeting, source: Meeting) -> dict[UUID, UUID]:
    """Schedule the sessions that another meeting has, each on the same day of the meeting at the same hours; return the
    new sessions by those that they copy. Cancelled ones, and those after the last day, are left out.

    Raises as `add_session`.
    """
    rules.SCHEDULE_SESSIONS.require(actor, meeting)
    zone, copies = ZoneInfo(source.zone), {}
    for each in queries.list_sessions(session, source):
        starts, ends = each.starts_at.astimezone(zone), each.ends_at.astimezone(zone)
        day = meeting.opens_on + (starts.date() - source.opens_on)
        if each.cancelled or not rules.is_day_of_meeting(meeting, day):
            continue
        hours = NewMeetingSession(on=day, starts=starts.time(), ends=ends.time())
        copies[each.id] = add_session(session, actor, meeting, hours).id
    return copies


def move_session(
    session: WriteSession, actor: Actor, subject: MeetingSession, new: NewMeetingSession, *, version: int
) -> None:
    """Move a session to another time. Raises Stale; BadRequest if it does not fit; Conflict if it is cancelled."""
    meeting = session.get_one(Meeting, subject.meeting_id)
    lock_row(session, meeting)
    rules.SCHEDULE_SESSIONS.require(actor, meeting)
    _require_version(session, subject, version)
    starts_at, ends_at = _require_fit(session, meeting, new, apart_from=subject.id)
    if any(
        other.starts_at == starts_at and other.id != subject.id for other in queries.list_sessions(session, meeting)
    ):
        raise BadRequest(_("There is a cancelled session at that time. Add a new session at that time instead."))
    note_first_act(meeting)
    times = (starts_at, subject.starts_at, ends_at, subject.ends_at)
    subject.starts_at, subject.ends_at = starts_at, ends_at
    subject.version += 1
    event = events.SessionMoved(meeting.id, subject.id, *map(format_instant, times))
    journal.record_event(session, actor, event, body=meeting.body_id)


def cancel_session(session: WriteSession, actor: Actor, subject: MeetingSession, *, version: int) -> None:
    """Cancel a session. Raises Stale; Conflict if it is cancelled already."""
    meeting = session.get_one(Meeting, subject.meeting_id)
    lock_row(session, meeting)
    rules.SCHEDULE_SESSIONS.require(actor, meeting)
    _require_version(session, subject, version)
    subject.cancelled = True
    subject.version += 1
    journal.record_event(session, actor, events.SessionCancelled(meeting.id, subject.id), body=meeting.body_id)


def _require_version(session: WriteSession, subject: MeetingSession, version: int) -> None:
    """Raise Stale if the session was changed since `version`, Conflict if it is cancelled."""
    session.refresh(subject)
    require_version(subject.version, version)
    if subject.cancelled:
        raise Conflict(_("This session was cancelled."))


def _require_fit(
    session: WriteSession, meeting: Meeting, new: NewMeetingSession, *, apart_from: UUID | None = None
) -> tuple[datetime, datetime]:
    """Return the instants of a session. Raises BadRequest if it is on no day of the meeting or overlaps another one."""
    if not rules.is_day_of_meeting(meeting, new.on):
        raise BadRequest(rules.NO_DAY_OF_MEETING)
    starts_at, ends_at = new.to_instants(meeting.zone)
    for other in queries.list_sessions(session, meeting):
        if not other.cancelled and other.id != apart_from and other.starts_at < ends_at and starts_at < other.ends_at:
            raise BadRequest(
                _("There is another session at that time. Select another time, or move the other session first.")
            )
    return starts_at, ends_at
