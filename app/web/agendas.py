"""The released agenda: the current version, its history, any earlier version, and differences between two versions."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from app.asgi.actors import Asks, SignedIn
from app.asgi.formats import Formats
from app.asgi.house import House, Reading, TheHouse
from app.core.access import Actor
from app.core.db import ReadSession
from app.domain.agendas import queries, rules
from app.domain.agendas.differences import differences
from app.domain.agendas.models import AgendaRelease
from app.domain.documents import queries as documents
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.web import agenda_lines, agenda_words
from app.web.agenda_pages import named_sessions
from app.web.meeting_pages import document_lines, frame

router = APIRouter()

HERE = "/meetings/{meeting}/agenda"
SEES = [Depends(Asks(rules.SEE))]
Number = Annotated[int, Query(ge=0, le=10**6)]


@router.get(HERE, name="agenda", dependencies=SEES)
def show(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the current release of the agenda."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    return _render_page(session, actor, house, request, meeting_row, queries.current(session, meeting_row))


@router.get(f"{HERE}/versions", name="agenda-versions", dependencies=SEES)
def history(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show every released version, the latest first."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    return house.pages.show(
        request,
        "web/meetings/agenda_versions.html",
        frame=frame(session, actor, meeting_row, "agenda", house.pages.language(request)),
        versions=[(each, agenda_words.release_name(each)) for each in queries.releases(session, meeting_row)],
    )


@router.get(f"{HERE}/versions/{{number}}", name="agenda-version", dependencies=SEES)
def version(
    meeting: UUID,
    number: Annotated[int, Path(ge=0, le=10**6)],
    actor: SignedIn,
    session: Reading,
    house: TheHouse,
    request: Request,
) -> Response:
    """Show one version as it was released."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    return _render_page(session, actor, house, request, meeting_row, queries.one_release(session, meeting_row, number))


@router.get(f"{HERE}/differences", name="agenda-differences", dependencies=SEES)
def compare(
    meeting: UUID,
    actor: SignedIn,
    session: Reading,
    house: TheHouse,
    request: Request,
    former: Annotated[int | None, Query(alias="from", ge=0, le=10**6)] = None,
    latter: Annotated[int | None, Query(alias="to", ge=0, le=10**6)] = None,
) -> Response:
    """Show what changed between two versions; by default between the last one and the one before."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    language = house.pages.language(request)
    last = queries.last_release(session, meeting_row)
    new = queries.one_release(session, meeting_row, last if latter is None else latter)
    old = queries.one_release(session, meeting_row, max(1, new.number - 1) if former is None else former)
    return house.pages.show(
        request,
        "web/meetings/agenda_differences.html",
        frame=frame(session, actor, meeting_row, "agenda", language),
        old=(old, agenda_words.release_name(old)),
        new=(new, agenda_words.release_name(new)),
        versions=[(each, agenda_words.release_name(each)) for each in queries.releases(session, meeting_row)],
        lines=compared(session, actor, meeting_row, old, new, language),
    )


def compared(
    session: ReadSession,
    actor: Actor,
    meeting: Meeting,
    old: AgendaRelease,
    new: AgendaRelease | None,
    language: str,
) -> list[agenda_words.Line]:
    """Return the differences between a release and another release, or the draft if `new` is None."""
    was, now = queries.as_version(session, meeting, old), queries.as_version(session, meeting, new)
    rows = documents.listed(session, actor, body=meeting.body_id, scope=str(meeting.number), limit=agenda_lines.MOST)
    known = {line.id: line for line in document_lines(rows, language)}
    return agenda_words.told(
        differences(was, now), known, named_sessions(session, meeting, Formats(language)), language
    )


def _render_page(
    session: ReadSession, actor: Actor, house: House, request: Request, meeting: Meeting, release: AgendaRelease | None
) -> Response:
    language = house.pages.language(request)
    return house.pages.show(
        request,
        "web/meetings/agenda.html",
        frame=frame(session, actor, meeting, "agenda", language),
        release=release,
        name=agenda_words.release_name(release) if release else None,
        agenda=agenda_lines.released(session, actor, meeting, release, language) if release else None,
        sessions=named_sessions(session, meeting, Formats(language)),
        may_adopt=rules.ADOPT.allows(actor, meeting),
        may_propose=rules.PROPOSE.allows(actor, rules.wish_for(meeting, actor.entity)),
    )
