"""The permission to forward a released output to the parent body."""

from dataclasses import dataclass
from uuid import UUID

from app.core.i18n import lazy_gettext as _
from app.core.permissions import BODY_HAS_ENDED, Actor, Permission, access_rule, all_of
from app.domain.bodies.models import Office
from app.domain.bodies.rules import is_secretary
from app.domain.outputs.models import OutputStatus


@dataclass(frozen=True, slots=True)
class ForwardingRuleSubject:
    """The facts of an output that the rules on forwarding need. `parent_id` is the parent body, if there is one."""

    body_id: UUID
    parent_id: UUID | None
    status: str = OutputStatus.RELEASED
    is_for_parent: bool = True


@access_rule(
    _("is also a secretary of the parent group"),
    denied_because=_(
        "Only a secretary of both groups may do this: the secretariat of the parent group assigns its document symbols."
    ),
)
def is_secretary_of_parent_body(actor: Actor, subject: ForwardingRuleSubject) -> bool:
    """Whether the actor is a secretary of the parent body; True if there is none, which `has_parent_body` reports."""
    return subject.parent_id is None or actor.has_role(subject.parent_id, Office.SECRETARY)


@access_rule(
    _("its group has a parent group"), denied_because=_("This group has no parent group to forward a text to.")
)
def has_parent_body(actor: Actor, subject: ForwardingRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the body has a parent body."""
    return subject.parent_id is not None


@access_rule(
    _("it is released and not withdrawn"),
    denied_because=_(
        "It has not been released, or has been withdrawn. Only a text that ITU members can read can be forwarded."
    ),
)
def is_released_and_not_withdrawn(actor: Actor, subject: ForwardingRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output is released and not withdrawn."""
    return subject.status == OutputStatus.RELEASED


@access_rule(
    _("it is addressed to the parent group"),
    denied_because=_(
        "It is not addressed to the parent group: it is not a report to that group and was not released to it."
    ),
)
def is_addressed_to_parent_body(actor: Actor, subject: ForwardingRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output goes to the parent body, by its kind or its addressees."""
    return subject.is_for_parent


@access_rule(_("the parent group has not ended"), denied_because=BODY_HAS_ENDED)
def is_parent_body_open(actor: Actor, subject: ForwardingRuleSubject) -> bool:
    """Whether the parent body has not ended, as its secretary knows."""
    return not actor.is_in_ended_body(subject.parent_id)


FORWARD_OUTPUT = Permission(
    "output:forward",
    _("Forward a released text to a meeting of the parent group"),
    all_of(is_secretary, is_secretary_of_parent_body),
    all_of(has_parent_body, is_parent_body_open, is_released_and_not_withdrawn, is_addressed_to_parent_body),
)
