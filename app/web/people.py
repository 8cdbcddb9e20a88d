"""The people of a body: accreditations by State, people who could be accredited, accrediting and ending it."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Row

from app.asgi.actors import Asks, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.asgi.words import MEMBERSHIPS, ROLES
from app.core import clock
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Unacceptable, Unknown
from app.core.i18n import Text, say
from app.core.journal import apart
from app.domain import member_states
from app.domain.bodies import actions, queries, rules
from app.domain.bodies.inputs import Ending, NewAccreditation
from app.domain.bodies.models import Accreditation, Appointment, Body, Capacity
from app.domain.bodies.rules import Grant, Place
from app.domain.identity.models import Person
from app.web.entries import EachFieldOnce, Entry, Typed, read
from app.web.terms import (
    NOBODY,
    SeatLine,
    ending_page,
    entity_name,
    form_page,
    from_today,
    not_that_person,
    one_body,
    read_term,
    standing_of,
)
from app.web.titles import in_language

router = APIRouter(dependencies=[Depends(EachFieldOnce())])


@router.get("/people", name="people", dependencies=[Depends(Asks(rules.SEE_PEOPLE))])
def overview(actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the bodies whose people the reader may see. Raises NotFound if there is none."""
    language = house.pages.language(request)
    mine = [
        (body, in_language(body.names, language))
        for body in session.scalars(queries.visible(actor).order_by(Body.prefix))
        if rules.SEE_PEOPLE.allows(actor, Place(body.id, actor.entity))
    ]
    if not mine:
        raise Unknown()
    return house.pages.show(request, "web/people/list.html", bodies=mine)


@router.get("/people/{body}", name="people-of", dependencies=[Depends(Asks(rules.SEE_PEOPLE))])
def show(body: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show accreditations, candidates and offices of a body."""
    body_row = one_body(session, actor, body)
    language = house.pages.language(request)
    today = clock.now().date()
    rows = queries.accreditations(session, actor, body_row.id)
    seated = {person.id for term, person in rows if term.ended_at is None and term.until_on >= today}
    candidates = [row for row in _accreditable_people(session, actor, body_row) if row.id not in seated]
    appointed = queries.appointments(session, actor, body_row.id)
    return house.pages.show(
        request,
        "web/people/show.html",
        body=body_row,
        body_name=in_language(body_row.names, language),
        entities=_group_by_entity(actor, rows, today, language),
        candidates=[(row, entity_name(row.entity, row.entity_name), MEMBERSHIPS[row.membership]) for row in candidates],
        offices=[_office_line(actor, term, person, today) for term, person in appointed],
        may_propose=rules.PROPOSE_OFFICE.allows(actor, Grant(body_row.id, "", NOBODY, "")),
        may_admit=rules.ADMIT.allows(actor, Place(body_row.id)),
    )


@router.get("/people/{body}/accredit", name="accrediting", dependencies=[Depends(Asks(rules.ACCREDIT))])
def accrediting(
    body: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request, person: str = ""
) -> Response:
    """Show the accreditation form."""
    body_row = one_body(session, actor, body)
    rules.ACCREDIT.require(actor, Grant(body_row.id, actor.entity, NOBODY, Capacity.DELEGATE))
    typed = {"person": person, "capacity": Capacity.DELEGATE} | from_today(years=1)
    return _render_form(session, actor, house, request, body_row, Entry(typed, None, {}))


@router.post("/people/{body}/accredit", name="accredit", dependencies=[Depends(Asks(rules.ACCREDIT))])
def accredit(
    body: str,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    person: Typed = "",
    capacity: Typed = "",
    from_on: Typed = "",
    until_on: Typed = "",
) -> Response:
    """Accredit a person of the actor's State."""
    body_row = one_body(session, actor, body)
    rules.ACCREDIT.require(actor, Grant(body_row.id, actor.entity, NOBODY, Capacity.DELEGATE))
    typed = {"person": person, "capacity": capacity, "from_on": from_on, "until_on": until_on}
    entry = read_term(NewAccreditation, typed)
    if entry.made is None:
        return _render_form(session, actor, house, request, body_row, entry)
    person_row = queries.one_person(session, actor, body_row, entry.made.person)
    try:
        with apart(session):
            actions.accredit(session, actor, body_row, person_row, entry.made)
    except Unacceptable as error:
        return _render_form(session, actor, house, request, body_row, not_that_person(entry, error.reason))
    return RedirectResponse(f"/people/{body_row.code}?done=accredited", 303)


@router.get(
    "/accreditations/{accreditation}/end",
    name="ending-accreditation",
    dependencies=[Depends(Asks(rules.END_ACCREDITATION))],
)
def ending(accreditation: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form that ends an accreditation."""
    accreditation_row = queries.one_accreditation(session, actor, accreditation)
    rules.END_ACCREDITATION.require(actor, rules.grant_of(accreditation_row))
    return _render_ending_page(session, house, request, accreditation_row, Entry({"reason": ""}, None, {}))


@router.post(
    "/accreditations/{accreditation}/end",
    name="end-accreditation",
    dependencies=[Depends(Asks(rules.END_ACCREDITATION))],
)
def end(
    accreditation: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, reason: Typed = ""
) -> Response:
    """End an accreditation."""
    accreditation_row = queries.one_accreditation(session, actor, accreditation)
    rules.END_ACCREDITATION.require(actor, rules.grant_of(accreditation_row))
    entry = read(Ending, {"reason": reason})
    if entry.made is None:
        return _render_ending_page(session, house, request, accreditation_row, entry)
    actions.end_accreditation(session, actor, accreditation_row, entry.made)
    return RedirectResponse(f"/people/{session.get_one(Body, accreditation_row.body_id).code}?done=ended", 303)


def _accreditable_people(session: ReadSession, actor: Actor, body: Body) -> list[Row[UUID, str, str, str, str]]:
    """Return the people whom the actor could accredit: no ITU staff, who get offices instead, and not the actor."""
    return [
        row
        for row in queries.people(session, actor, body)
        if row.membership in body.admits
        and rules.ACCREDIT.allows(actor, Grant(body.id, row.entity, row.id, Capacity.DELEGATE))
    ]


def _group_by_entity(
    actor: Actor, rows: Iterable[Row[Accreditation, Person]], today: date, language: str
) -> list[tuple[Text, list[SeatLine]]]:
    """Group accreditations by State in the order of the reader's language, other members last."""
    seats_by_entity: dict[str, list[SeatLine]] = {}
    names: dict[str, str] = {}
    for term, person in rows:
        seats_by_entity.setdefault(term.entity, []).append(_accreditation_line(actor, term, person, today))
        names[term.entity] = person.entity_name
    states = member_states.order(filter(member_states.is_known, seats_by_entity), language)
    others = sorted((code for code in seats_by_entity if not member_states.is_known(code)), key=names.__getitem__)
    return [(entity_name(code, names[code]), seats_by_entity[code]) for code in (*states, *others)]


def _accreditation_line(actor: Actor, term: Accreditation, person: Person, today: date) -> SeatLine:
    return SeatLine(
        term.id,
        person.name,
        ROLES[term.capacity],
        term.from_on,
        term.until_on,
        standing_of(term, today),
        term.ended_because,
        rules.END_ACCREDITATION.allows(actor, rules.grant_of(term)),
    )


def _office_line(actor: Actor, term: Appointment, person: Person, today: date) -> SeatLine:
    return SeatLine(
        term.id,
        person.name,
        ROLES[term.office],
        term.from_on,
        term.until_on,
        standing_of(term, today),
        term.ended_because,
        rules.END_OFFICE.allows(actor, rules.office_of(term)),
        rules.CONFIRM_OFFICE.allows(actor, rules.office_of(term, to_confirm=True)),
    )


def _render_form(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    body: Body,
    entry: Entry[NewAccreditation],
) -> Response:
    capacities = [
        (str(capacity), ROLES[capacity])
        for capacity in Capacity
        if capacity != Capacity.FOCAL_POINT
        or rules.APPOINT_FOCAL_POINT.allows(actor, Grant(body.id, actor.entity, NOBODY, capacity))
    ]
    people = _accreditable_people(session, actor, body)
    return form_page(
        house, request, "web/people/accredit.html", body=body, entry=entry, people=people, roles=capacities
    )


def _render_ending_page(
    session: ReadSession, house: House, request: Request, accreditation: Accreditation, entry: Entry[Ending]
) -> Response:
    person, body = session.get_one(Person, accreditation.person_id), session.get_one(Body, accreditation.body_id)
    return ending_page(
        house,
        request,
        entry,
        action=f"/accreditations/{accreditation.id}/end",
        body=body,
        facts=[
            (say("Person"), person.name),
            (say("For"), entity_name(accreditation.entity, person.entity_name)),
            (say("As"), ROLES[accreditation.capacity]),
        ],
        days=(accreditation.from_on, accreditation.until_on),
    )
