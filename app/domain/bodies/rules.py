"""Predicates about seats, used by every higher package, and the permissions of bodies and seats."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from app.core.access import Actor, Permission, all_of, any_of, rule
from app.core.i18n import say
from app.domain.bodies.models import OFFICES_OF_A_BODY, Accreditation, Appointment, Capacity, Office

DELEGATES = (Capacity.DELEGATE, Capacity.HEAD_OF_DELEGATION)
CHAIRS = (Office.CHAIR, Office.VICE_CHAIR)


class InBody(Protocol):
    """A subject that belongs to a body."""

    @property
    def body_id(self) -> UUID: ...


class OfEntity(InBody, Protocol):
    """A subject that belongs to a body and to a State or other member."""

    @property
    def entity(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Place:
    """A body and an entity in it: the subject of permissions for things that do not exist yet."""

    body_id: UUID
    entity: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """An accreditation or office, existing or to be granted."""

    body_id: UUID | None
    entity: str
    person: UUID
    role: str
    proposer: UUID | None = None
    open: bool = True


def grant_of(accreditation: Accreditation) -> Grant:
    """Build the subject of the seat permissions from an accreditation."""
    return Grant(
        accreditation.body_id,
        accreditation.entity,
        accreditation.person_id,
        accreditation.capacity,
        open=accreditation.ended_at is None,
    )


def office_of(appointment: Appointment, *, to_confirm: bool = False) -> Grant:
    """Build the subject of the seat permissions from an office.

    The office is open until it ends; with `to_confirm`, only until it is confirmed.
    """
    return Grant(
        appointment.body_id,
        "",
        appointment.person_id,
        appointment.office,
        proposer=appointment.proposed_by,
        open=appointment.ended_at is None and not (to_confirm and appointment.confirmed_at),
    )


@rule(say("has a seat in the body"), unless=say("You have no seat in this body."))
def has_seat(actor: Actor, subject: InBody) -> bool:
    return any(seat.body == subject.body_id for seat in actor.seats)


@rule(
    say("is a delegate of the State concerned"),
    unless=say("Only an accredited delegate of the State concerned may do this."),
)
def is_delegate(actor: Actor, subject: OfEntity) -> bool:
    return actor.entity == subject.entity and actor.sits(subject.body_id, *DELEGATES)


@rule(
    say("is chair or vice-chair of the body"),
    unless=say("Only the chair or a vice-chair of this body may do this."),
)
def is_chair(actor: Actor, subject: InBody) -> bool:
    return actor.sits(subject.body_id, *CHAIRS)


@rule(say("is a secretary of the body"), unless=say("Only the secretariat of this body may do this."))
def is_secretary(actor: Actor, subject: InBody) -> bool:
    return actor.sits(subject.body_id, Office.SECRETARY)


@rule(say("is a secretary of any body"), unless=say("Only the secretariat may do this."))
def is_any_secretary(actor: Actor, subject: object) -> bool:  # noqa: ARG001 - a rule has two arguments
    return bool(actor.bodies(Office.SECRETARY))


@rule(
    say("is a focal point of the State concerned"),
    unless=say("Only a focal point of the State concerned, or the secretariat, may do this."),
)
def is_focal_point(actor: Actor, subject: OfEntity) -> bool:
    return actor.entity == subject.entity and actor.sits(subject.body_id, Capacity.FOCAL_POINT)


@rule(
    say("comes from another State than the one concerned"),
    unless=say("Your own State is behind this. Somebody from another State has to decide."),
)
def is_from_elsewhere(actor: Actor, subject: OfEntity) -> bool:
    return actor.entity != subject.entity


@rule(
    say("is not the person concerned"),
    unless=say("Nobody gives themselves a right, or prolongs one. Ask a colleague to do it."),
)
def is_another_person(actor: Actor, subject: Grant) -> bool:
    return actor.person != subject.person


@rule(say("it is a delegate's seat"), unless=say("Focal points are appointed by the secretariat."))
def is_for_a_delegate(actor: Actor, subject: Grant) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.role in DELEGATES


@rule(
    say("is a focal point of the State concerned"),
    unless=say("Only a focal point of the State concerned, or the secretariat, may do this."),
)
def serves_the_entity(actor: Actor, subject: Grant) -> bool:
    return actor.entity == subject.entity and actor.sits(subject.body_id, Capacity.FOCAL_POINT)


@rule(say("is a secretary of the body"), unless=say("Only the secretariat of this body may do this."))
def serves_the_body(actor: Actor, subject: Grant) -> bool:
    """Check that the actor is secretary of the seat's body; for staff offices, of any body."""
    if subject.role in OFFICES_OF_A_BODY or subject.body_id is not None:
        return actor.sits(subject.body_id, Office.SECRETARY)
    return bool(actor.bodies(Office.SECRETARY))


@rule(
    say("is not the secretary who proposed it"),
    unless=say("You proposed this yourself. A second secretary has to confirm it."),
)
def did_not_propose(actor: Actor, subject: Grant) -> bool:
    return actor.person != subject.proposer


@rule(say("it has not ended"), unless=say("This was decided or ended before."))
def is_open(actor: Actor, subject: Grant) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.open


SEE_PEOPLE = Permission(
    "people:see",
    say("See the people of one's own State, or all people of the body"),
    any_of(is_secretary, is_focal_point),
)
ACCREDIT = Permission(
    "accreditation:grant",
    say("Accredit a delegate"),
    all_of(any_of(all_of(serves_the_entity, is_for_a_delegate), serves_the_body), is_another_person),
)
APPOINT_FOCAL_POINT = Permission(
    "focal-point:appoint", say("Appoint a focal point"), all_of(serves_the_body, is_another_person)
)
END_ACCREDITATION = Permission(
    "accreditation:end",
    say("End an accreditation"),
    any_of(all_of(serves_the_entity, is_for_a_delegate), serves_the_body),
    is_open,
)
PROPOSE_OFFICE = Permission(
    "office:propose", say("Propose somebody for an office"), all_of(serves_the_body, is_another_person)
)
CONFIRM_OFFICE = Permission(
    "office:confirm",
    say("Confirm an office, as the second secretary"),
    all_of(serves_the_body, did_not_propose, is_another_person),
    is_open,
)
END_OFFICE = Permission("office:end", say("End an office"), serves_the_body, is_open)
SET_REGION = Permission("region:set", say("Set the administrative region of a State"), is_any_secretary)
SET_LANGUAGES = Permission(
    "body:set-languages", say("Say in which languages a body wants every document"), is_secretary
)
SET_SILENCE = Permission("body:set-silence", say("Say how many hours silence runs at least in a body"), is_secretary)
ADMIT = Permission("body:admit", say("Change which categories of members a body admits"), is_secretary)
