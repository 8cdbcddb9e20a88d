"""Recipient rules of notifications, and the permission to choose one's own."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.core.access import Actor, Permission, all_of, any_of, rule
from app.core.i18n import say
from app.domain.bodies.rules import DELEGATES, is_chair, is_delegate, is_secretary
from app.domain.identity.rules import has_signed_in


@dataclass(frozen=True, slots=True)
class Matter:
    """The current state of the thing that a notification is about: its body, and by when something is due.

    `entity` is the State concerned, `addressees` are those of a silence procedure and `answered` those of them that
    have taken a position. If `is_over`, nothing can be done any more and no notification is sent.
    """

    body_id: UUID
    zone: str = ""
    until: datetime | None = None
    entity: str = ""
    addressees: frozenset[str] = field(default_factory=frozenset)
    answered: frozenset[str] = field(default_factory=frozenset)
    is_over: bool = False


@rule(say("is a delegate in the group"), unless=say("Only an accredited delegate of this group may do this."))
def is_delegate_here(actor: Actor, subject: Matter) -> bool:
    return actor.sits(subject.body_id, *DELEGATES)


@rule(
    say("is a delegate of a State to which the text was addressed"),
    unless=say("The text was put before the Member States of the group. Your delegation is not one of them."),
)
def is_of_an_addressee(actor: Actor, subject: Matter) -> bool:
    return actor.entity in subject.addressees and actor.sits(subject.body_id, *DELEGATES)


@rule(say("the State has said nothing yet"), unless=say("Your State has taken its position."))
def has_said_nothing(actor: Actor, subject: Matter) -> bool:
    return actor.entity not in subject.answered


ADDRESSEES = is_of_an_addressee
SILENT_ADDRESSEES = all_of(is_of_an_addressee, has_said_nothing)
ALL_CONCERNED = any_of(is_of_an_addressee, is_chair, is_secretary)
WHOLE_BODY = any_of(is_delegate_here, is_chair, is_secretary)
DELEGATIONS = is_delegate_here
OWN_DELEGATION = is_delegate

CHOOSE = Permission("letters:choose", say("See and choose what comes to oneself by mail"), has_signed_in)
