"""The steps of a meeting's life: each has a page that says what will happen, and a form that does it."""

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
    """The page and the form of one step of `rules.MOVES`."""
    guard = [Depends(Asks(move.permission))]

    @router.get(f"/meetings/{{meeting}}/{name}", name=f"{name}-asking", dependencies=guard)
    def ask(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
        found = queries.one_visible(session, actor, meeting)
        move.permission.require(actor, found)
        return _page(session, actor, house, request, found, name)

    @router.post(f"/meetings/{{meeting}}/{name}", name=f"{name}-this-meeting", dependencies=guard)
    def take(
        meeting: UUID,
        actor: SignedIn,
        session: Writing,
        house: TheHouse,
        request: Request,
        version: Version = 0,
        reason: Typed = "",
    ) -> Response:
        found = queries.one_visible(session, actor, meeting)
        move.permission.require(actor, found)
        because = read(Because, {"reason": reason})
        if move.wants_reason and because.made is None:
            return _page(session, actor, house, request, found, name, reason, because.errors.get("reason"))
        drafting.move_meeting(session, actor, found, name, version=version, because=because.made)
        return RedirectResponse(f"/meetings/{found.id}?done=moved-on", 303)


for name, move in rules.MOVES.items():
    offer(name, move)


def _page(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    found: Meeting,
    name: str,
    reason: str = "",
    error: Text | None = None,
) -> Response:
    return house.pages.show(
        request,
        "web/meetings/move.html",
        status=400 if error else 200,
        frame=frame(session, actor, found, "", house.pages.language(request)),
        name=name,
        move=rules.MOVES[name],
        reason=reason,
        error=error,
    )
