"""Offices: one secretary proposes, a second one confirms, either ends one. They are listed on the people page."""

from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.asgi.words import ROLES
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Unacceptable
from app.core.i18n import say
from app.core.journal import apart
from app.domain.bodies import actions, queries, rules
from app.domain.bodies.inputs import Ending, NewAppointment
from app.domain.bodies.models import Appointment, Body, Office
from app.domain.bodies.rules import Grant
from app.domain.identity.models import Person
from app.web.entries import EachFieldOnce, Entry, Typed, read
from app.web.terms import NOBODY, ending_page, form_page, from_today, not_that_person, one_body, read_term

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

PROPOSE = [Depends(Asks(rules.PROPOSE_OFFICE))]
CONFIRM = [Depends(Asks(rules.CONFIRM_OFFICE))]


@router.get("/people/{body}/offices/propose", name="proposing-office", dependencies=PROPOSE)
def proposing(body: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form that proposes a person for an office."""
    body_row = one_body(session, actor, body)
    rules.PROPOSE_OFFICE.require(actor, Grant(body_row.id, "", NOBODY, ""))
    typed = {"person": "", "office": ""} | from_today(years=4)
    return _render_form(session, actor, house, request, body_row, Entry(typed, None, {}))


@router.post("/people/{body}/offices/propose", name="propose-office", dependencies=PROPOSE)
def propose(
    body: str,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    person: Typed = "",
    office: Typed = "",
    from_on: Typed = "",
    until_on: Typed = "",
) -> Response:
    """Propose a person for an office."""
    body_row = one_body(session, actor, body)
    rules.PROPOSE_OFFICE.require(actor, Grant(body_row.id, "", NOBODY, ""))
    typed = {"person": person, "office": office, "from_on": from_on, "until_on": until_on}
    entry = read_term(NewAppointment, typed)
    if entry.made is None:
        return _render_form(session, actor, house, request, body_row, entry)
    person_row = queries.one_person(session, actor, body_row, entry.made.person)
    try:
        with apart(session):
            actions.propose_office(session, actor, body_row, person_row, entry.made)
    except Unacceptable as error:
        return _render_form(session, actor, house, request, body_row, not_that_person(entry, error.reason))
    return RedirectResponse(f"/people/{body_row.code}?done=proposed", 303)


@router.post("/offices/{appointment}/confirm", name="confirm-office", dependencies=CONFIRM)
def confirm(appointment: UUID, actor: SignedIn, session: Writing) -> Response:
    """Confirm a proposed office as the second secretary."""
    appointment_row = queries.one_appointment(session, actor, appointment)
    actions.confirm_office(session, actor, appointment_row)
    return RedirectResponse(f"{_people_url(session, appointment_row)}?done=confirmed", 303)


@router.get("/offices/{appointment}/end", name="ending-office", dependencies=[Depends(Asks(rules.END_OFFICE))])
def ending(appointment: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form that ends an office."""
    appointment_row = queries.one_appointment(session, actor, appointment)
    rules.END_OFFICE.require(actor, rules.office_of(appointment_row))
    return _render_ending_page(session, house, request, appointment_row, Entry({"reason": ""}, None, {}))


@router.post("/offices/{appointment}/end", name="end-office", dependencies=[Depends(Asks(rules.END_OFFICE))])
def end(
    appointment: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, reason: Typed = ""
) -> Response:
    """End an office."""
    appointment_row = queries.one_appointment(session, actor, appointment)
    rules.END_OFFICE.require(actor, rules.office_of(appointment_row))
    entry = read(Ending, {"reason": reason})
    if entry.made is None:
        return _render_ending_page(session, house, request, appointment_row, entry)
    actions.end_office(session, actor, appointment_row, entry.made)
    return RedirectResponse(f"{_people_url(session, appointment_row)}?done=ended", 303)


def _people_url(session: ReadSession, appointment: Appointment) -> str:
    """Return the page that lists the office; staff offices of the whole portal are listed with every body."""
    return f"/people/{session.get_one(Body, appointment.body_id).code}" if appointment.body_id else "/people"


def _render_form(
    session: ReadSession, actor: Actor, house: House, request: Request, body: Body, entry: Entry[NewAppointment]
) -> Response:
    others = [row for row in queries.people(session, actor, body) if row.id != actor.person]
    offices = [(str(office), ROLES[office]) for office in Office]
    return form_page(house, request, "web/people/propose.html", body=body, entry=entry, people=others, roles=offices)


def _render_ending_page(
    session: ReadSession, house: House, request: Request, appointment: Appointment, entry: Entry[Ending]
) -> Response:
    person = session.get_one(Person, appointment.person_id)
    return ending_page(
        house,
        request,
        entry,
        action=f"/offices/{appointment.id}/end",
        body=session.get_one(Body, appointment.body_id) if appointment.body_id else None,
        facts=[(say("Person"), person.name), (say("Office"), ROLES[appointment.office])],
        days=(appointment.from_on, appointment.until_on),
    )
