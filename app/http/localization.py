"""Format dates, times, sizes and numbers in one language: the filters and globals of the templates."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time, format_timedelta
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent

from app.core import clock
from app.core.file_sizes import format_file_size
from app.core.i18n import NATIVE_NAMES, LazyText, text_direction
from app.core.i18n import lazy_gettext as _
from app.http import time_zones

# British English, as the United Nations writes it; the default locale for the other languages.
BABEL_LOCALES = MappingProxyType({"en": "en_GB"})
DurationUnit = tuple[Literal["day", "hour", "minute"], int]
DURATION_UNITS: tuple[DurationUnit, ...] = (("day", 86400), ("hour", 3600), ("minute", 60))
UNREACHABLE_THRESHOLD = 10**9  # a Babel threshold that no value reaches, so that Babel keeps the unit chosen here
FORMAT_CACHE_SIZE = 10_000  # cached texts; Babel takes longer to format a day than Jinja to render its table row


class Localizer:
    """Formatting that depends on the language of the reader; sentences are translated elsewhere."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.locale = Locale.parse(BABEL_LOCALES.get(language, language))

    def template_functions(self) -> dict[str, Callable[..., object]]:
        """Return the functions that templates may call as filter or global, by their name in templates."""
        return {
            "day": self.format_day,
            "day_in": self.format_day_in_zone,
            "when": self.format_instant,
            "hour": self.format_time_of_day,
            "hours": self.format_time_range,
            "left": self.format_time_left,
            "size": self.format_size,
            "number": self.format_number,
            "text": self.translate_text,
            "language_name": self.language_name,
            "language_names": self.format_language_names,
            "own_name": NATIVE_NAMES.__getitem__,
            "direction_of": text_direction,
            "seconds_left": seconds_left,
        }

    def translate_text(self, value: LazyText | str | None) -> str:
        """Translate a lazy text into this language; a plain string stays as it is."""
        return value.translate(self.language) if isinstance(value, LazyText) else value or ""

    def format_day(self, value: date, *, weekday: bool = True) -> str:
        """Format a date: `Wednesday 27 January 2027`. For an instant in a zone use `format_instant`."""
        return _day(self.locale, value.date() if isinstance(value, datetime) else value, weekday)

    def format_day_in_zone(self, instant: datetime, zone: ZoneInfo) -> str:
        """Format the date of an instant in a zone: `27 January 2027`."""
        return _day(self.locale, instant.astimezone(zone).date(), False)

    def format_instant(
        self, instant: datetime, zone: str, reader_zone: str | None = None, *, seconds: bool = False
    ) -> str:
        """Format an instant as `Wednesday 27 January 2027, 23:59 in Geneva`, adding the time in the reader's zone if it
        differs."""
        local_text = self._format_in_zone(instant, zone, seconds)
        if reader_zone is None or _offset(instant, reader_zone) == _offset(instant, zone):
            return local_text
        return self.translate_text(
            _("%(there)s (%(here)s)", there=local_text, here=self._format_in_zone(instant, reader_zone, seconds))
        )

    def format_time_of_day(self, instant: datetime, zone: str) -> str:
        """Format the time of day of an instant in a zone: `15:30`."""
        return str(format_time(instant.astimezone(ZoneInfo(zone)), "HH:mm", locale=self.locale))

    def format_time_range(self, begins: datetime, ends: datetime, zone: str) -> str:
        """Format a span of time in a zone: `09:30–12:30`."""
        return "–".join(self.format_time_of_day(instant, zone) for instant in (begins, ends))

    def format_short_instant(self, instant: datetime, zone: str) -> str:
        """Format an instant in a zone without its year: `Wed, 27 Jan, 15:30`."""
        local = instant.astimezone(ZoneInfo(zone))
        day = format_skeleton("MMMEd", local, locale=self.locale)
        return self.translate_text(_("%(day)s, %(time)s", day=day, time=self.format_time_of_day(instant, zone)))

    def format_time_left(self, instant: datetime) -> str:
        """Format the time from now to an instant, rounded down: `in 3 days`, `2 hours ago`."""
        return self._format_span(instant - clock.now(), directed=True)

    def format_duration(self, length: timedelta) -> str:
        """Format a duration: `3 days`, `2 hours`; rounded down."""
        return self._format_span(length, directed=False)

    def _format_span(self, length: timedelta, *, directed: bool) -> str:
        seconds = length.total_seconds()
        unit, size = next((step for step in DURATION_UNITS if abs(seconds) >= 2 * step[1]), DURATION_UNITS[-1])
        whole = timedelta(seconds=int(seconds / size) * size)
        return str(format_timedelta(whole, unit, UNREACHABLE_THRESHOLD, add_direction=directed, locale=self.locale))

    def format_size(self, octets: int) -> str:
        """Format a number of bytes: `214 kB`, `3.4 MB`."""
        return format_file_size(self.language, octets)

    def format_percentage(self, fraction: float) -> str:
        """Format a fraction as a percentage: `12 %`."""
        return str(format_percent(fraction, locale=self.locale))

    def format_number(self, value: float) -> str:
        """Format a number with the separators of this language."""
        return _number(self.locale, value)

    def language_name(self, code: str) -> str:
        """Return the name of a language in the language of the page."""
        return str(self.locale.languages[code])

    def format_language_names(self, codes: Iterable[str]) -> str:
        """Format a list of languages: `Arabic, French and Russian`."""
        return str(format_list([self.language_name(code) for code in codes], locale=self.locale))

    def time_zone_name(self, zone: str) -> str:
        """Format a time zone for a choice: `Geneva (Switzerland)`."""
        if zone == time_zones.UTC:
            return zone
        city, country = (
            self.translate_text(time_zones.time_zone_city(zone, self.locale)),
            time_zones.time_zone_country(zone, self.locale),
        )
        return f"{city} ({country})" if country else city

    def _format_in_zone(self, instant: datetime, zone: str, seconds: bool) -> str:
        local = instant.astimezone(ZoneInfo(zone))
        time = format_time(local, "HH:mm:ss" if seconds else "HH:mm", locale=self.locale)
        if zone == time_zones.UTC:
            return self.translate_text(_("%(day)s, %(time)s UTC", day=self.format_day(local), time=time))
        city = time_zones.time_zone_city(zone, self.locale)
        return self.translate_text(
            _("%(day)s, %(time)s in %(place)s", day=self.format_day(local), time=time, place=city)
        )


@lru_cache(FORMAT_CACHE_SIZE)
def _day(locale: Locale, value: date, weekday: bool) -> str:
    text = str(format_date(value, "full" if weekday else "long", locale=locale))
    return text.replace(", ", " ", 1) if locale.language == "en" else text


@lru_cache(FORMAT_CACHE_SIZE)
def _number(locale: Locale, value: float) -> str:
    return str(format_decimal(value, locale=locale))


def seconds_left(instant: datetime) -> int:
    """Return the seconds until an instant, at least 0: for the script that counts down independently of the reader's
    clock."""
    return max(0, int((instant - clock.now()).total_seconds()))


def _offset(instant: datetime, zone: str) -> timedelta | None:
    return instant.astimezone(UTC).astimezone(ZoneInfo(zone)).utcoffset()
