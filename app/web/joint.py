"""Who signs a contribution: asking other States, signing or declining, and the clearance of one's own delegation."""

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
from app.web.contributions import about
from app.web.entries import EachFieldOnce, Entry, Typed, Version, read
from app.web.titles import in_language

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

INVITE, SIGN, CLEAR = ([Depends(Asks(each))] for each in (rules.INVITE, rules.SIGN, rules.CLEAR))
REQUIRE = [Depends(Asks(rules.REQUIRE_CLEARANCE))]


@dataclass(frozen=True, slots=True)
class Answer:
    """A State that was asked, and what it said."""

    code: str
    name: Text
    tag: tuple[str, Text]
    at: datetime | None


def answer_of(asked: Cosponsor) -> Answer:
    """As the page shows it."""
    tags: dict[bool | None, tuple[str, Text]] = {
        None: ("none", say("Has not answered yet")),
        True: ("good", say("Signs")),
        False: ("warn", say("Does not sign")),
    }
    return Answer(asked.entity, EntityName(asked.entity), tags[asked.signs], asked.answered_at)


@router.get("/contributions/{contribution}/sponsors", name="sponsors", dependencies=[Depends(Asks(rules.SEE))])
def show(contribution: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_visible(session, actor, contribution)
    return _page(session, actor, house, request, found)


@router.post("/contributions/{contribution}/sponsors", name="invite-sponsor", dependencies=INVITE)
def invite(
    contribution: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, entity: Typed = ""
) -> Response:
    found = queries.one_visible(session, actor, contribution, lock=True)
    rules.INVITE.require(actor, found)
    entry = read(Invitation, {"entity": entity})
    if entry.made is None:
        return _page(session, actor, house, request, found, entry)
    try:
        with apart(session):
            joint.invite(session, actor, found, entry.made)
    except Unacceptable as refused:
        return _page(session, actor, house, request, found, Entry(entry.typed, None, {"entity": refused.reason}))
    return RedirectResponse(f"/contributions/{found.id}/sponsors?done=asked", 303)


@router.post("/contributions/{contribution}/sponsors/{state}/withdraw", name="withdraw-invitation", dependencies=INVITE)
def withdraw(contribution: UUID, state: str, actor: SignedIn, session: Writing) -> Response:
    found = queries.one_visible(session, actor, contribution, lock=True)
    joint.withdraw_invitation(session, actor, found, state)
    return RedirectResponse(f"/contributions/{found.id}/sponsors?done=not-asked", 303)


@router.post("/contributions/{contribution}/sign", name="sign-contribution", dependencies=SIGN)
def sign(contribution: UUID, actor: SignedIn, session: Writing, version: Version = 0) -> Response:
    found = queries.one_visible(session, actor, contribution, lock=True)
    joint.sign(session, actor, found, version=version)
    return RedirectResponse(f"/contributions/{found.id}?done=signed", 303)


@router.post("/contributions/{contribution}/decline", name="decline-contribution", dependencies=SIGN)
def decline(contribution: UUID, actor: SignedIn, session: Writing) -> Response:
    joint.decline(session, actor, queries.one_visible(session, actor, contribution, lock=True))
    return RedirectResponse("/contributions?done=declined", 303)


@router.post("/contributions/{contribution}/clear", name="clear-contribution", dependencies=CLEAR)
def clear(contribution: UUID, actor: SignedIn, session: Writing, version: Version = 0) -> Response:
    found = queries.one_visible(session, actor, contribution, lock=True)
    joint.clear(session, actor, found, version=version)
    return RedirectResponse(f"/contributions/{found.id}?done=cleared", 303)


@router.get("/bodies/{body}/clearance", name="clearance", dependencies=REQUIRE)
def clearance(body: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    there = bodies.one_visible(session, actor, body)
    rules.REQUIRE_CLEARANCE.require(actor, Place(there.id, actor.entity))
    return house.pages.show(
        request,
        "web/contributions/clearance.html",
        body=there,
        body_name=in_language(there.names, house.pages.language(request)),
        entity=EntityName(actor.entity),
        required=queries.requires_clearance(session, there.id, actor.entity),
    )


@router.post("/bodies/{body}/clearance", name="require-clearance", dependencies=REQUIRE)
def require(body: str, actor: SignedIn, session: Writing, required: Typed = "") -> Response:
    there = bodies.one_visible(session, actor, body)
    joint.require_clearance(session, actor, Place(there.id, actor.entity), required=required == "yes")
    return RedirectResponse(f"/bodies/{there.code}/clearance?done=saved", 303)


def _page(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    found: Contribution,
    entry: Entry[Invitation] | None = None,
) -> Response:
    language = house.pages.language(request)
    asked = queries.cosponsors(session, found)
    taken = {found.entity} | {each.entity for each in asked if each.signs is not False}
    seen = about(session, actor, found, language)
    others = [row.code for row in bodies.states(session) if row.category in seen.body.admits and row.code not in taken]
    return house.pages.show(
        request,
        "web/contributions/sponsors.html",
        status=400 if entry else 200,
        about=seen,
        answers=[answer_of(each) for each in queries.answers(session, actor, found)],
        states=[(code, member_states.name(code, language)) for code in member_states.order(others, language)],
        chosen=entry.typed["entity"] if entry else "",
        error=entry.errors.get("entity") if entry else None,
        may_invite=rules.INVITE.allows(actor, found),
        may_sign=rules.SIGN.allows(actor, found),
        signs=any(each.entity == actor.entity and each.signs for each in asked),
    )
