"""Reasons of the chair for changes of the list of speakers, as pages and the report show them."""

from collections.abc import Mapping
from types import MappingProxyType

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.floor.models import ListReason

LIST_REASON_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        ListReason.NOT_GIVEN: _("No reason"),
        ListReason.AT_REQUEST: _("At the request of the State"),
        ListReason.REGIONS: _("Balance of regions"),
    }
)


def describe_list_reason(reason: str) -> LazyText | str:
    """Describe a reason: one that was chosen, or the chair's words; nothing if none was given."""
    return "" if reason == ListReason.NOT_GIVEN else LIST_REASON_LABELS.get(reason, reason)
