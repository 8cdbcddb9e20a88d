"""Queries for focal points of action lines. Everybody who has signed in sees who they are; secretaries, what is
proposed."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, false, select

from app.core import clock
from app.core.database.combined_lists import read_statements_together
from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.permissions import Actor
from app.domain.bodies.models import UNIT_OFFICES, Appointment
from app.domain.bodies.queries.seats import build_in_force_condition
from app.domain.bodies.rules import serves_body_in_force
from app.domain.identity.models.claims import MembershipCategory
from app.domain.identity.models.tables import Person
from app.domain.line_focal_points.inputs import NewLineFocalPoint
from app.domain.line_focal_points.models import LineFocalPoint


def _build_unit_condition(day: date) -> ColumnElement[bool]:
    """SQL condition: the person holds the office of the unit on a day, as `list_seats` counts it."""
    return exists().where(
        Appointment.person_id == LineFocalPoint.person_id,
        Appointment.office == LineFocalPoint.unit,
        Appointment.body_id.is_(None),
        Appointment.entity == Person.entity,
        build_in_force_condition(Appointment, day),
    )


def select_in_force(day: date) -> Select[LineFocalPoint, Person]:
    """Select the focal points of all action lines on a day: confirmed, not ended, and still of their unit."""
    return (
        select(LineFocalPoint, Person)
        .join(Person, Person.id == LineFocalPoint.person_id)
        .where(
            LineFocalPoint.confirmed_at.is_not(None),
            LineFocalPoint.ended_at.is_(None),
            LineFocalPoint.from_on <= day,
            LineFocalPoint.until_on >= day,
            Person.membership == MembershipCategory.ITU_STAFF,
            _build_unit_condition(day),
        )
        .order_by(LineFocalPoint.from_on, Person.name)
    )


TermRows = Sequence[Row[LineFocalPoint, Person]]


def read_terms_of_line(session: ReadSession, actor: Actor, line: str) -> tuple[TermRows, TermRows]:
    """Read the focal points of an action line today, and for secretaries what is proposed or has not ended, in one
    statement."""
    in_force = select_in_force(clock.now().date()).where(LineFocalPoint.action_line == line)
    of_line = and_(LineFocalPoint.action_line == line, LineFocalPoint.ended_at.is_(None))
    open_terms = select_terms(actor).where(of_line).order_by(LineFocalPoint.from_on, Person.name)
    today, unended = read_statements_together(session, [in_force, open_terms])
    return today, unended


def list_lines_of_person(session: ReadSession, person: UUID) -> Sequence[LineFocalPoint]:
    """List the action lines for which a person is the focal point today, by code."""
    own = select_in_force(clock.now().date()).where(LineFocalPoint.person_id == person)
    return [each for each, _person in session.execute(own.order_by(None).order_by(LineFocalPoint.action_line))]


def select_terms(actor: Actor) -> Select[LineFocalPoint, Person]:
    """Select all terms and proposals, for every secretary of a body in force; none for others."""
    statement = select(LineFocalPoint, Person).join(Person, Person.id == LineFocalPoint.person_id)
    return statement if serves_body_in_force(actor) else statement.where(false())


def select_proposals_to_confirm(actor: Actor) -> Select[LineFocalPoint, Person]:
    """Select the proposals that the actor could confirm as the second secretary, the oldest first."""
    return (
        select_terms(actor)
        .where(
            LineFocalPoint.confirmed_at.is_(None),
            LineFocalPoint.ended_at.is_(None),
            LineFocalPoint.proposed_by != actor.person,
            LineFocalPoint.person_id != actor.person,
        )
        .order_by(LineFocalPoint.proposed_at, LineFocalPoint.id)
    )


def get_term(session: ReadSession, actor: Actor, focal_point: UUID) -> LineFocalPoint:
    """Return the term of a focal point or its proposal, if the actor may see it. Raises NotFound."""
    row = session.execute(select_terms(actor).where(LineFocalPoint.id == focal_point)).first()
    if row is None:
        raise NotFound()
    return row[0]


def list_people_of_units(session: ReadSession, actor: Actor) -> Mapping[UUID, tuple[str, list[str]]]:
    """List who holds an office in a unit of ITU today, without the actor: their names and units, in the order of the
    units; none for who is no secretary."""
    if not serves_body_in_force(actor):
        return {}
    rows = session.execute(
        select(Person.id, Person.name, Appointment.office)
        .join(Appointment, and_(Appointment.person_id == Person.id, Appointment.entity == Person.entity))
        .where(
            Appointment.body_id.is_(None),
            Appointment.office.in_(UNIT_OFFICES),
            build_in_force_condition(Appointment, clock.now().date()),
            Person.membership == MembershipCategory.ITU_STAFF,
            Person.id != actor.person,
        )
        .order_by(Person.name, Person.id)
    )
    people: dict[UUID, tuple[str, list[str]]] = {}
    for person, name, office in rows:
        people.setdefault(person, (name, []))[1].append(office)
    return {person: (name, sorted(units, key=UNIT_OFFICES.index)) for person, (name, units) in people.items()}


def has_overlapping_term(session: ReadSession, line: str, new: NewLineFocalPoint) -> bool:
    """Return whether the person is focal point of the line, or proposed for it, on some of these days."""
    overlapping = exists().where(
        LineFocalPoint.action_line == line,
        LineFocalPoint.person_id == new.person,
        LineFocalPoint.ended_at.is_(None),
        LineFocalPoint.from_on <= new.until_on,
        LineFocalPoint.until_on >= new.from_on,
    )
    return bool(session.scalar(select(overlapping)))
