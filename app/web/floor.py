"""The floor of a meeting: the page for everybody with a seat, the view for the screen on the wall, requests to speak.

Those who run the floor see the same page with more on it: their buttons are in `floor_chair`, events in `floor_events`.
"""

from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, EntityName, SignedIn
from app.asgi.formats import Formats
from app.asgi.house import House, Reading, TheHouse, Writing
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Conflict
from app.core.i18n import Text
from app.core.journal import apart
from app.domain import member_states
from app.domain.floor import queries, rules, speakers
from app.domain.floor.inputs import Asking
from app.domain.floor.models import Kind
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.web.entries import EachFieldOnce, Entry, Typed, read
from app.web.floor_steps import steps
from app.web.floor_view import KINDS, seen
from app.web.meeting_pages import frame

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

SEES = [Depends(Asks(rules.SEE))]
ASKS = [Depends(Asks(rules.ASK))]


@router.get("/meetings/{meeting}/floor", name="floor", dependencies=SEES)
def show(
    meeting: UUID,
    actor: SignedIn,
    session: Reading,
    house: TheHouse,
    request: Request,
    part: str = "",
    reloads: str = "",
) -> Response:
    """Show the page, or with `part` only the part that changes, for the script. Without scripts the page reloads
    itself if `reloads` is chosen."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.SEE.require(actor, meeting_row)
    return page(session, actor, house, request, meeting_row, part=bool(part), reloads=bool(reloads))


@router.get("/meetings/{meeting}/floor/screen", name="floor-screen", dependencies=SEES)
def screen(
    meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request, part: str = ""
) -> Response:
    """Show the floor in large type for the screen on the wall: no buttons, nothing personal."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.SEE.require(actor, meeting_row)
    language = house.pages.language(request)
    return house.pages.show(
        request,
        "web/floor/screen_part.html" if part else "web/floor/screen.html",
        frame=frame(session, actor, meeting_row, "floor", language),
        floor=seen(session, actor, meeting_row, Formats(language)),
    )


@router.get("/meetings/{meeting}/floor/ask", name="asking-for-the-floor", dependencies=ASKS)
def asking(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the long form of a request: for what, and on behalf of whom."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.ASK.require(actor, queries.at(session, meeting_row, actor.entity))
    return _render_request_form(
        session, actor, house, request, meeting_row, Entry({"kind": Kind.FLOOR, "on_behalf_of": ""}, None, {})
    )


@router.post("/meetings/{meeting}/floor/ask", name="ask-for-the-floor", dependencies=ASKS)
def ask(
    meeting: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    kind: Typed = Kind.FLOOR,
    on_behalf_of: Typed = "",
) -> Response:
    """Request the floor for the actor's State."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.ASK.require(actor, queries.at(session, meeting_row, actor.entity))
    entry = read(Asking, {"kind": kind, "on_behalf_of": on_behalf_of})
    if entry.made is None:
        return _render_request_form(session, actor, house, request, meeting_row, entry, 400)
    try:
        with apart(session):
            speakers.ask(session, actor, meeting_row, entry.made)
    except Conflict as error:
        return page(session, actor, house, request, meeting_row, refused=error.reason)
    return RedirectResponse(f"/meetings/{meeting_row.id}/floor", 303)


@router.post(
    "/meetings/{meeting}/floor/requests/{asked}/withdraw",
    name="withdraw-from-the-floor",
    dependencies=[Depends(Asks(rules.WITHDRAW))],
)
def withdraw(meeting: UUID, asked: UUID, actor: SignedIn, session: Writing) -> Response:
    """Withdraw a request of the actor's own State."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    speakers.withdraw(session, actor, meeting_row, asked)
    return RedirectResponse(f"/meetings/{meeting_row.id}/floor", 303)


def page(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    *,
    refused: Text | None = None,
    part: bool = False,
    reloads: bool = False,
) -> Response:
    """Render the floor as it is now; `refused` says why an action was not done."""
    language = house.pages.language(request)
    formats = Formats(language)
    floor = seen(session, actor, meeting, formats)
    runs = floor.may_run or floor.may_open
    known = sorted(filter(member_states.is_known, queries.represented(session, meeting))) if floor.may_run else []
    return house.pages.show(
        request,
        "web/floor/part.html" if part else "web/floor/show.html",
        status=409 if refused else 200,
        frame=frame(session, actor, meeting, "floor", language),
        floor=floor,
        here=f"/meetings/{meeting.id}",
        steps=steps(floor, queries.to_open(session, meeting), formats) if runs else [],
        delegations=[(code, EntityName(code)) for code in member_states.order(known, language)],
        refused=refused,
        reloads=reloads,
    )


def _render_request_form(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    entry: Entry[Asking],
    status: int = 200,
) -> Response:
    return house.pages.show(
        request,
        "web/floor/ask.html",
        status=status,
        frame=frame(session, actor, meeting, "floor", house.pages.language(request)),
        kinds=list(KINDS.items()),
        typed=entry.typed,
        errors=entry.errors,
    )
