"""Format instants, days, ranges and durations in one language. No other module does this for people.

An instant is written in the zone of its meeting, followed by the time in the zone of the reader where that differs.
Templates get the same texts inside `<time>`, by the names of `TemplateMoments.functions`.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_interval, format_skeleton, format_time, format_timedelta, parse_pattern
from markupsafe import Markup, escape

from app.core import clock
from app.core.i18n import LazyText, text_direction
from app.core.i18n import lazy_gettext as _
from app.http import time_zones

# British English, as the United Nations writes it; the default locale for the other languages.
BABEL_LOCALES = MappingProxyType({"en": "en_GB"})
DurationUnit = tuple[Literal["day", "hour", "minute"], int]
DURATION_UNITS: tuple[DurationUnit, ...] = (("day", 86400), ("hour", 3600), ("minute", 60))
UNREACHABLE_THRESHOLD = 10**9  # a Babel threshold that no value reaches, so that Babel keeps the unit chosen here
FORMAT_CACHE_SIZE = 10_000  # cached texts; Babel takes longer to format a day than Jinja to render its table row
MINUTES_PER_HOUR = 60
LONG_RANGE, SHORT_RANGE = "yMMMMd", "yMMMd"
RUSSIAN_YEAR = re.compile(r"\sг\.")
HOURS = re.compile(r"(\d\d:\d\d–\d\d:\d\d)")
CLOSING = Markup("</bdi>")

_reader_zone_of_page: ContextVar[str | None] = ContextVar("reader_zone_of_page", default=None)


@contextmanager
def write_for_zone(reader_zone: str | None) -> Iterator[None]:
    """Render a page for a reader in this zone; None for a reader of whom no zone is known.

    Templates call the functions of their language, which all readers share: the zone is that of the rendering.
    """
    token = _reader_zone_of_page.set(reader_zone)
    try:
        yield
    finally:
        _reader_zone_of_page.reset(token)


class MomentFormats:
    """Formatting of dates and times in one language, for a reader in `reader_zone`, or, without it, of the page."""

    def __init__(self, language: str, reader_zone: str | None = None) -> None:
        self.language = language
        self.locale = Locale.parse(BABEL_LOCALES.get(language, language))
        self._reader_zone = reader_zone

    def translate_text(self, value: LazyText | str | None) -> str:
        """Translate a lazy text into this language; a plain string stays as it is."""
        return value.translate(self.language) if isinstance(value, LazyText) else value or ""

    def format_day(self, value: date, *, weekday: bool = True) -> str:
        """Format a date: `Wednesday 27 January 2027`. For an instant in a zone use `format_instant`."""
        return _day(self.locale, value.date() if isinstance(value, datetime) else value, weekday)

    def format_short_day(self, value: date, *, weekday: bool = False) -> str:
        """Format a date for a list: `27 Jan`, with its year if that is not the present one."""
        return _short_day(self.locale, value, weekday, clock.now().year)

    def format_day_in_zone(self, instant: datetime, zone: ZoneInfo) -> str:
        """Format the date of an instant in a zone: `27 January 2027`."""
        return _day(self.locale, instant.astimezone(zone).date(), False)

    def format_day_range(self, first: date, last: date, *, short: bool = False) -> str:
        """Format days from first to last: `22–24 December 2026`; a single day as `22 December 2026`."""
        return _range(self.locale, first, last, SHORT_RANGE if short else LONG_RANGE)

    def format_instant(self, instant: datetime, zone: str) -> str:
        """Format an instant in full: `Wednesday 27 January 2027, 23:59 in Geneva (Thursday, 01:59 in Nairobi)`."""
        return _instant(self.language, instant, zone, self.reader_zone)

    def format_exact_instant(self, instant: datetime, zone: str) -> str:
        """Format an instant of a proof, to the second: `Wednesday 27 January 2027, 23:59:30 in Geneva (UTC+1)`."""
        local = instant.astimezone(ZoneInfo(zone))
        day, time = self.format_day(local), self.format_time_of_day(instant, zone, "HH:mm:ss")
        if zone == time_zones.UTC:
            return self._join_with_place(day, time, zone)
        city, offset = self.time_zone_city(zone), f"UTC{_format_offset(local)}"
        return self.translate_text(
            _("%(day)s, %(time)s in %(place)s (%(offset)s)", day=day, time=time, place=city, offset=offset)
        )

    def format_short_instant(
        self, instant: datetime, zone: str, *, weekday: bool = False, with_place: bool = False
    ) -> str:
        """Format an instant for a list: `27 Jan, 23:59`, with its year if that is not the present one."""
        return _short_instant(self.language, instant, zone, weekday, with_place, clock.now().year)

    def format_time_on_day(self, instant: datetime, zone: str, *, with_place: bool = True) -> str:
        """Format the time of an instant on its date: `23:59 in Geneva (Thursday, 01:59 in Nairobi)`."""
        time = self.format_time_of_day(instant, zone)
        return self._add_reader_time(self._add_place(time, zone) if with_place else time, instant, zone)

    def format_time_of_day(self, instant: datetime, zone: str, pattern: str = "HH:mm") -> str:
        """Format the time of day of an instant in a zone: `15:30`."""
        return str(format_time(instant.astimezone(ZoneInfo(zone)), pattern, locale=self.locale))

    def format_time_range(self, begins: datetime, ends: datetime, zone: str) -> str:
        """Format a span of time in a zone: `09:30–12:30 (11:30–14:30 in Nairobi)`."""
        return self._add_reader_time(self._format_hours(begins, ends, zone), begins, zone, ends)

    def format_time_left(self, instant: datetime) -> str:
        """Format the time from now to an instant, rounded down: `in 3 days`, `2 hours ago`."""
        return self._format_span(instant - clock.now(), directed=True)

    def format_due(self, instant: datetime, zone: str) -> tuple[str, str]:
        """Format what is left until something is due, and when that is, for the page of the thing."""
        return self.format_time_left(instant), self.format_instant(instant, zone)

    def format_short_due(self, instant: datetime, zone: str) -> tuple[str, str]:
        """Format what is left until something is due, and when that is, for a list."""
        return self.format_time_left(instant), self.format_short_instant(instant, zone, with_place=True)

    def format_duration(self, length: timedelta) -> str:
        """Format a duration: `3 days`, `2 hours`; rounded down."""
        return self._format_span(length, directed=False)

    def format_minutes(self, count: int) -> str:
        """Format a number of minutes: `18 h`, `1 h 30 min`, `45 min`."""
        hours, minutes = divmod(count, MINUTES_PER_HOUR)
        if not hours:
            return self.translate_text(_("%(minutes)s min", minutes=minutes))
        if not minutes:
            return self.translate_text(_("%(hours)s h", hours=hours))
        return self.translate_text(_("%(hours)s h %(minutes)s min", hours=hours, minutes=minutes))

    def time_zone_city(self, zone: str) -> str:
        """Return the place that a time zone is called by: `Geneva`."""
        return zone if zone == time_zones.UTC else self.translate_text(time_zones.time_zone_city(zone, self.locale))

    def time_zone_name(self, zone: str) -> str:
        """Format a time zone for a choice: `Geneva (Switzerland)`."""
        if zone == time_zones.UTC:
            return zone
        city, country = self.time_zone_city(zone), time_zones.time_zone_country(zone, self.locale)
        return f"{city} ({country})" if country else city

    @property
    def reader_zone(self) -> str | None:
        """The zone of the reader; None if it is not known, or if the text is for everybody."""
        return self._reader_zone or _reader_zone_of_page.get()

    def _format_span(self, length: timedelta, *, directed: bool) -> str:
        seconds = length.total_seconds()
        unit, size = next((step for step in DURATION_UNITS if abs(seconds) >= 2 * step[1]), DURATION_UNITS[-1])
        whole = timedelta(seconds=int(seconds / size) * size)
        return str(format_timedelta(whole, unit, UNREACHABLE_THRESHOLD, add_direction=directed, locale=self.locale))

    def _format_hours(self, begins: datetime, ends: datetime, zone: str) -> str:
        return "–".join(self.format_time_of_day(instant, zone) for instant in (begins, ends))

    def _join_with_place(self, day: str, time: str, zone: str) -> str:
        if zone == time_zones.UTC:
            return self.translate_text(_("%(day)s, %(time)s UTC", day=day, time=time))
        place = self.time_zone_city(zone)
        return self.translate_text(_("%(day)s, %(time)s in %(place)s", day=day, time=time, place=place))

    def write_instant(self, instant: datetime, zone: str) -> str:
        """Write the text of `format_instant`, which keeps it."""
        day = self.format_day(instant.astimezone(ZoneInfo(zone)))
        there = self._join_with_place(day, self.format_time_of_day(instant, zone), zone)
        return self._add_reader_time(there, instant, zone)

    def write_short_instant(self, day: str, time: str, zone: str, *, with_place: bool) -> str:
        """Write the text of `format_short_instant`, which keeps it."""
        if with_place:
            return self._join_with_place(day, time, zone)
        return self.translate_text(_("%(day)s, %(time)s", day=day, time=time))

    def _add_place(self, time: str, zone: str) -> str:
        if zone == time_zones.UTC:
            return self.translate_text(_("%(time)s UTC", time=time))
        return self.translate_text(_("%(time)s in %(place)s", time=time, place=self.time_zone_city(zone)))

    def _add_reader_time(self, there: str, instant: datetime, zone: str, ends: datetime | None = None) -> str:
        """Add the time in the reader's zone if it differs, with the day of the week if that is another one."""
        reader_zone = self.reader_zone
        if reader_zone is None or _offset(instant, reader_zone) == _offset(instant, zone):
            return there
        time = self._format_hours(instant, ends, reader_zone) if ends else self.format_time_of_day(instant, reader_zone)
        local = instant.astimezone(ZoneInfo(reader_zone)).date()
        if local == instant.astimezone(ZoneInfo(zone)).date():
            here = self._add_place(time, reader_zone)
        else:
            here = self._join_with_place(str(format_date(local, "EEEE", locale=self.locale)), time, reader_zone)
        return self.translate_text(_("%(there)s (%(here)s)", there=there, here=here))


class TemplateMoments:
    """Dates and times as templates write them: the text inside `<time>`, which is isolated from the text around it.

    A short text has the full one as its title.
    """

    def __init__(self, formats: MomentFormats) -> None:
        self._formats = formats
        direction = text_direction(formats.language)
        self._direction = ' dir="rtl"' if direction == "rtl" else ""
        self._rendered_hours = lru_cache(FORMAT_CACHE_SIZE)(self._render_hour_for)

    def functions(self) -> dict[str, Callable[..., object]]:
        """Return the functions that templates may call as filter or global, by their name in templates."""
        return {
            "when": self.render_instant,
            "short_when": self.render_short_instant,
            "exact_when": self.render_exact_instant,
            "day": self.render_day,
            "short_day": self.render_short_day,
            "day_in": self.render_day_in_zone,
            "day_range": self.render_day_range,
            "hour": self.render_hour,
            "hours": self.render_hours,
            "left": self._formats.format_time_left,
            "duration": self._formats.format_minutes,
            "day_text": self._formats.format_day,
            "short_day_text": self._formats.format_short_day,
            "day_range_text": self._formats.format_day_range,
            "city_of": self._formats.time_zone_city,
            "zone_name": self._formats.time_zone_name,
            "seconds_left": count_seconds_left,
        }

    def render_instant(self, instant: datetime, zone: str) -> Markup:
        """Render an instant in full, on the page of the thing."""
        return self._element(instant.isoformat(), self._formats.format_instant(instant, zone))

    def render_exact_instant(self, instant: datetime, zone: str) -> Markup:
        """Render an instant to the second, in a proof."""
        return self._element(instant.isoformat(), self._formats.format_exact_instant(instant, zone))

    def render_short_instant(self, instant: datetime, zone: str, *, place: bool = False) -> Markup:
        """Render an instant in a list. With `place`, where the zone is not named once for the whole list."""
        text = self._formats.format_short_instant(instant, zone, with_place=place)
        return self._element(instant.isoformat(), text, self._formats.format_instant(instant, zone))

    def render_day(self, value: date, *, weekday: bool = True) -> Markup:
        """Render a date in full."""
        return self._element(_to_date(value).isoformat(), self._formats.format_day(value, weekday=weekday))

    def render_short_day(self, value: date, *, weekday: bool = False) -> Markup:
        """Render a date in a list."""
        text = self._formats.format_short_day(_to_date(value), weekday=weekday)
        return self._element(_to_date(value).isoformat(), text, self._formats.format_day(value))

    def render_day_in_zone(self, instant: datetime, zone: ZoneInfo) -> str:
        """Render the date of an instant in a zone, in a long list: on one line, without an element."""
        return self._formats.format_short_day(instant.astimezone(zone).date()).replace(" ", "\u00a0")

    def render_day_range(self, first: date, last: date, *, short: bool = False) -> Markup:
        """Render days from first to last; the attribute, which knows no ranges, says the first."""
        return self._element(first.isoformat(), self._formats.format_day_range(first, last, short=short))

    def render_hour(self, instant: datetime, zone: str) -> Markup:
        """Render the time of day of an instant."""
        return self._rendered_hours(instant, zone, self._formats.reader_zone)

    def _render_hour_for(self, instant: datetime, zone: str, _reader_zone: str | None) -> Markup:
        """Render the time of day of an instant for readers in a zone, which its title mentions."""
        text = self._formats.format_time_of_day(instant, zone)
        return self._element(instant.isoformat(), text, self._formats.format_instant(instant, zone))

    def render_hours(self, begins: datetime, ends: datetime, zone: str) -> Markup:
        """Render a span of time on one day. Its hours stay on one line, in the direction of the script."""
        pieces = enumerate(HOURS.split(self._formats.format_time_range(begins, ends, zone)))
        opening = Markup(f'<bdi class="nowrap"{self._direction}>')  # noqa: S704 - our own text
        text = Markup().join(opening + each + CLOSING if at % 2 else each for at, each in pieces)
        return self._element(begins.isoformat(), text)

    def _element(self, machine: str, text: str, title: str = "") -> Markup:
        title_attribute = f' title="{escape(title)}"' if title else ""
        attributes = f'datetime="{escape(machine)}"{self._direction}{title_attribute}'
        return Markup(f"<time {attributes}>{escape(text)}</time>")  # noqa: S704 - escaped here


def count_seconds_left(instant: datetime) -> int:
    """Return the seconds until an instant, at least 0: for the script that counts down independently of the reader's
    clock."""
    return max(0, int((instant - clock.now()).total_seconds()))


@lru_cache(FORMAT_CACHE_SIZE)
def _day(locale: Locale, value: date, weekday: bool) -> str:
    text = str(format_date(value, "full" if weekday else "long", locale=locale))
    return _spell(locale, text.replace(", ", " ", 1) if locale.language == "en" else text)


@lru_cache(FORMAT_CACHE_SIZE)
def _instant(language: str, instant: datetime, zone: str, reader_zone: str | None) -> str:
    return MomentFormats(language, reader_zone).write_instant(instant, zone)


@lru_cache(FORMAT_CACHE_SIZE)
def _short_instant(language: str, instant: datetime, zone: str, weekday: bool, with_place: bool, this_year: int) -> str:
    formats = MomentFormats(language)
    day = _short_day(formats.locale, instant.astimezone(ZoneInfo(zone)).date(), weekday, this_year)
    return formats.write_short_instant(day, formats.format_time_of_day(instant, zone), zone, with_place=with_place)


def _short_day(locale: Locale, value: date, weekday: bool, this_year: int) -> str:
    year = "" if value.year == this_year else "y"
    return _skeleton(locale, value, year + ("MMMEd" if weekday else "MMMd"))


@lru_cache(FORMAT_CACHE_SIZE)
def _skeleton(locale: Locale, value: date, skeleton: str) -> str:
    text = str(format_skeleton(skeleton, value, locale=locale))
    return _spell(locale, text.replace(", ", " ", 1) if locale.language == "en" else text)


@lru_cache(FORMAT_CACHE_SIZE)
def _range(locale: Locale, first: date, last: date, skeleton: str) -> str:
    """Format with the patterns of CLDR; where a language has none for whole names of months, that for short ones."""
    if first == last:
        long = _spell(locale, str(format_date(first, "long", locale=locale)))
        return long if skeleton == LONG_RANGE else _skeleton(locale, first, skeleton)
    patterns = locale.interval_formats
    if skeleton in patterns or skeleton == SHORT_RANGE:
        return _spell(locale, str(format_interval(first, last, skeleton, locale=locale)))
    differing = "y" if first.year != last.year else "M" if first.month != last.month else "d"
    parts = (parse_pattern(part.replace("MMM", "MMMM")) for part in patterns[SHORT_RANGE][differing])
    return _spell(locale, "".join(part.apply(day, locale) for part, day in zip(parts, (first, last), strict=True)))


def _spell(locale: Locale, text: str) -> str:
    """Write the Russian word for the year, as the United Nations do: its abbreviation would end a sentence twice."""
    return RUSSIAN_YEAR.sub(" года", text) if locale.language == "ru" else text


def _to_date(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _offset(instant: datetime, zone: str) -> timedelta | None:
    return instant.astimezone(UTC).astimezone(ZoneInfo(zone)).utcoffset()


def _format_offset(local: datetime) -> str:
    """Format the difference from UTC: `+1`, `-3:30`."""
    minutes = int((local.utcoffset() or timedelta()).total_seconds() // 60)
    hours, rest = divmod(abs(minutes), MINUTES_PER_HOUR)
    return f"{'-' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}"
