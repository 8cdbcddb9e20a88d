"""The order of an agenda as an immutable value: parents, and places under them. Uses no database.

Every move returns a new tree with the same items, or raises Conflict.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from app.core.errors import Conflict
from app.core.i18n import lazy_gettext as _

MAX_DEPTH = 4
"""Highest number of levels of an agenda."""

ItemPosition = tuple[UUID, UUID | None, int]
"""item, parent, position."""


@dataclass(frozen=True, slots=True)
class AgendaTree:
    """Items in order under their parents; items of the top level are under None."""

    children: Mapping[UUID | None, tuple[UUID, ...]]

    @classmethod
    def from_rows(cls, rows: Iterable[ItemPosition]) -> "AgendaTree":
        """Build a tree from rows in any order."""
        under: dict[UUID | None, list[tuple[int, UUID]]] = {}
        for item, parent, position in rows:
            under.setdefault(parent, []).append((position, item))
        return cls({parent: tuple(item for _ignored, item in sorted(items)) for parent, items in under.items()})

    def iterate_item_positions(self) -> Iterator[ItemPosition]:
        """Yield every item with its parent and position."""
        for parent, items in self.children.items():
            for position, item in enumerate(items):
                yield item, parent, position

    def children_of(self, parent: UUID | None) -> tuple[UUID, ...]:
        """Return the items directly under a parent, in order."""
        return self.children.get(parent, ())

    def walk(self, parent: UUID | None = None, path: tuple[int, ...] = ()) -> Iterator[tuple[UUID, tuple[int, ...]]]:
        """Yield every item from the top, with its path: (4, 1) is the first item under the fourth one."""
        for place, item in enumerate(self.children_of(parent), start=1):
            yield item, (*path, place)
            yield from self.walk(item, (*path, place))

    def parent_of(self, item: UUID) -> UUID | None:
        """Return the parent of an item; None on the top level."""
        return next(parent for parent, items in self.children.items() if item in items)

    def with_item(self, item: UUID, new_parent: UUID | None, position: int) -> "AgendaTree":
        """Return the tree with one more item, at that position or at the end. Raises Conflict if it gets too deep."""
        siblings = self.children_of(new_parent)
        position = max(0, min(position, len(siblings)))
        return AgendaTree(
            {**self.children, new_parent: (*siblings[:position], item, *siblings[position:])}
        )._check_depth()

    def without_item(self, item: UUID) -> "AgendaTree":
        """Return the tree without an item. Raises Conflict if other items are under it."""
        if self.children_of(item):
            raise Conflict(_("This item has sub-items. Move them elsewhere first."))
        parent = self.parent_of(item)
        return AgendaTree(
            {**self.children, parent: tuple(child for child in self.children_of(parent) if child != item)}
        )

    def with_item_moved(self, item: UUID, new_parent: UUID | None, position: int) -> "AgendaTree":
        """Return the tree with an item and everything below it in another place; `position` counts without the item.

        Raises Conflict if the item would come under itself, or the tree gets too deep.
        """
        ancestor: UUID | None = new_parent
        while ancestor is not None:
            if ancestor == item:
                raise Conflict(_("An item cannot be moved under itself."))
            ancestor = self.parent_of(ancestor)
        parent = self.parent_of(item)
        remaining = {**self.children, parent: tuple(child for child in self.children_of(parent) if child != item)}
        return AgendaTree(remaining).with_item(item, new_parent, position)

    def with_item_next_to(self, item: UUID, neighbour: UUID, place: str) -> "AgendaTree":
        """Return the tree with an item `before` or `after` another one, or `into` it as its last sub-item.

        Raises Conflict if the item would come under itself, or the tree gets too deep.
        """
        if place == "into":
            return self.with_item_moved(item, neighbour, len(self.children_of(neighbour)))
        if item == neighbour:
            return self
        parent = self.parent_of(neighbour)
        siblings = [child for child in self.children_of(parent) if child != item]
        return self.with_item_moved(item, parent, siblings.index(neighbour) + (place == "after"))

    def find_step(self, item: UUID, direction: str) -> tuple[UUID, str]:
        """Find the item that a step passes, and where it leads in relation to that one: `up`, `down`, `in` (into the
        one before it) or `out` (after its parent).

        Raises Conflict at the end of the agenda.
        """
        parent = self.parent_of(item)
        siblings = self.children_of(parent)
        place = siblings.index(item)
        if direction in ("up", "in") and place > 0:
            return siblings[place - 1], "before" if direction == "up" else "into"
        if direction == "down" and place + 1 < len(siblings):
            return siblings[place + 1], "after"
        if direction == "out" and parent is not None:
            return parent, "after"
        raise Conflict(_("The item is already at that end of the agenda."))

    def _check_depth(self) -> "AgendaTree":
        """Return this tree. Raises Conflict if it is deeper than MAX_DEPTH."""
        if any(len(path) > MAX_DEPTH for _ignored, path in self.walk()):
            raise Conflict(_("An agenda can have up to four levels. Move the item to a higher level."))
        return self
