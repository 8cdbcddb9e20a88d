"""Seats that people hold at a time, as every right counts them, and the actors that follow from them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    DateTime,
    Row,
    Select,
    SQLColumnExpression,
    String,
    Uuid,
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
    union,
    union_all,
)
from sqlalchemy.orm import aliased

from app.core import clock
from app.core.database.clock_parameters import build_day_parameter
from app.core.db import (
    LocalizedText,
    ReadSession,
    build_one_of_condition,
    set_row_security_entity,
)
from app.core.errors import Forbidden
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Seat
from app.domain.bodies.models import OFFICES_OF_A_BODY, Accreditation, Appointment, Body, Capacity, Office
from app.domain.bodies.queries.bodies import ORDER_OF_BODIES
from app.domain.bodies.rules import CHAIRS
from app.domain.identity.models.claims import MembershipCategory
from app.domain.identity.models.tables import Person

RIGHTS_ENDED = _("Your rights changed before this action was completed. Nothing was changed. Open the page again.")
OFFICES_FROM_STATES = tuple(str(office) for office in CHAIRS)
IS_OFFICE_FROM_STATE = build_one_of_condition(Appointment.office, OFFICES_FROM_STATES)
CATEGORIES_OF_CHAIRS = (MembershipCategory.MEMBER_STATE, MembershipCategory.ITU_STAFF)
"""The categories from which chairs come: of these, the one that the body admits."""


def build_office_condition(membership: SQLColumnExpression[str]) -> ColumnElement[bool]:
    """SQL condition: somebody of this category can hold the office in the body, which is joined. Its chairs come from
    Member States, in a body of the staff of ITU from the staff; every other office is held by the staff."""
    is_chair = and_(build_one_of_condition(membership, CATEGORIES_OF_CHAIRS), membership == any_(Body.admits))
    return or_(
        and_(IS_OFFICE_FROM_STATE, is_chair),
        and_(~IS_OFFICE_FROM_STATE, membership == MembershipCategory.ITU_STAFF),
    )


def build_in_force_condition(
    seat: type[Accreditation] | type[Appointment], day: ColumnElement[date] | date
) -> ColumnElement[bool]:
    """SQL condition: the accreditation or the confirmed office, also under an alias, is in force on a day."""
    is_confirmed = [seat.confirmed_at.is_not(None)] if hasattr(seat, "confirmed_at") else []
    return and_(seat.ended_at.is_(None), seat.from_on <= day, seat.until_on >= day, *is_confirmed)


ENDED = "body_has_ended"


def build_ended_condition(day: ColumnElement[date] | date) -> ColumnElement[bool]:
    """SQL condition: the last day of the body is past; false without a body, for an office of the whole system."""
    return func.coalesce(Body.ends_on < day, false())


def select_seats_held(
    person_id: SQLColumnExpression[UUID],
    membership: SQLColumnExpression[str],
    entity: SQLColumnExpression[str],
    today: ColumnElement[date],
) -> CompoundSelect[str, UUID | None, bool]:
    """Select role and body of the seats that a person holds on a day, and whether that body has ended: those on the
    roster, as far as the token still allows them.

    A seat counts while the person belongs to the entity that it was given for; an accreditation, while the body admits
    their category, and an office while somebody of their category can hold it (`build_office_condition`).
    """
    accredited = (
        select(Accreditation.capacity.label("role"), Accreditation.body_id, build_ended_condition(today).label(ENDED))
        .join(Body, Body.id == Accreditation.body_id)
        .where(
            Accreditation.person_id == person_id,
            Accreditation.entity == entity,
            build_in_force_condition(Accreditation, today),
            membership == any_(Body.admits),
        )
    )
    appointed = (
        select(Appointment.office, Appointment.body_id, build_ended_condition(today))
        .outerjoin(Body, Body.id == Appointment.body_id)
        .where(
            Appointment.person_id == person_id,
            Appointment.entity == entity,
            build_in_force_condition(Appointment, today),
            build_office_condition(membership),
        )
    )
    return union_all(accredited.correlate(Person), appointed.correlate(Person))


# Executed on every request, so the statements are built once.
SEATS_OF_PERSON = select_seats_held(
    bindparam("person", type_=Uuid),
    bindparam("membership", type_=String),
    bindparam("entity", type_=String),
    bindparam("today", type_=Date),
)


def list_seats(session: ReadSession, person_id: UUID, membership: str, entity: str, today: date) -> frozenset[Seat]:
    """List the seats that a person holds on a day (`select_seats_held`)."""
    parameters = {"person": person_id, "membership": membership, "entity": entity, "today": today}
    rows = session.execute(SEATS_OF_PERSON, parameters)
    return _build_seats(rows, entity)


def build_actor(session: ReadSession, person: Person) -> Actor:
    """Build the actor of a person, with the seats that they hold now."""
    seats = list_seats(session, person.id, person.membership, person.entity, clock.now().date())
    return Actor(person.id, person.name, person.membership, person.entity, seats, person.locale)


def has_held_seat(session: ReadSession, person_id: UUID) -> bool:
    """Return whether a person ever had an accreditation or a confirmed office, whatever became of it."""
    accredited = exists().where(Accreditation.person_id == person_id)
    appointed = exists().where(Appointment.person_id == person_id, Appointment.confirmed_at.is_not(None))
    return bool(session.scalar(select(or_(accredited, appointed))))


def count_people_with_seat(session: ReadSession, body_id: UUID) -> int:
    """Count the people who hold an accreditation or an office in a body today."""
    today = clock.now().date()
    seats = [
        select(seat.person_id).where(seat.body_id == body_id, build_in_force_condition(seat, today))
        for seat in (Accreditation, Appointment)
    ]
    return session.scalar(select(func.count()).select_from(union(*seats).subquery())) or 0


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


def build_held_condition(
    seat: type[Accreditation], holder: type[Person], place: type[Body], day: ColumnElement[date] | date
) -> ColumnElement[bool]:
    """SQL condition: an accreditation gives its holder the seat on this day, as `list_seats` counts it: also only while
    the holder belongs to its entity, in a category that the body admits."""
    return and_(
        build_in_force_condition(seat, day),
        holder.id == seat.person_id,
        holder.entity == seat.entity,
        place.id == seat.body_id,
        holder.membership == any_(place.admits),
    )


def build_represented_condition(
    body_id: SQLColumnExpression[UUID], entity: SQLColumnExpression[str], *capacities: Capacity
) -> ColumnElement[bool]:
    """SQL condition: somebody holds an accreditation of this entity in this body now, in one of these capacities; in
    any one if none is given."""
    seat = aliased(Accreditation)  # a statement around it may select people and bodies of its own
    is_held = build_held_condition(seat, aliased(Person), aliased(Body), build_day_parameter())
    in_capacity = [seat.capacity.in_(capacities)] if capacities else []
    return exists().where(seat.body_id == body_id, seat.entity == entity, is_held, *in_capacity)


def is_represented(session: ReadSession, body_id: UUID, entity: str, *capacities: Capacity) -> bool:
    """Return whether somebody holds an accreditation of this entity in this body now, in one of these capacities; in
    any one if none is given."""
    return bool(session.scalar(select(build_represented_condition(literal(body_id), literal(entity), *capacities))))


def select_people_with_seats(body_id: UUID) -> Select[UUID]:
    """Select who has a seat in the body that was not ended; `list_actors` tells whether they hold it now."""
    accredited = select(Accreditation.person_id).where(
        Accreditation.body_id == body_id, Accreditation.ended_at.is_(None)
    )
    appointed = select(Appointment.person_id).where(Appointment.body_id == body_id, Appointment.ended_at.is_(None))
    return select(Person.id).where(Person.id.in_(accredited.union(appointed)))


def select_focal_points() -> Select[UUID]:
    """Select who is accredited as a focal point in any body; `list_actors` tells whether they are it now."""
    return select(Accreditation.person_id).where(
        Accreditation.capacity == Capacity.FOCAL_POINT, Accreditation.ended_at.is_(None)
    )


def select_holders_of_staff_office(office: str) -> Select[UUID]:
    """Select who was appointed to an office of the whole system that was not ended; `list_actors` tells whether they
    hold it now."""
    return select(Appointment.person_id).where(
        Appointment.body_id.is_(None), Appointment.office == office, Appointment.ended_at.is_(None)
    )


def select_secretaries() -> Select[UUID]:
    """Select who was appointed secretary of any body; `list_actors` tells whether they are it now."""
    return select(Appointment.person_id).where(
        Appointment.office == Office.SECRETARY, Appointment.confirmed_at.is_not(None), Appointment.ended_at.is_(None)
    )


def list_actors(session: ReadSession, people: ColumnElement[bool]) -> list[Actor]:
    """List the actors of these people by identifier, with the seats that they hold now in every body, as `build_actor`
    builds each of them. The number of statements does not depend on their number."""
    today = clock.now().date()
    accredited = (
        select(Accreditation.person_id, Accreditation.capacity, Accreditation.body_id, build_ended_condition(today))
        .join(Person, and_(Person.id == Accreditation.person_id, Person.entity == Accreditation.entity))
        .join(Body, Body.id == Accreditation.body_id)
        .where(people, build_in_force_condition(Accreditation, today), Person.membership == any_(Body.admits))
    )
    appointed = (
        select(Appointment.person_id, Appointment.office, Appointment.body_id, build_ended_condition(today))
        .join(Person, and_(Person.id == Appointment.person_id, Person.entity == Appointment.entity))
        .outerjoin(Body, Body.id == Appointment.body_id)
        .where(people, build_in_force_condition(Appointment, today), build_office_condition(Person.membership))
    )
    seats: dict[UUID, list[tuple[str, UUID | None, bool]]] = {}
    for person_id, role, body_id, has_ended in session.execute(accredited.union_all(appointed)):
        seats.setdefault(person_id, []).append((role, body_id, has_ended))
    found = session.execute(
        select(Person.id, Person.name, Person.membership, Person.entity, Person.locale)
        .where(people)
        .order_by(Person.id)
    )
    return [
        Actor(key, name, membership, entity, _build_seats(seats.get(key, ()), entity), locale)
        for key, name, membership, entity, locale in found
    ]


def _build_seats(rows: Iterable[tuple[str, UUID | None, bool]], entity: str) -> frozenset[Seat]:
    return frozenset(Seat(role, body, entity, has_ended) for role, body, has_ended in rows)


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


def can_hold_office(body: Body, membership: str, office: str) -> bool:
    """Return whether somebody of a category can hold an office in a body, as `build_office_condition` says."""
    if office not in OFFICES_FROM_STATES:
        return membership == MembershipCategory.ITU_STAFF
    return membership in CATEGORIES_OF_CHAIRS and membership in body.admits


def list_own_seats(session: ReadSession, actor: Actor, today: date) -> list[Row[str, str, LocalizedText, date, UUID]]:
    """List the seats that the actor holds on a day: role, prefix and names of the body (None for staff offices), last
    day, and the id of the body."""
    accredited = select(Accreditation.capacity.label("role"), Accreditation.body_id, Accreditation.until_on).where(
        Accreditation.person_id == actor.person,
        Accreditation.entity == actor.entity,
        build_in_force_condition(Accreditation, today),
    )
    appointed = select(Appointment.office, Appointment.body_id, Appointment.until_on).where(
        Appointment.person_id == actor.person,
        Appointment.entity == actor.entity,
        build_in_force_condition(Appointment, today),
    )
    seats = accredited.union_all(appointed).subquery()
    rows = session.execute(
        select(seats.c.role, Body.prefix, Body.names, seats.c.until_on, seats.c.body_id)
        .outerjoin(Body, Body.id == seats.c.body_id)
        .order_by(*ORDER_OF_BODIES, seats.c.role)
    )
    return [row for row in rows if actor.has_role(row.body_id, row.role)]
