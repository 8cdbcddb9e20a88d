"""Calendar files of a meeting and of one session, for those with a seat; and of everything that one person may see, at
a secret address of their own, which calendars ask without signing in.
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
"""So long after a meeting closed it stands in people's own calendars."""


@router.get("/meetings/{meeting}/calendar.ics", name="meeting-calendar", dependencies=SEES)
def of_meeting(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """The meeting with all its sessions."""
    found = queries.one_visible(session, actor, meeting)
    body, language = session.get_one(Body, found.body_id), house.pages.language(request)
    portal = house.settings.portal_url
    whole = files.whole_meeting(found, body, portal, language)
    events = [whole, *_sessions(session, [(found, body)], queries.sessions(session, found), portal, language)]
    return _saved(request, files.calendar(events, called(found, body), language), found, body)


@router.get("/sessions/{meeting_session}/calendar.ics", name="session-calendar", dependencies=SEES)
def of_session(meeting_session: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """One session."""
    there = queries.one_session(session, actor, meeting_session)
    found = queries.one_visible(session, actor, there.meeting_id)
    body, language = session.get_one(Body, found.body_id), house.pages.language(request)
    events = _sessions(session, [(found, body)], [there], house.settings.portal_url, language)
    return _saved(request, files.calendar(events, called(found, body), language), found, body)


@router.post("/account/calendar", name="make-calendar", dependencies=OWN)
def make(actor: SignedIn, session: Writing, house: TheHouse, request: Request) -> Response:
    """A new address. This page is the only one that ever shows it."""
    secret = actions.make_calendar_address(session, actor)
    address = f"{house.settings.portal_url}/calendars/{secret}.ics?lang={house.pages.language(request)}"
    return house.pages.show(request, "web/home/calendar.html", address=address)


@router.post("/account/calendar/revoke", name="revoke-calendar", dependencies=OWN)
def revoke(actor: SignedIn, session: Writing) -> Response:
    actions.revoke_calendar_address(session, actor)
    return RedirectResponse("/account?done=calendar-revoked", 303)


@router.get("/calendars/{secret}.ics", name="calendar", dependencies=[Depends(Anyone())])
def of_person(secret: str, session: Reading, house: TheHouse, request: Request) -> Response:
    """What the person of this address may see at this moment: meetings, sessions and what is due. Raises Unknown."""
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
    there = queries.sessions_of_all(session, [meeting for meeting, _ in pairs])
    events += _sessions(session, pairs, there, portal, language)
    name = say("Meetings of the Council working groups")
    return _answer(request, files.calendar(events, name, language, subscribed=True))


def _sessions(
    session: ReadSession,
    meetings: Sequence[tuple[Meeting, Body]],
    sessions: Iterable[MeetingSession],
    portal: str,
    language: str,
) -> list[Event]:
    """Sessions of these meetings, with the items that are planned for them."""
    known = {meeting.id: (meeting, body) for meeting, body in meetings}
    items = files.planned(agendas.planned_items(session, [meeting for meeting, _ in meetings]), language)
    return [
        files.one_session(each, items.get(each.id, []), *known[each.meeting_id], portal, language) for each in sessions
    ]


def _saved(request: Request, content: bytes, meeting: Meeting, body: Body) -> Response:
    """A file to keep, under the name of its meeting."""
    name = f'attachment; filename="{body.prefix}-{meeting.number}.ics"'
    return _answer(request, content, {"Content-Disposition": name, "Vary": "Cookie, Accept-Language"})


def _answer(request: Request, content: bytes, more: dict[str, str] | None = None) -> Response:
    """The file, unless its reader has it. Its tag is weak: when a file was made (DTSTAMP) is no change of it."""
    said = b"\n".join(line for line in content.splitlines() if not line.startswith(b"DTSTAMP"))
    tag = f'W/"{hashlib.sha256(said).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"} | (more or {})
    if tag in (each.strip() for each in request.headers.get("If-None-Match", "").split(",")):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)
