"""Calendar files (.ics) of a meeting, of a session, and of everything that one person may see.

The personal calendar has a secret address, which calendar applications fetch without signing in.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from icalendar import Event

from app.core import clock
from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.i18n import lazy_gettext as _
from app.domain.agendas.queries import agenda_releases
from app.domain.bodies.models import Body
from app.domain.bodies.queries.seats import build_actor
from app.domain.identity import queries as identity
from app.domain.identity.actions import accounts
from app.domain.identity.rules import MANAGE_CALENDAR_ADDRESS
from app.domain.meetings import queries, rules
from app.domain.meetings.models import Meeting, MeetingSession
from app.domain.participants.pending import REGISTER
from app.domain.pending_actions import list_pending_actions_of_person
from app.http.authentication import SignedInGuard
from app.http.localization import Localizer
from app.http.page_context import ReadContext, WriteContext
from app.http.pending_lines import list_pending_lines
from app.http.portal_state import Portal, RequestReadSession
from app.http.route_guards import AllowAnyone
from app.web.views.contributions.status import format_meeting_name
from app.web.views.documents.timeline import build_named_meeting_deadlines
from app.web.views.meetings import calendar_files as files

router = APIRouter()

SEE_MEETING_GUARDS = [Depends(SignedInGuard(rules.SEE))]
OWN_CALENDAR_GUARDS = [Depends(SignedInGuard(MANAGE_CALENDAR_ADDRESS))]
PAST_MEETINGS_PERIOD = timedelta(days=366)
"""How long personal calendars list a meeting after it closed."""


@router.get("/meetings/{meeting}/calendar.ics", dependencies=SEE_MEETING_GUARDS)
def download_meeting_calendar(context: ReadContext, meeting: UUID) -> Response:
    """Download the calendar file of a meeting with all its sessions."""
    meeting_row = queries.get_visible_meeting(context.session, context.actor, meeting)
    body, language = context.session.get_one(Body, meeting_row.body_id), context.language
    portal = context.portal.settings.portal_url
    whole = files.build_meeting_event(meeting_row, body, portal, language)
    events = [
        whole,
        *_session_events(
            context.session,
            [(meeting_row, body)],
            queries.list_sessions(context.session, meeting_row),
            portal,
            language,
        ),
    ]
    return _attachment_response(
        context.request,
        files.build_calendar_file(events, format_meeting_name(meeting_row, body), language),
        meeting_row,
        body,
    )


@router.get("/sessions/{meeting_session}/calendar.ics", dependencies=SEE_MEETING_GUARDS)
def download_session_calendar(context: ReadContext, meeting_session: UUID) -> Response:
    """Download the calendar file of one session."""
    meeting_session_row = queries.get_visible_session(context.session, context.actor, meeting_session)
    meeting = queries.get_visible_meeting(context.session, context.actor, meeting_session_row.meeting_id)
    body, language = context.session.get_one(Body, meeting.body_id), context.language
    events = _session_events(
        context.session, [(meeting, body)], [meeting_session_row], context.portal.settings.portal_url, language
    )
    return _attachment_response(
        context.request, files.build_calendar_file(events, format_meeting_name(meeting, body), language), meeting, body
    )


@router.post("/account/calendar", dependencies=OWN_CALENDAR_GUARDS)
def create_calendar_address(context: WriteContext) -> Response:
    """Create a new secret calendar address.

    The answer itself shows it, and no other page ever does: after a redirect, the secret would have to be kept or to
    stand in an address, which histories and logs keep.
    """
    secret = accounts.create_calendar_address(context.session, context.actor)
    address = f"{context.portal.settings.portal_url}/calendars/{secret}.ics?lang={context.language}"
    return context.render("web/home/calendar.html", address=address)


@router.post("/account/calendar/revoke", dependencies=OWN_CALENDAR_GUARDS)
def revoke_calendar_address(context: WriteContext) -> Response:
    """Revoke the secret calendar address."""
    accounts.revoke_calendar_address(context.session, context.actor)
    return context.redirect("/account?done=calendar-revoked")


@router.get("/calendars/{secret}.ics", dependencies=[Depends(AllowAnyone())])
def download_personal_calendar(secret: str, session: RequestReadSession, portal: Portal, request: Request) -> Response:
    """Download what the owner of the secret address may see now: meetings, their sessions and dates, and what is
    pending for the owner with a deadline, as on their desk. Raises NotFound for an unknown secret."""
    person = identity.find_person_by_calendar_secret(session, secret)
    if person is None:
        raise NotFound()
    portal_url, language = portal.settings.portal_url, portal.templates.negotiate_language(request)
    since = (clock.now() - PAST_MEETINGS_PERIOD).date()
    pairs = [
        (row[0], row[1])
        for row in queries.list_recent_and_upcoming_meetings(session, build_actor(session, person), since)
    ]
    events = [files.build_meeting_event(meeting, body, portal_url, language) for meeting, body in pairs]
    pending = list_pending_actions_of_person(session, person)
    to_register = {action.subject for action in pending.actions if action.kind is REGISTER}
    events += [
        files.build_deadline_event(name, words, due_at, meeting, body, portal_url, language)
        for meeting, body in pairs
        for name, (words, due_at) in build_named_meeting_deadlines(meeting).items()
        if name != "registration" or meeting.id not in to_register  # that pending action has the same deadline
    ]
    all_sessions = queries.list_sessions_of_meetings(session, [meeting for meeting, _ignored in pairs])
    events += _session_events(session, pairs, all_sessions, portal_url, language)
    lines = list_pending_lines(pending, Localizer(language))
    events += [files.build_pending_event(line, line.due_at, portal_url, language) for line in lines if line.due_at]
    name = _("Meetings of the Council working groups")
    return _calendar_response(request, files.build_calendar_file(events, name, language, subscribed=True))


def _session_events(
    session: ReadSession,
    meetings: Sequence[tuple[Meeting, Body]],
    sessions: Iterable[MeetingSession],
    portal: str,
    language: str,
) -> list[Event]:
    """Build the events of sessions of these meetings, with the items planned for them."""
    known = {meeting.id: (meeting, body) for meeting, body in meetings}
    items = files.describe_planned_items(
        agenda_releases.list_items_of_current_releases(session, [meeting for meeting, _ignored in meetings]), language
    )
    return [
        files.build_session_event(each, items.get(each.id, []), *known[each.meeting_id], portal, language)
        for each in sessions
    ]


def _attachment_response(request: Request, content: bytes, meeting: Meeting, body: Body) -> Response:
    """Return the file as an attachment named after the meeting."""
    name = f'attachment; filename="{body.prefix}-{meeting.number}.ics"'
    return _calendar_response(request, content, {"Content-Disposition": name, "Vary": "Cookie, Accept-Language"})


def _calendar_response(request: Request, content: bytes, extra_headers: dict[str, str] | None = None) -> Response:
    """Return the file, or 304 if the client has it. The ETag is weak: DTSTAMP does not count as a change."""
    stable_lines = b"\n".join(line for line in content.splitlines() if not line.startswith(b"DTSTAMP"))
    tag = f'W/"{hashlib.sha256(stable_lines).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"} | (extra_headers or {})
    if tag in (each.strip() for each in request.headers.get("If-None-Match", "").split(",")):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)
