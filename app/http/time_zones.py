"""Names of time zones for people: a city, in the language of the reader, instead of `Europe/Zurich`."""

from functools import cache
from types import MappingProxyType
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global

from app.core.clock import SEAT_ZONE
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.member_states import find_name_of_country

UTC = "UTC"
# ITU has its seat in Geneva, which is in the zone of Zurich.
CITY_OVERRIDES = MappingProxyType({SEAT_ZONE: _("Geneva")})
ZONE_REGIONS = frozenset(
    ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
)
ALL_ZONES = available_timezones()
ZONE_ALIASES = get_global("zone_aliases")
# Canonical names only, without aliases of the same zone.
SELECTABLE_ZONES = frozenset(zone for zone in ALL_ZONES - ZONE_ALIASES.keys() if zone.split("/")[0] in ZONE_REGIONS)
# Of the countries with several zones (CLDR, `territory_zones`): that of the capital (tz database, `zone1970.tab`).
CAPITAL_ZONES = MappingProxyType(
    {
        "AR": "America/Argentina/Buenos_Aires",
        "AU": "Australia/Sydney",
        "BR": "America/Sao_Paulo",
        "CA": "America/Toronto",
        "CD": "Africa/Kinshasa",
        "CL": "America/Santiago",
        "CN": "Asia/Shanghai",
        "CY": "Asia/Nicosia",
        "DE": "Europe/Berlin",
        "EC": "America/Guayaquil",
        "ES": "Europe/Madrid",
        "FM": "Pacific/Pohnpei",
        "ID": "Asia/Jakarta",
        "KI": "Pacific/Tarawa",
        "KZ": "Asia/Almaty",
        "MH": "Pacific/Majuro",
        "MN": "Asia/Ulaanbaatar",
        "MX": "America/Mexico_City",
        "MY": "Asia/Kuala_Lumpur",
        "NZ": "Pacific/Auckland",
        "PG": "Pacific/Port_Moresby",
        "PS": "Asia/Hebron",
        "PT": "Europe/Lisbon",
        "RU": "Europe/Moscow",
        "UA": "Europe/Kyiv",
        "US": "America/New_York",
        "UZ": "Asia/Tashkent",
    }
)


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
    """Return the Member State of a zone, by the name that ITU uses: `Switzerland`; None for others."""
    alpha2 = get_global("zone_territories").get(ZONE_ALIASES.get(zone, zone))
    return find_name_of_country(alpha2, locale.language) if alpha2 else None


def time_zone_region(zone: str) -> str:
    """Return the part of the world that names a zone: `Africa`; one of `ZONE_REGIONS`, or empty."""
    region = ZONE_ALIASES.get(zone, zone).split("/")[0]
    return region if region in ZONE_REGIONS else ""


def find_selectable_zone(name: str) -> str | None:
    """Find the zone that people can choose by this name, or by an older one; None for any other text."""
    canonical = ZONE_ALIASES.get(name, name)
    return canonical if canonical in SELECTABLE_ZONES else None


def find_zone_of_country(alpha2: str) -> str | None:
    """Find the zone of a country by its ISO 3166 code: its only one, else that of its capital; None without either."""
    zones = get_global("territory_zones").get(alpha2, ())
    return CAPITAL_ZONES.get(alpha2) or (zones[0] if len(zones) == 1 else None)
