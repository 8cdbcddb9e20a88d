"""Co-sponsors of a contribution: invite other States, sign or decline, and the clearance by the head of delegation."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, EntityName, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Unacceptable
from app.core.i18n import Text, say
from app.core.journal import apart
from app.domain import member_states
from app.domain.bodies import queries as bodies
from app.domain.bodies.rules import Place
from app.domain.contributions import joint, queries, rules
from app.domain.contributions.inputs import Invitation
from app.domain.contributions.models import Contribution, Cosponsor
from app.web.contribution_view import about
from app.web.entries import EachFieldOnce, Entry, Typed, Version, read
from app.web.titles import in_language

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

INVITE_GUARD, SIGN_GUARD, CLEAR_GUARD = (
    [Depends(Asks(permission))] for permission in (rules.INVITE, rules.SIGN, rules.CLEAR)
)
CLEARANCE_GUARD = [Depends(Asks(rules.REQUIRE_CLEARANCE))]


@dataclass(frozen=True, slots=True)
class Answer:
    """A State that was invited to sign, and its answer."""

    code: str
    name: Text
    tag: tuple[str, Text]
    at: datetime | None


def answer_of(asked: Cosponsor) -> Answer:
    """Build the line that the page shows of a co-sponsor."""
    tags: dict[bool | None, tuple[str, Text]] = {
        None: ("none", say("Has not answered yet")),
        True: ("good", say("Signs")),
        False: ("warn", say("Does not sign")),
    }
    return Answer(asked.entity, EntityName(asked.entity), tags[asked.signs], asked.answered_at)


@router.get("/contributions/{contribution}/sponsors", name="sponsors", dependencies=[Depends(Asks(rules.SEE))])
def show(contribution: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the co-sponsors of a contribution."""
    contribution_row = queries.one_visible(session, actor, contribution)
    return _render_page(session, actor, house, request, contribution_row)


@router.post("/contributions/{contribution}/sponsors", name="invite-sponsor", dependencies=INVITE_GUARD)
def invite(
    contribution: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, entity: Typed = ""
) -> Response:
    """Invite a State to sign; with an error show the page again."""
    contribution_row = queries.one_visible(session, actor, contribution, lock=True)
    rules.INVITE.require(actor, contribution_row)
    entry = read(Invitation, {"entity": entity})
    if entry.made is None:
        return _render_page(session, actor, house, request, contribution_row, entry)
    try:
        with apart(session):
            joint.invite(session, actor, contribution_row, entry.made)
    except Unacceptable as refusal:
        return _render_page(
            session, actor, house, request, contribution_row, Entry(entry.typed, None, {"entity": refusal.reason})
        )
    return RedirectResponse(f"/contributions/{contribution_row.id}/sponsors?done=asked", 303)


@router.post(
    "/contributions/{contribution}/sponsors/{state}/withdraw", name="withdraw-invitation", dependencies=INVITE_GUARD
)
def withdraw(contribution: UUID, state: str, actor: SignedIn, session: Writing) -> Response:
    """Withdraw the invitation of a State."""
    contribution_row = queries.one_visible(session, actor, contribution, lock=True)
    joint.withdraw_invitation(session, actor, contribution_row, state)
    return RedirectResponse(f"/contributions/{contribution_row.id}/sponsors?done=not-asked", 303)


@router.post("/contributions/{contribution}/sign", name="sign-contribution", dependencies=SIGN_GUARD)
def sign(contribution: UUID, actor: SignedIn, session: Writing, version: Version = 0) -> Response:
    """Sign the contribution for the actor's State."""
    contribution_row = queries.one_visible(session, actor, contribution, lock=True)
    joint.sign(session, actor, contribution_row, version=version)
    return RedirectResponse(f"/contributions/{contribution_row.id}?done=signed", 303)


@router.post("/contributions/{contribution}/decline", name="decline-contribution", dependencies=SIGN_GUARD)
def decline(contribution: UUID, actor: SignedIn, session: Writing) -> Response:
    """Decline to sign."""
    joint.decline(session, actor, queries.one_visible(session, actor, contribution, lock=True))
    return RedirectResponse("/contributions?done=declined", 303)


@router.post("/contributions/{contribution}/clear", name="clear-contribution", dependencies=CLEAR_GUARD)
def clear(contribution: UUID, actor: SignedIn, session: Writing, version: Version = 0) -> Response:
    """Clear the contribution as head of delegation."""
    contribution_row = queries.one_visible(session, actor, contribution, lock=True)
    joint.clear(session, actor, contribution_row, version=version)
    return RedirectResponse(f"/contributions/{contribution_row.id}?done=cleared", 303)


@router.get("/bodies/{body}/clearance", name="clearance", dependencies=CLEARANCE_GUARD)
def clearance(body: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show whether the actor's State requires clearance by its head of delegation in a body."""
    body_row = bodies.one_visible(session, actor, body)
    rules.REQUIRE_CLEARANCE.require(actor, Place(body_row.id, actor.entity))
    return house.pages.show(
        request,
        "web/contributions/clearance.html",
        body=body_row,
        body_name=in_language(body_row.names, house.pages.language(request)),
        entity=EntityName(actor.entity),
        required=queries.requires_clearance(session, body_row.id, actor.entity),
    )


@router.post("/bodies/{body}/clearance", name="require-clearance", dependencies=CLEARANCE_GUARD)
def require(body: str, actor: SignedIn, session: Writing, required: Typed = "") -> Response:
    """Set whether the actor's State requires clearance in a body."""
    body_row = bodies.one_visible(session, actor, body)
    joint.require_clearance(session, actor, Place(body_row.id, actor.entity), required=required == "yes")
    return RedirectResponse(f"/bodies/{body_row.code}/clearance?done=saved", 303)


def _render_page(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    contribution: Contribution,
    entry: Entry[Invitation] | None = None,
) -> Response:
    """Render the page of the co-sponsors; 400 with an `entry` that has errors."""
    language = house.pages.language(request)
    cosponsors = queries.cosponsors(session, contribution)
    invited = {contribution.entity} | {cosponsor.entity for cosponsor in cosponsors if cosponsor.signs is not False}
    view = about(session, actor, contribution, language)
    others = [
        row.code for row in bodies.states(session) if row.category in view.body.admits and row.code not in invited
    ]
    return house.pages.show(
        request,
        "web/contributions/sponsors.html",
        status=400 if entry else 200,
        about=view,
        answers=[answer_of(cosponsor) for cosponsor in queries.answers(session, actor, contribution)],
        states=[(code, member_states.name(code, language)) for code in member_states.order(others, language)],
        chosen=entry.typed["entity"] if entry else "",
        error=entry.errors.get("entity") if entry else None,
        may_invite=rules.INVITE.allows(actor, contribution),
        may_sign=rules.SIGN.allows(actor, contribution),
        signs=any(cosponsor.entity == actor.entity and cosponsor.signs for cosponsor in cosponsors),
    )
