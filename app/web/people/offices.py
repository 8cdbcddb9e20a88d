"""Offices: one secretary proposes, a second one confirms, either ends one. They are listed on the people page."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from pydantic import BaseModel

from app.core.errors import BadRequest
from app.core.i18n import lazy_gettext as _
from app.core.validation import ReasonInput
from app.domain.bodies import rules
from app.domain.bodies.actions import seats
from app.domain.bodies.inputs import NewAppointment
from app.domain.bodies.models import Appointment, Body, Office
from app.domain.bodies.queries.roster import (
    get_appointment,
    get_confirmation_rule_subject,
    get_eligible_person,
    list_eligible_people,
)
from app.domain.bodies.rules import AccreditationOrOffice
from app.domain.identity.models.tables import Person
from app.domain.identity.queries import index_person_names
from app.http.authentication import SignedInGuard
from app.http.labels import ROLE_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import try_action
from app.web.forms.messages import prefill_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, parse_form
from app.web.forms.term_fields import (
    NO_PERSON,
    add_person_error,
    build_default_term_dates,
    get_body_with_visible_people,
    render_end_term_form,
    render_term_form,
)
from app.web.views.documents.titles import localize_title

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])


class OfficeProposalForm(BaseModel):
    """Form of an office that a person is proposed for, as typed."""

    person: str = ""
    office: str = ""
    from_on: str = ""
    until_on: str = ""


PROPOSE_OFFICE_GUARDS = [Depends(SignedInGuard(rules.PROPOSE_OFFICE))]
CONFIRM_OFFICE_GUARDS = [Depends(SignedInGuard(rules.CONFIRM_OFFICE))]


@router.get("/people/{body}/offices/propose", dependencies=PROPOSE_OFFICE_GUARDS)
def show_office_proposal_form(context: ReadContext, body: str) -> Response:
    """Show the form that proposes a person for an office."""
    body_row = get_body_with_visible_people(context.session, context.actor, body)
    rules.PROPOSE_OFFICE.require(context.actor, AccreditationOrOffice(body_row.id, "", NO_PERSON, ""))
    form = OfficeProposalForm(**build_default_term_dates(years=4))
    return _render_form(context, body_row, prefill_form(form))


@router.post("/people/{body}/offices/propose", dependencies=PROPOSE_OFFICE_GUARDS)
def propose_person_for_office(
    context: WriteContext, body: str, form: Annotated[OfficeProposalForm, Form()]
) -> Response:
    """Propose a person for an office."""
    body_row = get_body_with_visible_people(context.session, context.actor, body)
    rules.PROPOSE_OFFICE.require(context.actor, AccreditationOrOffice(body_row.id, "", NO_PERSON, ""))
    entry = parse_form(NewAppointment, form.model_dump())
    new = entry.value
    if new is None:
        return _render_form(context, body_row, entry)
    person_row = get_eligible_person(context.session, context.actor, body_row, new.person)
    refusal = try_action(
        context,
        lambda: seats.propose_office(context.session, context.actor, body_row, person_row, new),
        refusals=(BadRequest,),
    )
    if refusal:
        return _render_form(context, body_row, add_person_error(entry, refusal.reason))
    return context.redirect(f"/people/{body_row.code}?done=proposed")


@router.get("/offices/{appointment}", dependencies=CONFIRM_OFFICE_GUARDS)
def show_proposed_office(context: ReadContext, appointment: UUID) -> Response:
    """Show the proposal of a person for an office to those who can confirm it as the second secretary."""
    appointment_row = get_appointment(context.session, context.actor, appointment)
    subject = get_confirmation_rule_subject(context.session, appointment_row)
    rules.CONFIRM_OFFICE.require(context.actor, subject)
    body = context.session.get_one(Body, appointment_row.body_id) if appointment_row.body_id else None
    return context.render(
        "web/people/office.html",
        appointment=appointment_row,
        body=body,
        body_name=localize_title(body.names, context.language) if body else None,
        office=ROLE_LABELS[appointment_row.office],
        people=index_person_names(context.session, (appointment_row.person_id, appointment_row.proposed_by)),
        is_of_another_body=body is not None and not context.actor.has_role(body.id, Office.SECRETARY),
    )


@router.post("/offices/{appointment}/confirm", dependencies=CONFIRM_OFFICE_GUARDS)
def confirm_proposed_office(context: WriteContext, appointment: UUID) -> Response:
    """Confirm a proposed office as the second secretary."""
    appointment_row = get_appointment(context.session, context.actor, appointment)
    seats.confirm_office(context.session, context.actor, appointment_row)
    return context.redirect(f"{_people_url(context, appointment_row)}?done=confirmed")


@router.get("/offices/{appointment}/end", dependencies=[Depends(SignedInGuard(rules.END_OFFICE))])
def show_office_ending_form(context: ReadContext, appointment: UUID) -> Response:
    """Show the form that ends an office."""
    appointment_row = get_appointment(context.session, context.actor, appointment)
    rules.END_OFFICE.require(context.actor, rules.build_appointment_rule_subject(appointment_row))
    return _render_ending_page(context, appointment_row, ParsedForm({"reason": ""}, None, {}))


@router.post("/offices/{appointment}/end", dependencies=[Depends(SignedInGuard(rules.END_OFFICE))])
def end_held_office(context: WriteContext, appointment: UUID, reason: TextField = "") -> Response:
    """End an office."""
    appointment_row = get_appointment(context.session, context.actor, appointment)
    rules.END_OFFICE.require(context.actor, rules.build_appointment_rule_subject(appointment_row))
    entry = parse_form(ReasonInput, {"reason": reason})
    if entry.value is None:
        return _render_ending_page(context, appointment_row, entry)
    seats.end_office(context.session, context.actor, appointment_row, entry.value)
    return context.redirect(f"{_people_url(context, appointment_row)}?done=ended")


def _people_url(context: WriteContext, appointment: Appointment) -> str:
    """Return the page that lists the office, or that of the group for who does not serve it; staff offices of the whole
    portal are listed with every body."""
    if appointment.body_id is None:
        return "/people"
    is_own = context.actor.has_role(appointment.body_id, Office.SECRETARY)
    return f"/{'people' if is_own else 'bodies'}/{context.session.get_one(Body, appointment.body_id).code}"


def _render_form(context: ReadContext, body: Body, entry: ParsedForm[NewAppointment]) -> Response:
    others = [
        row for row in list_eligible_people(context.session, context.actor, body) if row.id != context.actor.person
    ]
    offices = [(str(office), ROLE_LABELS[office]) for office in Office]
    return render_term_form(context, "web/people/propose.html", body=body, entry=entry, people=others, roles=offices)


def _render_ending_page(context: ReadContext, appointment: Appointment, entry: ParsedForm[ReasonInput]) -> Response:
    person = context.session.get_one(Person, appointment.person_id)
    return render_end_term_form(
        context,
        entry,
        action=f"/offices/{appointment.id}/end",
        body=context.session.get_one(Body, appointment.body_id) if appointment.body_id else None,
        facts=[(_("Person"), person.name), (_("Office"), ROLE_LABELS[appointment.office])],
        days=(appointment.from_on, appointment.until_on),
    )
