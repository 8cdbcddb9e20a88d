"""Notifications about deliveries of released texts."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from app.core.db import ReadSession
from app.core.i18n import lazy_gettext as _
from app.core.journal import JournalLine
from app.core.pending_actions import PendingActionKind
from app.domain.deliveries import events, pending
from app.domain.deliveries.models import Delivery, DeliveryState, RecipientKind
from app.domain.notifications.models import NotificationKind
from app.domain.notifications.rules import recipients
from app.domain.notifications.rules.contexts import NO_ONE, BuildContext, get_key
from app.domain.notifications.rules.recipients import NotificationContext
from app.domain.notifications.rules.types import NotificationType

DELIVERY_PATH = "/deliveries/{delivery}"


WITHDRAWN = _("A text that was sent to you was withdrawn")
WITHDRAWN_WORDS = _("It is no longer available. The page shows when it was withdrawn.")


def _for_unit(state: DeliveryState) -> BuildContext:
    """Return a function that builds the context of a delivery to a unit; over if it is none, and unless it has this
    state."""

    def build(session: ReadSession, line: JournalLine) -> NotificationContext:
        delivery = session.get_one(Delivery, get_key(line, "delivery"))
        is_other = delivery.kind != RecipientKind.UNIT or delivery.state != state
        return NotificationContext(delivery.body_id, unit=delivery.recipient, is_over=is_other)

    return build


def _for_body(state: DeliveryState) -> BuildContext:
    """The same of a delivery to a body."""

    def build(session: ReadSession, line: JournalLine) -> NotificationContext:
        delivery = session.get_one(Delivery, get_key(line, "delivery"))
        body_id = delivery.receiving_body_id
        return NotificationContext(body_id or NO_ONE, is_over=body_id is None or delivery.state != state)

    return build


def _for_sender(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a delivery for the body that sent it."""
    return NotificationContext(session.get_one(Delivery, get_key(line, "delivery")).body_id)


def _build_type(
    kind: NotificationKind, build_context: BuildContext, announced: PendingActionKind | None = None
) -> NotificationType:
    """Build the type of what was sent, which asks for an act, or else of what was withdrawn; for a unit or a body."""
    return NotificationType(
        kind,
        recipients.RECIPIENTS_OF_DELIVERY if kind == NotificationKind.DELIVERY else recipients.SECRETARIES,
        DELIVERY_PATH,
        announced.heading if announced else WITHDRAWN,
        announced.words if announced else WITHDRAWN_WORDS,
        build_context,
        announces=(announced,) if announced else (),
    )


TYPES: Mapping[str, Sequence[NotificationType]] = MappingProxyType(
    {
        events.DeliverySent.name: (
            _build_type(NotificationKind.DELIVERY, _for_unit(DeliveryState.SENT), pending.ACKNOWLEDGE),
            _build_type(NotificationKind.DELIVERY_TO_BODY, _for_body(DeliveryState.SENT), pending.RECEIVE),
        ),
        events.DeliveryCalledBack.name: (
            _build_type(NotificationKind.DELIVERY, _for_unit(DeliveryState.CALLED_BACK)),
            _build_type(NotificationKind.DELIVERY_TO_BODY, _for_body(DeliveryState.CALLED_BACK)),
        ),
        events.DeliveryFailed.name: (
            NotificationType(
                NotificationKind.OFFICE,
                recipients.SECRETARIES,
                DELIVERY_PATH,
                events.DeliveryFailed.words,
                _("Deliver it by hand, then record when and how."),
                _for_sender,
            ),
        ),
        events.DeliveryReturned.name: (
            NotificationType(
                NotificationKind.OFFICE,
                recipients.OFFICERS,
                "/outputs/{output}",
                events.DeliveryReturned.words,
                _("The reason is given on the page."),
                _for_sender,
                skips_actor=True,
            ),
        ),
    }
)
