"""The dates of a meeting, as a list and as a drawing that shows the same."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from app.asgi.formats import Formats
from app.core import clock
from app.core.i18n import Text, direction, say
from app.domain.meetings.models import Meeting, MeetingSession
from app.domain.meetings.rules import has_passed

WIDTH, MARGIN = 1136, 24
LABEL = 90  # the word "Today" comes no nearer to an edge
FLAG, LINE = 190, 18  # how wide the words at a mark may be, and how high a line of them is
LOWEST, GAP, ABOVE = 28, 8, 18  # from the line up to the lowest words; between words; above the highest
BEFORE, AFTER = timedelta(days=4), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Mark:
    """A day on which something is due: where it stands, and its words, each with the height of its line."""

    x: float
    lines: list[tuple[float, Text | str]]
    passed: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """Where things stand on the line, in the direction of the reader's script. Heights are measured from above."""

    marks: list[Mark]
    opens: float
    closes: float
    sessions: list[tuple[float, float]]
    today: float | None
    today_label: float
    start: float
    axis: float
    width: int = WIDTH


def due(meeting: Meeting) -> Mapping[str, tuple[Text, datetime]]:
    """What is due before a meeting, by names that stay."""
    return {
        "proposals": (say("Proposals for the agenda"), meeting.proposals_due_at),
        "contributions": (say("Contributions due"), meeting.contributions_due_at),
        "posting": (say("All documents posted"), meeting.posting_due_at),
        "registration": (say("Registration closes"), meeting.registration_due_at),
    }


def deadlines(meeting: Meeting) -> list[tuple[Text, datetime]]:
    """What is due before a meeting, the first first."""
    return sorted(due(meeting).values(), key=lambda entry: entry[1])


def day_of(instant: datetime, meeting: Meeting) -> date:
    """The day that an instant is on, where the meeting is."""
    return instant.astimezone(ZoneInfo(meeting.zone)).date()


def due_on(meeting: Meeting) -> date:
    """The day of the deadline for contributions, where the meeting is."""
    return day_of(meeting.contributions_due_at, meeting)


def today_at(meeting: Meeting) -> date:
    """The day that it is where the meeting is."""
    return day_of(clock.now(), meeting)


def dates(meeting: Meeting, formats: Formats) -> list[tuple[date, Text | str, str]]:
    """A calendar as `parts/dates.html` takes it; today stands in its place."""
    today = today_at(meeting)
    listed: list[tuple[date, Text | str]] = [
        (day_of(due, meeting), say("%(what)s: %(due)s", what=what, due=formats.when(due, meeting.zone)))
        for what, due in deadlines(meeting)
    ]
    listed += [(meeting.opens_on, say("The meeting opens")), (meeting.closes_on, say("The meeting closes"))]
    shown = [(day, what, "past" if day < today else "") for day, what in listed]
    return sorted([*shown, (today, formats.day(today), "mark")], key=lambda entry: entry[0])


def timeline(meeting: Meeting, sessions: Sequence[MeetingSession], formats: Formats) -> Timeline:
    """From a few days before the first deadline to a week after the closing; today only if it lies between."""
    due = deadlines(meeting)
    first, last = min(day_of(due[0][1], meeting), meeting.opens_on) - BEFORE, meeting.closes_on + AFTER
    mirrored = direction(formats.language) == "rtl"
    zone, today = ZoneInfo(meeting.zone), today_at(meeting)

    def along(day: date, part: float) -> float:
        return MARGIN + ((day - first).days + part) / ((last - first).days + 1) * (WIDTH - 2 * MARGIN)

    def place(day: date, part: float = 0.5) -> float:
        return round(WIDTH - along(day, part) if mirrored else along(day, part), 1)

    def at(instant: datetime) -> float:
        there = instant.astimezone(zone)
        return place(there.date(), (there.hour + there.minute / 60) / 24)

    flags = list(_flags(meeting, due, formats, along))
    axis = max((high for *_, high in flags), default=LOWEST) + ABOVE
    # A rectangle grows to the right whatever the script.
    opens, closes = sorted((place(meeting.opens_on, 0), place(meeting.closes_on, 1)))
    spans = [sorted((at(each.starts_at), at(each.ends_at))) for each in sessions if not each.cancelled]
    now = place(today) if first <= today <= last else None
    return Timeline(
        marks=[
            Mark(place(day, 1), [(axis - high + 13 + LINE * row, line) for row, line in enumerate(lines)], passed)
            for day, lines, passed, high in flags
        ],
        opens=opens,
        closes=closes,
        sessions=[(begins, round(ends - begins, 1)) for begins, ends in spans],
        today=now,
        today_label=min(max(now or 0, LABEL), WIDTH - LABEL),
        start=place(first, 0),
        axis=axis,
    )


def _flags(
    meeting: Meeting, due: Sequence[tuple[Text, datetime]], formats: Formats, along: Callable[[date, float], float]
) -> Iterator[tuple[date, list[Text | str], bool, float]]:
    """The words at each day, and how high they reach: none over the words of a later day, whose pole would cross them.

    Words begin at their pole and run on in the direction of the script.
    """
    placed: list[tuple[float, float]] = []
    days = [(day, list(group)) for day, group in groupby(due, key=lambda entry: day_of(entry[1], meeting))]
    for day, group in reversed(days):
        lines: list[Text | str] = [*(what for what, _ in group), formats.day(day, weekday=False)]
        x = along(day, 1)
        low = max([LOWEST, *(high + GAP for other, high in placed if other - x < FLAG)])
        placed.append((x, low + LINE * len(lines)))
        yield day, lines, has_passed(group[0][1]), placed[-1][1]
