"""Which session each agenda item is planned for, and how long the items of a session take. Uses no database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from app.core.db import LocalizedText
from app.domain.meetings.models import MeetingSession


class PlannedItem(Protocol):
    """An item of an agenda, as far as its time and its titles go."""

    id: UUID
    parent_id: UUID | None
    titles: LocalizedText
    minutes: int | None
    session_id: UUID | None


@dataclass(frozen=True, slots=True)
class SessionLoad:
    """A session that takes place, the items planned for it from the top, and its planned and available minutes."""

    session: MeetingSession
    item_ids: tuple[UUID, ...]
    planned_minutes: int
    available_minutes: int

    @property
    def minutes_over(self) -> int:
        """Return the planned minutes that exceed the session."""
        return max(0, self.planned_minutes - self.available_minutes)


def resolve_item_sessions(items: Iterable[tuple[UUID, UUID | None, UUID | None]]) -> dict[UUID, UUID | None]:
    """Return the session of each item, given (item, parent, own session) with parents before children."""
    chosen: dict[UUID, UUID | None] = {}
    for item, parent, own in items:
        chosen[item] = own or (chosen[parent] if parent else None)
    return chosen


def compute_session_loads(
    items: Sequence[PlannedItem], sessions: Iterable[MeetingSession], session_of_item: Mapping[UUID, UUID | None]
) -> list[SessionLoad]:
    """Compute the load of each session that takes place, in the order of the sessions; `items` are from the top."""
    loads = []
    for each in sessions:
        if each.cancelled:
            continue
        planned = [item for item in items if session_of_item[item.id] == each.id]
        loads.append(
            SessionLoad(
                each,
                tuple(item.id for item in planned),
                sum(item.minutes or 0 for item in planned),
                int((each.ends_at - each.starts_at).total_seconds()) // 60,
            )
        )
    return loads
