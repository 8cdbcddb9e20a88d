"""Releasing the draft of an agenda to everybody with a seat, and recording its adoption by the meeting."""

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
    """Show what the release would change for everybody."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.RELEASE.require(actor, meeting_row)
    return _render_page(session, actor, house, request, meeting_row)


@router.post(f"{HERE}/release", name="release-agenda", dependencies=RELEASES)
def release(turn: TheTurn, note: Typed = "", after: Number = 0) -> Response:
    """Release the draft as the next version."""
    entry = read(Release, {"note": note})
    attempt = Wanted(say("You wanted to release the agenda."), fields={"note": note}, errors=entry.errors)
    if (new := entry.made) is None:
        return _rerender_page(turn, attempt, None, 400)
    return turn.take(
        attempt,
        lambda: releasing.release(turn.session, turn.actor, turn.meeting, new, version=turn.version, after=after),
        _rerender_page,
        to="versions?done=released-agenda",
    )


@router.get(f"{HERE}/adopt", name="check-adoption", dependencies=ADOPTS)
def ask(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the page on which the adoption of the agenda is recorded."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.ADOPT.require(actor, meeting_row)
    current = queries.current(session, meeting_row)
    return house.pages.show(
        request,
        "web/meetings/agenda_adopt.html",
        frame=frame(session, actor, meeting_row, "agenda", house.pages.language(request)),
        release=current,
        name=agenda_words.release_name(current) if current else None,
        is_released=current is not None and current.draft_version == meeting_row.agenda_version,
    )


@router.post(f"{HERE}/adopt", name="adopt-agenda", dependencies=ADOPTS)
def adopt(meeting: UUID, actor: SignedIn, session: Writing, number: Number) -> Response:
    """Record that the meeting adopted this version of the agenda."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    releasing.adopt(session, actor, meeting_row, number=number)
    return RedirectResponse(f"/meetings/{meeting_row.id}/agenda?done=on-record", 303)


def _rerender_page(edit: Turn, attempt: Wanted, rejection: Refused | None, status: int) -> Response:
    """Render the release page after a rejected attempt."""
    return _render_page(edit.session, edit.actor, edit.house, edit.request, edit.meeting, attempt, rejection, status)


def _render_page(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    attempt: Wanted | None = None,
    rejection: Refused | None = None,
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
        note=attempt.fields.get("note", "") if attempt else "",
        errors=attempt.errors if attempt else {},
        refused=rejection,
        since=since(session, meeting, agenda, rejection, language),
    )
