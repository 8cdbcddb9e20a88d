"""Label and colour of each delivery status of an e-mail."""

from collections.abc import Mapping
from types import MappingProxyType

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.notifications.models import DeliveryStatus

DELIVERY_STATUS_LABELS: Mapping[str, tuple[str, LazyText]] = MappingProxyType(
    {
        DeliveryStatus.WAITING: ("info", _("Waiting to be sent")),
        DeliveryStatus.SENT: ("good", _("Sent")),
        DeliveryStatus.NEEDLESS: ("none", _("No longer needed")),
        DeliveryStatus.REFUSED: ("bad", _("Refused by the mail server")),
        DeliveryStatus.EXPIRED: ("bad", _("Sending stopped after two days")),
        DeliveryStatus.RESTORED: ("none", _("Not sent: the portal was restored from a backup")),
    }
)
