"""Scheduling the sessions of a meeting."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.core.db import ReadSession
from app.core.errors import BadRequest, Conflict, DomainError
from app.core.i18n import LazyText
from app.core.journal import savepoint
from app.core.permissions import Actor
from app.domain.meetings import queries, rules
from app.domain.meetings.actions import sessions
from app.domain.meetings.inputs import NewMeetingSession
from app.domain.meetings.models import Meeting, MeetingSession
from app.http.authentication import SignedInActor, SignedInFor
from app.http.localization import Localizer
from app.http.portal_state import Portal, PortalState, RequestReadSession, RequestWriteSession
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


@router.get("/meetings/{meeting}/sessions", name="sessions", dependencies=SCHEDULE_SESSION_GUARDS)
def show_session_list(
    meeting: UUID, actor: SignedInActor, session: RequestReadSession, house: Portal, request: Request
) -> Response:
    """Show the sessions of a meeting, and the form for a new one."""
    meeting_row = queries.get_visible_meeting(session, actor, meeting)
    rules.SCHEDULE_SESSIONS.require(actor, meeting_row)
    return _render_page(
        session, actor, house, request, meeting_row, EMPTY_SESSION_FORM | {"on": meeting_row.opens_on.isoformat()}, {}
    )


@router.post("/meetings/{meeting}/sessions", name="lay-down-session", dependencies=SCHEDULE_SESSION_GUARDS)
def schedule_session(
    meeting: UUID,
    actor: SignedInActor,
    session: RequestWriteSession,
    house: Portal,
    request: Request,
    typed: SessionFormFields,
) -> Response:
    """Schedule a session."""
    meeting_row = queries.get_visible_meeting(session, actor, meeting)
    rules.SCHEDULE_SESSIONS.require(actor, meeting_row)
    entry = _read_form(typed)
    if entry.value is None:
        return _render_page(session, actor, house, request, meeting_row, typed, entry.errors)
    try:
        with savepoint(session):
            sessions.add_session(session, actor, meeting_row, entry.value)
    except BadRequest as error:
        return _render_page(session, actor, house, request, meeting_row, typed, {"starts": error.reason})
    return RedirectResponse(f"/meetings/{meeting_row.id}/sessions?done=session", 303)


@router.get("/sessions/{meeting_session}/edit", name="edit-session", dependencies=SCHEDULE_SESSION_GUARDS)
def show_session_form(
    meeting_session: UUID, actor: SignedInActor, session: RequestReadSession, house: Portal, request: Request
) -> Response:
    """Show the form of one session."""
    meeting_session_row = queries.get_visible_session(session, actor, meeting_session)
    meeting = queries.get_visible_meeting(session, actor, meeting_session_row.meeting_id)
    rules.SCHEDULE_SESSIONS.require(actor, meeting)
    zone = ZoneInfo(meeting.zone)
    typed = {
        "on": get_meeting_day(meeting_session_row.starts_at, meeting).isoformat(),
        "starts": meeting_session_row.starts_at.astimezone(zone).strftime("%H:%M"),
        "ends": meeting_session_row.ends_at.astimezone(zone).strftime("%H:%M"),
    }
    return _render_page(session, actor, house, request, meeting, typed, {}, meeting_session_row)


@router.post("/sessions/{meeting_session}", name="move-session", dependencies=SCHEDULE_SESSION_GUARDS)
def reschedule_session(
    meeting_session: UUID,
    actor: SignedInActor,
    session: RequestWriteSession,
    house: Portal,
    request: Request,
    typed: SessionFormFields,
    version: VersionField = 0,
) -> Response:
    """Move a session to other hours."""
    meeting_session_row = queries.get_visible_session(session, actor, meeting_session)
    meeting = queries.get_visible_meeting(session, actor, meeting_session_row.meeting_id)
    rules.SCHEDULE_SESSIONS.require(actor, meeting)
    entry = _read_form(typed)
    if entry.value is None:
        return _render_page(session, actor, house, request, meeting, typed, entry.errors, meeting_session_row)
    try:
        with savepoint(session):
            sessions.move_session(session, actor, meeting_session_row, entry.value, version=version)
    except (Conflict, BadRequest) as error:
        errors = {"starts": error.reason}
        return _render_page(session, actor, house, request, meeting, typed, errors, meeting_session_row, refused=error)
    return RedirectResponse(f"/meetings/{meeting.id}/sessions?done=session-moved", 303)


@router.post("/sessions/{meeting_session}/cancel", name="cancel-session", dependencies=SCHEDULE_SESSION_GUARDS)
def cancel_session(
    meeting_session: UUID, actor: SignedInActor, session: RequestWriteSession, version: VersionField = 0
) -> Response:
    """Cancel a session."""
    meeting_session_row = queries.get_visible_session(session, actor, meeting_session)
    sessions.cancel_session(session, actor, meeting_session_row, version=version)
    return RedirectResponse(f"/meetings/{meeting_session_row.meeting_id}/sessions?done=session-cancelled", 303)


def _read_form(typed: Mapping[str, str]) -> ParsedForm[NewMeetingSession]:
    """Validate the form; an error about two times together is shown at the first of them."""
    entry = parse_form(NewMeetingSession, typed)
    return ParsedForm(typed, entry.value, {name or "starts": words for name, words in entry.errors.items()})


def _render_page(
    session: ReadSession,
    actor: Actor,
    house: PortalState,
    request: Request,
    meeting: Meeting,
    typed: Mapping[str, str],
    errors: Mapping[str, LazyText],
    changed: MeetingSession | None = None,
    *,
    refused: DomainError | None = None,
) -> Response:
    """Render the list of sessions, and the form of one."""
    formats = Localizer(house.templates.negotiate_language(request))
    length = (meeting.closes_on - meeting.opens_on).days + 1
    days = [meeting.opens_on + timedelta(days=number) for number in range(length)]
    return house.templates.render_response(
        request,
        "web/meetings/sessions.html",
        status=refused.status if refused else 400 if errors else 200,
        frame=build_meeting_frame(session, actor, meeting, "", formats.language),
        sessions=[(each, get_meeting_day(each.starts_at, meeting)) for each in queries.list_sessions(session, meeting)],
        days=[(day.isoformat(), formats.format_day(day)) for day in days],
        typed=typed,
        errors=errors,
        changed=changed,
    )
