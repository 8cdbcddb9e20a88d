"""The time plan of a meeting: that of the released agenda for everybody, that of the draft for those who edit it."""

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
    """Show the released agenda laid out over the sessions of the meeting."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    language = house.pages.language(request)
    release = queries.current(session, meeting_row)
    agenda = agenda_lines.released(session, actor, meeting_row, release, language) if release else Agenda([], [])
    return house.pages.show(
        request,
        "web/meetings/plan.html",
        frame=frame(session, actor, meeting_row, "plan", language),
        plan=lay(agenda, meeting_row, meetings.sessions(session, meeting_row), direction(language)),
        name=agenda_words.release_name(release) if release else None,
    )


@router.get(f"{HERE}/edit", name="edit-plan", dependencies=KEEPS)
def edit(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the editor of the draft's time plan."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.KEEP.require(actor, meeting_row)
    return _render_editor(session, actor, house, request, meeting_row)


@router.post(f"{HERE}/items/{{item}}", name="plan-item", dependencies=KEEPS)
def plan_item(
    item: UUID,
    turn: TheTurn,
    session: Annotated[str, Form()] = "",
    minutes: Annotated[str, Form()] = "",
    beside: Annotated[str, Form()] = "",
) -> Response:
    """Assign an item to a session with its minutes. A button sends `beside`, the neighbouring session, which wins
    over `session`."""
    typed = {"session": beside or session, "minutes": minutes}
    entry = read(Planning, typed)
    attempt = Wanted(say("You wanted to plan an item:"), f"/items/{item}", typed, item, entry.errors)
    if (new := entry.made) is None:
        return _rerender_editor(turn, attempt, None, 400)

    def act() -> None:
        item_row = turn.item(item)
        actions.plan_item(
            turn.session,
            turn.actor,
            turn.meeting,
            item_row,
            planned=new.session,
            minutes=new.minutes,
            version=turn.version,
        )

    return turn.take(attempt, act, _rerender_editor, room="plan")


@router.post(f"{HERE}/undo", name="undo-plan", dependencies=KEEPS)
def undo(turn: TheTurn) -> Response:
    """Undo the latest change of the draft."""

    def act() -> None:
        actions.undo(turn.session, turn.actor, turn.meeting, version=turn.version)

    return turn.take(Wanted(say("You wanted to undo the last change.")), act, _rerender_editor, room="plan")


def _rerender_editor(edit: Turn, attempt: Wanted, rejection: Refused | None, status: int) -> Response:
    """Render the editor after a rejected attempt."""
    return _render_editor(
        edit.session, edit.actor, edit.house, edit.request, edit.meeting, attempt, rejection, status=status
    )


def _render_editor(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    attempt: Wanted | None = None,
    rejection: Refused | None = None,
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
        wanted=attempt,
        refused=rejection,
        since=since(session, meeting, agenda, rejection, language),
        lines={line.id: line for line in agenda.items},
    )
