"""The sessions of items when one of them is moved: its place and its session agree. Uses no database."""

from collections.abc import Mapping
from uuid import UUID

from app.domain.agendas.rules.time_plan import resolve_item_sessions
from app.domain.agendas.rules.tree import AgendaTree

ItemSessions = Mapping[UUID, UUID | None]
"""Items and the sessions they are planned for."""


def find_sessions_after_move(
    before: AgendaTree, after: AgendaTree, planned: ItemSessions, item: UUID, neighbour: UUID
) -> ItemSessions:
    """Return what changes in the sessions that items have themselves, so that an item which was moved before, after or
    into another one is dealt with in the session of that one.

    Its sub-items of the same session go with it. Under a parent of that session it needs none of its own.
    """
    was, now = _resolve_sessions(before, planned), _resolve_sessions(after, planned)
    session = now[neighbour]
    if now[item] == session:
        return {}
    parent = after.parent_of(item)
    follows_parent = parent is not None and now[parent] == session
    along = (each for each, _path in after.walk(item) if planned[each] and planned[each] == was[item])
    return dict.fromkeys(along, session) | {item: None if follows_parent else session}


def find_neighbour_after_move(after: AgendaTree, planned: ItemSessions, item: UUID) -> UUID | None:
    """Find the item in whose session one that was moved to a position is dealt with: of those right before and after it
    one that is in its own session already, else the one before it, after it, or above it; None if it is alone."""
    parent = after.parent_of(item)
    siblings, now = after.children_of(parent), _resolve_sessions(after, planned)
    place = siblings.index(item)
    around = [*siblings[max(0, place - 1) : place], *siblings[place + 1 : place + 2], *([parent] if parent else [])]
    return next((each for each in around[:2] if now[each] == now[item]), around[0] if around else None)


def _resolve_sessions(tree: AgendaTree, planned: ItemSessions) -> ItemSessions:
    parents = {item: parent for item, parent, _position in tree.iterate_item_positions()}
    return resolve_item_sessions((item, parents[item], planned[item]) for item, _path in tree.walk())
