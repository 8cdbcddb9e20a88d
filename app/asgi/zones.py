"""Time zones as people know them: by a place, in the reader's language. `Europe/Zurich` is for machines."""

from functools import cache
from types import MappingProxyType
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global

from app.core.i18n import Text, say

UTC = "UTC"
# The organization sits in Geneva, which keeps the time of Zurich.
PLACES = MappingProxyType({"Europe/Zurich": say("Geneva")})
REGIONS = frozenset(("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"))
KNOWN = available_timezones()
ALIASES = get_global("zone_aliases")
# Each once: not the other names under which the same zone is known too.
TO_CHOOSE = frozenset(zone for zone in KNOWN - ALIASES.keys() if zone.split("/")[0] in REGIONS)


@cache  # of zones that there are: nothing that was typed comes here before it was found among them
def place(zone: str, locale: Locale) -> Text | str:
    """`Geneva`, `New Delhi`. The names are kept under whichever name of the zone was the first (CLDR, LDML 4.3)."""
    canonical = ALIASES.get(zone, zone)
    if canonical in PLACES:
        return PLACES[canonical]
    names = (canonical, *(other for other, is_now in ALIASES.items() if is_now == canonical))
    cities = (locale.time_zones.get(name, {}).get("city") for name in names)
    return str(next(filter(None, cities), canonical.rsplit("/", 1)[-1].replace("_", " ")))


def territory(zone: str, locale: Locale) -> str | None:
    """`Switzerland`; None where the zone is nobody's."""
    code = get_global("zone_territories").get(ALIASES.get(zone, zone))
    return locale.territories.get(code) if code else None
