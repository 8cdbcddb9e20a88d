"""Calendar files of a meeting and of one session, for those with a seat."""

from collections.abc import Iterable
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from app.asgi.actors import Asks, SignedIn
from app.asgi.house import House, Reading, TheHouse
from app.core.access import Actor
from app.core.db import ReadSession
from app.domain.agendas import queries as agendas
from app.domain.bodies.models import Body
from app.domain.meetings import queries, rules
from app.domain.meetings.models import Meeting, MeetingSession
from app.web import agenda_lines
from app.web.agenda_lines import Agenda
from app.web.calendar_files import Told, calendar, one_session, whole_meeting
from app.web.plan_lines import lay
from app.web.standing import called

router = APIRouter()

SEES = [Depends(Asks(rules.SEE))]


@router.get("/meetings/{meeting}/calendar.ics", name="meeting-calendar", dependencies=SEES)
def of_meeting(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """The meeting with all its sessions."""
    found = queries.one_visible(session, actor, meeting)
    sessions = queries.sessions(session, found)
    return _file(session, actor, house, request, found, sessions, whole=True)


@router.get("/sessions/{meeting_session}/calendar.ics", name="session-calendar", dependencies=SEES)
def of_session(meeting_session: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """One session."""
    there = queries.one_session(session, actor, meeting_session)
    found = queries.one_visible(session, actor, there.meeting_id)
    return _file(session, actor, house, request, found, [there], whole=False)


def _file(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    chosen: Iterable[MeetingSession],
    *,
    whole: bool,
) -> Response:
    language, portal = house.pages.language(request), house.settings.portal_url
    body = session.get_one(Body, meeting.body_id)
    release = agendas.current(session, meeting)
    agenda = agenda_lines.released(session, actor, meeting, release, language) if release else Agenda([], [])
    laid = {each.session.id: each.slots for each in lay(agenda, queries.sessions(session, meeting)).sessions}
    told = [Told(each, [f"{slot.line.number} {slot.line.title}" for slot in laid[each.id]]) for each in chosen]
    events = [whole_meeting(meeting, body, portal, language)] if whole else []
    events += [one_session(each, meeting, body, portal, language) for each in told]
    return Response(
        calendar(events, called(meeting, body), language),
        media_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{body.prefix}-{meeting.number}.ics"'},
    )
