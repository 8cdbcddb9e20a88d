"""Offices: one secretary proposes, a second one confirms, either ends one. They are listed on the people page."""

from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.core.db import ReadSession
from app.core.errors import BadRequest
from app.core.i18n import lazy_gettext as _
from app.core.journal import savepoint
from app.core.permissions import Actor
from app.domain.bodies import queries, rules
from app.domain.bodies.actions import seats
from app.domain.bodies.inputs import NewAppointment, SeatEnding
from app.domain.bodies.models import Appointment, Body, Office
from app.domain.bodies.rules import SeatGrant
from app.domain.identity.models.tables import Person
from app.http.authentication import SignedInActor, SignedInFor
from app.http.labels import ROLE_LABELS
from app.http.portal_state import Portal, PortalState, RequestReadSession, RequestWriteSession
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, parse_form
from app.web.forms.term_fields import (
    NO_PERSON,
    add_person_error,
    build_default_term_dates,
    get_body_with_visible_people,
    parse_term_form,
    render_end_term_form,
    render_term_form,
)

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

PROPOSE_OFFICE_GUARDS = [Depends(SignedInFor(rules.PROPOSE_OFFICE))]
CONFIRM_OFFICE_GUARDS = [Depends(SignedInFor(rules.CONFIRM_OFFICE))]


@router.get("/people/{body}/offices/propose", name="proposing-office", dependencies=PROPOSE_OFFICE_GUARDS)
def show_office_proposal_form(
    body: str, actor: SignedInActor, session: RequestReadSession, house: Portal, request: Request
) -> Response:
    """Show the form that proposes a person for an office."""
    body_row = get_body_with_visible_people(session, actor, body)
    rules.PROPOSE_OFFICE.require(actor, SeatGrant(body_row.id, "", NO_PERSON, ""))
    typed = {"person": "", "office": ""} | build_default_term_dates(years=4)
    return _render_form(session, actor, house, request, body_row, ParsedForm(typed, None, {}))


@router.post("/people/{body}/offices/propose", name="propose-office", dependencies=PROPOSE_OFFICE_GUARDS)
def propose_person_for_office(
    body: str,
    actor: SignedInActor,
    session: RequestWriteSession,
    house: Portal,
    request: Request,
    person: TextField = "",
    office: TextField = "",
    from_on: TextField = "",
    until_on: TextField = "",
) -> Response:
    """Propose a person for an office."""
    body_row = get_body_with_visible_people(session, actor, body)
    rules.PROPOSE_OFFICE.require(actor, SeatGrant(body_row.id, "", NO_PERSON, ""))
    typed = {"person": person, "office": office, "from_on": from_on, "until_on": until_on}
    entry = parse_term_form(NewAppointment, typed)
    if entry.value is None:
        return _render_form(session, actor, house, request, body_row, entry)
    person_row = queries.get_eligible_person(session, actor, body_row, entry.value.person)
    try:
        with savepoint(session):
            seats.propose_office(session, actor, body_row, person_row, entry.value)
    except BadRequest as error:
        return _render_form(session, actor, house, request, body_row, add_person_error(entry, error.reason))
    return RedirectResponse(f"/people/{body_row.code}?done=proposed", 303)


@router.post("/offices/{appointment}/confirm", name="confirm-office", dependencies=CONFIRM_OFFICE_GUARDS)
def confirm_proposed_office(appointment: UUID, actor: SignedInActor, session: RequestWriteSession) -> Response:
    """Confirm a proposed office as the second secretary."""
    appointment_row = queries.get_appointment(session, actor, appointment)
    seats.confirm_office(session, actor, appointment_row)
    return RedirectResponse(f"{_people_url(session, appointment_row)}?done=confirmed", 303)


@router.get("/offices/{appointment}/end", name="ending-office", dependencies=[Depends(SignedInFor(rules.END_OFFICE))])
def show_office_ending_form(
    appointment: UUID, actor: SignedInActor, session: RequestReadSession, house: Portal, request: Request
) -> Response:
    """Show the form that ends an office."""
    appointment_row = queries.get_appointment(session, actor, appointment)
    rules.END_OFFICE.require(actor, rules.grant_from_appointment(appointment_row))
    return _render_ending_page(session, house, request, appointment_row, ParsedForm({"reason": ""}, None, {}))


@router.post("/offices/{appointment}/end", name="end-office", dependencies=[Depends(SignedInFor(rules.END_OFFICE))])
def end_held_office(
    appointment: UUID,
    actor: SignedInActor,
    session: RequestWriteSession,
    house: Portal,
    request: Request,
    reason: TextField = "",
) -> Response:
    """End an office."""
    appointment_row = queries.get_appointment(session, actor, appointment)
    rules.END_OFFICE.require(actor, rules.grant_from_appointment(appointment_row))
    entry = parse_form(SeatEnding, {"reason": reason})
    if entry.value is None:
        return _render_ending_page(session, house, request, appointment_row, entry)
    seats.end_office(session, actor, appointment_row, entry.value)
    return RedirectResponse(f"{_people_url(session, appointment_row)}?done=ended", 303)


def _people_url(session: ReadSession, appointment: Appointment) -> str:
    """Return the page that lists the office; staff offices of the whole portal are listed with every body."""
    return f"/people/{session.get_one(Body, appointment.body_id).code}" if appointment.body_id else "/people"


def _render_form(
    session: ReadSession,
    actor: Actor,
    house: PortalState,
    request: Request,
    body: Body,
    entry: ParsedForm[NewAppointment],
) -> Response:
    others = [row for row in queries.list_eligible_people(session, actor, body) if row.id != actor.person]
    offices = [(str(office), ROLE_LABELS[office]) for office in Office]
    return render_term_form(
        house, request, "web/people/propose.html", body=body, entry=entry, people=others, roles=offices
    )


def _render_ending_page(
    session: ReadSession, house: PortalState, request: Request, appointment: Appointment, entry: ParsedForm[SeatEnding]
) -> Response:
    person = session.get_one(Person, appointment.person_id)
    return render_end_term_form(
        house,
        request,
        entry,
        action=f"/offices/{appointment.id}/end",
        body=session.get_one(Body, appointment.body_id) if appointment.body_id else None,
        facts=[(_("Person"), person.name), (_("Office"), ROLE_LABELS[appointment.office])],
        days=(appointment.from_on, appointment.until_on),
    )
