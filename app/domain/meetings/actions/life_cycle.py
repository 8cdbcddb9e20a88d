"""Plan, convene, run and change meetings. A change names the version of the meeting that the user saw; a stale one is
refused. Sessions of meetings are in `sessions`."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core import journal
from app.core.db import WriteSession, lock_row
from app.core.errors import BadRequest, Conflict, require_version
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.bodies.models import Body
from app.domain.bodies.rules import EntityInBody
from app.domain.meetings import events, queries, rules
from app.domain.meetings.inputs import NewMeeting, PracticalInformation
from app.domain.meetings.models import Meeting, MeetingLife, MeetingSession

RECORDED_TIMES = (
    "zone",
    "opens_on",
    "closes_on",
    "contributions_due_at",
    "posting_due_at",
    "proposals_due_at",
    "registration_due_at",
)
"""What an event of a change names, with its value before."""

FIELDS_FIXED_IN_SESSION = (
    "opens_on",
    "zone",
    "contributions_due_at",
    "posting_due_at",
    "proposals_due_at",
    "registration_due_at",
)
FIRST_DAY_NOT_COME = _(
    "The first day of the meeting has not come yet. Confirm that the meeting begins today and that its first day moves "
    "to today."
)


def convene_meeting(session: WriteSession, actor: Actor, body: Body, new: NewMeeting, language: str) -> Meeting:
    """Convene a meeting of a body that is open for contributions at once. Raises BadRequest if the number is taken."""
    rules.CONVENE.require(actor, EntityInBody(body.id))
    meeting = _create_meeting(session, body, new, language, MeetingLife.OPEN)
    journal.record_event(session, actor, events.MeetingConvened(meeting.id, meeting.number), body=body.id)
    return meeting


def plan_meeting(session: WriteSession, actor: Actor, body: Body, new: NewMeeting, language: str) -> Meeting:
    """Plan a meeting of a body, visible to its secretariat and chairs only until it is convened.

    Raises BadRequest if the number is taken.
    """
    rules.CONVENE.require(actor, EntityInBody(body.id))
    meeting = _create_meeting(session, body, new, language, MeetingLife.PLANNED)
    journal.record_event(session, actor, events.MeetingPlanned(meeting.id, meeting.number), body=body.id)
    return meeting


def _create_meeting(session: WriteSession, body: Body, new: NewMeeting, language: str, life: MeetingLife) -> Meeting:
    _require_free_number(session, body.id, new.number)
    meeting = Meeting(
        body_id=body.id,
        number=new.number,
        place={language: new.place},
        version=1,
        agenda_version=0,
        life=life,
        **_resolve_times(new, body),
    )
    session.add(meeting)
    session.flush()
    return meeting


def _resolve_times(new: NewMeeting, body: Body) -> dict[str, Any]:
    return {
        "zone": new.zone,
        "opens_on": new.opens_on,
        "closes_on": new.closes_on,
        "contributions_due_at": new.compute_deadline(body.deadline_days, new.contributions_due_on),
        "posting_due_at": new.compute_deadline(body.posting_days, new.posting_due_on),
        "proposals_due_at": new.compute_deadline(body.proposal_days, new.proposals_due_on),
        "registration_due_at": new.compute_deadline(body.registration_days, new.registration_due_on),
    }


def change_meeting(
    session: WriteSession, actor: Actor, meeting: Meeting, new: NewMeeting, language: str, *, version: int
) -> None:
    """Change dates, place or deadlines of a meeting; its sessions move along with the first day.

    Raises Stale; BadRequest if the number differs, since symbols contain it; Conflict if the meeting is in session and
    more than its place and last day would change, or if a session would lie outside the meeting.
    """
    _lock_version(session, meeting, version)
    rules.CHANGE.require(actor, meeting)
    if new.number != meeting.number:
        raise BadRequest(_("The number of a meeting cannot be changed, because it is part of the document symbols."))
    body = session.get_one(Body, meeting.body_id)
    times = _resolve_times(new, body)
    if meeting.life == MeetingLife.IN_SESSION:
        times = _keep_fixed_times(meeting, new, times)
        if new.closes_on != meeting.closes_on:
            note_first_act(meeting)
    _move_sessions(session, meeting, new)
    before = {name: getattr(meeting, name) for name in times}
    is_place_changed = meeting.place.get(language) != new.place
    meeting.place = {**meeting.place, language: new.place}
    for name, value in times.items():
        setattr(meeting, name, value)
    if meeting.contributions_due_at != before["contributions_due_at"] and meeting.life != MeetingLife.PLANNED:
        deadline_event = events.DeadlineMoved(
            meeting.id, *map(_in_utc, (before["contributions_due_at"], meeting.contributions_due_at))
        )
        journal.record_event(session, actor, deadline_event, body=meeting.body_id)
    event = _build_change_event(meeting, before, is_place_changed=is_place_changed)
    journal.record_event(session, actor, event, body=meeting.body_id)


def _keep_fixed_times(meeting: Meeting, new: NewMeeting, times: dict[str, Any]) -> dict[str, Any]:
    """Return the times with the first day, the zone and the deadlines that a meeting in session has.

    A deadline that was left out is kept: the first day may have moved since it was counted. Raises Conflict if another
    one is asked for.
    """
    kept = {name: getattr(meeting, name) for name in FIELDS_FIXED_IN_SESSION}
    asked = {name for name in FIELDS_FIXED_IN_SESSION if getattr(new, name.replace("_due_at", "_due_on")) is not None}
    if any(times[name] != kept[name] for name in asked):
        raise Conflict(_("The meeting is in session. Only its place and its last day can be changed now."))
    return times | kept


def _build_change_event(
    meeting: Meeting, before: Mapping[str, Any], *, is_place_changed: bool
) -> events.MeetingChanged:
    """Build the event of a change, with the values before it."""
    now = {name: _to_fact(getattr(meeting, name)) for name in before}
    was = {f"{name}_was": _to_fact(value) for name, value in before.items()}
    return events.MeetingChanged(meeting.id, **now, **was, is_place_changed=is_place_changed)


def _to_fact(value: str | date | datetime) -> str:
    """Return a value as an event has it: a day, an instant in UTC, or a code."""
    return _in_utc(value) if isinstance(value, datetime) else str(value)


def _move_sessions(session: WriteSession, meeting: Meeting, new: NewMeeting) -> None:
    """Move sessions along, each to its day of the meeting and time of day. Raises Conflict if one would lie outside."""
    shift, old_zone, new_zone = new.opens_on - meeting.opens_on, ZoneInfo(meeting.zone), ZoneInfo(new.zone)
    moves = shift != timedelta(0) or new.zone != meeting.zone
    for meeting_session in queries.list_sessions(session, meeting):
        begins = (meeting_session.starts_at.astimezone(old_zone) + shift).replace(tzinfo=new_zone)
        if not meeting_session.cancelled and not new.opens_on <= begins.date() <= new.closes_on:
            raise Conflict(_("Some sessions would fall outside the days of the meeting. Move or cancel them first."))
        if moves:
            meeting_session.starts_at, meeting_session.ends_at = (
                begins,
                (meeting_session.ends_at.astimezone(old_zone) + shift).replace(tzinfo=new_zone),
            )
            meeting_session.version += 1


def set_practical_information(
    session: WriteSession, actor: Actor, meeting: Meeting, new: PracticalInformation, *, version: int
) -> None:
    """Set the practical information and the link for joining remotely. Empty texts are dropped. Raises Stale."""
    _lock_version(session, meeting, version)
    rules.CHANGE.require(actor, meeting)
    meeting.practical = {language: text for language, text in new.texts.items() if text}
    meeting.remote_link = new.remote_link or ""
    journal.record_event(session, actor, events.PracticalChanged(meeting.id), body=meeting.body_id)


def change_meeting_life(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    name: str,
    *,
    version: int,
    because: ReasonInput | None = None,
    moves_first_day: bool = False,
) -> None:
    """Take the step `name` of `rules.MOVES`. A meeting that begins early needs `moves_first_day`: it moves to today.

    Raises Stale; BadRequest if the step needs a reason and none is given; Conflict if the first day has not come.
    """
    step = rules.MOVES[name]
    step.permission.require(actor, meeting)
    _lock_version(session, meeting, version)
    step.permission.require(actor, meeting)
    if step.wants_reason and because is None:
        raise BadRequest(_("Enter the reason."))
    life_before = meeting.life
    if name == "undo-begin":
        _undo_beginning(session, actor, meeting)
        return
    if name == "begin":
        _keep_beginning(session, actor, meeting, moves_first_day=moves_first_day)
    meeting.life = step.to
    meeting.cancelled_because = because.reason if because and step.wants_reason else None
    if step.to == MeetingLife.CANCELLED:
        for meeting_session in session.scalars(select(MeetingSession).where(MeetingSession.meeting_id == meeting.id)):
            meeting_session.cancelled, meeting_session.version = True, meeting_session.version + 1
    journal.record_event(session, actor, _build_event(meeting, life_before), body=meeting.body_id)


def _keep_beginning(session: WriteSession, actor: Actor, meeting: Meeting, *, moves_first_day: bool) -> None:
    """Keep what is needed to undo the beginning, and move the first day to today where that was asked.

    Raises Conflict if the first day has not come and is not moved.
    """
    today = rules.get_today_at_meeting(meeting)
    meeting.life_before_session, meeting.first_day_before_session = meeting.life, meeting.opens_on
    before = {name: getattr(meeting, name) for name in RECORDED_TIMES}
    if meeting.opens_on <= today:
        return
    if not moves_first_day:
        raise Conflict(FIRST_DAY_NOT_COME)
    meeting.opens_on = today
    event = _build_change_event(meeting, before, is_place_changed=False)
    journal.record_event(session, actor, event, body=meeting.body_id)


def _undo_beginning(session: WriteSession, actor: Actor, meeting: Meeting) -> None:
    """Give a meeting in which nothing was done the state and the first day from before it began."""
    assert meeting.life_before_session is not None
    assert meeting.first_day_before_session is not None
    meeting.life, meeting.opens_on = meeting.life_before_session, meeting.first_day_before_session
    note_first_act(meeting)
    event = events.MeetingBeginUndone(meeting.id, meeting.life, meeting.opens_on.isoformat())
    journal.record_event(session, actor, event, body=meeting.body_id)


def note_first_act(meeting: Meeting) -> None:
    """Note that something was done in a meeting: from then on its beginning cannot be undone."""
    meeting.life_before_session = meeting.first_day_before_session = None


def _build_event(meeting: Meeting, life_before: str) -> journal.Event:
    if meeting.life == MeetingLife.CONVENED:
        return events.MeetingConvened(meeting.id, meeting.number)
    if meeting.life == MeetingLife.CANCELLED:
        return events.MeetingCancelled(meeting.id)
    return events.MeetingMoved(meeting.id, meeting.life, str(life_before))


def _lock_version(session: WriteSession, meeting: Meeting, version: int) -> None:
    """Lock the meeting and count up its version. Raises Stale if it was changed since `version`."""
    lock_row(session, meeting)
    require_version(meeting.version, version)
    meeting.version += 1


def _in_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _require_free_number(session: WriteSession, body: UUID, number: int) -> None:
    """Raise BadRequest if a meeting of the body has this number. Locks the row of the body."""
    lock_row(session, session.get_one(Body, body))
    taken = select(Meeting.id).where(Meeting.body_id == body, Meeting.number == number)
    if session.scalar(taken):
        raise BadRequest(_("A meeting with this number already exists. Enter the next number."))
