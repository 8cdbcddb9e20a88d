"""The time plan: the items of an agenda laid over the sessions of its meeting, with the hour at which each begins."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.meetings.models import MeetingSession
from app.web import agenda_lines
from app.web.agenda_lines import Agenda, ItemLine


@dataclass(frozen=True, slots=True)
class Slot:
    """An item in a session: when it begins, and whether it lasts beyond the session's end."""

    line: ItemLine
    starts_at: datetime
    over: bool


@dataclass(frozen=True, slots=True)
class Planned:
    """A session with its items in order; minutes planned, and minutes that there are. A cancelled one has none."""

    session: MeetingSession
    slots: list[Slot]
    planned: int
    available: int

    @property
    def over(self) -> int:
        """Minutes planned that there are not."""
        return max(0, self.planned - self.available)


@dataclass(frozen=True, slots=True)
class Plan:
    """The sessions in their order, and the items that stand in none."""

    sessions: list[Planned]
    unplanned: list[ItemLine]


def lay(agenda: Agenda, sessions: Sequence[MeetingSession]) -> Plan:
    """Lay an agenda over sessions. An item without minutes takes none."""
    parts = {key: lines for key, _, lines in agenda_lines.by_session(agenda, {each.id: "" for each in sessions})}
    return Plan([_planned(each, parts[each.id]) for each in sessions], parts[None])


def _planned(session: MeetingSession, lines: Iterable[ItemLine]) -> Planned:
    available = 0 if session.cancelled else int((session.ends_at - session.starts_at).total_seconds()) // 60
    slots, spent = [], 0
    for line in lines:
        begins, spent = spent, spent + (line.minutes or 0)
        slots.append(Slot(line, session.starts_at + timedelta(minutes=begins), over=spent > available))
    return Planned(session, slots, spent, available)
