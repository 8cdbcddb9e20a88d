"""Member States with their administrative regions, the categories of members that a body admits, and its shortest
silence."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.asgi.words import MEMBERSHIPS
from app.core.errors import Unacceptable
from app.core.i18n import Text
from app.core.journal import apart
from app.domain import member_states
from app.domain.bodies import actions, queries, rules
from app.domain.bodies.inputs import HoursOfSilence
from app.domain.bodies.models import Body
from app.domain.bodies.rules import Place
from app.domain.identity.claims import Membership
from app.web.entries import EachFieldOnce, Typed, read
from app.web.list_words import REGIONS
from app.web.titles import in_language

router = APIRouter(dependencies=[Depends(EachFieldOnce("categories"))])


@router.get("/states", name="states", dependencies=[Depends(Asks(rules.SET_REGION))])
def listed(actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show all Member States in the order of the reader's language; participants under PP Resolution 99 are listed
    apart."""
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
    """Set the administrative region of a Member State."""
    rules.SET_REGION.require(actor, None)
    actions.set_region(session, actor, queries.one_state(session, code), region)
    return RedirectResponse("/states?done=region", 303)


@router.get("/bodies/{body}/admission", name="admission", dependencies=[Depends(Asks(rules.ADMIT))])
def admission(body: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form of admitted membership categories."""
    body_row = queries.one_visible(session, actor, body)
    rules.ADMIT.require(actor, Place(body_row.id))
    return _render_form(house, request, body_row, body_row.admits)


@router.post("/bodies/{body}/admission", name="admit", dependencies=[Depends(Asks(rules.ADMIT))])
def admit(
    body: str,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    categories: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Set the membership categories that a body admits."""
    body_row = queries.one_visible(session, actor, body)
    rules.ADMIT.require(actor, Place(body_row.id))
    try:
        with apart(session):
            actions.admit(session, actor, body_row, categories)
    except Unacceptable as error:
        return _render_form(house, request, body_row, categories, error.reason)
    return RedirectResponse(f"/people/{body_row.code}?done=admitted", 303)


@router.get("/bodies/{body}/silence", name="shortest-silence", dependencies=[Depends(Asks(rules.SET_SILENCE))])
def shortest_silence(body: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form of the shortest silence procedure of a body."""
    body_row = queries.one_visible(session, actor, body)
    rules.SET_SILENCE.require(actor, Place(body_row.id))
    return _render_silence_form(house, request, body_row, str(body_row.silence_hours))


@router.post("/bodies/{body}/silence", name="set-silence", dependencies=[Depends(Asks(rules.SET_SILENCE))])
def set_silence(
    body: str, actor: SignedIn, session: Writing, house: TheHouse, request: Request, hours: Typed = ""
) -> Response:
    """Set the shortest silence procedure of a body, in hours."""
    body_row = queries.one_visible(session, actor, body)
    rules.SET_SILENCE.require(actor, Place(body_row.id))
    entry = read(HoursOfSilence, {"hours": hours})
    if entry.made is None:
        return _render_silence_form(house, request, body_row, hours, entry.errors.get("hours"))
    actions.set_silence(session, actor, body_row, entry.made)
    return RedirectResponse(f"/people/{body_row.code}?done=shortest-silence", 303)


def _render_silence_form(house: House, request: Request, body: Body, hours: str, error: Text | None = None) -> Response:
    return house.pages.show(
        request,
        "web/states/silence.html",
        status=400 if error else 200,
        body=body,
        body_name=in_language(body.names, house.pages.language(request)),
        typed=hours,
        error=error,
    )


def _render_form(house: House, request: Request, body: Body, chosen: list[str], error: Text | None = None) -> Response:
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
