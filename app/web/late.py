"""What came late: the chair accepts it or holds it for a later meeting; the secretariat takes up what was held."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.core.access import Actor, Permission
from app.core.db import ReadSession
from app.domain.contributions import actions, queries, rules
from app.domain.contributions.inputs import Because
from app.domain.contributions.models import Contribution
from app.domain.meetings import queries as meetings
from app.web import standing
from app.web.contributions import about, asking
from app.web.entries import EachFieldOnce, Typed, Version, read

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

ACCEPT, HOLD, TAKE_UP = ([Depends(Asks(each))] for each in (rules.ACCEPT_LATE, rules.HOLD, rules.TAKE_UP))


@router.get("/contributions/{contribution}/accept-late", name="accepting-late", dependencies=ACCEPT)
def accepting(contribution: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    return _ask(session, actor, house, request, contribution, rules.ACCEPT_LATE, "accept-late")


@router.post("/contributions/{contribution}/accept-late", name="accept-late", dependencies=ACCEPT)
def accept(
    contribution: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    version: Version = 0,
    reason: Typed = "",
) -> Response:
    found = queries.one_visible(session, actor, contribution, lock=True)
    rules.ACCEPT_LATE.require(actor, found)
    entry = read(Because, {"reason": reason})
    if entry.made is None:
        return asking(house, request, found, "accept-late", entry)
    actions.accept_late(session, actor, found, entry.made, version=version)
    return RedirectResponse(f"/contributions/{found.id}?done=accepted", 303)


@router.get("/contributions/{contribution}/hold", name="holding-late", dependencies=HOLD)
def holding(contribution: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    return _ask(session, actor, house, request, contribution, rules.HOLD, "hold")


@router.post("/contributions/{contribution}/hold", name="hold-late", dependencies=HOLD)
def hold(
    contribution: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    version: Version = 0,
    reason: Typed = "",
) -> Response:
    found = queries.one_visible(session, actor, contribution, lock=True)
    rules.HOLD.require(actor, found)
    entry = read(Because, {"reason": reason})
    if entry.made is None:
        return asking(house, request, found, "hold", entry)
    actions.hold(session, actor, found, entry.made, version=version)
    return RedirectResponse(f"/contributions/{found.id}?done=held", 303)


@router.get("/contributions/{contribution}/take-up", name="taking-up", dependencies=TAKE_UP)
def taking_up(contribution: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_visible(session, actor, contribution)
    rules.TAKE_UP.require(actor, found)
    seen = about(session, actor, found, house.pages.language(request))
    later = meetings.later(session, actor, seen.meeting)
    return house.pages.show(
        request,
        "web/contributions/take_up.html",
        about=seen,
        meetings=[(meeting.id, standing.called(meeting, seen.body)) for meeting in later],
    )


@router.post("/contributions/{contribution}/take-up", name="take-up", dependencies=TAKE_UP)
def take_up(
    contribution: UUID, actor: SignedIn, session: Writing, meeting: Annotated[UUID, Form()], version: Version = 0
) -> Response:
    found = queries.one_visible(session, actor, contribution, lock=True)
    rules.TAKE_UP.require(actor, found)
    actions.take_up(session, actor, found, meetings.one_visible(session, actor, meeting), version=version)
    return RedirectResponse(f"/contributions/{found.id}?done=taken-up", 303)


def _ask(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    contribution: UUID,
    permission: Permission[Contribution],
    act: str,
) -> Response:
    found = queries.one_visible(session, actor, contribution)
    permission.require(actor, found)
    return asking(house, request, found, act)
