"""Recipient rules of notifications, and the permissions to choose one's own and to follow something."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, Rule, all_of, any_of
from app.domain.bodies.models import Capacity, Office
from app.domain.bodies.rules import (
    DELEGATES,
    has_seat,
    is_chair,
    is_delegate,
    is_focal_point,
    is_from_another_entity,
    is_head_of_delegation,
    is_secretary,
    is_secretary_anywhere,
)
from app.domain.documents.models import DocumentAccess
from app.domain.documents.rules import is_open_to_category
from app.domain.identity.rules import has_signed_in
from app.domain.messages import rules as messages
from app.domain.messages.inputs import MessageText
from app.domain.silence.rules import is_informed_person


@dataclass(frozen=True, slots=True)
class NotificationContext:
    """The current state of the thing that a notification is about: its body, and by when something is due.

    `entity` is the State concerned, and `by_entity` the one whose people write a contribution. `addressees` are
    those of a silence procedure, the States that co-sponsored a text, or the States concerned, and `answered` those
    of them that have answered. `person` is the one person concerned, `followers` are those who follow it. `access`
    and `ended_as` are those of a document. `is_for_delegates` is false where delegates get another notification of
    the same act. `released_as` is the page of a released text on the read path, which readers without a seat are
    given. `unit` is the staff office of the unit that a text was sent to. `audience`, `registered` and `texts` by
    language are those of a message of the secretariat. With `is_for_all_secretaries`, those of every body may be
    recipients. If `is_over`, nothing can be done any more and no notification is sent.
    """

    body_id: UUID
    zone: str = ""
    until: datetime | None = None
    entity: str = ""
    by_entity: str = ""
    addressees: frozenset[str] = field(default_factory=frozenset)
    answered: frozenset[str] = field(default_factory=frozenset)
    office: str = ""
    person: UUID | None = None
    followers: frozenset[UUID] = field(default_factory=frozenset)
    access: str = DocumentAccess.GROUP
    ended_as: str | None = None
    released_as: str = ""
    unit: str = ""
    is_for_delegates: bool = True
    audience: str = ""
    registered: frozenset[UUID] = field(default_factory=frozenset)
    texts: Mapping[str, MessageText] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    is_for_all_secretaries: bool = False
    is_over: bool = False


def recipient_rule(predicate: Callable[[Actor, NotificationContext], bool]) -> Rule[NotificationContext]:
    """Make a recipient rule of a predicate. No one reads its objection: who is no recipient is sent nothing."""
    return Rule(_("is a recipient of the notification"), _("You are not a recipient of this notification."), predicate)


@recipient_rule
def is_delegate_of_body(actor: Actor, subject: NotificationContext) -> bool:
    """Whether the actor is a delegate or head of delegation in the body."""
    return actor.has_role(subject.body_id, *DELEGATES)


def _acts_for_signatory(actor: Actor, subject: NotificationContext) -> bool:
    return actor.entity in subject.addressees and actor.has_role(subject.body_id, *DELEGATES)


@recipient_rule
def is_signatory(actor: Actor, subject: NotificationContext) -> bool:
    """Whether the actor is a delegate of a State that co-sponsored it."""
    return _acts_for_signatory(actor, subject)


@recipient_rule
def is_no_signatory(actor: Actor, subject: NotificationContext) -> bool:
    """Whether the actor gets no notification of the same act as a delegate of a co-sponsor."""
    return not _acts_for_signatory(actor, subject)


@recipient_rule
def has_not_answered(actor: Actor, subject: NotificationContext) -> bool:
    """Whether the State of the actor has not answered yet."""
    return actor.entity not in subject.answered


@recipient_rule
def is_writing_secretary(actor: Actor, subject: NotificationContext) -> bool:
    """Whether the actor is a secretary who sees the contribution also while it is returned."""
    return actor.entity == subject.by_entity and actor.has_role(subject.body_id, Office.SECRETARY)


@recipient_rule
def is_person_concerned(actor: Actor, subject: NotificationContext) -> bool:
    """Whether the actor is the one person concerned."""
    return actor.person == subject.person


@recipient_rule
def is_follower(actor: Actor, subject: NotificationContext) -> bool:
    """Whether the actor follows it."""
    return actor.person in subject.followers


@recipient_rule
def is_focal_point_of_a_member(actor: Actor, subject: NotificationContext) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the actor is a focal point of a member in any body."""
    return bool(actor.bodies_with_role(Capacity.FOCAL_POINT))


@recipient_rule
def is_no_delegate_notified_otherwise(actor: Actor, subject: NotificationContext) -> bool:
    """Whether the actor gets no other notification of the same act as a delegate."""
    return subject.is_for_delegates or not actor.has_role(subject.body_id, *DELEGATES)


@recipient_rule
def is_registering_person(actor: Actor, subject: NotificationContext) -> bool:
    """Whether the actor registers the delegation of their State for a meeting, and no one of it is registered."""
    registers = actor.has_role(subject.body_id, Capacity.HEAD_OF_DELEGATION, Capacity.FOCAL_POINT)
    return registers and actor.entity not in subject.answered


@recipient_rule
def is_addressee(actor: Actor, subject: NotificationContext) -> bool:
    """Whether a message of the secretariat goes to the actor."""
    return messages.is_addressee(actor, subject)


@recipient_rule
def is_recipient_of_delivery(actor: Actor, subject: NotificationContext) -> bool:
    """Whether the actor holds the staff office of the unit that a text was sent to."""
    return bool(subject.unit) and actor.has_role(None, subject.unit)


OFFICERS = any_of(is_chair, is_secretary)


@recipient_rule
def is_owner(actor: Actor, subject: NotificationContext) -> bool:
    """Whether the actor is the person who owns an action point, a delegate of the State that does, or holds the office
    that does; of one that is owned in words, whether they are chair or secretary."""
    if subject.person:
        return actor.person == subject.person and has_seat.objection_to(actor, subject) is None
    if subject.office:
        return actor.has_role(subject.body_id, subject.office)
    if subject.addressees:
        return actor.entity in subject.addressees and actor.has_role(subject.body_id, *DELEGATES)
    return OFFICERS.objection_to(actor, subject) is None


@recipient_rule
def is_confirming_secretary(actor: Actor, subject: NotificationContext) -> bool:
    """Whether the actor is a secretary of the body; or of any one, where all of them may confirm what is proposed."""
    rule = is_secretary_anywhere if subject.is_for_all_secretaries else is_secretary
    return rule.objection_to(actor, subject) is None


@recipient_rule
def is_no_officer(actor: Actor, subject: NotificationContext) -> bool:
    """Whether the actor gets no notification of the same act as chair or secretary."""
    return OFFICERS.objection_to(actor, subject) is not None


ADDRESSEES = is_informed_person
SILENT_ADDRESSEES = all_of(is_informed_person, has_not_answered)
ALL_CONCERNED = any_of(is_informed_person, is_chair, is_secretary)
WHOLE_BODY = any_of(is_delegate_of_body, is_chair, is_secretary)
OTHERS_IN_BODY = all_of(WHOLE_BODY, is_from_another_entity, is_no_signatory)
SIGNATORIES = is_signatory
EVERY_SEAT = all_of(has_seat, is_no_delegate_notified_otherwise)
WHOLE_MEMBERSHIP = any_of(is_delegate_of_body, is_chair, is_secretary, is_focal_point_of_a_member)
DELEGATIONS = is_delegate_of_body
SILENT_DELEGATIONS = all_of(is_delegate_of_body, has_not_answered)
OWN_DELEGATION = is_delegate
WRITING_SECRETARIES = is_writing_secretary
WRITERS = any_of(is_delegate, is_writing_secretary)
OWN_REPRESENTATIVES = any_of(is_delegate, is_focal_point)
OWN_HEADS = is_head_of_delegation
FOCAL_POINTS = is_focal_point
CHAIRS = is_chair
SECRETARIES = is_secretary
CONFIRMING_SECRETARIES = is_confirming_secretary
ALL_SECRETARIES = is_secretary_anywhere
REGISTERING_PEOPLE = is_registering_person
OWNERS = is_owner
PERSON_CONCERNED = is_person_concerned
HOLDERS = all_of(is_person_concerned, has_seat)
HOLDERS_WITHOUT_OFFICE = all_of(HOLDERS, is_no_officer)
ADDRESSEES_OF_MESSAGE = is_addressee
RECIPIENTS_OF_DELIVERY = is_recipient_of_delivery
FOLLOWERS = all_of(is_follower, any_of(has_seat, is_open_to_category))

CHOOSE_NOTIFICATIONS = Permission("letters:choose", _("View and choose one’s own e-mail notifications"), has_signed_in)
