"""The moves of a meeting's life cycle: each has a page that says what will happen, and a form that makes the move."""

from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.i18n import Text
from app.domain.meetings import queries, rules
from app.domain.meetings.inputs import Because
from app.domain.meetings.models import Meeting
from app.domain.silence import drafting
from app.web.entries import EachFieldOnce, Typed, Version, read
from app.web.meeting_pages import frame

router = APIRouter(dependencies=[Depends(EachFieldOnce())])


def offer(name: str, move: rules.Move) -> None:
    """Register the page and the form of one move of `rules.MOVES`."""
    guard = [Depends(Asks(move.permission))]

    @router.get(f"/meetings/{{meeting}}/{name}", name=f"{name}-asking", dependencies=guard)
    def show_move_page(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
        """Show what the move will do."""
        meeting_row = queries.one_visible(session, actor, meeting)
        move.permission.require(actor, meeting_row)
        return _render_page(session, actor, house, request, meeting_row, name)

    @router.post(f"/meetings/{{meeting}}/{name}", name=f"{name}-this-meeting", dependencies=guard)
    def make_move(
        meeting: UUID,
        actor: SignedIn,
        session: Writing,
        house: TheHouse,
        request: Request,
        version: Version = 0,
        reason: Typed = "",
    ) -> Response:
        """Make the move, with a reason where one is required."""
        meeting_row = queries.one_visible(session, actor, meeting)
        move.permission.require(actor, meeting_row)
        reason_entry = read(Because, {"reason": reason})
        if move.wants_reason and reason_entry.made is None:
            return _render_page(
                session, actor, house, request, meeting_row, name, reason, reason_entry.errors.get("reason")
            )
        drafting.move_meeting(session, actor, meeting_row, name, version=version, because=reason_entry.made)
        return RedirectResponse(f"/meetings/{meeting_row.id}?done=moved-on", 303)


for name, move in rules.MOVES.items():
    offer(name, move)


def _render_page(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    name: str,
    reason: str = "",
    error: Text | None = None,
) -> Response:
    return house.pages.show(
        request,
        "web/meetings/move.html",
        status=400 if error else 200,
        frame=frame(session, actor, meeting, "", house.pages.language(request)),
        name=name,
        move=rules.MOVES[name],
        reason=reason,
        error=error,
    )
