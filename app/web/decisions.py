"""What is decided on a contribution with a reason: returning, accepting late, holding; and taking up what was held."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, EntityName, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.core.access import Permission
from app.domain.contributions import actions, lateness, queries, rules
from app.domain.contributions.inputs import Because
from app.domain.contributions.models import Contribution
from app.domain.meetings import queries as meetings
from app.web import standing
from app.web.contributions import about
from app.web.entries import EachFieldOnce, Entry, Typed, Version, read
from app.web.titles import foreign

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

TAKE_UP = [Depends(Asks(rules.TAKE_UP))]


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision that needs a reason: who may take it, the verb that takes it, and where it leads."""

    permission: Permission[Contribution]
    take: Callable[..., None]
    then: str


DECISIONS = {
    "return": Decision(rules.RETURN, actions.send_back, "/contributions?done=returned"),
    "accept-late": Decision(rules.ACCEPT_LATE, lateness.accept_late, "/contributions/{}?done=accepted"),
    "hold": Decision(rules.HOLD, lateness.hold, "/contributions/{}?done=held"),
}


def offer(name: str, decision: Decision) -> None:
    """The page that asks for the reason, and the form that decides."""
    path, guard = f"/contributions/{{contribution}}/{name}", [Depends(Asks(decision.permission))]

    @router.get(path, name=f"{name}-asking", dependencies=guard)
    def ask(contribution: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
        found = queries.one_visible(session, actor, contribution)
        decision.permission.require(actor, found)
        return _page(house, request, found, name)

    @router.post(path, name=name, dependencies=guard)
    def decide(
        contribution: UUID,
        actor: SignedIn,
        session: Writing,
        house: TheHouse,
        request: Request,
        version: Version = 0,
        reason: Typed = "",
    ) -> Response:
        found = queries.one_visible(session, actor, contribution, lock=True)
        decision.permission.require(actor, found)
        entry = read(Because, {"reason": reason})
        if entry.made is None:
            return _page(house, request, found, name, entry)
        decision.take(session, actor, found, entry.made, version=version)
        return RedirectResponse(decision.then.format(found.id), 303)


for _name, _decision in DECISIONS.items():
    offer(_name, _decision)


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
    lateness.take_up(session, actor, found, meetings.one_visible(session, actor, meeting), version=version)
    return RedirectResponse(f"/contributions/{found.id}?done=taken-up", 303)


def _page(
    house: House, request: Request, found: Contribution, name: str, entry: Entry[Because] | None = None
) -> Response:
    return house.pages.show(
        request,
        "web/contributions/reason.html",
        status=400 if entry else 200,
        contribution=found,
        lang=foreign(found.original, house.pages.language(request)),
        entity=EntityName(found.entity),
        act=name,
        reason=entry.typed["reason"] if entry else "",
        error=entry.errors.get("reason") if entry else None,
    )
