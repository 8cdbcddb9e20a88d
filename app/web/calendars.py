"""Calendar files (.ics) of a meeting, of a session, and of everything that one person may see.

The personal calendar has a secret address, which calendar applications fetch without signing in.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from icalendar import Event

from app.asgi.actors import Asks, SignedIn
from app.asgi.guards import Anyone
from app.asgi.house import Reading, TheHouse, Writing
from app.core import clock
from app.core.db import ReadSession
from app.core.errors import Unknown
from app.core.i18n import say
from app.domain.agendas import queries as agendas
from app.domain.bodies import queries as bodies
from app.domain.bodies.models import Body
from app.domain.identity import actions, people
from app.domain.identity.rules import KEEP_CALENDAR
from app.domain.meetings import queries, rules
from app.domain.meetings.models import Meeting, MeetingSession
from app.web import calendar_files as files
from app.web.standing import called
from app.web.timeline import due

router = APIRouter()

SEES = [Depends(Asks(rules.SEE))]
OWN = [Depends(Asks(KEEP_CALENDAR))]
KEPT_FOR = timedelta(days=366)
"""How long personal calendars list a meeting after it closed."""


@router.get("/meetings/{meeting}/calendar.ics", name="meeting-calendar", dependencies=SEES)
def of_meeting(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Download the calendar file of a meeting with all its sessions."""
    meeting_row = queries.one_visible(session, actor, meeting)
    body, language = session.get_one(Body, meeting_row.body_id), house.pages.language(request)
    portal = house.settings.portal_url
    whole = files.whole_meeting(meeting_row, body, portal, language)
    events = [
        whole,
        *_session_events(session, [(meeting_row, body)], queries.sessions(session, meeting_row), portal, language),
    ]
    return _attachment_response(request, files.calendar(events, called(meeting_row, body), language), meeting_row, body)


@router.get("/sessions/{meeting_session}/calendar.ics", name="session-calendar", dependencies=SEES)
def of_session(meeting_session: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Download the calendar file of one session."""
    meeting_session_row = queries.one_session(session, actor, meeting_session)
    meeting = queries.one_visible(session, actor, meeting_session_row.meeting_id)
    body, language = session.get_one(Body, meeting.body_id), house.pages.language(request)
    events = _session_events(session, [(meeting, body)], [meeting_session_row], house.settings.portal_url, language)
    return _attachment_response(request, files.calendar(events, called(meeting, body), language), meeting, body)


@router.post("/account/calendar", name="make-calendar", dependencies=OWN)
def make(actor: SignedIn, session: Writing, house: TheHouse, request: Request) -> Response:
    """Create a new secret calendar address. This page is the only one that ever shows it."""
    secret = actions.make_calendar_address(session, actor)
    address = f"{house.settings.portal_url}/calendars/{secret}.ics?lang={house.pages.language(request)}"
    return house.pages.show(request, "web/home/calendar.html", address=address)


@router.post("/account/calendar/revoke", name="revoke-calendar", dependencies=OWN)
def revoke(actor: SignedIn, session: Writing) -> Response:
    """Revoke the secret calendar address."""
    actions.revoke_calendar_address(session, actor)
    return RedirectResponse("/account?done=calendar-revoked", 303)


@router.get("/calendars/{secret}.ics", name="calendar", dependencies=[Depends(Anyone())])
def of_person(secret: str, session: Reading, house: TheHouse, request: Request) -> Response:
    """Download what the owner of the secret address may see now: meetings, sessions and deadlines. Raises NotFound
    for an unknown secret."""
    person = people.by_calendar_secret(session, secret)
    if person is None:
        raise Unknown()
    portal, language = house.settings.portal_url, house.pages.language(request)
    since = (clock.now() - KEPT_FOR).date()
    pairs = [(row[0], row[1]) for row in queries.not_long_over(session, bodies.seated(session, person), since)]
    events = [files.whole_meeting(meeting, body, portal, language) for meeting, body in pairs]
    events += [
        files.one_deadline(name, words, due_at, meeting, body, portal, language)
        for meeting, body in pairs
        for name, (words, due_at) in due(meeting).items()
    ]
    all_sessions = queries.sessions_of_all(session, [meeting for meeting, _ in pairs])
    events += _session_events(session, pairs, all_sessions, portal, language)
    name = say("Meetings of the Council working groups")
    return _calendar_response(request, files.calendar(events, name, language, subscribed=True))


def _session_events(
    session: ReadSession,
    meetings: Sequence[tuple[Meeting, Body]],
    sessions: Iterable[MeetingSession],
    portal: str,
    language: str,
) -> list[Event]:
    """Build the events of sessions of these meetings, with the items planned for them."""
    known = {meeting.id: (meeting, body) for meeting, body in meetings}
    items = files.planned(agendas.planned_items(session, [meeting for meeting, _ in meetings]), language)
    return [
        files.one_session(each, items.get(each.id, []), *known[each.meeting_id], portal, language) for each in sessions
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
