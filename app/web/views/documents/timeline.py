"""The dates of a meeting, as a list and as a drawing (SVG) of the same dates."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from app.core import clock
from app.core.i18n import LazyText, text_direction
from app.core.i18n import lazy_gettext as _
from app.domain.meetings.models import Meeting, MeetingSession
from app.domain.meetings.rules import has_deadline_passed
from app.http.localization import Localizer

WIDTH, MARGIN = 1136, 24
LABEL_MARGIN = 44  # least distance of the word "Today" from an edge
WORDS_WIDTH = 150  # least distance of the word "Today" from the middle of the words at the meeting
BELOW_AXIS, BELOW_AXIS_WITH_LOWER_TODAY = 68, 104
FLAG_WIDTH, LINE_HEIGHT = 190, 18  # of the words at a mark
LOWEST_FLAG, FLAG_GAP, TOP_MARGIN = 28, 8, 18  # axis to lowest words; between words; above the highest
TIME_BEFORE, TIME_AFTER = timedelta(days=4), timedelta(days=7)  # shown beyond the first and the last date


@dataclass(frozen=True, slots=True)
class MeetingTimelineMark:
    """A day on which something is due: its x, the lines of its label, each with its y, and whether it is the next."""

    x: float
    lines: list[tuple[float, LazyText | str]]
    passed: bool
    is_next: bool


@dataclass(frozen=True, slots=True)
class MeetingTimeline:
    """Coordinates of the drawing, in the direction of the reader's script, in SVG units; y counts from the top.

    `middle` is that of the meeting, under which its words are; `is_today_lower` says that the word "Today" is below
    them, since it would lie over them.
    """

    marks: list[MeetingTimelineMark]
    opens: float
    closes: float
    middle: float
    sessions: list[tuple[float, float]]
    today: float | None
    today_label: float
    is_today_lower: bool
    start: float
    axis: float
    height: float
    width: int = WIDTH


def build_named_meeting_deadlines(meeting: Meeting) -> Mapping[str, tuple[LazyText, datetime]]:
    """Return the deadlines of a meeting by permanent names, each with its label."""
    return {
        "proposals": (_("Proposals for the agenda"), meeting.proposals_due_at),
        "contributions": (_("Contributions due"), meeting.contributions_due_at),
        "posting": (_("All documents posted"), meeting.posting_due_at),
        "registration": (_("Registration closes"), meeting.registration_due_at),
    }


def list_meeting_deadlines(meeting: Meeting) -> list[tuple[LazyText, datetime]]:
    """List the deadlines of a meeting, the earliest first."""
    return sorted(build_named_meeting_deadlines(meeting).values(), key=lambda entry: entry[1])


def get_day_in_meeting_zone(instant: datetime, meeting: Meeting) -> date:
    """Return the day of an instant in the zone of the meeting."""
    return instant.astimezone(ZoneInfo(meeting.zone)).date()


def get_deadline_day(meeting: Meeting) -> date:
    """Return the day of the deadline for contributions, in the zone of the meeting."""
    return get_day_in_meeting_zone(meeting.contributions_due_at, meeting)


def get_meeting_today(meeting: Meeting) -> date:
    """Return the present day in the zone of the meeting."""
    return get_day_in_meeting_zone(clock.now(), meeting)


def build_meeting_date_list(meeting: Meeting, formats: Localizer) -> list[tuple[date, LazyText | str, str]]:
    """List dates as `parts/dates.html` takes them, with today among them; times are those of the meeting."""
    today, zone = get_meeting_today(meeting), meeting.zone
    entries: list[tuple[date, LazyText | str]] = [
        (
            get_day_in_meeting_zone(instant, meeting),
            _("%(what)s, %(time)s", what=label, time=formats.format_time_on_day(instant, zone, with_place=False)),
        )
        for label, instant in list_meeting_deadlines(meeting)
    ]
    entries += [(meeting.opens_on, _("The meeting opens")), (meeting.closes_on, _("The meeting closes"))]
    rows = [(day, label, "past" if day < today else "") for day, label in entries]
    return sorted([*rows, (today, formats.format_short_day(today), "mark")], key=lambda entry: entry[0])


def build_meeting_timeline(meeting: Meeting, sessions: Sequence[MeetingSession], formats: Localizer) -> MeetingTimeline:
    """Build the drawing, from a few days before the first deadline to a week after the closing."""
    due_dates = list_meeting_deadlines(meeting)
    first = min(get_day_in_meeting_zone(due_dates[0][1], meeting), meeting.opens_on) - TIME_BEFORE
    last = meeting.closes_on + TIME_AFTER
    mirrored = text_direction(formats.language) == "rtl"
    zone, today = ZoneInfo(meeting.zone), get_meeting_today(meeting)

    def along(day: date, part: float) -> float:
        return MARGIN + ((day - first).days + part) / ((last - first).days + 1) * (WIDTH - 2 * MARGIN)

    def place(day: date, part: float = 0.5) -> float:
        return round(WIDTH - along(day, part) if mirrored else along(day, part), 1)

    def at(instant: datetime) -> float:
        local_time = instant.astimezone(zone)
        return place(local_time.date(), (local_time.hour + local_time.minute / 60) / 24)

    labels = list(_place_labels(meeting, due_dates, formats, along))
    axis = max((high for *_ignored, high in labels), default=LOWEST_FLAG) + TOP_MARGIN
    # A rectangle grows to the right whatever the script.
    opens, closes = sorted((place(meeting.opens_on, 0), place(meeting.closes_on, 1)))
    spans = [
        sorted((at(meeting_session.starts_at), at(meeting_session.ends_at)))
        for meeting_session in sessions
        if not meeting_session.cancelled
    ]
    middle, today_x = round((opens + closes) / 2, 1), place(today) if first <= today <= last else None
    is_today_lower = today_x is not None and abs(today_x - middle) < WORDS_WIDTH
    next_due = min((day for day, _lines, passed, _high in labels if not passed), default=None)
    return MeetingTimeline(
        marks=[
            MeetingTimelineMark(
                place(day, 1),
                [(axis - high + 13 + LINE_HEIGHT * row, line) for row, line in enumerate(lines)],
                passed,
                is_next=day == next_due,
            )
            for day, lines, passed, high in labels
        ],
        opens=opens,
        closes=closes,
        middle=middle,
        sessions=[(begins, round(ends - begins, 1)) for begins, ends in spans],
        today=today_x,
        today_label=min(max(today_x or 0, LABEL_MARGIN), WIDTH - LABEL_MARGIN),
        is_today_lower=is_today_lower,
        start=place(first, 0),
        axis=axis,
        height=axis + (BELOW_AXIS_WITH_LOWER_TODAY if is_today_lower else BELOW_AXIS),
    )


def _place_labels(
    meeting: Meeting,
    due_dates: Sequence[tuple[LazyText, datetime]],
    formats: Localizer,
    along: Callable[[date, float], float],
) -> Iterator[tuple[date, list[LazyText | str], bool, float]]:
    """Yield day, lines, whether it has passed, and height of each label.

    No label lies over the words of a later day, whose pole would cross it: words begin at their pole and run on in the
    direction of the script.
    """
    placed: list[tuple[float, float]] = []
    days = [
        (day, list(group))
        for day, group in groupby(due_dates, key=lambda entry: get_day_in_meeting_zone(entry[1], meeting))
    ]
    for day, group in reversed(days):
        lines: list[LazyText | str] = [*(label for label, _ignored in group), formats.format_day(day, weekday=False)]
        x = along(day, 1)
        bottom = max([LOWEST_FLAG, *(top + FLAG_GAP for other, top in placed if other - x < FLAG_WIDTH)])
        placed.append((x, bottom + LINE_HEIGHT * len(lines)))
        yield day, lines, has_deadline_passed(group[0][1]), placed[-1][1]
