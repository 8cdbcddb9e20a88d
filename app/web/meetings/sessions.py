"""Scheduling the sessions of a meeting."""

from datetime import timedelta
from functools import partial
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import BadRequest, DomainError
from app.domain.meetings import queries, rules
from app.domain.meetings.actions import sessions
from app.domain.meetings.inputs import NewMeetingSession
from app.domain.meetings.models import Meeting, MeetingSession
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import get_form_http_status, submit_parsed_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TypedForm, VersionField, parse_form
from app.web.views.documents.timeline import get_day_in_meeting_zone
from app.web.views.meetings.meetings import build_meeting_frame

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

SCHEDULE_SESSION_GUARDS = [Depends(SignedInGuard(rules.SCHEDULE_SESSIONS))]


class SessionForm(TypedForm):
    """The fields of a session."""

    on: str = ""
    starts: str = ""
    ends: str = ""


@router.get("/meetings/{meeting}/sessions", dependencies=SCHEDULE_SESSION_GUARDS)
def show_session_list(context: ReadContext, meeting: UUID) -> Response:
    """Show the sessions of a meeting, and the form for a new one."""
    meeting_row = queries.get_visible_meeting(context.session, context.actor, meeting)
    rules.SCHEDULE_SESSIONS.require(context.actor, meeting_row)
    form = SessionForm(on=meeting_row.opens_on.isoformat(), starts="09:30", ends="12:30")
    return _render_page(context, meeting_row, None, ParsedForm(form.typed, None, {}))


@router.post("/meetings/{meeting}/sessions", dependencies=SCHEDULE_SESSION_GUARDS)
def schedule_session(context: WriteContext, meeting: UUID, form: Annotated[SessionForm, Form()]) -> Response:
    """Schedule a session."""
    meeting_row = queries.get_visible_meeting(context.session, context.actor, meeting)
    rules.SCHEDULE_SESSIONS.require(context.actor, meeting_row)
    return submit_parsed_form(
        context,
        _parse_hours(form, meeting_row),
        action=lambda hours: sessions.add_session(context.session, context.actor, meeting_row, hours),
        render=partial(_render_page, context, meeting_row, None),
        done=f"/meetings/{meeting_row.id}/sessions?done=session",
        refusals=(BadRequest,),
        refusal_at="starts",
    )


@router.get("/sessions/{meeting_session}/edit", dependencies=SCHEDULE_SESSION_GUARDS)
def show_session_form(context: ReadContext, meeting_session: UUID) -> Response:
    """Show the form of one session."""
    meeting_session_row = queries.get_visible_session(context.session, context.actor, meeting_session)
    meeting = queries.get_visible_meeting(context.session, context.actor, meeting_session_row.meeting_id)
    rules.SCHEDULE_SESSIONS.require(context.actor, meeting)
    zone = ZoneInfo(meeting.zone)
    form = SessionForm(
        on=get_day_in_meeting_zone(meeting_session_row.starts_at, meeting).isoformat(),
        starts=meeting_session_row.starts_at.astimezone(zone).strftime("%H:%M"),
        ends=meeting_session_row.ends_at.astimezone(zone).strftime("%H:%M"),
    )
    return _render_page(context, meeting, meeting_session_row, ParsedForm(form.typed, None, {}))


@router.post("/sessions/{meeting_session}", dependencies=SCHEDULE_SESSION_GUARDS)
def reschedule_session(
    context: WriteContext, meeting_session: UUID, form: Annotated[SessionForm, Form()], version: VersionField = 0
) -> Response:
    """Move a session to other hours."""
    meeting_session_row = queries.get_visible_session(context.session, context.actor, meeting_session)
    meeting = queries.get_visible_meeting(context.session, context.actor, meeting_session_row.meeting_id)
    rules.SCHEDULE_SESSIONS.require(context.actor, meeting)
    return submit_parsed_form(
        context,
        _parse_hours(form, meeting),
        action=lambda hours: sessions.move_session(
            context.session, context.actor, meeting_session_row, hours, version=version
        ),
        render=partial(_render_page, context, meeting, meeting_session_row),
        done=f"/meetings/{meeting.id}/sessions?done=session-moved",
        refusal_at="starts",
    )


@router.post("/sessions/{meeting_session}/cancel", dependencies=SCHEDULE_SESSION_GUARDS)
def cancel_session(context: WriteContext, meeting_session: UUID, version: VersionField = 0) -> Response:
    """Cancel a session."""
    meeting_session_row = queries.get_visible_session(context.session, context.actor, meeting_session)
    sessions.cancel_session(context.session, context.actor, meeting_session_row, version=version)
    return context.redirect(f"/meetings/{meeting_session_row.meeting_id}/sessions?done=session-cancelled")


def _parse_hours(form: SessionForm, meeting: Meeting) -> ParsedForm[NewMeetingSession]:
    """Parse the form of a session; a day on which there is no meeting is an error of that field."""
    entry = parse_form(NewMeetingSession, form.typed)
    if entry.value and not rules.is_day_of_meeting(meeting, entry.value.on):
        return entry.with_error("on", rules.NO_DAY_OF_MEETING)
    return entry


def _render_page(
    context: ReadContext,
    meeting: Meeting,
    changed: MeetingSession | None,
    entry: ParsedForm[Any],
    refusal: DomainError | None = None,
) -> Response:
    """Render the list of sessions, and the form of one."""
    formats = context.localizer
    length = (meeting.closes_on - meeting.opens_on).days + 1
    days = [meeting.opens_on + timedelta(days=number) for number in range(length)]
    return context.render(
        "web/meetings/sessions.html",
        status=get_form_http_status(entry, refusal),
        frame=build_meeting_frame(context.session, context.actor, meeting, "", formats.language),
        sessions=[
            (each, get_day_in_meeting_zone(each.starts_at, meeting))
            for each in queries.list_sessions(context.session, meeting)
        ],
        days=[(day.isoformat(), formats.format_day(day)) for day in days],
        typed=entry.typed,
        errors=entry.errors,
        changed=changed,
    )
