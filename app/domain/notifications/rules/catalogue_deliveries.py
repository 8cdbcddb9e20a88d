"""Notifications about deliveries of released texts."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from app.core.db import ReadSession
from app.core.i18n import lazy_gettext as _
from app.core.journal import JournalLine
from app.domain.deliveries import events, pending
from app.domain.deliveries.models import Delivery, DeliveryState, RecipientKind
from app.domain.notifications.models import NotificationKind
from app.domain.notifications.rules import recipients
from app.domain.notifications.rules.contexts import BuildContext, get_key
from app.domain.notifications.rules.recipients import NotificationContext
from app.domain.notifications.rules.types import NotificationType

DELIVERY_PATH = "/deliveries/{delivery}"


def _delivery_in(state: DeliveryState) -> BuildContext:
    """Return a function that builds the context of a delivery, for its recipient; over unless it has this state."""

    def build(session: ReadSession, line: JournalLine) -> NotificationContext:
        delivery = session.get_one(Delivery, get_key(line, "delivery"))
        unit = delivery.recipient if delivery.kind == RecipientKind.UNIT else ""
        return NotificationContext(delivery.body_id, unit=unit, is_over=delivery.state != state)

    return build


TYPES: Mapping[str, Sequence[NotificationType]] = MappingProxyType(
    {
        events.DeliverySent.name: (
            NotificationType(
                NotificationKind.DELIVERY,
                recipients.RECIPIENTS_OF_DELIVERY,
                DELIVERY_PATH,
                pending.ACKNOWLEDGE.heading,
                pending.ACKNOWLEDGE.words,
                _delivery_in(DeliveryState.SENT),
                announces=(pending.ACKNOWLEDGE,),
            ),
        ),
        events.DeliveryCalledBack.name: (
            NotificationType(
                NotificationKind.DELIVERY,
                recipients.RECIPIENTS_OF_DELIVERY,
                DELIVERY_PATH,
                _("A text that was sent to you was withdrawn"),
                _("It is no longer available. The page shows when it was withdrawn."),
                _delivery_in(DeliveryState.CALLED_BACK),
            ),
        ),
    }
)
