"""The time zone of the reader: chosen in the account; until then that of the browser, of the State, or of Geneva.

A script on the pages of the portal keeps the zone of the browser in a cookie. Nothing of it is stored, and the read
path, which knows nothing about its readers, has neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from app.core.clock import SEAT_ZONE
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.member_states import find_alpha2_code
from app.http import time_zones

ZONE_COOKIE = "cwg_zone"


class ZoneSource(StrEnum):
    """From where the portal knows the zone of a reader."""

    CHOSEN = "chosen"
    BROWSER = "browser"
    STATE = "state"
    SEAT = "seat"


ZONE_SOURCE_LABELS: Mapping[ZoneSource, LazyText] = MappingProxyType(
    {
        ZoneSource.CHOSEN: _("You chose this time zone."),
        ZoneSource.BROWSER: _("This is the time zone of your browser. You have not chosen one."),
        ZoneSource.STATE: _("This is the time zone of your State. You have not chosen one."),
        ZoneSource.SEAT: _("ITU has its headquarters there. You have not chosen a time zone."),
    }
)
REGION_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "Africa": _("Africa"),
        "America": _("Americas"),
        "Antarctica": _("Antarctica"),
        "Asia": _("Asia"),
        "Atlantic": _("Atlantic Ocean"),
        "Australia": _("Australia"),
        "Europe": _("Europe"),
        "Indian": _("Indian Ocean"),
        "Pacific": _("Pacific Ocean"),
    }
)
"""Parts of the world by the first part of the names of their zones."""


@dataclass(frozen=True, slots=True)
class ReaderZone:
    """The time zone of a reader, and from where it is known."""

    zone: str
    source: ZoneSource


def find_reader_zone(*, chosen: str | None, browser: str | None, entity: str) -> ReaderZone:
    """Find the zone of a reader. A zone that cannot be chosen, such as UTC of a browser that hides its own, says
    nothing."""
    if chosen:
        return ReaderZone(chosen, ZoneSource.CHOSEN)
    if browser and (zone := time_zones.find_selectable_zone(browser)):
        return ReaderZone(zone, ZoneSource.BROWSER)
    alpha2 = find_alpha2_code(entity)
    if alpha2 and (zone := time_zones.find_zone_of_country(alpha2)):
        return ReaderZone(zone, ZoneSource.STATE)
    return ReaderZone(SEAT_ZONE, ZoneSource.SEAT)
