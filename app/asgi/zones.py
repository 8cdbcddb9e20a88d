"""Names of time zones for people: a city, in the language of the reader, instead of `Europe/Zurich`."""

from functools import cache
from types import MappingProxyType
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global

from app.core.i18n import Text, say

UTC = "UTC"
# ITU has its seat in Geneva, which is in the zone of Zurich.
PLACES = MappingProxyType({"Europe/Zurich": say("Geneva")})
REGIONS = frozenset(("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"))
KNOWN = available_timezones()
ALIASES = get_global("zone_aliases")
# Canonical names only, without aliases of the same zone.
TO_CHOOSE = frozenset(zone for zone in KNOWN - ALIASES.keys() if zone.split("/")[0] in REGIONS)


@cache  # bounded: callers pass known zones only, never unchecked input
def place(zone: str, locale: Locale) -> Text | str:
    """Return the city of a zone:

    `Geneva`, `New Delhi`. CLDR keeps the names under the oldest name of a zone (LDML 4.3).
    """
    canonical = ALIASES.get(zone, zone)
    if canonical in PLACES:
        return PLACES[canonical]
    names = (canonical, *(alias for alias, current in ALIASES.items() if current == canonical))
    cities = (locale.time_zones.get(name, {}).get("city") for name in names)
    return str(next(filter(None, cities), canonical.rsplit("/", 1)[-1].replace("_", " ")))


def territory(zone: str, locale: Locale) -> str | None:
    """Return the country of a zone: `Switzerland`; None for a zone without a country."""
    code = get_global("zone_territories").get(ALIASES.get(zone, zone))
    return locale.territories.get(code) if code else None
