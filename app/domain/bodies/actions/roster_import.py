"""Import of a roster list by the operator, without an actor; every grant is written to the journal.

The first secretaries of an installation are granted their seats this way. A list is imported as a whole or not at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator
from sqlalchemy import ColumnElement, func, select, tuple_

from app.core import clock, journal
from app.core.db import ReadSession, RowLockStrength, WriteSession, add_row_lock
from app.domain.bodies import events
from app.domain.bodies.actions.grants import grant_accreditation
from app.domain.bodies.inputs import NewAccreditation
from app.domain.bodies.models import OFFICES_OF_A_BODY, Accreditation, Appointment, Body, Capacity, Office
from app.domain.bodies.queries.seats import OFFICES_FROM_STATES
from app.domain.bodies.queries.state_decisions import lock_decisions_of_state
from app.domain.bodies.rules import EntityInBody, list_capacities
from app.domain.identity.models.claims import (
    EmailAddress,
    LocaleTag,
    MembershipCategory,
    OptionalPrintableText,
    PrintableText,
    SubjectIdentifier,
    is_entity_of_category,
)
from app.domain.identity.models.tables import Person

TERM_YEARS = 2
ROSTER_ROLES = (*Capacity, *Office)


class RosterEntry(BaseModel):
    """One person and one seat. `body` is a body's code or prefix; None for staff offices, which belong to no body."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    iss: PrintableText
    sub: SubjectIdentifier
    name: PrintableText
    email: EmailAddress
    membership: MembershipCategory
    entity: str = Field(pattern=r"^[A-Z0-9][A-Z0-9-]{1,31}$")
    entity_name: OptionalPrintableText = ""
    locale: LocaleTag = "en"
    body: str | None = None
    capacity: Capacity | Office

    @field_validator("entity")
    @classmethod
    def check_entity(cls, value: str, info: ValidationInfo) -> str:
        """Raise ValueError if the entity does not fit the membership category, by the rule for tokens."""
        membership = info.data.get("membership")
        if isinstance(membership, MembershipCategory) and not is_entity_of_category(membership, value):
            raise ValueError(f"{value} is not an entity of category {membership}")
        return value

    @model_validator(mode="after")
    def check_seat(self) -> "RosterEntry":
        """Raise ValueError if the seat needs a body or has none, or does not fit the membership category."""
        of_a_body = isinstance(self.capacity, Capacity) or self.capacity in OFFICES_OF_A_BODY
        if of_a_body != bool(self.body):
            raise ValueError(f"{self.capacity} is held in a body" if of_a_body else f"{self.capacity} has no body")
        if isinstance(self.capacity, Office):
            expected = (
                MembershipCategory.MEMBER_STATE
                if self.capacity in OFFICES_FROM_STATES
                else MembershipCategory.ITU_STAFF
            )
            if self.membership != expected:
                raise ValueError(f"{self.capacity} is for people of category {expected}")
        return self


@dataclass(frozen=True, slots=True)
class RosterEntryResult:
    """The outcome of one roster entry."""

    entry: RosterEntry
    person: UUID
    is_new_person: bool
    is_granted: bool


class RosterError(Exception):
    """The list has faults, so nothing of it was imported. `faults` has a line for each wrong entry."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


def parse_roster(entries: object) -> list[RosterEntry]:
    """Parse the entries of a list that was read from JSON. Raises RosterError, naming each entry that is wrong."""
    if not isinstance(entries, list):
        raise RosterError(["a list of entries is expected"])
    if not entries:
        raise RosterError(["the list has no entry"])
    parsed, faults = [], []
    for number, item in enumerate(entries, start=1):
        try:
            parsed.append(RosterEntry.model_validate(item))
        except ValidationError as error:
            faults.append(f"entry {number}: {_describe_error(error)}")
    if faults:
        raise RosterError(faults)
    return parsed


def _describe_error(error: ValidationError) -> str:
    parts = []
    for fault in error.errors(include_url=False, include_input=False, include_context=False):
        field = ".".join(str(step) for step in fault["loc"][:1])
        message = fault["msg"].removeprefix("Value error, ")
        parts.append(f"{field}: {message}" if field else message)
    return "; ".join(dict.fromkeys(parts))


def import_roster(session: WriteSession, entries: Sequence[RosterEntry]) -> list[RosterEntryResult]:
    """Grant each person their seat, from today for two years; a seat that somebody holds already is left unchanged.

    Raises RosterError if a body does not exist or does not admit somebody, or if a person belongs to another entity.
    """
    bodies = {number: _find_body(session, entry) for number, entry in enumerate(entries)}
    faults = [
        f"entry {number + 1}: {fault}"
        for number, entry in enumerate(entries)
        if (fault := _find_fault(session, entry, bodies[number]))
    ]
    if faults:
        raise RosterError(faults)
    _lock_people(session, entries)
    _lock_decisions_of_new_heads(session, entries, bodies)
    return [_import_entry(session, entry, bodies[number]) for number, entry in enumerate(entries)]


def _lock_people(session: WriteSession, entries: Sequence[RosterEntry]) -> None:
    """Let no person on the list request meanwhile what they are granted. Locked in one order."""
    listed = tuple_(Person.issuer, Person.subject).in_([(entry.iss, entry.sub) for entry in entries])
    known = select(Person).where(listed).order_by(Person.id)
    session.scalars(add_row_lock(known, strength=RowLockStrength.NO_KEY_UPDATE)).all()


def _lock_decisions_of_new_heads(
    session: WriteSession, entries: Sequence[RosterEntry], bodies: Mapping[int, Body | None]
) -> None:
    """Let no delegate decide for a State meanwhile because it has no head of delegation. Locked in one order."""
    places = {
        EntityInBody(body.id, entry.entity)
        for number, entry in enumerate(entries)
        if entry.capacity == Capacity.HEAD_OF_DELEGATION and (body := bodies[number])
    }
    for place in sorted(places, key=lambda place: (place.body_id, place.entity)):
        lock_decisions_of_state(session, place)


def _find_body(session: ReadSession, entry: RosterEntry) -> Body | None:
    code = (entry.body or "").lower()
    return session.scalar(select(Body).where((func.lower(Body.code) == code) | (func.lower(Body.prefix) == code)))


def _find_fault(session: ReadSession, entry: RosterEntry, body: Body | None) -> str | None:
    if entry.body and body is None:
        codes = ", ".join(session.scalars(select(Body.code).order_by(Body.code)))
        return f"there is no body {entry.body}: {codes}"
    if body and isinstance(entry.capacity, Capacity) and entry.membership not in body.admits:
        return f"{body.prefix} does not admit members of category {entry.membership}"
    if body and isinstance(entry.capacity, Capacity) and entry.capacity not in list_capacities(body.admits):
        return f"{body.prefix} has no role {entry.capacity}"
    person = _find_person(session, entry)
    if person and (person.membership, person.entity) != (entry.membership, entry.entity):
        return f"this person is known here as {person.membership} {person.entity}"
    return None


def _find_person(session: ReadSession, entry: RosterEntry) -> Person | None:
    return session.scalar(select(Person).filter_by(issuer=entry.iss, subject=entry.sub))


def _import_entry(session: WriteSession, entry: RosterEntry, body: Body | None) -> RosterEntryResult:
    person = _find_person(session, entry)
    is_new = person is None
    if person is None:
        person = _create_person(session, entry)
    body_id = body.id if body else None
    if isinstance(entry.capacity, Capacity):
        granted = body is not None and _grant_accreditation(session, person, body.id, entry.capacity)
    else:
        granted = _grant_office(session, person, body_id, entry.capacity)
    return RosterEntryResult(entry, person.id, is_new, granted)


def _create_person(session: WriteSession, entry: RosterEntry) -> Person:
    person = Person(
        issuer=entry.iss,
        subject=entry.sub,
        name=entry.name,
        email=entry.email,
        locale=entry.locale,
        membership=entry.membership,
        entity=entry.entity,
        entity_name=entry.entity_name,
        roles=[],
    )
    session.add(person)
    session.flush()
    return person


def _term() -> tuple[date, date]:
    today = clock.now().date()
    last_year = today.year + TERM_YEARS
    try:
        return today, today.replace(year=last_year)
    except ValueError:  # 29 February
        return today, date(last_year, 3, 1)


def _grant_accreditation(session: WriteSession, person: Person, body: UUID, capacity: Capacity) -> bool:
    same: tuple[ColumnElement[bool], ...] = (
        Accreditation.person_id == person.id,
        Accreditation.body_id == body,
        Accreditation.entity == person.entity,
        Accreditation.capacity == capacity,
        Accreditation.ended_at.is_(None),
        Accreditation.until_on >= clock.now().date(),
    )
    if session.scalar(select(Accreditation.id).where(*same).limit(1)):
        return False
    first, last = _term()
    role = NewAccreditation(person=person.id, capacity=capacity, from_on=first, until_on=last)
    grant_accreditation(session, None, person, body, role, by=None)
    return True


def _grant_office(session: WriteSession, person: Person, body: UUID | None, office: Office) -> bool:
    same: tuple[ColumnElement[bool], ...] = (
        Appointment.person_id == person.id,
        Appointment.body_id.is_not_distinct_from(body),
        Appointment.office == office,
        Appointment.entity == person.entity,
        Appointment.confirmed_at.is_not(None),
        Appointment.ended_at.is_(None),
        Appointment.until_on >= clock.now().date(),
    )
    if session.scalar(select(Appointment.id).where(*same).limit(1)):
        return False
    first, last = _term()
    moment = clock.now()
    appointment = Appointment(
        person_id=person.id,
        body_id=body,
        office=office,
        entity=person.entity,
        from_on=first,
        until_on=last,
        proposed_at=moment,
        confirmed_at=moment,
    )
    session.add(appointment)
    session.flush()
    journal.record_event(session, None, events.OfficeGranted(appointment.id, person.id, office), body=body)
    return True
