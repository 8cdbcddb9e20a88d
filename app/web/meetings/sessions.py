"""Scheduling the sessions of a meeting."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Response

from app.core.errors import BadRequest, Conflict, DomainError
from app.core.i18n import LazyText
from app.core.journal import savepoint
from app.domain.meetings import queries, rules
from app.domain.meetings.actions import sessions
from app.domain.meetings.inputs import NewMeetingSession
from app.domain.meetings.models import Meeting, MeetingSession
from app.http.authentication import SignedInFor
from app.http.localization import Localizer
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, VersionField, parse_form
from app.web.views.documents.timeline import get_meeting_day
from app.web.views.meetings.meetings import build_meeting_frame

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

SCHEDULE_SESSION_GUARDS = [Depends(SignedInFor(rules.SCHEDULE_SESSIONS))]
EMPTY_SESSION_FORM = {"on": "", "starts": "09:30", "ends": "12:30"}


def session_form_fields(on: TextField = "", starts: TextField = "", ends: TextField = "") -> dict[str, str]:
    """Return the form fields of a session as typed."""
    return {"on": on, "starts": starts, "ends": ends}


SessionFormFields = Annotated[dict[str, str], Depends(session_form_fields)]


@router.get("/meetings/{meeting}/sessions", dependencies=SCHEDULE_SESSION_GUARDS)
def show_session_list(context: ReadContext, meeting: UUID) -> Response:
    """Show the sessions of a meeting, and the form for a new one."""
    meeting_row = queries.get_visible_meeting(context.session, context.actor, meeting)
    rules.SCHEDULE_SESSIONS.require(context.actor, meeting_row)
    return _render_page(context, meeting_row, EMPTY_SESSION_FORM | {"on": meeting_row.opens_on.isoformat()}, {})


@router.post("/meetings/{meeting}/sessions", dependencies=SCHEDULE_SESSION_GUARDS)
def schedule_session(context: WriteContext, meeting: UUID, typed: SessionFormFields) -> Response:
    """Schedule a session."""
    meeting_row = queries.get_visible_meeting(context.session, context.actor, meeting)
    rules.SCHEDULE_SESSIONS.require(context.actor, meeting_row)
    entry = _read_form(typed)
    if entry.value is None:
        return _render_page(context, meeting_row, typed, entry.errors)
    try:
        with savepoint(context.session):
            sessions.add_session(context.session, context.actor, meeting_row, entry.value)
    except BadRequest as error:
        return _render_page(context, meeting_row, typed, {"starts": error.reason})
    return context.redirect(f"/meetings/{meeting_row.id}/sessions?done=session")


@router.get("/sessions/{meeting_session}/edit", dependencies=SCHEDULE_SESSION_GUARDS)
def show_session_form(context: ReadContext, meeting_session: UUID) -> Response:
    """Show the form of one session."""
    meeting_session_row = queries.get_visible_session(context.session, context.actor, meeting_session)
    meeting = queries.get_visible_meeting(context.session, context.actor, meeting_session_row.meeting_id)
    rules.SCHEDULE_SESSIONS.require(context.actor, meeting)
    zone = ZoneInfo(meeting.zone)
    typed = {
        "on": get_meeting_day(meeting_session_row.starts_at, meeting).isoformat(),
        "starts": meeting_session_row.starts_at.astimezone(zone).strftime("%H:%M"),
        "ends": meeting_session_row.ends_at.astimezone(zone).strftime("%H:%M"),
    }
    return _render_page(context, meeting, typed, {}, meeting_session_row)


@router.post("/sessions/{meeting_session}", dependencies=SCHEDULE_SESSION_GUARDS)
def reschedule_session(
    context: WriteContext, meeting_session: UUID, typed: SessionFormFields, version: VersionField = 0
) -> Response:
    """Move a session to other hours."""
    meeting_session_row = queries.get_visible_session(context.session, context.actor, meeting_session)
    meeting = queries.get_visible_meeting(context.session, context.actor, meeting_session_row.meeting_id)
    rules.SCHEDULE_SESSIONS.require(context.actor, meeting)
    entry = _read_form(typed)
    if entry.value is None:
        return _render_page(context, meeting, typed, entry.errors, meeting_session_row)
    try:
        with savepoint(context.session):
            sessions.move_session(context.session, context.actor, meeting_session_row, entry.value, version=version)
    except (Conflict, BadRequest) as error:
        errors = {"starts": error.reason}
        return _render_page(context, meeting, typed, errors, meeting_session_row, refused=error)
    return context.redirect(f"/meetings/{meeting.id}/sessions?done=session-moved")


@router.post("/sessions/{meeting_session}/cancel", dependencies=SCHEDULE_SESSION_GUARDS)
def cancel_session(context: WriteContext, meeting_session: UUID, version: VersionField = 0) -> Response:
    """Cancel a session."""
    meeting_session_row = queries.get_visible_session(context.session, context.actor, meeting_session)
    sessions.cancel_session(context.session, context.actor, meeting_session_row, version=version)
    return context.redirect(f"/meetings/{meeting_session_row.meeting_id}/sessions?done=session-cancelled")


def _read_form(typed: Mapping[str, str]) -> ParsedForm[NewMeetingSession]:
    """Validate the form; an error about two times together is shown at the first of them."""
    entry = parse_form(NewMeetingSession, typed)
    return ParsedForm(typed, entry.value, {name or "starts": words for name, words in entry.errors.items()})


def _render_page(
    context: ReadContext,
    meeting: Meeting,
    typed: Mapping[str, str],
    errors: Mapping[str, LazyText],
    changed: MeetingSession | None = None,
    *,
    refused: DomainError | None = None,
) -> Response:
    """Render the list of sessions, and the form of one."""
    formats = Localizer(context.language)
    length = (meeting.closes_on - meeting.opens_on).days + 1
    days = [meeting.opens_on + timedelta(days=number) for number in range(length)]
    return context.render(
        "web/meetings/sessions.html",
        status=refused.status if refused else 400 if errors else 200,
        frame=build_meeting_frame(context.session, context.actor, meeting, "", formats.language),
        sessions=[
            (each, get_meeting_day(each.starts_at, meeting)) for each in queries.list_sessions(context.session, meeting)
        ],
        days=[(day.isoformat(), formats.format_day(day)) for day in days],
        typed=typed,
        errors=errors,
        changed=changed,
    )
