"""The dates of a meeting, as a list and as a drawing that shows the same."""

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from app.asgi.formats import Formats
from app.core import clock
from app.core.i18n import Text, direction, say
from app.domain.meetings.models import Meeting

WIDTH, MARGIN = 1136, 24
LABEL = 90  # no label comes nearer to an edge
BEFORE, AFTER = timedelta(days=14), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Where things stand on the line, in the direction of the reader's script."""

    due: float
    opens: float
    closes: float
    today: float | None
    today_label: float
    start: float
    width: int = WIDTH


def due_on(meeting: Meeting) -> date:
    """The day of the deadline, where the meeting is."""
    return meeting.contributions_due_at.astimezone(ZoneInfo(meeting.zone)).date()


def today_at(meeting: Meeting) -> date:
    """The day that it is where the meeting is."""
    return clock.now().astimezone(ZoneInfo(meeting.zone)).date()


def dates(meeting: Meeting, formats: Formats) -> list[tuple[date, Text | str, str]]:
    """A calendar as `parts/dates.html` takes it; today stands in its place."""
    today = today_at(meeting)
    due = formats.when(meeting.contributions_due_at, meeting.zone)
    listed: list[tuple[date, Text | str]] = [
        (due_on(meeting), say("Contributions are due: %(due)s", due=due)),
        (meeting.opens_on, say("The meeting opens")),
        (meeting.closes_on, say("The meeting closes")),
    ]
    shown = [(day, what, "past" if day < today else "") for day, what in listed]
    return sorted([*shown, (today, formats.day(today), "mark")], key=lambda entry: entry[0])


def timeline(meeting: Meeting, formats: Formats) -> Timeline:
    """From two weeks before the deadline to one after the closing; today only if it lies between."""
    due, today = due_on(meeting), today_at(meeting)
    first, last = due - BEFORE, meeting.closes_on + AFTER
    mirrored = direction(formats.language) == "rtl"

    def place(day: date, part: float = 0.5) -> float:
        share = ((day - first).days + part) / ((last - first).days + 1)
        x = MARGIN + share * (WIDTH - 2 * MARGIN)
        return round(WIDTH - x if mirrored else x, 1)

    # A rectangle grows to the right whatever the script.
    opens, closes = sorted((place(meeting.opens_on, 0), place(meeting.closes_on, 1)))
    now = place(today) if first <= today <= last else None
    label = min(max(now or 0, LABEL), WIDTH - LABEL)
    return Timeline(place(due, 1), opens, closes, now, label, place(first, 0))
