"""Scheduling the sessions of a meeting."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.formats import Formats
from app.asgi.house import House, Reading, TheHouse, Writing
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Conflict, Refusal, Unacceptable
from app.core.i18n import Text
from app.core.journal import apart
from app.domain.meetings import queries, rules, sessions
from app.domain.meetings.inputs import NewSession
from app.domain.meetings.models import Meeting, MeetingSession
from app.web.entries import EachFieldOnce, Entry, Typed, Version, read
from app.web.meeting_pages import frame
from app.web.timeline import day_of

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

LAY_DOWN = [Depends(Asks(rules.LAY_DOWN))]
EMPTY = {"on": "", "starts": "09:30", "ends": "12:30"}


def session_fields(on: Typed = "", starts: Typed = "", ends: Typed = "") -> dict[str, str]:
    """Return the form fields of a session as typed."""
    return {"on": on, "starts": starts, "ends": ends}


SessionFields = Annotated[dict[str, str], Depends(session_fields)]


@router.get("/meetings/{meeting}/sessions", name="sessions", dependencies=LAY_DOWN)
def listed(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the sessions of a meeting, and the form for a new one."""
    meeting_row = queries.one_visible(session, actor, meeting)
    rules.LAY_DOWN.require(actor, meeting_row)
    return _render_page(
        session, actor, house, request, meeting_row, EMPTY | {"on": meeting_row.opens_on.isoformat()}, {}
    )


@router.post("/meetings/{meeting}/sessions", name="lay-down-session", dependencies=LAY_DOWN)
def lay_down(
    meeting: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, typed: SessionFields
) -> Response:
    """Schedule a session."""
    meeting_row = queries.one_visible(session, actor, meeting)
    rules.LAY_DOWN.require(actor, meeting_row)
    entry = _read_form(typed)
    if entry.made is None:
        return _render_page(session, actor, house, request, meeting_row, typed, entry.errors)
    try:
        with apart(session):
            sessions.lay_down(session, actor, meeting_row, entry.made)
    except Unacceptable as error:
        return _render_page(session, actor, house, request, meeting_row, typed, {"starts": error.reason})
    return RedirectResponse(f"/meetings/{meeting_row.id}/sessions?done=session", 303)


@router.get("/sessions/{meeting_session}/edit", name="edit-session", dependencies=LAY_DOWN)
def edit(meeting_session: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form of one session."""
    meeting_session_row = queries.one_session(session, actor, meeting_session)
    meeting = queries.one_visible(session, actor, meeting_session_row.meeting_id)
    rules.LAY_DOWN.require(actor, meeting)
    zone = ZoneInfo(meeting.zone)
    typed = {
        "on": day_of(meeting_session_row.starts_at, meeting).isoformat(),
        "starts": meeting_session_row.starts_at.astimezone(zone).strftime("%H:%M"),
        "ends": meeting_session_row.ends_at.astimezone(zone).strftime("%H:%M"),
    }
    return _render_page(session, actor, house, request, meeting, typed, {}, meeting_session_row)


@router.post("/sessions/{meeting_session}", name="move-session", dependencies=LAY_DOWN)
def move(
    meeting_session: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    typed: SessionFields,
    version: Version = 0,
) -> Response:
    """Move a session to other hours."""
    meeting_session_row = queries.one_session(session, actor, meeting_session)
    meeting = queries.one_visible(session, actor, meeting_session_row.meeting_id)
    rules.LAY_DOWN.require(actor, meeting)
    entry = _read_form(typed)
    if entry.made is None:
        return _render_page(session, actor, house, request, meeting, typed, entry.errors, meeting_session_row)
    try:
        with apart(session):
            sessions.move(session, actor, meeting_session_row, entry.made, version=version)
    except (Conflict, Unacceptable) as error:
        errors = {"starts": error.reason}
        return _render_page(session, actor, house, request, meeting, typed, errors, meeting_session_row, refused=error)
    return RedirectResponse(f"/meetings/{meeting.id}/sessions?done=session-moved", 303)


@router.post("/sessions/{meeting_session}/cancel", name="cancel-session", dependencies=LAY_DOWN)
def cancel(meeting_session: UUID, actor: SignedIn, session: Writing, version: Version = 0) -> Response:
    """Cancel a session."""
    meeting_session_row = queries.one_session(session, actor, meeting_session)
    sessions.cancel(session, actor, meeting_session_row, version=version)
    return RedirectResponse(f"/meetings/{meeting_session_row.meeting_id}/sessions?done=session-cancelled", 303)


def _read_form(typed: Mapping[str, str]) -> Entry[NewSession]:
    """Validate the form; an error about two times together is shown at the first of them."""
    entry = read(NewSession, typed)
    return Entry(typed, entry.made, {name or "starts": words for name, words in entry.errors.items()})


def _render_page(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    typed: Mapping[str, str],
    errors: Mapping[str, Text],
    changed: MeetingSession | None = None,
    *,
    refused: Refusal | None = None,
) -> Response:
    """Render the list of sessions, and the form of one."""
    formats = Formats(house.pages.language(request))
    length = (meeting.closes_on - meeting.opens_on).days + 1
    days = [meeting.opens_on + timedelta(days=number) for number in range(length)]
    return house.pages.show(
        request,
        "web/meetings/sessions.html",
        status=refused.status if refused else 400 if errors else 200,
        frame=frame(session, actor, meeting, "", formats.language),
        sessions=[(each, day_of(each.starts_at, meeting)) for each in queries.sessions(session, meeting)],
        days=[(day.isoformat(), formats.day(day)) for day in days],
        typed=typed,
        errors=errors,
        changed=changed,
    )
