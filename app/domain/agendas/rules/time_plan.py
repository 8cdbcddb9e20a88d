"""Which session each agenda item is planned for, when it begins, and how long the items of a session take. Uses no
database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from app.domain.meetings.models import MeetingSession


class PlannedItem(NamedTuple):
    """An item of an agenda, as far as its time goes."""

    id: UUID
    parent_id: UUID | None
    session_id: UUID | None
    minutes: int | None


@dataclass(frozen=True, slots=True)
class ItemTime:
    """When an item begins in its session, in minutes from the start, how many minutes it takes, and whether it ends
    after the session.

    `hour` is the instant at which pages say that it begins. They say none for a sub-item without minutes, which is
    dealt with under the item above, and for an item of a session that is cancelled.
    """

    item_id: UUID
    begins_after: int
    minutes: int
    hour: datetime | None
    over: bool


@dataclass(frozen=True, slots=True)
class SessionLoad:
    """A session, the items planned for it from the top, and its available minutes (0 if it is cancelled)."""

    session: MeetingSession
    items: tuple[ItemTime, ...]
    available_minutes: int

    @property
    def planned_minutes(self) -> int:
        """Return the minutes of the items planned for the session."""
        return sum(item.minutes for item in self.items)

    @property
    def minutes_over(self) -> int:
        """Return the planned minutes that exceed the session."""
        return max(0, self.planned_minutes - self.available_minutes)

    @property
    def minutes_free(self) -> int:
        """Return the minutes for which nothing is planned."""
        return max(0, self.available_minutes - self.planned_minutes)


def resolve_item_sessions(items: Iterable[tuple[UUID, UUID | None, UUID | None]]) -> dict[UUID, UUID | None]:
    """Return the session of each item, given (item, parent, own session) with parents before children."""
    chosen: dict[UUID, UUID | None] = {}
    for item, parent, own in items:
        chosen[item] = own or (chosen[parent] if parent else None)
    return chosen


def compute_session_loads(items: Sequence[PlannedItem], sessions: Iterable[MeetingSession]) -> list[SessionLoad]:
    """Compute the load of each session, in the order of the sessions; `items` are from the top. An item without
    minutes takes none."""
    session_of_item = resolve_item_sessions((item.id, item.parent_id, item.session_id) for item in items)
    planned: dict[UUID | None, list[PlannedItem]] = {}
    for item in items:
        planned.setdefault(session_of_item[item.id], []).append(item)
    return [_compute_load(each, planned.get(each.id, [])) for each in sessions]


def _compute_load(session: MeetingSession, items: Iterable[PlannedItem]) -> SessionLoad:
    available = 0 if session.cancelled else int((session.ends_at - session.starts_at).total_seconds()) // 60
    times, spent = [], 0
    for item in items:
        begins, spent = spent, spent + (item.minutes or 0)
        has_hour = not session.cancelled and (bool(item.minutes) or item.parent_id is None)
        hour = session.starts_at + timedelta(minutes=begins) if has_hour else None
        over = not session.cancelled and spent > available
        times.append(ItemTime(item.id, begins, item.minutes or 0, hour, over))
    return SessionLoad(session, tuple(times), available)
