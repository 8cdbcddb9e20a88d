"""The time plan: the items of an agenda laid out over the sessions of its meeting, each with its start."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID

from app.core.db import ReadSession
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting, MeetingSession
from app.http.localization import Localizer
from app.web.views.agendas import items
from app.web.views.agendas.items import AgendaItemLine, AgendaView
from app.web.views.documents.timeline import get_day_in_meeting_zone

STRIP_WIDTH = 1000  # of a strip, in SVG user units


@dataclass(frozen=True, slots=True)
class PlannedItemSlot:
    """An item in a session: its start, position and width on the strip, and whether it ends after the session."""

    line: AgendaItemLine
    starts_at: datetime
    x: float
    width: float
    over: bool


@dataclass(frozen=True, slots=True)
class PlannedSession:
    """A session with its items in order, and its planned and available minutes (0 if cancelled).

    `end` is where the session ends on its strip, which is as long as the session or the items planned for it.
    """

    session: MeetingSession
    slots: list[PlannedItemSlot]
    planned_minutes: int
    available_minutes: int
    end: float

    @property
    def minutes_over(self) -> int:
        """Return the planned minutes that exceed the session."""
        return max(0, self.planned_minutes - self.available_minutes)

    @property
    def minutes_free(self) -> int:
        """Return the minutes for which nothing is planned."""
        return max(0, self.available_minutes - self.planned_minutes)


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
        return sum(each.planned_minutes for each in self.sessions)

    @property
    def available_minutes(self) -> int:
        """Return the minutes of all sessions that take place."""
        return sum(each.available_minutes for each in self.sessions)

    @property
    def unplanned_minutes(self) -> int:
        """Return the minutes of the items planned for no session."""
        return sum(line.minutes or 0 for line in self.unplanned)


def build_time_plan(
    agenda: AgendaView, meeting: Meeting, sessions: Sequence[MeetingSession], direction: str
) -> TimePlanView:
    """Lay out an agenda over sessions; `direction` is that of the reader's script ("ltr" or "rtl"). An item without
    minutes takes none."""
    parts = {key: lines for key, _, lines in items.group_items_by_session(agenda, {each.id: "" for each in sessions})}
    planned = [_planned_session(each, parts[each.id], mirrored=direction == "rtl") for each in sessions]
    days = groupby(planned, key=lambda each: get_day_in_meeting_zone(each.session.starts_at, meeting))
    return TimePlanView([(day, list(group)) for day, group in days], parts[None])


def _planned_session(session: MeetingSession, lines: Sequence[AgendaItemLine], *, mirrored: bool) -> PlannedSession:
    """Lay out the items of one session; `mirrored` for scripts that run from right to left."""
    available = 0 if session.cancelled else int((session.ends_at - session.starts_at).total_seconds()) // 60
    planned = sum(line.minutes or 0 for line in lines)
    unit = STRIP_WIDTH / max(planned, available, 1)
    return PlannedSession(
        session=session,
        slots=list(_slots(session, lines, available, unit, mirrored=mirrored)),
        planned_minutes=planned,
        available_minutes=available,
        end=round(STRIP_WIDTH - available * unit if mirrored else available * unit, 1),
    )


def _slots(
    session: MeetingSession, lines: Iterable[AgendaItemLine], available: int, unit: float, *, mirrored: bool
) -> Iterable[PlannedItemSlot]:
    spent = 0
    for line in lines:
        begins, lasts = spent, line.minutes or 0
        spent += lasts
        x = STRIP_WIDTH - spent * unit if mirrored else begins * unit
        starts_at = session.starts_at + timedelta(minutes=begins)
        yield PlannedItemSlot(line, starts_at, round(x, 1), round(lasts * unit, 1), over=spent > available)


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
