"""The time plan: the items of an agenda laid over the sessions of its meeting, with the hour at which each begins."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID

from app.domain.meetings.models import Meeting, MeetingSession
from app.web import agenda_lines
from app.web.agenda_lines import Agenda, ItemLine
from app.web.timeline import day_of

WIDTH = 1000  # of a strip, in units of its own


@dataclass(frozen=True, slots=True)
class Slot:
    """An item in a session: when it begins, its share of the strip, and whether it lasts beyond the session's end."""

    line: ItemLine
    starts_at: datetime
    x: float
    width: float
    over: bool


@dataclass(frozen=True, slots=True)
class Planned:
    """A session with its items in order; minutes planned, and minutes that there are. A cancelled one has none.

    `end` is where the session ends on its strip, which is as long as the session or as what is planned for it.
    """

    session: MeetingSession
    slots: list[Slot]
    planned: int
    available: int
    end: float

    @property
    def over(self) -> int:
        """Minutes planned that there are not."""
        return max(0, self.planned - self.available)

    @property
    def free(self) -> int:
        """Minutes that nothing is planned for."""
        return max(0, self.available - self.planned)


@dataclass(frozen=True, slots=True)
class Plan:
    """The sessions by their days, in order, and the items that stand in none."""

    days: list[tuple[date, list[Planned]]]
    unplanned: list[ItemLine]

    @property
    def sessions(self) -> list[Planned]:
        return [each for _, sessions in self.days for each in sessions]

    @property
    def planned(self) -> int:
        """Minutes of all items that stand in a session."""
        return sum(each.planned for each in self.sessions)

    @property
    def available(self) -> int:
        return sum(each.available for each in self.sessions)

    @property
    def beside(self) -> dict[UUID, tuple[UUID | None, UUID | None]]:
        """Of each session that takes place, the one before it and the one after it."""
        keys = [each.session.id for each in self.sessions if not each.session.cancelled]
        return {
            key: (former, latter) for former, key, latter in zip([None, *keys], keys, [*keys[1:], None], strict=False)
        }

    @property
    def wanting(self) -> int:
        """Minutes of the items that stand in no session."""
        return sum(line.minutes or 0 for line in self.unplanned)


def lay(agenda: Agenda, meeting: Meeting, sessions: Sequence[MeetingSession], direction: str) -> Plan:
    """Lay an agenda over sessions, for a reader whose script runs in that direction. An item without minutes takes
    none."""
    parts = {key: lines for key, _, lines in agenda_lines.by_session(agenda, {each.id: "" for each in sessions})}
    laid = [_planned(each, parts[each.id], mirrored=direction == "rtl") for each in sessions]
    days = groupby(laid, key=lambda each: day_of(each.session.starts_at, meeting))
    return Plan([(day, list(group)) for day, group in days], parts[None])


def _planned(session: MeetingSession, lines: Sequence[ItemLine], *, mirrored: bool) -> Planned:
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
