"""Words of the filters and columns of lists of documents."""

from collections.abc import Mapping
from types import MappingProxyType

from app.core.i18n import Text, say
from app.web.states import REGIONS

__all__ = ["COLUMNS", "REGIONS", "STATUSES", "TYPES"]

TYPES: Mapping[str, Text] = MappingProxyType(
    {
        "C": say("Contributions (C)"),
        "INF": say("Information documents (INF)"),
        "ADM": say("Administrative documents (ADM)"),
        "DT": say("Temporary documents (DT)"),
        "DL": say("Temporary documents of limited distribution (DL)"),
        "R": say("Reports (R)"),
    }
)
STATUSES: Mapping[str, Text] = MappingProxyType(
    {
        "standing": say("In force"),
        "revised": say("Revised"),
        "withdrawn": say("Withdrawn"),
        "void": say("Void"),
    }
)
# Symbol and title always stand first; without a choice, the columns of `USUAL` follow.
COLUMNS: Mapping[str, Text] = MappingProxyType(
    {
        "source": say("Source"),
        "kind": say("Kind"),
        "meeting": say("Meeting"),
        "item": say("Item"),
        "topics": say("Topics"),
        "posted": say("Registered"),
        "languages": say("Languages"),
    }
)
USUAL = MappingProxyType(
    {"everywhere": ("source", "kind", "posted", "languages"), "meeting": ("source", "item", "posted", "languages")}
)
