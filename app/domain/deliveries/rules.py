"""Permissions on deliveries: of those who send a text, and of those who receive it."""

from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, access_rule, any_of
from app.domain.bodies.models import Office
from app.domain.bodies.rules import is_secretary
from app.domain.deliveries.models import Delivery, DeliveryChannel, DeliveryState, RecipientKind
from app.domain.organizations.models import Organization


@access_rule(
    _("holds an office in the unit of ITU that it was sent to"),
    denied_because=_("Only an officer of the unit to which the text was sent may do this."),
)
def is_officer_of_unit(actor: Actor, subject: Delivery) -> bool:
    """Whether the actor holds the staff office of the unit."""
    return subject.kind == RecipientKind.UNIT and actor.has_role(None, subject.recipient)


@access_rule(
    _("is a secretary of the group that it was sent to"),
    denied_because=_("Only the secretariat of the group to which the text was sent may do this."),
)
def is_secretary_of_receiving_body(actor: Actor, subject: Delivery) -> bool:
    """Whether the actor is a secretary of the body that the text was sent to."""
    return subject.receiving_body_id is not None and actor.has_role(subject.receiving_body_id, Office.SECRETARY)


@access_rule(
    _("it has been sent and is awaiting an answer"),
    denied_because=_("This has already been answered, or the text was withdrawn."),
)
def is_awaiting_recipient(actor: Actor, subject: Delivery) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the delivery was sent on the portal and its recipient has not answered."""
    return subject.channel == DeliveryChannel.DESK and subject.state == DeliveryState.SENT


@access_rule(
    _("it is to be delivered by hand, or its delivery in another way failed"),
    denied_because=_("This delivery has already been recorded, or is not made by hand."),
)
def is_due_by_hand(actor: Actor, subject: Delivery) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the delivery is by hand and was not noted, or failed otherwise."""
    is_due = subject.channel == DeliveryChannel.HAND and subject.state == DeliveryState.DUE
    return is_due or subject.state == DeliveryState.FAILED


@access_rule(
    _("it was sent by e-mail or by hand and is not acknowledged yet"),
    denied_because=_("Only a text that was delivered by e-mail or by hand can be recorded as acknowledged, once."),
)
def is_awaiting_outside_recipient(actor: Actor, subject: Delivery) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the delivery reached somebody who cannot acknowledge it on the portal or by machine."""
    return subject.channel in (DeliveryChannel.MAIL, DeliveryChannel.HAND) and subject.state == DeliveryState.SENT


def choose_channel(organization: Organization, *, has_inbox: bool) -> DeliveryChannel:
    """Choose how a delivery reaches an organization: by machine if it has an inbox in force, otherwise by e-mail if the
    register has an address of it."""
    if has_inbox:
        return DeliveryChannel.MACHINE
    return DeliveryChannel.MAIL if organization.address else DeliveryChannel.HAND


SEE_DELIVERY: Permission[Delivery] = Permission(
    "delivery:see", _("View a delivered text"), any_of(is_officer_of_unit, is_secretary_of_receiving_body, is_secretary)
)
ACKNOWLEDGE_DELIVERY = Permission(
    "delivery:acknowledge",
    _("Acknowledge a text that was sent to one’s unit"),
    is_officer_of_unit,
    is_awaiting_recipient,
    is_irreversible=True,
)
NOTE_DELIVERY_BY_HAND: Permission[Delivery] = Permission(
    "delivery:note-by-hand",
    _("Record when and how a text was delivered by hand"),
    is_secretary,
    is_due_by_hand,
    is_irreversible=True,
)
NOTE_ACKNOWLEDGMENT: Permission[Delivery] = Permission(
    "delivery:note-acknowledgment",
    _("Record that a recipient outside of the portal acknowledged a text"),
    is_secretary,
    is_awaiting_outside_recipient,
    is_irreversible=True,
)
RECEIVE_DELIVERY = Permission(
    "delivery:receive",
    _("Register a text that was sent to the group as a document of a meeting"),
    is_secretary_of_receiving_body,
    is_awaiting_recipient,
)
RETURN_DELIVERY = Permission(
    "delivery:return",
    _("Return a text that was sent to the group, with a reason"),
    is_secretary_of_receiving_body,
    is_awaiting_recipient,
    is_irreversible=True,
)
