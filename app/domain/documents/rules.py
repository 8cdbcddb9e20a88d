"""Who may see, register, support and follow up documents."""

from app.core.access import Actor, Permission, all_of, any_of, rule
from app.core.i18n import say
from app.domain.bodies.rules import DELEGATES, has_seat, is_delegate, is_from_elsewhere, is_secretary
from app.domain.documents.models import Document


@rule(say("the document stands"), unless=say("This document was withdrawn or its number is void."))
def stands(actor: Actor, subject: Document) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.ended_as is None


@rule(say("is a delegate of a State in the body"), unless=say("Only an accredited delegate may do this."))
def is_some_delegate(actor: Actor, subject: Document) -> bool:
    return actor.sits(subject.body_id, *DELEGATES)


SEE = Permission("document:see", say("See and download registered documents of the body"), has_seat)
REGISTER = Permission("document:register", say("Give a document its symbol"), is_secretary)
FOLLOW = Permission(
    "document:follow", say("Revise, add to or correct a registered document"), any_of(is_delegate, is_secretary), stands
)
SUPPORT = Permission(
    "document:support",
    say("Say that one's own State supports a document"),
    all_of(is_some_delegate, is_from_elsewhere),
    stands,
)
