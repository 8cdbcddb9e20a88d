"""Queries about bodies, and about seats as far as an actor may see them."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    DateTime,
    Executable,
    Row,
    Select,
    SQLColumnExpression,
    String,
    and_,
    any_,
    bindparam,
    cast,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    union_all,
)

from app.core import clock
from app.core.db import LocalizedText, ReadSession, set_row_security_entity
from app.core.errors import Forbidden, NotFound
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Seat
from app.domain.bodies.models import OFFICES_OF_A_BODY, Accreditation, Appointment, Body, Capacity, Office
from app.domain.bodies.rules import CHAIRS, END_SESSIONS_OF_PERSON, PersonInCharge
from app.domain.identity.models.claims import MembershipCategory
from app.domain.identity.models.tables import MemberState, Person

BODY_CODE_PATTERN = re.compile(r"[a-z0-9-]{1,40}")
RIGHTS_ENDED = _("Your rights changed while this was under way, so nothing was done. Open the page again.")
OFFICES_FROM_STATES = tuple(str(office) for office in CHAIRS)


def list_seats(session: ReadSession, person_id: UUID, membership: str, entity: str, today: date) -> frozenset[Seat]:
    """List the seats that a person holds on a day: those on the roster, as far as the token still allows them.

    A seat counts while the person belongs to the entity that it was given for; an accreditation, while the body admits
    their category. The chair comes from a State, every other office from the staff of ITU.
    """
    parameters = {"person": person_id, "membership": membership, "entity": entity, "today": today}
    statement: Executable = SEATS_BY_MEMBERSHIP.get(membership, ACCREDITED_SEATS)
    return frozenset(Seat(role, body, entity) for role, body in session.execute(statement, parameters))


def _is_in_force(seat: type[Accreditation] | type[Appointment], day: ColumnElement[date] | date) -> ColumnElement[bool]:
    """SQL condition: the accreditation or the confirmed office is in force on a day."""
    is_confirmed = [Appointment.confirmed_at.is_not(None)] if seat is Appointment else []
    return and_(seat.ended_at.is_(None), seat.from_on <= day, seat.until_on >= day, *is_confirmed)


def _appointed(fits: ColumnElement[bool]) -> Select[str, UUID | None]:
    return select(Appointment.office, Appointment.body_id).where(
        Appointment.person_id == bindparam("person"),
        Appointment.entity == bindparam("entity"),
        _is_in_force(Appointment, bindparam("today")),
        fits,
    )


# Executed on every request, so the statements are built once.
ACCREDITED_SEATS = (
    select(Accreditation.capacity, Accreditation.body_id)
    .join(Body, Body.id == Accreditation.body_id)
    .where(
        Accreditation.person_id == bindparam("person"),
        Accreditation.entity == bindparam("entity"),
        _is_in_force(Accreditation, bindparam("today")),
        bindparam("membership", type_=String) == any_(Body.admits),
    )
)
SEATS_BY_MEMBERSHIP: Mapping[str, CompoundSelect[str, UUID | None]] = {
    MembershipCategory.MEMBER_STATE: ACCREDITED_SEATS.union_all(
        _appointed(Appointment.office.in_(OFFICES_FROM_STATES))
    ),
    MembershipCategory.ITU_STAFF: ACCREDITED_SEATS.union_all(
        _appointed(Appointment.office.not_in(OFFICES_FROM_STATES))
    ),
}


def build_actor(session: ReadSession, person: Person) -> Actor:
    """Build the actor of a person, with the seats that they hold now."""
    seats = list_seats(session, person.id, person.membership, person.entity, clock.now().date())
    return Actor(person.id, person.name, person.membership, person.entity, seats, person.locale)


def has_held_seat(session: ReadSession, person_id: UUID) -> bool:
    """Return whether a person ever had an accreditation or a confirmed office, whatever became of it."""
    accredited = exists().where(Accreditation.person_id == person_id)
    appointed = exists().where(Appointment.person_id == person_id, Appointment.confirmed_at.is_not(None))
    return bool(session.scalar(select(or_(accredited, appointed))))


def set_row_security_of_actor(session: ReadSession, actor: Actor) -> None:
    """Set for whom the database lets this session read: the actor's entity, and where the actor holds an office."""
    set_row_security_entity(session, actor.entity, actor.bodies_with_role(*OFFICES_OF_A_BODY))


def require_seats_still_held(session: ReadSession, actor: Actor) -> None:
    """Raise Forbidden if the actor has lost a seat, or acts for another member, since the actor was built."""
    person = session.execute(select(Person.membership, Person.entity).where(Person.id == actor.person)).one_or_none()
    if person is None or (person.membership, person.entity) != (actor.category, actor.entity):
        raise Forbidden(RIGHTS_ENDED)
    if actor.seats - list_seats(session, actor.person, actor.category, actor.entity, clock.now().date()):
        raise Forbidden(RIGHTS_ENDED)


def build_represented_condition(
    body_id: SQLColumnExpression[UUID], entity: SQLColumnExpression[str]
) -> ColumnElement[bool]:
    """SQL condition: somebody holds an accreditation of this entity in this body now, as `list_seats` counts it."""
    return exists().where(
        Accreditation.body_id == body_id,
        Accreditation.entity == entity,
        _is_in_force(Accreditation, clock.now().date()),
        Person.id == Accreditation.person_id,
        Person.entity == Accreditation.entity,
        Body.id == Accreditation.body_id,
        Person.membership == any_(Body.admits),
    )


def is_represented(session: ReadSession, body_id: UUID, entity: str) -> bool:
    """Return whether somebody holds an accreditation of this entity in this body now."""
    return bool(session.scalar(select(build_represented_condition(literal(body_id), literal(entity)))))


def list_people_with_seats(session: ReadSession, body_id: UUID) -> Sequence[Person]:
    """List the people with a seat in the body that was not ended; `build_actor` tells whether they hold it now."""
    accredited = select(Accreditation.person_id).where(
        Accreditation.body_id == body_id, Accreditation.ended_at.is_(None)
    )
    appointed = select(Appointment.person_id).where(Appointment.body_id == body_id, Appointment.ended_at.is_(None))
    has_seat = Person.id.in_(accredited.union(appointed))
    return session.scalars(select(Person).where(has_seat).order_by(Person.id)).all()


_FIRST_MIDNIGHT = func.timezone("UTC", cast(Accreditation.from_on, DateTime(timezone=False)))
ACCREDITED_SINCE = func.greatest(Accreditation.granted_at, _FIRST_MIDNIGHT)


def build_accredited_condition(
    begin: SQLColumnExpression[datetime], end: SQLColumnExpression[datetime]
) -> ColumnElement[bool]:
    """SQL condition: the accreditation gives the person a seat in the body, as `list_seats` counts it, at some time
    between two instants, both included. For the present moment, they are equal."""
    return and_(
        Accreditation.person_id == Person.id,
        Accreditation.entity == Person.entity,
        Accreditation.body_id == Body.id,
        Person.membership == any_(Body.admits),
        end >= ACCREDITED_SINCE,
        Accreditation.until_on >= cast(func.timezone("UTC", begin), Date),
        or_(Accreditation.ended_at.is_(None), Accreditation.ended_at > func.greatest(ACCREDITED_SINCE, begin)),
    )


@dataclass(frozen=True, slots=True)
class AccreditedPerson:
    """A person accredited in a body, as an actor with these seats alone, and from when on they held the first one."""

    actor: Actor
    since: datetime


def list_accredited_people(
    session: ReadSession, body_id: UUID, begin: datetime, end: datetime
) -> Iterator[AccreditedPerson]:
    """Yield the people who were accredited in a body at some time between two instants, both included, by identifier,
    as `build_accredited_condition` counts it."""
    rows = session.execute(
        select(Person, Accreditation.capacity, ACCREDITED_SINCE)
        .where(Body.id == body_id, build_accredited_condition(literal(begin), literal(end)))
        .order_by(Person.id, ACCREDITED_SINCE)
    )
    for person, seats in groupby(rows, key=lambda row: row[0]):
        held = [(Seat(capacity, body_id, person.entity), at) for _person, capacity, at in seats]
        seats_alone = frozenset(seat for seat, _at in held)
        actor = Actor(person.id, person.name, person.membership, person.entity, seats_alone, person.locale)
        yield AccreditedPerson(actor, held[0][1])


def list_people_of_entities(session: ReadSession, entities: Collection[str]) -> frozenset[UUID]:
    """Return the people who hold a seat or an office for one of these entities in any body, or held one before."""
    if not entities:
        return frozenset()
    accredited = select(Accreditation.person_id).where(Accreditation.entity.in_(entities))
    appointed = select(Appointment.person_id).where(Appointment.entity.in_(entities))
    return frozenset(session.scalars(accredited.union(appointed)))


def select_entities_of_person(person: UUID) -> CompoundSelect[str]:
    """Select the entities for which a person holds a seat or an office in any body, or held one before."""
    accredited = select(Accreditation.entity).where(Accreditation.person_id == person)
    return accredited.union(select(Appointment.entity).where(Appointment.person_id == person))


def find_people_in_charge(session: ReadSession, people: Collection[UUID]) -> dict[UUID, PersonInCharge]:
    """Find people, each with the bodies in which they have a seat or an office, or had one."""
    seats = union_all(
        *(
            select(seat.person_id, seat.body_id).where(seat.person_id.in_(people))
            for seat in (Accreditation, Appointment)
        )
    )
    bodies: dict[UUID, set[UUID]] = {}
    for person, body in session.execute(seats):
        if body is not None:  # an office of the whole system
            bodies.setdefault(person, set()).add(body)
    entities = session.execute(select(Person.id, Person.entity).where(Person.id.in_(people)))
    return {person: PersonInCharge(frozenset(bodies.get(person, ())), entity) for person, entity in entities}


def get_person_in_charge(session: ReadSession, actor: Actor, person_id: UUID) -> Person:
    """Return the person if the actor may end their sessions. Raises NotFound."""
    charge = find_people_in_charge(session, [person_id]).get(person_id)
    if charge is None or not END_SESSIONS_OF_PERSON.allows(actor, charge):
        raise NotFound()
    return session.get_one(Person, person_id)


def list_visible_bodies(actor: Actor) -> Select[Body]:
    """Select the bodies in which the actor has a seat."""
    return select(Body).where(Body.id.in_(actor.bodies_with_role()))


def get_visible_body(session: ReadSession, actor: Actor, code: str) -> Body:
    """Return the body with this code, if the actor has a seat in it. Raises NotFound."""
    body = (
        session.scalar(list_visible_bodies(actor).where(Body.code == code))
        if BODY_CODE_PATTERN.fullmatch(code)
        else None
    )
    if body is None:
        raise NotFound()
    return body


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
    """Return the office if the actor is a secretary who may manage it. Raises NotFound."""
    body_ids = actor.bodies_with_role(Office.SECRETARY)
    is_staff_office = Appointment.body_id.is_(None) if body_ids else false()
    is_visible = or_(Appointment.body_id.in_(body_ids), is_staff_office)
    row = session.scalar(select(Appointment).where(is_visible, Appointment.id == appointment_id))
    if row is None:
        raise NotFound()
    return row


def list_focal_points(session: ReadSession, entity: str, today: date) -> Sequence[Row[str, str, UUID]]:
    """List name, e-mail address and body of an entity's focal points on a day: the contacts of its people."""
    return session.execute(
        select(Person.name, Person.email, Accreditation.body_id)
        .join(Accreditation, Accreditation.person_id == Person.id)
        .where(
            Accreditation.entity == entity,
            Person.entity == entity,
            Accreditation.capacity == Capacity.FOCAL_POINT,
            _is_in_force(Accreditation, today),
        )
        .order_by(Person.name)
    ).all()


def list_secretary_names(session: ReadSession, body_id: UUID, today: date) -> Sequence[str]:
    """List the names of the secretaries of a body on a day, as `list_seats` counts them."""
    return session.scalars(
        select(Person.name)
        .join(Appointment, and_(Appointment.person_id == Person.id, Appointment.entity == Person.entity))
        .where(
            Appointment.body_id == body_id,
            Appointment.office == Office.SECRETARY,
            _is_in_force(Appointment, today),
            Person.membership == MembershipCategory.ITU_STAFF,
        )
        .order_by(Person.name)
    ).all()


def list_offices_to_confirm(session: ReadSession, actor: Actor) -> Sequence[Row[Appointment, Person]]:
    """List the offices proposed by another secretary that the actor could confirm as the second one."""
    body_ids = actor.bodies_with_role(Office.SECRETARY)
    is_staff_office = Appointment.body_id.is_(None) if body_ids else false()
    return session.execute(
        select(Appointment, Person)
        .join(Person, Person.id == Appointment.person_id)
        .where(
            or_(Appointment.body_id.in_(body_ids), is_staff_office),
            Appointment.confirmed_at.is_(None),
            Appointment.ended_at.is_(None),
            Appointment.proposed_by.is_distinct_from(actor.person),
            Appointment.person_id != actor.person,
        )
        .order_by(Appointment.proposed_at)
    ).all()


def list_own_seats(session: ReadSession, actor: Actor, today: date) -> list[Row[str, str, LocalizedText, date, UUID]]:
    """List the seats that the actor holds on a day: role, prefix and names of the body (None for staff offices), last
    day, and the id of the body."""
    accredited = select(Accreditation.capacity.label("role"), Accreditation.body_id, Accreditation.until_on).where(
        Accreditation.person_id == actor.person,
        Accreditation.entity == actor.entity,
        Accreditation.ended_at.is_(None),
        Accreditation.from_on <= today,
        Accreditation.until_on >= today,
    )
    appointed = select(Appointment.office, Appointment.body_id, Appointment.until_on).where(
        Appointment.person_id == actor.person,
        Appointment.entity == actor.entity,
        Appointment.confirmed_at.is_not(None),
        Appointment.ended_at.is_(None),
        Appointment.from_on <= today,
        Appointment.until_on >= today,
    )
    seats = accredited.union_all(appointed).subquery()
    rows = session.execute(
        select(seats.c.role, Body.prefix, Body.names, seats.c.until_on, seats.c.body_id)
        .outerjoin(Body, Body.id == seats.c.body_id)
        .order_by(Body.prefix, seats.c.role)
    )
    return [row for row in rows if actor.has_role(row.body_id, row.role)]


def list_member_states(session: ReadSession) -> Sequence[Row[str, str, str | None]]:
    """List code, category and administrative region of Member States and participants under PP Resolution 99."""
    return session.execute(select(MemberState.code, MemberState.category, MemberState.region)).all()


def is_state_admitted(session: ReadSession, body_id: UUID, state: str) -> bool:
    """Return whether a body admits the category of a State, so that the State can have a document there."""
    admitted = select(MemberState.code).join(Body, MemberState.category == any_(Body.admits))
    return session.scalar(admitted.where(MemberState.code == state, Body.id == body_id)) is not None


def get_member_state(session: ReadSession, code: str) -> MemberState:
    """Return the Member State with this code. Raises NotFound, also for participants under Resolution 99, which belong
    to no region."""
    state = session.get(MemberState, code)
    if state is None or state.category != MembershipCategory.MEMBER_STATE:
        raise NotFound()
    return state


def list_secretary_bodies(session: ReadSession, actor: Actor) -> Sequence[Body]:
    """List the bodies of which the actor is a secretary."""
    return session.scalars(
        select(Body).where(Body.id.in_(actor.bodies_with_role(Office.SECRETARY))).order_by(Body.prefix)
    ).all()
