"""Names of time zones for people: a city, in the language of the reader, instead of `Europe/Zurich`."""

from functools import cache
from types import MappingProxyType
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _

UTC = "UTC"
# ITU has its seat in Geneva, which is in the zone of Zurich.
CITY_OVERRIDES = MappingProxyType({"Europe/Zurich": _("Geneva")})
ZONE_REGIONS = frozenset(
    ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
)
ALL_ZONES = available_timezones()
ZONE_ALIASES = get_global("zone_aliases")
# Canonical names only, without aliases of the same zone.
SELECTABLE_ZONES = frozenset(zone for zone in ALL_ZONES - ZONE_ALIASES.keys() if zone.split("/")[0] in ZONE_REGIONS)


@cache  # bounded: callers pass known zones only, never unchecked input
def time_zone_city(zone: str, locale: Locale) -> LazyText | str:
    """Return the city of a zone:

    `Geneva`, `New Delhi`. CLDR keeps the names under the oldest name of a zone (LDML 4.3).
    """
    canonical = ZONE_ALIASES.get(zone, zone)
    if canonical in CITY_OVERRIDES:
        return CITY_OVERRIDES[canonical]
    names = (canonical, *(alias for alias, current in ZONE_ALIASES.items() if current == canonical))
    cities = (locale.time_zones.get(name, {}).get("city") for name in names)
    return str(next(filter(None, cities), canonical.rsplit("/", 1)[-1].replace("_", " ")))


def time_zone_country(zone: str, locale: Locale) -> str | None:
    """Return the country of a zone: `Switzerland`; None for a zone without a country."""
    code = get_global("zone_territories").get(ZONE_ALIASES.get(zone, zone))
    return locale.territories.get(code) if code else None
