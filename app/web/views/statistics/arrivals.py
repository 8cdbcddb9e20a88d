"""The arrivals of contributions against the deadline, those of the meeting before in grey: as a drawing (SVG) and as
rows of a table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.core.charts import PlotArea, choose_ticks
from app.core.i18n import text_direction
from app.domain.meetings.models import Meeting
from app.web.views.documents.timeline import get_deadline_day, get_meeting_today

WIDTH, HEIGHT, MARGIN = 560, 240, 34
LABEL_MARGIN = 60  # least distance of the middle of a label from an edge
LABEL_DISTANCE = 130  # of two labels on one line
LEAST_DAYS_BEFORE, MOST_DAYS_BEFORE = 28, 90
LEAST_DAYS_AFTER, MOST_DAYS_AFTER = 4, 28


@dataclass(frozen=True, slots=True)
class ArrivalsCurve:
    """The arrivals at one meeting: its number, its curve, how many came until the day on which today is for the meeting
    that the chart is about, counted from the deadline, and how many in all."""

    number: int
    path: str
    so_far: int
    total: int


@dataclass(frozen=True, slots=True)
class ArrivalsRow:
    """A day of the table: its distance from the deadline, and the sums until its end; None for a day to come."""

    day: date
    days_after_deadline: int
    current: int | None
    previous: int | None


@dataclass(frozen=True, slots=True)
class ArrivalsChart:
    """The coordinates of the drawing in SVG user units, and the rows that say the same."""

    current: ArrivalsCurve
    previous: ArrivalsCurve | None
    rows: Sequence[ArrivalsRow]
    ticks: Sequence[tuple[float, int]]
    deadline: date
    deadline_x: float
    first: date
    today_x: float | None
    area: PlotArea

    @property
    def edges(self) -> tuple[float, float]:
        """The x where the axis begins, and where it ends."""
        return self.area.place_x(self.area.first), self.area.place_x(self.area.last)

    def place_label(self, x: float, margin: int = LABEL_MARGIN) -> float:
        """Return the x of the middle of a label that belongs to x, a margin away from either edge of the drawing."""
        return min(max(x, margin), self.area.width - margin)

    @property
    def has_room_for_first(self) -> bool:
        """Return whether the label of the first day is clear of that of today."""
        return self.today_x is None or abs(self.today_x - self.edges[0]) > LABEL_DISTANCE


def build_arrivals_chart(
    meeting: Meeting,
    by_day: Mapping[date, int],
    previous: Meeting | None,
    previous_by_day: Mapping[date, int],
    language: str,
) -> ArrivalsChart:
    """Build the chart of the contributions to a meeting by day, with those to the meeting before, if there is one."""
    deadline = get_deadline_day(meeting)
    today = (get_meeting_today(meeting) - deadline).days
    counts = _count_from_deadline(by_day, deadline)
    earlier = _count_from_deadline(previous_by_day, get_deadline_day(previous)) if previous else {}
    first, last = _choose_span({*counts, *earlier})
    ticks = choose_ticks(max(sum(counts.values()), sum(earlier.values())))
    mirrored = text_direction(language) == "rtl"
    area = PlotArea(WIDTH, HEIGHT, MARGIN, first, last, ticks[-1], mirrored)
    return ArrivalsChart(
        current=_build_curve(meeting, counts, today, area, until=min(today, last)),
        previous=_build_curve(previous, earlier, today, area, until=last) if previous else None,
        rows=_list_rows(deadline, counts, earlier if previous else None, today),
        ticks=[(area.place_y(tick), tick) for tick in ticks],
        deadline=deadline,
        deadline_x=area.place_x(0),
        first=deadline + timedelta(days=first),
        today_x=area.place_x(today) if first < today < last and today else None,
        area=area,
    )


def _count_from_deadline(by_day: Mapping[date, int], deadline: date) -> dict[int, int]:
    """Return the counts by the number of days after the deadline."""
    return {(day - deadline).days: count for day, count in by_day.items()}


def _choose_span(days: set[int]) -> tuple[int, int]:
    """Choose the days that are drawn: some weeks until the deadline, and some days after it."""
    first = max(min(*days, -LEAST_DAYS_BEFORE, 0) - 1, -MOST_DAYS_BEFORE)
    return first, min(max(*days, LEAST_DAYS_AFTER, 0) + 1, MOST_DAYS_AFTER)


def _build_curve(
    meeting: Meeting, counts: Mapping[int, int], today: int, area: PlotArea, *, until: int
) -> ArrivalsCurve:
    return ArrivalsCurve(
        meeting.number, area.trace_steps(counts, max(until, area.first)), _add_up(counts, today), sum(counts.values())
    )


def _list_rows(
    deadline: date, counts: Mapping[int, int], earlier: Mapping[int, int] | None, today: int
) -> list[ArrivalsRow]:
    """List the days on which the sums change, the deadline and today."""
    days: Iterable[int] = sorted({*counts, *(earlier or ()), 0, today})
    return [
        ArrivalsRow(
            deadline + timedelta(days=day),
            day,
            _add_up(counts, day) if day <= today else None,
            None if earlier is None else _add_up(earlier, day),
        )
        for day in days
    ]


def _add_up(counts: Mapping[int, int], until: int) -> int:
    return sum(count for day, count in counts.items() if day <= until)
