"""Laying down the sessions of a meeting."""

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
    """The form of a session as it was typed."""
    return {"on": on, "starts": starts, "ends": ends}


SessionFields = Annotated[dict[str, str], Depends(session_fields)]


@router.get("/meetings/{meeting}/sessions", name="sessions", dependencies=LAY_DOWN)
def listed(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_visible(session, actor, meeting)
    rules.LAY_DOWN.require(actor, found)
    return _page(session, actor, house, request, found, EMPTY | {"on": found.opens_on.isoformat()}, {})


@router.post("/meetings/{meeting}/sessions", name="lay-down-session", dependencies=LAY_DOWN)
def lay_down(
    meeting: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, typed: SessionFields
) -> Response:
    found = queries.one_visible(session, actor, meeting)
    rules.LAY_DOWN.require(actor, found)
    entry = _read(typed)
    if entry.made is None:
        return _page(session, actor, house, request, found, typed, entry.errors)
    try:
        with apart(session):
            sessions.lay_down(session, actor, found, entry.made)
    except Unacceptable as refused:
        return _page(session, actor, house, request, found, typed, {"starts": refused.reason})
    return RedirectResponse(f"/meetings/{found.id}/sessions?done=session", 303)


@router.get("/sessions/{meeting_session}/edit", name="edit-session", dependencies=LAY_DOWN)
def edit(meeting_session: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    there = queries.one_session(session, actor, meeting_session)
    found = queries.one_visible(session, actor, there.meeting_id)
    rules.LAY_DOWN.require(actor, found)
    zone = ZoneInfo(found.zone)
    typed = {
        "on": day_of(there.starts_at, found).isoformat(),
        "starts": there.starts_at.astimezone(zone).strftime("%H:%M"),
        "ends": there.ends_at.astimezone(zone).strftime("%H:%M"),
    }
    return _page(session, actor, house, request, found, typed, {}, there)


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
    there = queries.one_session(session, actor, meeting_session)
    found = queries.one_visible(session, actor, there.meeting_id)
    rules.LAY_DOWN.require(actor, found)
    entry = _read(typed)
    if entry.made is None:
        return _page(session, actor, house, request, found, typed, entry.errors, there)
    try:
        with apart(session):
            sessions.move(session, actor, there, entry.made, version=version)
    except (Conflict, Unacceptable) as refused:
        errors = {"starts": refused.reason}
        return _page(session, actor, house, request, found, typed, errors, there, refused=refused)
    return RedirectResponse(f"/meetings/{found.id}/sessions?done=session-moved", 303)


@router.post("/sessions/{meeting_session}/cancel", name="cancel-session", dependencies=LAY_DOWN)
def cancel(meeting_session: UUID, actor: SignedIn, session: Writing, version: Version = 0) -> Response:
    there = queries.one_session(session, actor, meeting_session)
    sessions.cancel(session, actor, there, version=version)
    return RedirectResponse(f"/meetings/{there.meeting_id}/sessions?done=session-cancelled", 303)


def _read(typed: Mapping[str, str]) -> Entry[NewSession]:
    """What is wrong with two times together is said beside the first of them."""
    entry = read(NewSession, typed)
    return Entry(typed, entry.made, {name or "starts": words for name, words in entry.errors.items()})


def _page(
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
    """The sessions that there are, and the form of one."""
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
