"""The roster, for those who manage it: accreditations, offices, and the people who have or could be given a seat."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Row,
    Select,
    and_,
    exists,
    false,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from app.core.database.clock_parameters import build_day_parameter
from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.permissions import Actor
from app.domain.bodies.models import Accreditation, Appointment, Body, Capacity, Office
from app.domain.bodies.queries.seats import build_held_condition, build_in_force_condition
from app.domain.bodies.rules import (
    END_SESSIONS_OF_PERSON,
    AccreditationOrOffice,
    PersonInCharge,
    build_appointment_rule_subject,
    serves_body_in_force,
)
from app.domain.identity.models.claims import MembershipCategory
from app.domain.identity.models.tables import Person


def select_entities_of_person(person: UUID) -> CompoundSelect[str]:
    """Select the entities for which a person holds a seat or an office in any body, or held one before."""
    accredited = select(Accreditation.entity).where(Accreditation.person_id == person)
    return accredited.union(select(Appointment.entity).where(Appointment.person_id == person))


def find_people_in_charge(session: ReadSession, people: Collection[UUID]) -> dict[UUID, PersonInCharge]:
    """Find people, each with the bodies in which they have a seat or a confirmed office, or had one."""
    seats: CompoundSelect[UUID, UUID | None] = union_all(
        select(Accreditation.person_id, Accreditation.body_id).where(Accreditation.person_id.in_(people)),
        select(Appointment.person_id, Appointment.body_id).where(
            Appointment.person_id.in_(people), Appointment.confirmed_at.is_not(None)
        ),
    )
    bodies: dict[UUID, set[UUID]] = {}
    for person, body in session.execute(seats):
        if body is not None:  # an office of the whole system
            bodies.setdefault(person, set()).add(body)
    members = session.execute(select(Person.id, Person.membership, Person.entity).where(Person.id.in_(people)))
    return {
        person: PersonInCharge(frozenset(bodies.get(person, ())), category, entity)
        for person, category, entity in members
    }


def get_person_in_charge(session: ReadSession, actor: Actor, person_id: UUID) -> Person:
    """Return the person if the actor may end their sessions. Raises NotFound."""
    charge = find_people_in_charge(session, [person_id]).get(person_id)
    if charge is None or not END_SESSIONS_OF_PERSON.allows(actor, charge):
        raise NotFound()
    return session.get_one(Person, person_id)


def list_accreditations(session: ReadSession, actor: Actor, body_id: UUID) -> Sequence[Row[Accreditation, Person]]:
    """List accreditations of a body: all for its secretariat, those of their own entity for focal points."""
    return session.execute(
        select(Accreditation, Person)
        .join(Person, Person.id == Accreditation.person_id)
        .where(_is_manageable_by(actor), Accreditation.body_id == body_id)
        .order_by(Accreditation.entity, Person.name, Accreditation.from_on)
    ).all()


def get_accreditation(session: ReadSession, actor: Actor, accreditation_id: UUID) -> Accreditation:
    """Return the accreditation if the actor may manage it. Raises NotFound."""
    row = session.scalar(select(Accreditation).where(_is_manageable_by(actor), Accreditation.id == accreditation_id))
    if row is None:
        raise NotFound()
    return row


def _is_manageable_by(actor: Actor) -> ColumnElement[bool]:
    return or_(
        Accreditation.body_id.in_(actor.bodies_with_role(Office.SECRETARY)),
        and_(
            Accreditation.entity == actor.entity,
            Accreditation.body_id.in_(actor.bodies_with_role(Capacity.FOCAL_POINT)),
        ),
    )


def list_eligible_people(session: ReadSession, actor: Actor, body: Body) -> Sequence[Row[UUID, str, str, str, str]]:
    """List the known people who could be given a seat in the body, because it admits their category.

    All of them for its secretariat; those of their own entity for focal points; an empty list for others.
    """
    statement = select(Person.id, Person.name, Person.entity, Person.entity_name, Person.membership).order_by(
        Person.name
    )
    if actor.has_role(body.id, Office.SECRETARY):
        admitted = or_(Person.membership.in_(body.admits), Person.membership == MembershipCategory.ITU_STAFF)
        return session.execute(statement.where(admitted)).all()
    if actor.has_role(body.id, Capacity.FOCAL_POINT):
        own = and_(Person.entity == actor.entity, Person.membership == actor.category)
        return session.execute(statement.where(own)).all()
    return []


def get_eligible_person(session: ReadSession, actor: Actor, body: Body, person_id: UUID) -> Person:
    """Return the person if this actor could give them a seat. Raises NotFound."""
    if person_id not in {row.id for row in list_eligible_people(session, actor, body)}:
        raise NotFound()
    return session.get_one(Person, person_id)


def list_appointments(session: ReadSession, actor: Actor, body_id: UUID) -> Sequence[Row[Appointment, Person]]:
    """List the offices of a body and the staff offices, for its secretariat; empty for others."""
    if not actor.has_role(body_id, Office.SECRETARY):
        return []
    return session.execute(
        select(Appointment, Person)
        .join(Person, Person.id == Appointment.person_id)
        .where(or_(Appointment.body_id == body_id, Appointment.body_id.is_(None)))
        .order_by(Appointment.office, Appointment.from_on)
    ).all()


def get_appointment(session: ReadSession, actor: Actor, appointment_id: UUID) -> Appointment:
    """Return the office if the actor is a secretary who may manage or confirm it. Raises NotFound."""
    row = session.scalar(select(Appointment).where(_is_office_in_charge(actor), Appointment.id == appointment_id))
    if row is None:
        raise NotFound()
    return row


def _is_office_in_charge(actor: Actor) -> ColumnElement[bool]:
    """SQL condition: an office of a body that the actor serves or, for every secretary, one of a unit, or a proposal of
    the only secretary of a body."""
    body_ids = actor.bodies_with_role(Office.SECRETARY)
    own = Appointment.body_id.in_(body_ids)
    if not serves_body_in_force(actor):
        return or_(own, Appointment.body_id.is_(None)) if body_ids else false()
    is_to_confirm = and_(Appointment.confirmed_at.is_(None), Appointment.ended_at.is_(None), LACKS_SECOND_SECRETARY)
    return or_(own, Appointment.body_id.is_(None), is_to_confirm)


def _build_only_secretary_condition() -> ColumnElement[bool]:
    """SQL condition: a secretary of the body proposed an office in it, and it has no other one who could confirm that:
    none but, possibly, the person it is for. Of an office of a unit this is not so: every secretary confirms it."""
    secretary, holder = aliased(Appointment), aliased(Person)
    of_body = exists().where(
        secretary.body_id == Appointment.body_id,
        secretary.office == Office.SECRETARY,
        build_in_force_condition(secretary, build_day_parameter()),
        holder.id == secretary.person_id,
        holder.entity == secretary.entity,
        holder.membership == MembershipCategory.ITU_STAFF,
    )
    is_proposer, is_concerned = (
        secretary.person_id == each for each in (Appointment.proposed_by, Appointment.person_id)
    )
    return and_(of_body.where(is_proposer), ~of_body.where(~is_proposer, ~is_concerned))


LACKS_SECOND_SECRETARY = _build_only_secretary_condition()


def get_confirmation_rule_subject(session: ReadSession, appointment: Appointment) -> AccreditationOrOffice:
    """Return an office with the facts that the rule of its confirmation needs."""
    lacks_second = session.scalar(select(LACKS_SECOND_SECRETARY).where(Appointment.id == appointment.id))
    subject = build_appointment_rule_subject(appointment, to_confirm=True)
    return replace(subject, lacks_second_secretary=bool(lacks_second))


def list_focal_points(session: ReadSession, entity: str, today: date) -> Sequence[Row[str, str, UUID]]:
    """List name, e-mail address and body of an entity's focal points on a day: the contacts of its people."""
    return session.execute(
        select(Person.name, Person.email, Accreditation.body_id)
        .where(
            Accreditation.entity == entity,
            Accreditation.capacity == Capacity.FOCAL_POINT,
            build_held_condition(Accreditation, Person, Body, today),
        )
        .order_by(Person.name)
    ).all()


def list_secretaries(
    session: ReadSession, bodies: Iterable[UUID], today: date
) -> Sequence[Row[UUID | None, UUID, str]]:
    """List the secretaries of these bodies on a day, as `list_seats` counts them: body, person and name, by name."""
    return session.execute(
        select(Appointment.body_id, Person.id, Person.name)
        .join(Appointment, and_(Appointment.person_id == Person.id, Appointment.entity == Person.entity))
        .where(
            Appointment.body_id.in_(bodies),
            Appointment.office == Office.SECRETARY,
            build_in_force_condition(Appointment, today),
            Person.membership == MembershipCategory.ITU_STAFF,
        )
        .order_by(Person.name, Person.id)
    ).all()


def index_secretary_names(session: ReadSession, bodies: Iterable[UUID], today: date) -> Mapping[UUID, Sequence[str]]:
    """Index the names of the secretaries of these bodies on a day by body."""
    names: dict[UUID, list[str]] = {body: [] for body in bodies}
    for body, _person, name in list_secretaries(session, names, today):
        if body:
            names[body].append(name)
    return names


def select_offices_to_confirm(actor: Actor) -> Select[Appointment, Person, bool]:
    """Select the offices proposed by another secretary that the actor could confirm as the second one, each with its
    person, and whether its body lacks a second secretary."""
    return (
        select(Appointment, Person, LACKS_SECOND_SECRETARY)
        .join(Person, Person.id == Appointment.person_id)
        .where(
            _is_office_in_charge(actor),
            Appointment.confirmed_at.is_(None),
            Appointment.ended_at.is_(None),
            Appointment.proposed_by.is_distinct_from(actor.person),
            Appointment.person_id != actor.person,
        )
        .order_by(Appointment.proposed_at)
    )
