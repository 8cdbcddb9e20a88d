"""The time plan: the items of an agenda laid out over the sessions of its meeting, each with its start."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID

from app.domain.meetings.models import Meeting, MeetingSession
from app.web import agenda_lines
from app.web.agenda_lines import Agenda, ItemLine
from app.web.timeline import day_of

WIDTH = 1000  # of a strip, in SVG user units


@dataclass(frozen=True, slots=True)
class Slot:
    """An item in a session: its start, position and width on the strip, and whether it ends after the session."""

    line: ItemLine
    starts_at: datetime
    x: float
    width: float
    over: bool


@dataclass(frozen=True, slots=True)
class Planned:
    """A session with its items in order, and its planned and available minutes (0 if cancelled).

    `end` is where the session ends on its strip, which is as long as the session or the items planned for it.
    """

    session: MeetingSession
    slots: list[Slot]
    planned: int
    available: int
    end: float

    @property
    def over(self) -> int:
        """Return the planned minutes that exceed the session."""
        return max(0, self.planned - self.available)

    @property
    def free(self) -> int:
        """Return the minutes for which nothing is planned."""
        return max(0, self.available - self.planned)


@dataclass(frozen=True, slots=True)
class Plan:
    """The sessions grouped by day, in order, and the items planned for none."""

    days: list[tuple[date, list[Planned]]]
    unplanned: list[ItemLine]

    @property
    def sessions(self) -> list[Planned]:
        """Return all sessions in order."""
        return [each for _, sessions in self.days for each in sessions]

    @property
    def planned(self) -> int:
        """Return the minutes of all items planned for a session."""
        return sum(each.planned for each in self.sessions)

    @property
    def available(self) -> int:
        """Return the minutes of all sessions that take place."""
        return sum(each.available for each in self.sessions)

    @property
    def beside(self) -> dict[UUID, tuple[UUID | None, UUID | None]]:
        """Return, for each session that takes place, the one before and the one after it."""
        keys = [each.session.id for each in self.sessions if not each.session.cancelled]
        return {
            key: (former, latter) for former, key, latter in zip([None, *keys], keys, [*keys[1:], None], strict=False)
        }

    @property
    def wanting(self) -> int:
        """Return the minutes of the items planned for no session."""
        return sum(line.minutes or 0 for line in self.unplanned)


def lay(agenda: Agenda, meeting: Meeting, sessions: Sequence[MeetingSession], direction: str) -> Plan:
    """Lay out an agenda over sessions; `direction` is that of the reader's script ("ltr" or "rtl"). An item without
    minutes takes none."""
    parts = {key: lines for key, _, lines in agenda_lines.by_session(agenda, {each.id: "" for each in sessions})}
    laid = [_planned_session(each, parts[each.id], mirrored=direction == "rtl") for each in sessions]
    days = groupby(laid, key=lambda each: day_of(each.session.starts_at, meeting))
    return Plan([(day, list(group)) for day, group in days], parts[None])


def _planned_session(session: MeetingSession, lines: Sequence[ItemLine], *, mirrored: bool) -> Planned:
    """Lay out the items of one session; `mirrored` for scripts that run from right to left."""
    available = 0 if session.cancelled else int((session.ends_at - session.starts_at).total_seconds()) // 60
    planned = sum(line.minutes or 0 for line in lines)
    unit = WIDTH / max(planned, available, 1)
    return Planned(
        session=session,
        slots=list(_slots(session, lines, available, unit, mirrored=mirrored)),
        planned=planned,
        available=available,
        end=round(WIDTH - available * unit if mirrored else available * unit, 1),
    )


def _slots(
    session: MeetingSession, lines: Iterable[ItemLine], available: int, unit: float, *, mirrored: bool
) -> Iterable[Slot]:
    spent = 0
    for line in lines:
        begins, lasts = spent, line.minutes or 0
        spent += lasts
        x = WIDTH - spent * unit if mirrored else begins * unit
        starts_at = session.starts_at + timedelta(minutes=begins)
        yield Slot(line, starts_at, round(x, 1), round(lasts * unit, 1), over=spent > available)
