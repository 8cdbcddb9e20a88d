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
        DeliveryStatus.RETURNED: ("bad", _("Returned as undeliverable")),
        DeliveryStatus.EXPIRED: ("bad", _("Sending stopped after two days")),
        DeliveryStatus.RESTORED: ("none", _("Not sent: the portal was restored from a backup")),
    }
)

RETURN_REASONS: Mapping[str, LazyText] = MappingProxyType(
    {
        "5.1": _("The address does not exist."),
        "5.2": _("The mailbox does not accept messages: it is full or switched off."),
        "5.3": _("The mail system of the recipient does not accept messages."),
        "5.4": _("The mail system of the recipient could not be reached."),
        "5.7": _("The mail system of the recipient rejects messages from the portal."),
    }
)
"""What the first two parts of a status code mean (RFC 3463, 3)."""


def explain_return_code(code: str) -> LazyText:
    """Return the reason of a return in words."""
    return RETURN_REASONS.get(code.rpartition(".")[0], _("The mail system of the recipient gives no usual reason."))
