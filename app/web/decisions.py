"""Decisions on a contribution that need a reason (return, accept late, hold), and taking up one that was held."""

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
from app.web.contribution_view import about
from app.web.entries import EachFieldOnce, Entry, Typed, Version, read
from app.web.titles import foreign

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

TAKE_UP = [Depends(Asks(rules.TAKE_UP))]


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision that needs a reason: its permission, the domain action, and the path to redirect to."""

    permission: Permission[Contribution]
    take: Callable[..., None]
    then: str


DECISIONS = {
    "return": Decision(rules.RETURN, actions.send_back, "/contributions?done=returned"),
    "accept-late": Decision(rules.ACCEPT_LATE, lateness.accept_late, "/contributions/{}?done=accepted"),
    "hold": Decision(rules.HOLD, lateness.hold, "/contributions/{}?done=held"),
}


def offer(name: str, decision: Decision) -> None:
    """Add two routes for a decision: the page that asks for the reason, and the form that decides."""
    path, guard = f"/contributions/{{contribution}}/{name}", [Depends(Asks(decision.permission))]

    @router.get(path, name=f"{name}-asking", dependencies=guard)
    def show_reason_form(
        contribution: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request
    ) -> Response:
        """Show the page that asks for the reason."""
        contribution_row = queries.one_visible(session, actor, contribution)
        decision.permission.require(actor, contribution_row)
        return _render_reason_form(house, request, contribution_row, name)

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
        """Take the decision, or show the form again with what is wrong with the reason."""
        contribution_row = queries.one_visible(session, actor, contribution, lock=True)
        decision.permission.require(actor, contribution_row)
        entry = read(Because, {"reason": reason})
        if entry.made is None:
            return _render_reason_form(house, request, contribution_row, name, entry)
        decision.take(session, actor, contribution_row, entry.made, version=version)
        return RedirectResponse(decision.then.format(contribution_row.id), 303)


for _name, _decision in DECISIONS.items():
    offer(_name, _decision)


@router.get("/contributions/{contribution}/take-up", name="taking-up", dependencies=TAKE_UP)
def taking_up(contribution: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the page with the later meetings to which a held contribution can be moved."""
    contribution_row = queries.one_visible(session, actor, contribution)
    rules.TAKE_UP.require(actor, contribution_row)
    view = about(session, actor, contribution_row, house.pages.language(request))
    later_meetings = meetings.later(session, actor, view.meeting)
    return house.pages.show(
        request,
        "web/contributions/take_up.html",
        about=view,
        meetings=[(meeting.id, standing.called(meeting, view.body)) for meeting in later_meetings],
    )


@router.post("/contributions/{contribution}/take-up", name="take-up", dependencies=TAKE_UP)
def take_up(
    contribution: UUID, actor: SignedIn, session: Writing, meeting: Annotated[UUID, Form()], version: Version = 0
) -> Response:
    """Move a held contribution to a later meeting."""
    contribution_row = queries.one_visible(session, actor, contribution, lock=True)
    rules.TAKE_UP.require(actor, contribution_row)
    lateness.take_up(session, actor, contribution_row, meetings.one_visible(session, actor, meeting), version=version)
    return RedirectResponse(f"/contributions/{contribution_row.id}?done=taken-up", 303)


def _render_reason_form(
    house: House, request: Request, contribution: Contribution, name: str, entry: Entry[Because] | None = None
) -> Response:
    """Render the form for the reason; 400 with an `entry` that has errors."""
    return house.pages.show(
        request,
        "web/contributions/reason.html",
        status=400 if entry else 200,
        contribution=contribution,
        lang=foreign(contribution.original, house.pages.language(request)),
        entity=EntityName(contribution.entity),
        act=name,
        reason=entry.typed["reason"] if entry else "",
        error=entry.errors.get("reason") if entry else None,
    )
