"""What to look at before a draft agenda is released. Nothing of it prevents the release. Uses no database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from app.core.db import LocalizedText
from app.core.i18n import LANGUAGES
from app.domain.agendas.rules.diff import find_longest_rising_run
from app.domain.agendas.rules.time_plan import PlannedItem, SessionLoad, compute_session_loads
from app.domain.meetings.models import MeetingSession


class DraftedItem(Protocol):
    """An item of a draft, as far as its time and its titles go."""

    id: UUID
    parent_id: UUID | None
    titles: LocalizedText
    minutes: int | None
    session_id: UUID | None


@dataclass(frozen=True, slots=True)
class ReleaseWarnings:
    """Items of a draft to look at, by what is missing or wrong, each list from the top; and the load of each session
    that takes place.

    `missing_titles` are the languages without a title, by item. `out_of_order` are the fewest items without which the
    agenda is in the order of its sessions. `session_of_item` is the session that takes place, of each item that has
    one. Without sessions nothing is said of minutes, sessions and order.
    """

    without_minutes: tuple[UUID, ...]
    without_session: tuple[UUID, ...]
    out_of_order: tuple[UUID, ...]
    missing_titles: Mapping[UUID, tuple[str, ...]]
    session_loads: tuple[SessionLoad, ...]
    session_of_item: Mapping[UUID, UUID]

    @property
    def overrun_sessions(self) -> list[SessionLoad]:
        """Return the sessions whose items take longer than the session."""
        return [load for load in self.session_loads if load.minutes_over]

    @property
    def empty_sessions(self) -> list[SessionLoad]:
        """Return the sessions for which nothing is planned."""
        return [load for load in self.session_loads if not load.items]


def find_release_warnings(items: Sequence[DraftedItem], sessions: Sequence[MeetingSession]) -> ReleaseWarnings:
    """Find the warnings for a draft, given its items from the top and the sessions in their order.

    An item that only has sub-items needs neither minutes nor a session of its own. A cancelled session counts as none.
    """
    plan = [PlannedItem(item.id, item.parent_id, item.session_id, item.minutes) for item in items]
    loads = tuple(load for load in compute_session_loads(plan, sessions) if not load.session.cancelled)
    place_of_session = {load.session.id: place for place, load in enumerate(loads)}
    session_of_item = {item.item_id: load.session.id for load in loads for item in load.items}
    parents = {item.parent_id for item in items}
    dealt_with = [item for item in items if loads and (item.id not in parents or item.minutes)]
    planned = [item.id for item in dealt_with if item.id in session_of_item]
    # The place in the agenda makes items of one session a rising run too.
    places = [place_of_session[session_of_item[item]] * len(planned) + number for number, item in enumerate(planned)]
    in_order = {planned[index] for index in find_longest_rising_run(places)}
    return ReleaseWarnings(
        without_minutes=tuple(item.id for item in dealt_with if item.minutes is None),
        without_session=tuple(item.id for item in dealt_with if item.id not in session_of_item),
        out_of_order=tuple(item for item in planned if item not in in_order),
        missing_titles={item.id: missing for item in items if (missing := list_missing_languages(item))},
        session_loads=loads,
        session_of_item=session_of_item,
    )


def list_missing_languages(item: DraftedItem) -> tuple[str, ...]:
    """List the languages in which an item has no title."""
    return tuple(code for code in LANGUAGES if not item.titles.get(code))
