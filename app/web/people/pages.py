"""The people of a body: accreditations by State, people who could be accredited, accrediting and ending it."""

from collections.abc import Iterable, Sequence, Set
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from pydantic import BaseModel
from sqlalchemy import Row

from app.core import clock
from app.core.db import ReadSession
from app.core.errors import BadRequest, NotFound
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain import member_states
from app.domain.bodies import rules
from app.domain.bodies.actions import seats
from app.domain.bodies.inputs import NewAccreditation, PeopleFilter
from app.domain.bodies.models import Accreditation, Appointment, Body, Capacity
from app.domain.bodies.queries.accreditation_requests import list_requests_to_answer
from app.domain.bodies.queries.bodies import ORDER_OF_BODIES, list_visible_bodies
from app.domain.bodies.queries.roster import (
    find_people_in_charge,
    get_accreditation,
    get_eligible_person,
    list_accreditations,
    list_appointments,
    list_eligible_people,
)
from app.domain.bodies.rules import AccreditationOrOffice, EntityInBody
from app.domain.body_proposals.rules import PROPOSE_CHANGE
from app.domain.identity.models.tables import Person
from app.domain.outbox.rules import SEE_OUTBOX
from app.http.authentication import SignedInGuard
from app.http.labels import MEMBERSHIP_LABELS, ROLE_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import try_action
from app.web.forms.list_queries import FilteredList, FilterParameters
from app.web.forms.messages import prefill_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, parse_form
from app.web.forms.term_fields import (
    NO_PERSON,
    SeatLine,
    add_person_error,
    build_default_term_dates,
    build_entity_name,
    describe_term_status,
    get_body_with_visible_people,
    render_end_term_form,
    render_term_form,
)
from app.web.people.people_lists import narrow_accreditations, sort_accreditations
from app.web.views.documents.titles import localize_title
from app.web.views.people.invitations import list_invitation_lines
from app.web.views.unreachable import describe_unreachable_people

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])


class AccreditationForm(BaseModel):
    """Form of an accreditation, as typed."""

    person: str = ""
    capacity: str = ""
    from_on: str = ""
    until_on: str = ""


@router.get("/people", dependencies=[Depends(SignedInGuard(rules.SEE_PEOPLE))])
def show_bodies_with_visible_people(context: ReadContext) -> Response:
    """Show the bodies whose people the reader may see. Raises NotFound if there is none."""
    language = context.language
    mine = [
        (body, localize_title(body.names, language))
        for body in context.session.scalars(list_visible_bodies(context.actor).order_by(*ORDER_OF_BODIES))
        if rules.SEE_PEOPLE.allows(context.actor, EntityInBody(body.id, context.actor.entity))
    ]
    if not mine:
        raise NotFound()
    return context.render("web/people/list.html", bodies=mine)


@router.get("/people/{body}", dependencies=[Depends(SignedInGuard(rules.SEE_PEOPLE))])
def show_people_of_body(
    context: ReadContext, body: str, filters: Annotated[PeopleFilter, Depends(FilterParameters(PeopleFilter))]
) -> Response:
    """Show accreditations, candidates and offices of a body; the accreditations by State, or as the address says."""
    body_row = get_body_with_visible_people(context.session, context.actor, body)
    language = context.language
    today = clock.now().date()
    rows = list_accreditations(context.session, context.actor, body_row.id)
    seated = {person.id for term, person in rows if term.ended_at is None and term.until_on >= today}
    listing = FilteredList(f"/people/{body_row.code}", filters, "entity", "#h-seats")
    requests = [
        (request, person, build_entity_name(request.entity, person.entity_name))
        for request, person, body_asked in list_requests_to_answer(context.session, context.actor, limit=200)
        if body_asked.id == body_row.id
    ]
    listed = seated | {person.id for _request, person, _entity in requests}
    candidates = [row for row in _accreditable_people(context.session, context.actor, body_row) if row.id not in listed]
    appointed = list_appointments(context.session, context.actor, body_row.id)
    people = {person.id for _term, person in (*rows, *appointed)} | {row.id for row in candidates}
    charges = find_people_in_charge(context.session, people)
    in_charge = {
        person for person, charge in charges.items() if rules.END_SESSIONS_OF_PERSON.allows(context.actor, charge)
    }
    return context.render(
        "web/people/show.html",
        body=body_row,
        body_name=localize_title(body_row.names, language),
        listing=listing,
        roles=[(str(capacity), ROLE_LABELS[capacity]) for capacity in rules.list_capacities(body_row.admits)],
        entities=_list_seats(context.actor, rows, listing, today, language, in_charge),
        in_charge=in_charge,
        requests=requests,
        invitations=list_invitation_lines(context.session, context.actor, body_row),
        unreachable=describe_unreachable_people(context.session, body_row, people),
        candidates=[
            (row, build_entity_name(row.entity, row.entity_name), MEMBERSHIP_LABELS[row.membership])
            for row in candidates
        ],
        offices=[_office_line(context.actor, term, person, today, in_charge) for term, person in appointed],
        may_propose=rules.PROPOSE_OFFICE.allows(context.actor, AccreditationOrOffice(body_row.id, "", NO_PERSON, "")),
        may_decide=rules.SET_STATE_DECISIONS.allows(context.actor, EntityInBody(body_row.id, context.actor.entity)),
        may_change=PROPOSE_CHANGE.allows(context.actor, EntityInBody(body_row.id)),
        may_see_outbox=SEE_OUTBOX.allows(context.actor, EntityInBody(body_row.id)),
    )


@router.get("/people/{body}/accredit", dependencies=[Depends(SignedInGuard(rules.ACCREDIT))])
def show_accreditation_form(context: ReadContext, body: str, person: str = "") -> Response:
    """Show the accreditation form."""
    body_row = get_body_with_visible_people(context.session, context.actor, body)
    rules.ACCREDIT.require(
        context.actor, AccreditationOrOffice(body_row.id, context.actor.entity, NO_PERSON, Capacity.DELEGATE)
    )
    form = AccreditationForm(
        person=person, capacity=rules.list_capacities(body_row.admits)[0], **build_default_term_dates(years=1)
    )
    return _render_form(context, body_row, prefill_form(form))


@router.post("/people/{body}/accredit", dependencies=[Depends(SignedInGuard(rules.ACCREDIT))])
def accredit_person(context: WriteContext, body: str, form: Annotated[AccreditationForm, Form()]) -> Response:
    """Accredit a person of the actor's State."""
    body_row = get_body_with_visible_people(context.session, context.actor, body)
    rules.ACCREDIT.require(
        context.actor, AccreditationOrOffice(body_row.id, context.actor.entity, NO_PERSON, Capacity.DELEGATE)
    )
    entry = parse_form(NewAccreditation, form.model_dump())
    new = entry.value
    if new is None:
        return _render_form(context, body_row, entry)
    person_row = get_eligible_person(context.session, context.actor, body_row, new.person)
    refusal = try_action(
        context,
        lambda: seats.accredit_person(context.session, context.actor, body_row, person_row, new),
        refusals=(BadRequest,),
    )
    if refusal:
        return _render_form(context, body_row, add_person_error(entry, refusal.reason))
    return context.redirect(f"/people/{body_row.code}?done=accredited")


@router.get(
    "/accreditations/{accreditation}/end",
    dependencies=[Depends(SignedInGuard(rules.END_ACCREDITATION))],
)
def show_accreditation_ending_form(context: ReadContext, accreditation: UUID) -> Response:
    """Show the form that ends an accreditation."""
    accreditation_row = get_accreditation(context.session, context.actor, accreditation)
    rules.END_ACCREDITATION.require(context.actor, rules.build_accreditation_rule_subject(accreditation_row))
    return _render_ending_page(context, accreditation_row, ParsedForm({"reason": ""}, None, {}))


@router.post(
    "/accreditations/{accreditation}/end",
    dependencies=[Depends(SignedInGuard(rules.END_ACCREDITATION))],
)
def end_person_accreditation(context: WriteContext, accreditation: UUID, reason: TextField = "") -> Response:
    """End an accreditation."""
    accreditation_row = get_accreditation(context.session, context.actor, accreditation)
    rules.END_ACCREDITATION.require(context.actor, rules.build_accreditation_rule_subject(accreditation_row))
    entry = parse_form(ReasonInput, {"reason": reason})
    if entry.value is None:
        return _render_ending_page(context, accreditation_row, entry)
    seats.end_accreditation(context.session, context.actor, accreditation_row, entry.value)
    return context.redirect(f"/people/{context.session.get_one(Body, accreditation_row.body_id).code}?done=ended")


def _accreditable_people(session: ReadSession, actor: Actor, body: Body) -> list[Row[UUID, str, str, str, str]]:
    """Return the people whom the actor could accredit: those whom the body admits, without the actor."""
    return [
        row
        for row in list_eligible_people(session, actor, body)
        if row.membership in body.admits
        and rules.ACCREDIT.allows(actor, AccreditationOrOffice(body.id, row.entity, row.id, Capacity.DELEGATE))
    ]


def _group_by_entity(
    actor: Actor, rows: Iterable[Row[Accreditation, Person]], today: date, language: str, in_charge: Set[UUID]
) -> list[tuple[LazyText, list[SeatLine]]]:
    """Group accreditations by State in the order of the reader's language, other members last."""
    seats_by_entity: dict[str, list[SeatLine]] = {}
    names: dict[str, str] = {}
    for term, person in rows:
        seats_by_entity.setdefault(term.entity, []).append(_accreditation_line(actor, term, person, today, in_charge))
        names[term.entity] = person.entity_name
    states = member_states.order_by_name(filter(member_states.is_known_state, seats_by_entity), language)
    others = sorted((code for code in seats_by_entity if not member_states.is_known_state(code)), key=names.__getitem__)
    return [(build_entity_name(code, names[code]), seats_by_entity[code]) for code in (*states, *others)]


def _list_seats(
    actor: Actor,
    rows: Sequence[Row[Accreditation, Person]],
    listing: FilteredList[PeopleFilter],
    today: date,
    language: str,
    in_charge: Set[UUID],
) -> list[tuple[LazyText, list[SeatLine]]]:
    """List the accreditations that fit the filters, in the order that was asked for, each with its State or member."""
    narrowed = narrow_accreditations(rows, listing.filters, language)
    if listing.sort == "entity":
        return _group_by_entity(actor, narrowed, today, language, in_charge)
    return [
        (
            build_entity_name(term.entity, person.entity_name),
            [_accreditation_line(actor, term, person, today, in_charge)],
        )
        for term, person in sort_accreditations(narrowed, listing.sort)
    ]


def _accreditation_line(
    actor: Actor, term: Accreditation, person: Person, today: date, in_charge: Set[UUID]
) -> SeatLine:
    return SeatLine(
        term.id,
        person.name,
        ROLE_LABELS[term.capacity],
        term.from_on,
        term.until_on,
        describe_term_status(term, today),
        term.ended_because,
        rules.END_ACCREDITATION.allows(actor, rules.build_accreditation_rule_subject(term)),
        sessions_of=person.id if person.id in in_charge else None,
    )


def _office_line(actor: Actor, term: Appointment, person: Person, today: date, in_charge: Set[UUID]) -> SeatLine:
    return SeatLine(
        term.id,
        person.name,
        ROLE_LABELS[term.office],
        term.from_on,
        term.until_on,
        describe_term_status(term, today),
        term.ended_because,
        rules.END_OFFICE.allows(actor, rules.build_appointment_rule_subject(term)),
        rules.CONFIRM_OFFICE.allows(actor, rules.build_appointment_rule_subject(term, to_confirm=True)),
        sessions_of=person.id if person.id in in_charge else None,
    )


def _render_form(context: ReadContext, body: Body, entry: ParsedForm[NewAccreditation]) -> Response:
    capacities = [
        (str(capacity), ROLE_LABELS[capacity])
        for capacity in rules.list_capacities(body.admits)
        if rules.get_permission_to_accredit(capacity).allows(
            context.actor, AccreditationOrOffice(body.id, context.actor.entity, NO_PERSON, capacity)
        )
    ]
    people = _accreditable_people(context.session, context.actor, body)
    return render_term_form(
        context, "web/people/accredit.html", body=body, entry=entry, people=people, roles=capacities
    )


def _render_ending_page(context: ReadContext, accreditation: Accreditation, entry: ParsedForm[ReasonInput]) -> Response:
    person = context.session.get_one(Person, accreditation.person_id)
    body = context.session.get_one(Body, accreditation.body_id)
    return render_end_term_form(
        context,
        entry,
        action=f"/accreditations/{accreditation.id}/end",
        body=body,
        facts=[
            (_("Person"), person.name),
            (_("Acting for"), build_entity_name(accreditation.entity, person.entity_name)),
            (_("Role"), ROLE_LABELS[accreditation.capacity]),
        ],
        days=(accreditation.from_on, accreditation.until_on),
    )
