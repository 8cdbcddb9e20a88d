"""Releasing the draft of an agenda for everybody, and recording that the meeting adopted it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.i18n import say
from app.domain.agendas import queries, releasing, rules
from app.domain.agendas.inputs import Release
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.web import agenda_lines, agenda_words
from app.web.agenda_pages import since
from app.web.agenda_turns import Refused, TheTurn, Turn, Wanted
from app.web.agendas import compared
from app.web.entries import EachFieldOnce, Typed, read
from app.web.meeting_pages import frame

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

HERE = "/meetings/{meeting}/agenda"
RELEASES, ADOPTS = [Depends(Asks(rules.RELEASE))], [Depends(Asks(rules.ADOPT))]
Number = Annotated[int, Form(ge=0, le=10**6)]


@router.get(f"{HERE}/release", name="check-agenda", dependencies=RELEASES)
def check(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """What the release would change for everybody."""
    found = meetings.one_visible(session, actor, meeting)
    rules.RELEASE.require(actor, found)
    return _page(session, actor, house, request, found)


@router.post(f"{HERE}/release", name="release-agenda", dependencies=RELEASES)
def release(turn: TheTurn, note: Typed = "", after: Number = 0) -> Response:
    entry = read(Release, {"note": note})
    wanted = Wanted(say("You wanted to release the agenda."), fields={"note": note}, errors=entry.errors)
    if (new := entry.made) is None:
        return _again(turn, wanted, None, 400)
    return turn.take(
        wanted,
        lambda: releasing.release(turn.session, turn.actor, turn.meeting, new, version=turn.version, after=after),
        _again,
        to="versions?done=released-agenda",
    )


@router.get(f"{HERE}/adopt", name="check-adoption", dependencies=ADOPTS)
def ask(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = meetings.one_visible(session, actor, meeting)
    rules.ADOPT.require(actor, found)
    current = queries.current(session, found)
    return house.pages.show(
        request,
        "web/meetings/agenda_adopt.html",
        frame=frame(session, actor, found, "agenda", house.pages.language(request)),
        release=current,
        name=agenda_words.release_name(current) if current else None,
        is_released=current is not None and current.draft_version == found.agenda_version,
    )


@router.post(f"{HERE}/adopt", name="adopt-agenda", dependencies=ADOPTS)
def adopt(meeting: UUID, actor: SignedIn, session: Writing, number: Number) -> Response:
    """Record that the meeting adopted this version."""
    found = meetings.one_visible(session, actor, meeting)
    releasing.adopt(session, actor, found, number=number)
    return RedirectResponse(f"/meetings/{found.id}/agenda?done=on-record", 303)


def _again(turn: Turn, wanted: Wanted, refused: Refused | None, status: int) -> Response:
    return _page(turn.session, turn.actor, turn.house, turn.request, turn.meeting, wanted, refused, status)


def _page(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    wanted: Wanted | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> Response:
    language = house.pages.language(request)
    agenda = agenda_lines.draft(session, actor, meeting, language)
    current = queries.current(session, meeting)
    return house.pages.show(
        request,
        "web/meetings/agenda_release.html",
        status=status,
        frame=frame(session, actor, meeting, "agenda", language),
        agenda=agenda,
        release=current,
        name=agenda_words.release_name(current) if current else None,
        lines=compared(session, actor, meeting, current, None, language) if current else None,
        note=wanted.fields.get("note", "") if wanted else "",
        errors=wanted.errors if wanted else {},
        refused=refused,
        since=since(session, meeting, agenda, refused, language),
    )
