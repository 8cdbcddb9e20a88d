"""Member States with their administrative regions, and which categories of members a body admits."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.asgi.words import MEMBERSHIPS
from app.core.errors import Unacceptable
from app.core.i18n import Text, say
from app.core.journal import apart
from app.domain import member_states
from app.domain.bodies import actions, queries, rules
from app.domain.bodies.inputs import HoursOfSilence
from app.domain.bodies.models import Body
from app.domain.bodies.rules import Place
from app.domain.identity.claims import Membership
from app.web.entries import EachFieldOnce, Typed, read
from app.web.titles import in_language

router = APIRouter(dependencies=[Depends(EachFieldOnce("categories"))])

REGIONS = {
    "A": say("A, Americas"),
    "B": say("B, Western Europe"),
    "C": say("C, Eastern Europe and Northern Asia"),
    "D": say("D, Africa"),
    "E": say("E, Asia and Australasia"),
}


@router.get("/states", name="states", dependencies=[Depends(Asks(rules.SET_REGION))])
def listed(actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """All Member States in the order of the reader's language; participants under Resolution 99 stand apart."""
    rules.SET_REGION.require(actor, None)
    language = house.pages.language(request)
    rows = {row.code: row for row in queries.states(session)}
    members = [code for code, row in rows.items() if row.category == Membership.MEMBER_STATE]
    others = [code for code in rows if code not in members]

    def named(codes: list[str]) -> list[tuple[str, str, str | None]]:
        ordered = member_states.order(codes, language)
        return [(code, member_states.name(code, language), rows[code].region) for code in ordered]

    return house.pages.show(
        request,
        "web/states/list.html",
        states=named(members),
        others=named(others),
        regions=list(REGIONS.items()),
    )


@router.post("/states/{code}/region", name="set-region", dependencies=[Depends(Asks(rules.SET_REGION))])
def set_region(code: str, actor: SignedIn, session: Writing, region: Typed = "") -> Response:
    rules.SET_REGION.require(actor, None)
    actions.set_region(session, actor, queries.one_state(session, code), region)
    return RedirectResponse("/states?done=region", 303)


@router.get("/bodies/{body}/admission", name="admission", dependencies=[Depends(Asks(rules.ADMIT))])
def admission(body: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    there = queries.one_visible(session, actor, body)
    rules.ADMIT.require(actor, Place(there.id))
    return _form(house, request, there, there.admits)


@router.post("/bodies/{body}/admission", name="admit", dependencies=[Depends(Asks(rules.ADMIT))])
def admit(
    body: str,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    categories: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    there = queries.one_visible(session, actor, body)
    rules.ADMIT.require(actor, Place(there.id))
    try:
        with apart(session):
            actions.admit(session, actor, there, categories)
    except Unacceptable as refused:
        return _form(house, request, there, categories, refused.reason)
    return RedirectResponse(f"/people/{there.code}?done=admitted", 303)


@router.get("/bodies/{body}/silence", name="shortest-silence", dependencies=[Depends(Asks(rules.SET_SILENCE))])
def shortest_silence(body: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    there = queries.one_visible(session, actor, body)
    rules.SET_SILENCE.require(actor, Place(there.id))
    return _silence_form(house, request, there, str(there.silence_hours))


@router.post("/bodies/{body}/silence", name="set-silence", dependencies=[Depends(Asks(rules.SET_SILENCE))])
def set_silence(
    body: str, actor: SignedIn, session: Writing, house: TheHouse, request: Request, hours: Typed = ""
) -> Response:
    there = queries.one_visible(session, actor, body)
    rules.SET_SILENCE.require(actor, Place(there.id))
    entry = read(HoursOfSilence, {"hours": hours})
    if entry.made is None:
        return _silence_form(house, request, there, hours, entry.errors.get("hours"))
    actions.set_silence(session, actor, there, entry.made)
    return RedirectResponse(f"/people/{there.code}?done=shortest-silence", 303)


def _silence_form(house: House, request: Request, body: Body, hours: str, error: Text | None = None) -> Response:
    return house.pages.show(
        request,
        "web/states/silence.html",
        status=400 if error else 200,
        body=body,
        body_name=in_language(body.names, house.pages.language(request)),
        typed=hours,
        error=error,
    )


def _form(house: House, request: Request, body: Body, chosen: list[str], error: Text | None = None) -> Response:
    return house.pages.show(
        request,
        "web/states/admission.html",
        status=400 if error else 200,
        body=body,
        body_name=in_language(body.names, house.pages.language(request)),
        categories=[(str(category), MEMBERSHIPS[category]) for category in actions.ADMISSIBLE],
        chosen=chosen,
        error=error,
    )
