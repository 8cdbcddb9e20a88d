"""Predicates about seats, used by every higher package, and the permissions of bodies and seats."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from app.core.i18n import lazy_gettext as _
from app.core.permissions import BODY_HAS_ENDED, Actor, Permission, access_rule, all_of, any_of
from app.domain.bodies.models import (
    OFFICES_OF_A_BODY,
    REPRESENTATIVES,
    Accreditation,
    AccreditationRequest,
    Appointment,
    Capacity,
    Office,
    PositionAudience,
    StateAct,
)
from app.domain.identity.models.claims import MembershipCategory

DELEGATES = (Capacity.DELEGATE, Capacity.HEAD_OF_DELEGATION)
CHAIRS = (Office.CHAIR, Office.VICE_CHAIR)
BY_HEAD_AT_FIRST = frozenset((StateAct.POSITION, StateAct.WIDER_ACCESS))
"""The acts that only the head of delegation does in a State that has decided nothing."""


class BelongsToBody(Protocol):
    """A subject that belongs to a body."""

    @property
    def body_id(self) -> UUID: ...


class BelongsToEntity(BelongsToBody, Protocol):
    """A subject that belongs to a body and to a State or other member."""

    @property
    def entity(self) -> str: ...


@dataclass(frozen=True, slots=True)
class EntityInBody:
    """A body and an entity in it: the subject of permissions for things that do not exist yet."""

    body_id: UUID
    entity: str = ""


@dataclass(frozen=True, slots=True)
class AccreditationOrOffice:
    """An accreditation or office, existing or to be granted. `may_be_proposed` is whether its proposer could propose
    it now; `lacks_second_secretary`, whether the body's only secretary did, so that no second one can confirm it."""

    body_id: UUID | None
    entity: str
    person: UUID
    role: str
    proposer: UUID | None = None
    is_open: bool = True
    may_be_proposed: bool = True
    lacks_second_secretary: bool = False
    has_changed: bool = False


@dataclass(frozen=True, slots=True)
class BodyToJoin:
    """A body and the categories that it admits: the subject of a request for accreditation."""

    body_id: UUID
    admits: tuple[str, ...]
    has_ended: bool = False


@dataclass(frozen=True, slots=True)
class PersonInCharge:
    """A person, the bodies in which they have a seat or had one, and the category and entity they belong to now."""

    bodies: frozenset[UUID]
    category: str
    entity: str


def build_accreditation_rule_subject(accreditation: Accreditation) -> AccreditationOrOffice:
    """Build the subject of the seat permissions from an accreditation."""
    return AccreditationOrOffice(
        accreditation.body_id,
        accreditation.entity,
        accreditation.person_id,
        accreditation.capacity,
        is_open=accreditation.ended_at is None,
    )


def build_appointment_rule_subject(appointment: Appointment, *, to_confirm: bool = False) -> AccreditationOrOffice:
    """Build the subject of the seat permissions from an office.

    The office is open until it ends; with `to_confirm`, only until it is confirmed.
    """
    return AccreditationOrOffice(
        appointment.body_id,
        "",
        appointment.person_id,
        appointment.office,
        proposer=appointment.proposed_by,
        is_open=appointment.ended_at is None and not (to_confirm and appointment.confirmed_at),
    )


def build_request_rule_subject(request: AccreditationRequest) -> AccreditationOrOffice:
    """Build the subject of the seat permissions from a request for accreditation."""
    return AccreditationOrOffice(
        request.body_id, request.entity, request.person_id, Capacity.DELEGATE, is_open=request.answered_at is None
    )


@access_rule(_("has a role in the body"), denied_because=_("You have no role in this group."))
def has_seat(actor: Actor, subject: BelongsToBody) -> bool:
    return any(seat.body == subject.body_id for seat in actor.seats)


@access_rule(
    _("belongs to a State or member that the body admits"),
    denied_because=_("This group does not admit your State or organization."),
)
def is_of_admitted_member(actor: Actor, subject: BodyToJoin) -> bool:
    return bool(actor.entity) and actor.category in subject.admits


@access_rule(_("the body has not ended"), denied_because=BODY_HAS_ENDED)
def is_body_to_join_open(actor: Actor, subject: BodyToJoin) -> bool:  # noqa: ARG001 - a rule has two arguments
    return not subject.has_ended


@access_rule(
    _("has no role in the body"),
    denied_because=_("You already have a role in this group."),
)
def has_no_seat(actor: Actor, subject: BelongsToBody) -> bool:
    return not any(seat.body == subject.body_id for seat in actor.seats)


@access_rule(
    _("is a delegate of the State concerned"),
    denied_because=_("Only an accredited delegate of the State concerned may do this."),
)
def is_delegate(actor: Actor, subject: BelongsToEntity) -> bool:
    return actor.entity == subject.entity and actor.has_role(subject.body_id, *DELEGATES)


@access_rule(
    _("is chair or vice-chair of the body"),
    denied_because=_("Only the chair or a vice-chair of this group may do this."),
)
def is_chair(actor: Actor, subject: BelongsToBody) -> bool:
    return actor.has_role(subject.body_id, *CHAIRS)


@access_rule(_("is a secretary of the body"), denied_because=_("Only the secretariat of this group may do this."))
def is_secretary(actor: Actor, subject: BelongsToBody) -> bool:
    return actor.has_role(subject.body_id, Office.SECRETARY)


def serves_body_in_force(actor: Actor) -> bool:
    """Return whether the actor is secretary of a body that has not ended: the seats of others give no right that goes
    beyond their body."""
    return any(seat.role == Office.SECRETARY and seat.body and not seat.body_has_ended for seat in actor.seats)


def choose_served_body(actor: Actor) -> UUID:
    """Choose a body in force that the actor serves, for the line of an act that is about no body, or none yet."""
    served = (seat for seat in actor.seats if seat.role == Office.SECRETARY and not seat.body_has_ended)
    return min((seat.body for seat in served if seat.body), key=str)


@access_rule(_("is a secretary of any body"), denied_because=_("Only the secretariat may do this."))
def is_secretary_anywhere(actor: Actor, subject: object) -> bool:  # noqa: ARG001 - a rule has two arguments
    return serves_body_in_force(actor)


@access_rule(
    _("is a focal point of the State concerned"),
    denied_because=_("Only a focal point of the State concerned, or the secretariat, may do this."),
)
def is_focal_point(actor: Actor, subject: BelongsToEntity) -> bool:
    return actor.entity == subject.entity and actor.has_role(subject.body_id, Capacity.FOCAL_POINT)


@access_rule(
    _("is the head of the State's delegation"),
    denied_because=_("Only the head of the State's delegation may do this."),
)
def is_head_of_delegation(actor: Actor, subject: BelongsToEntity) -> bool:
    return actor.entity == subject.entity and actor.has_role(subject.body_id, Capacity.HEAD_OF_DELEGATION)


@access_rule(
    _("represents a State other than the one concerned"),
    denied_because=_("This originates from your own delegation. A person from another delegation must decide."),
)
def is_from_another_entity(actor: Actor, subject: BelongsToEntity) -> bool:
    return actor.entity != subject.entity


@access_rule(
    _("is not the person concerned"),
    denied_because=_("You cannot give yourself a right or extend your own. Ask a colleague to do this."),
)
def is_another_person(actor: Actor, subject: AccreditationOrOffice) -> bool:
    return actor.person != subject.person


@access_rule(
    _("the role is that of a delegate, not of the head of delegation"),
    denied_because=_(
        "Heads of delegation and focal points are accredited by the secretariat, on receipt of a letter from a State."
    ),
)
def is_seat_of_ordinary_delegate(actor: Actor, subject: AccreditationOrOffice) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.role == Capacity.DELEGATE


@access_rule(
    _("is a focal point of the State concerned"),
    denied_because=_("Only a focal point of the State concerned, or the secretariat, may do this."),
)
def is_focal_point_of_entity(actor: Actor, subject: AccreditationOrOffice) -> bool:
    return actor.entity == subject.entity and actor.has_role(subject.body_id, Capacity.FOCAL_POINT)


@access_rule(_("is a secretary of the body"), denied_because=_("Only the secretariat of this group may do this."))
def is_secretary_for_seat(actor: Actor, subject: AccreditationOrOffice) -> bool:
    """Check that the actor is secretary of the seat's body; for staff offices, of any body."""
    if subject.role in OFFICES_OF_A_BODY or subject.body_id is not None:
        return actor.has_role(subject.body_id, Office.SECRETARY)
    return serves_body_in_force(actor)


@access_rule(
    _("is a secretary of another body, where that body has no second secretary"),
    denied_because=is_secretary_for_seat.denied_because,
)
def is_secretary_where_there_is_no_second(actor: Actor, subject: AccreditationOrOffice) -> bool:
    """Check that the actor serves any body in force, and that the only secretary of the body proposed the office, and
    serves it still."""
    return subject.lacks_second_secretary and serves_body_in_force(actor)


@access_rule(
    _("is not the secretary who proposed it"),
    denied_because=_("You proposed this yourself. A second secretary must confirm it."),
)
def is_not_proposer(actor: Actor, subject: AccreditationOrOffice) -> bool:
    return actor.person != subject.proposer


@access_rule(_("it has not ended"), denied_because=_("This has already been decided or ended."))
def is_seat_neither_ended_nor_decided(actor: Actor, subject: AccreditationOrOffice) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.is_open


@access_rule(
    _("is a secretary of a body of that person"),
    denied_because=_("Only a focal point of the State concerned, or the secretariat, may do this."),
)
def is_secretary_of_person(actor: Actor, subject: PersonInCharge) -> bool:
    """Check that the actor serves a body of the person; a person without a body is in the charge of all secretaries."""
    served = actor.bodies_with_role(Office.SECRETARY)
    return bool(served & subject.bodies if subject.bodies else served)


@access_rule(
    _("is a focal point of the State of that person"),
    denied_because=_("Only a focal point of the State concerned, or the secretariat, may do this."),
)
def is_focal_point_of_person(actor: Actor, subject: PersonInCharge) -> bool:
    is_of_same_member = (actor.category, actor.entity) == (subject.category, subject.entity)
    return is_of_same_member and bool(actor.bodies_with_role(Capacity.FOCAL_POINT))


SEE_AS_DELEGATION: Permission[BelongsToBody] = Permission(
    "delegation:see-as",
    _("See documents and meetings as a delegation sees them"),
    any_of(is_secretary, is_chair),
)
SEE_PEOPLE = Permission(
    "people:see",
    _("See the people of one's own State, or all people of the body"),
    any_of(is_focal_point, is_secretary),
)
ACCREDIT = Permission(
    "accreditation:grant",
    _("Accredit a delegate"),
    all_of(
        any_of(all_of(is_focal_point_of_entity, is_seat_of_ordinary_delegate), is_secretary_for_seat), is_another_person
    ),
    needs_recent_sign_in=True,
)
APPOINT_FOCAL_POINT = Permission(
    "focal-point:appoint",
    _("Appoint a focal point"),
    all_of(is_secretary_for_seat, is_another_person),
    needs_recent_sign_in=True,
)


REQUEST_ACCREDITATION: Permission[BodyToJoin] = Permission(
    "accreditation:request",
    _("Request accreditation in a group"),
    all_of(is_of_admitted_member, has_no_seat),
    is_body_to_join_open,
)
DECLINE_ACCREDITATION_REQUEST = Permission(
    "accreditation:decline-request",
    _("Decline a request for accreditation"),
    all_of(any_of(is_focal_point_of_entity, is_secretary_for_seat), is_another_person),
    is_seat_neither_ended_nor_decided,
)
END_SESSIONS_OF_PERSON = Permission(
    "session:end-of",
    _("End all sessions of a person"),
    any_of(is_secretary_of_person, is_focal_point_of_person),
    is_irreversible=True,
)


SEE_STATE_DECISIONS: Permission[BelongsToEntity] = Permission(
    "state-decision:see",
    _("See what only the head of delegation can do on behalf of the State"),
    any_of(is_delegate, is_focal_point, is_secretary),
)
SET_STATE_DECISIONS: Permission[BelongsToEntity] = Permission(
    "state-decision:set",
    _(
        "Decide what only the head of delegation can do on behalf of the State, and whether contributions need "
        "clearance"
    ),
    any_of(is_head_of_delegation, is_focal_point),
)


def get_position_audience(shown_to: str | None) -> PositionAudience:
    """Return who sees positions by this setting of a body or a procedure; None is from before it could be chosen."""
    return PositionAudience(shown_to) if shown_to else PositionAudience.EVERY_DELEGATION


def list_capacities(admits: Sequence[str]) -> tuple[Capacity, ...]:
    """List the capacities in which a body that admits these categories accredits."""
    return (Capacity.STAFF_MEMBER,) if MembershipCategory.ITU_STAFF in admits else REPRESENTATIVES


def get_permission_to_accredit(capacity: str) -> Permission[AccreditationOrOffice]:
    """Return the permission that an accreditation in this capacity needs."""
    return APPOINT_FOCAL_POINT if capacity == Capacity.FOCAL_POINT else ACCREDIT


END_ACCREDITATION = Permission(
    "accreditation:end",
    _("End an accreditation"),
    any_of(all_of(is_focal_point_of_entity, is_seat_of_ordinary_delegate), is_secretary_for_seat),
    is_seat_neither_ended_nor_decided,
    needs_recent_sign_in=True,
)
PROPOSE_OFFICE = Permission(
    "office:propose",
    _("Propose a person for an office"),
    all_of(is_secretary_for_seat, is_another_person),
    needs_recent_sign_in=True,
)
CONFIRM_OFFICE = Permission(
    "office:confirm",
    _("Confirm an office, as the second secretary"),
    all_of(any_of(is_secretary_for_seat, is_secretary_where_there_is_no_second), is_not_proposer, is_another_person),
    is_seat_neither_ended_nor_decided,
    needs_recent_sign_in=True,
)
END_OFFICE = Permission(
    "office:end",
    _("End an office"),
    is_secretary_for_seat,
    is_seat_neither_ended_nor_decided,
    needs_recent_sign_in=True,
)
SET_REGION = Permission("region:set", _("Set the administrative region of a State"), is_secretary_anywhere)
