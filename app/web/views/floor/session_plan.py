"""What the agenda plans for one session, hour by hour: for the one that is open, or for the next one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from app.domain.agendas.rules.time_plan import PlannedItem, compute_session_loads
from app.domain.meetings.models import Meeting, MeetingSession
from app.web.views.documents.timeline import get_day_in_meeting_zone


@dataclass(frozen=True, slots=True)
class FloorAgendaItem:
    """An item of the released agenda."""

    id: UUID
    number: str
    title: str
    lang: str | None


@dataclass(frozen=True, slots=True)
class PlanLine:
    """An item of a session. `hour` is when the plan has it begin, None for a sub-item without minutes; `expected` is
    when it will begin with the present delay, if there is one. `is_over` is what comes before the current item."""

    item: FloorAgendaItem
    hour: datetime | None
    expected: datetime | None
    is_current: bool
    is_over: bool


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """A session on its day, with its items in the order of the agenda."""

    session: MeetingSession
    day: date
    lines: list[PlanLine]


def build_session_plan(
    meeting: Meeting,
    session: MeetingSession,
    items: Mapping[UUID, FloorAgendaItem],
    planned: Sequence[PlannedItem],
    *,
    current: UUID | None,
    delay: int | None,
) -> SessionPlan:
    """Build the plan of a session. `delay` is how many minutes it is behind the plan: what comes after the current item
    begins so much later."""
    (load,) = compute_session_loads(planned, [session])
    place = next((place for place, each in enumerate(load.items) if each.item_id == current), -1)
    later, lines = timedelta(minutes=delay or 0), []
    for number, time in enumerate(load.items):
        expected = time.hour + later if time.hour and later and 0 <= place < number else None
        lines.append(PlanLine(items[time.item_id], time.hour, expected, number == place, number < place))
    return SessionPlan(session, get_day_in_meeting_zone(session.starts_at, meeting), lines)
