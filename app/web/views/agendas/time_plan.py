"""The time plan: the items of an agenda laid out over the sessions of its meeting, each with its start."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from uuid import UUID

from app.core.charts import Gauge
from app.core.db import ReadSession
from app.domain.agendas.rules.time_plan import ItemTime, SessionLoad, compute_session_loads
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting, MeetingSession
from app.http.localization import Localizer
from app.web.views.agendas import items
from app.web.views.agendas.gauges import build_load_gauge
from app.web.views.agendas.items import AgendaItemLine, AgendaView
from app.web.views.documents.timeline import get_day_in_meeting_zone

STRIP_WIDTH = 1000  # of a strip, in SVG user units


@dataclass(frozen=True, slots=True)
class PlannedItemSlot:
    """An item in a session: its time, and its position and width on the strip."""

    line: AgendaItemLine
    time: ItemTime
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class PlannedSession:
    """A session on its day with its items in order, and the drawings of what is planned for it.

    `end` is where the session ends on its strip, which is as long as the session or the items planned for it.
    """

    load: SessionLoad
    day: date
    slots: list[PlannedItemSlot]
    end: float
    gauge: Gauge | None


@dataclass(frozen=True, slots=True)
class TimePlanView:
    """The sessions grouped by day, in order, and the items planned for none."""

    days: list[tuple[date, list[PlannedSession]]]
    unplanned: list[AgendaItemLine]

    @property
    def sessions(self) -> list[PlannedSession]:
        """Return all sessions in order."""
        return [each for _, sessions in self.days for each in sessions]

    @property
    def planned_minutes(self) -> int:
        """Return the minutes of all items planned for a session."""
        return sum(each.load.planned_minutes for each in self.sessions)

    @property
    def available_minutes(self) -> int:
        """Return the minutes of all sessions that take place."""
        return sum(each.load.available_minutes for each in self.sessions)

    @property
    def unplanned_minutes(self) -> int:
        """Return the minutes of the items planned for no session."""
        return sum(line.minutes or 0 for line in self.unplanned)


def build_time_plan(
    agenda: AgendaView, meeting: Meeting, sessions: Sequence[MeetingSession], direction: str
) -> TimePlanView:
    """Lay out an agenda over sessions; `direction` is that of the reader's script ("ltr" or "rtl")."""
    lines, mirrored = {line.id: line for line in agenda.items}, direction == "rtl"
    loads = compute_session_loads(items.list_planned_items(agenda), sessions)
    planned = [
        _planned_session(load, get_day_in_meeting_zone(load.session.starts_at, meeting), lines, mirrored=mirrored)
        for load in loads
    ]
    days = groupby(planned, key=lambda each: each.day)
    in_sessions = {item.item_id for load in loads for item in load.items}
    unplanned = [line for line in agenda.items if line.id not in in_sessions]
    return TimePlanView([(day, list(group)) for day, group in days], unplanned)


def _planned_session(
    load: SessionLoad, day: date, lines: Mapping[UUID, AgendaItemLine], *, mirrored: bool
) -> PlannedSession:
    """Draw one session; `mirrored` for scripts that run from right to left."""
    unit = STRIP_WIDTH / max(load.planned_minutes, load.available_minutes, 1)
    available = load.available_minutes * unit
    return PlannedSession(
        load=load,
        day=day,
        slots=[_slot(lines[time.item_id], time, unit, mirrored=mirrored) for time in load.items],
        end=round(STRIP_WIDTH - available if mirrored else available, 1),
        gauge=build_load_gauge(load, mirrored=mirrored),
    )


def _slot(line: AgendaItemLine, time: ItemTime, unit: float, *, mirrored: bool) -> PlannedItemSlot:
    ends_after = time.begins_after + time.minutes
    x = STRIP_WIDTH - ends_after * unit if mirrored else time.begins_after * unit
    return PlannedItemSlot(line, time, round(x, 1), round(time.minutes * unit, 1))


def list_session_labels(session: ReadSession, meeting: Meeting, formats: Localizer) -> dict[UUID, str]:
    """Return the sessions of a meeting, labelled by their start."""
    return label_sessions(meetings.list_sessions(session, meeting), meeting, formats)


def list_session_choices(
    sessions: Sequence[MeetingSession], meeting: Meeting, formats: Localizer, *, chosen: UUID | None = None
) -> list[tuple[UUID, str]]:
    """List the sessions that an item may be planned for, each with the number that the rows of the editor take; one
    that was cancelled only if it is the one chosen."""
    labels = label_sessions(sessions, meeting, formats)
    return [
        (each.id, f"{number} · {labels[each.id]}")
        for number, each in enumerate(sessions, start=1)
        if not each.cancelled or each.id == chosen
    ]


def label_sessions(sessions: Iterable[MeetingSession], meeting: Meeting, formats: Localizer) -> dict[UUID, str]:
    """Label sessions by their start."""
    return {each.id: formats.format_short_instant(each.starts_at, meeting.zone, weekday=True) for each in sessions}
