"""The time plan of a meeting: the released one for everybody, the draft's for those who keep the agenda."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response

from app.asgi.actors import Asks, SignedIn
from app.asgi.formats import Formats
from app.asgi.house import House, Reading, TheHouse
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.i18n import direction, say
from app.domain.agendas import actions, queries, rules
from app.domain.agendas.inputs import Planning
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.web import agenda_lines, agenda_words
from app.web.agenda_lines import Agenda
from app.web.agenda_pages import did, since
from app.web.agenda_turns import Refused, TheTurn, Turn, Wanted
from app.web.entries import EachFieldOnce, read
from app.web.meeting_pages import frame
from app.web.plan_lines import lay

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

HERE = "/meetings/{meeting}/plan"
KEEPS = [Depends(Asks(rules.KEEP))]


@router.get(HERE, name="plan", dependencies=[Depends(Asks(rules.SEE))])
def show(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """The released agenda over the sessions."""
    found = meetings.one_visible(session, actor, meeting)
    language = house.pages.language(request)
    release = queries.current(session, found)
    agenda = agenda_lines.released(session, actor, found, release, language) if release else Agenda([], [])
    return house.pages.show(
        request,
        "web/meetings/plan.html",
        frame=frame(session, actor, found, "plan", language),
        plan=lay(agenda, found, meetings.sessions(session, found), direction(language)),
        name=agenda_words.release_name(release) if release else None,
    )


@router.get(f"{HERE}/edit", name="edit-plan", dependencies=KEEPS)
def edit(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = meetings.one_visible(session, actor, meeting)
    rules.KEEP.require(actor, found)
    return _editor(session, actor, house, request, found)


@router.post(f"{HERE}/items/{{item}}", name="plan-item", dependencies=KEEPS)
def plan_item(
    item: UUID,
    turn: TheTurn,
    session: Annotated[str, Form()] = "",
    minutes: Annotated[str, Form()] = "",
    beside: Annotated[str, Form()] = "",
) -> Response:
    """Lay an item over a session, with its minutes; over `beside`, if a button named that one."""
    typed = {"session": beside or session, "minutes": minutes}
    entry = read(Planning, typed)
    wanted = Wanted(say("You wanted to plan an item:"), f"/items/{item}", typed, item, entry.errors)
    if (new := entry.made) is None:
        return _after(turn, wanted, None, 400)

    def act() -> None:
        there = turn.item(item)
        actions.plan_item(
            turn.session,
            turn.actor,
            turn.meeting,
            there,
            planned=new.session,
            minutes=new.minutes,
            version=turn.version,
        )

    return turn.take(wanted, act, _after, room="plan")


@router.post(f"{HERE}/undo", name="undo-plan", dependencies=KEEPS)
def undo(turn: TheTurn) -> Response:
    """Go back to the draft before the latest change."""

    def act() -> None:
        actions.undo(turn.session, turn.actor, turn.meeting, version=turn.version)

    return turn.take(Wanted(say("You wanted to undo the last change.")), act, _after, room="plan")


def _after(turn: Turn, wanted: Wanted, refused: Refused | None, status: int) -> Response:
    """The editor after something that was not done."""
    return _editor(turn.session, turn.actor, turn.house, turn.request, turn.meeting, wanted, refused, status=status)


def _editor(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    wanted: Wanted | None = None,
    refused: Refused | None = None,
    *,
    status: int = 200,
) -> Response:
    language = house.pages.language(request)
    agenda = agenda_lines.draft(session, actor, meeting, language)
    sessions, formats = meetings.sessions(session, meeting), Formats(language)
    return house.pages.show(
        request,
        "web/meetings/plan_edit.html",
        status=status,
        frame=frame(session, actor, meeting, "plan", language),
        plan=lay(agenda, meeting, sessions, direction(language)),
        choices=[(each.id, formats.in_short(each.starts_at, meeting.zone)) for each in sessions if not each.cancelled],
        undoable=agenda_words.undoable(session, meeting, agenda, language, only="planned"),
        did=did(session, meeting, agenda, request, language),
        wanted=wanted,
        refused=refused,
        since=since(session, meeting, agenda, refused, language),
        lines={line.id: line for line in agenda.items},
    )
