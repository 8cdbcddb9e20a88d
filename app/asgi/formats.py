"""How days, times, sizes and numbers are read in one language: the filters and globals of the templates."""

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

from app.asgi import zones
from app.core import clock
from app.core.i18n import OWN_NAMES, Text, direction, say
from app.core.sizes import size_in

# English as the United Nations writes it; the others as their own language does.
LOCALES = MappingProxyType({"en": "en_GB"})
Step = tuple[Literal["day", "hour", "minute"], int]
STEPS: tuple[Step, ...] = (("day", 86400), ("hour", 3600), ("minute", 60))
NEVER = 10**9  # a threshold no value reaches, so that the unit is the one we chose
KEPT = 10_000  # what was written lately; Babel takes longer for a day than a template for the row that it stands in


class Formats:
    """Everything that depends on the reader's language and is not a sentence."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.locale = Locale.parse(LOCALES.get(language, language))

    def names(self) -> dict[str, Callable[..., object]]:
        """What templates may call, as filter or as global."""
        chosen = (
            self.day,
            self.day_in,
            self.when,
            self.hour,
            self.hours,
            self.left,
            self.size,
            self.number,
            self.text,
            self.language_name,
            self.language_names,
        )
        return {call.__name__: call for call in chosen} | {
            "own_name": OWN_NAMES.__getitem__,
            "direction_of": direction,
            "seconds_left": seconds_left,
        }

    def text(self, value: Text | str | None) -> str:
        """A sentence of ours in this language; what is a string already stays as it is."""
        return value.into(self.language) if isinstance(value, Text) else value or ""

    def day(self, value: date, *, weekday: bool = True) -> str:
        """`Wednesday 27 January 2027`. An instant has no day until it has a zone: see `when`."""
        return _day(self.locale, value.date() if isinstance(value, datetime) else value, weekday)

    def day_in(self, instant: datetime, zone: ZoneInfo) -> str:
        """`27 January 2027`: the day that it is there."""
        return _day(self.locale, instant.astimezone(zone).date(), False)

    def when(self, instant: datetime, zone: str, reader: str | None = None, *, seconds: bool = False) -> str:
        """`Wednesday 27 January 2027, 23:59 in Geneva`, and in the reader's own zone where that differs."""
        there = self._said(instant, zone, seconds)
        if reader is None or _offset(instant, reader) == _offset(instant, zone):
            return there
        return self.text(say("%(there)s (%(here)s)", there=there, here=self._said(instant, reader, seconds)))

    def hour(self, instant: datetime, zone: str) -> str:
        """`15:30`: the time of day that it is there."""
        return str(format_time(instant.astimezone(ZoneInfo(zone)), "HH:mm", locale=self.locale))

    def hours(self, begins: datetime, ends: datetime, zone: str) -> str:
        """`09:30–12:30`, at the place of the zone."""
        return "–".join(self.hour(each, zone) for each in (begins, ends))

    def in_short(self, instant: datetime, zone: str) -> str:
        """`Wed, 27 Jan, 15:30`, at the place of the zone: where there is little room, and the year is plain."""
        local = instant.astimezone(ZoneInfo(zone))
        day = format_skeleton("MMMEd", local, locale=self.locale)
        return self.text(say("%(day)s, %(time)s", day=day, time=self.hour(instant, zone)))

    def left(self, instant: datetime) -> str:
        """`in 3 days`, `2 hours ago`: rounded down, so that nobody is promised more time than there is."""
        return self._span(instant - clock.now(), directed=True)

    def span(self, length: timedelta) -> str:
        """`3 days`, `2 hours`: rounded down."""
        return self._span(length, directed=False)

    def _span(self, length: timedelta, *, directed: bool) -> str:
        seconds = length.total_seconds()
        unit, size = next((step for step in STEPS if abs(seconds) >= 2 * step[1]), STEPS[-1])
        whole = timedelta(seconds=int(seconds / size) * size)
        return str(format_timedelta(whole, unit, NEVER, add_direction=directed, locale=self.locale))

    def size(self, octets: int) -> str:
        """`214 kB`, `3.4 MB`."""
        return size_in(self.language, octets)

    def percent(self, fraction: float) -> str:
        """`12 %`, as it is written in that language."""
        return str(format_percent(fraction, locale=self.locale))

    def number(self, value: float) -> str:
        return _number(self.locale, value)

    def language_name(self, code: str) -> str:
        """The name of a language in the language of the page."""
        return str(self.locale.languages[code])

    def language_names(self, codes: Iterable[str]) -> str:
        """`Arabic, French and Russian`, as the language of the page joins them."""
        return str(format_list([self.language_name(code) for code in codes], locale=self.locale))

    def zone_name(self, zone: str) -> str:
        """`Geneva (Switzerland)`: what people choose a zone by."""
        if zone == zones.UTC:
            return zone
        place, land = self.text(zones.place(zone, self.locale)), zones.territory(zone, self.locale)
        return f"{place} ({land})" if land else place

    def _said(self, instant: datetime, zone: str, seconds: bool) -> str:
        local = instant.astimezone(ZoneInfo(zone))
        time = format_time(local, "HH:mm:ss" if seconds else "HH:mm", locale=self.locale)
        if zone == zones.UTC:
            return self.text(say("%(day)s, %(time)s UTC", day=self.day(local), time=time))
        place = zones.place(zone, self.locale)
        return self.text(say("%(day)s, %(time)s in %(place)s", day=self.day(local), time=time, place=place))


@lru_cache(KEPT)
def _day(locale: Locale, value: date, weekday: bool) -> str:
    written = str(format_date(value, "full" if weekday else "long", locale=locale))
    return written.replace(", ", " ", 1) if locale.language == "en" else written


@lru_cache(KEPT)
def _number(locale: Locale, value: float) -> str:
    return str(format_decimal(value, locale=locale))


def seconds_left(instant: datetime) -> int:
    """For the script that lets a deadline count down without asking the reader's clock."""
    return max(0, int((instant - clock.now()).total_seconds()))


def _offset(instant: datetime, zone: str) -> timedelta | None:
    return instant.astimezone(UTC).astimezone(ZoneInfo(zone)).utcoffset()
