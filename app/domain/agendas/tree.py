"""The order of an agenda as an immutable value: parents, and places under them. Uses no database.

Every move returns a new tree with the same items, or raises Conflict.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from app.core.errors import Conflict
from app.core.i18n import say

DEEPEST = 4
"""Highest number of levels of an agenda."""

Under = tuple[UUID, UUID | None, int]
"""item, parent, position."""


@dataclass(frozen=True, slots=True)
class Tree:
    """Items in order under their parents; items of the top level are under None."""

    children: Mapping[UUID | None, tuple[UUID, ...]]

    @classmethod
    def of(cls, rows: Iterable[Under]) -> "Tree":
        """Build a tree from rows in any order."""
        under: dict[UUID | None, list[tuple[int, UUID]]] = {}
        for item, parent, position in rows:
            under.setdefault(parent, []).append((position, item))
        return cls({parent: tuple(item for _, item in sorted(items)) for parent, items in under.items()})

    def rows(self) -> Iterator[Under]:
        """Yield every item with its parent and position."""
        for parent, items in self.children.items():
            for position, item in enumerate(items):
                yield item, parent, position

    def below(self, parent: UUID | None) -> tuple[UUID, ...]:
        """Return the items directly under a parent, in order."""
        return self.children.get(parent, ())

    def walk(self, parent: UUID | None = None, path: tuple[int, ...] = ()) -> Iterator[tuple[UUID, tuple[int, ...]]]:
        """Yield every item from the top, with its path: (4, 1) is the first item under the fourth one."""
        for place, item in enumerate(self.below(parent), start=1):
            yield item, (*path, place)
            yield from self.walk(item, (*path, place))

    def parent_of(self, item: UUID) -> UUID | None:
        """Return the parent of an item; None on the top level."""
        return next(parent for parent, items in self.children.items() if item in items)

    def put(self, item: UUID, under: UUID | None, position: int) -> "Tree":
        """Return the tree with one more item, at that position or at the end. Raises Conflict if it gets too deep."""
        siblings = self.below(under)
        position = max(0, min(position, len(siblings)))
        return Tree({**self.children, under: (*siblings[:position], item, *siblings[position:])})._check_depth()

    def without(self, item: UUID) -> "Tree":
        """Return the tree without an item. Raises Conflict if other items are under it."""
        if self.below(item):
            raise Conflict(say("Other items stand under this one. Move them elsewhere first."))
        parent = self.parent_of(item)
        return Tree({**self.children, parent: tuple(child for child in self.below(parent) if child != item)})

    def moved(self, item: UUID, under: UUID | None, position: int) -> "Tree":
        """Return the tree with an item and everything below it in another place; `position` counts without the item.

        Raises Conflict if the item would come under itself, or the tree gets too deep.
        """
        ancestor: UUID | None = under
        while ancestor is not None:
            if ancestor == item:
                raise Conflict(say("An item cannot stand under itself."))
            ancestor = self.parent_of(ancestor)
        parent = self.parent_of(item)
        remaining = {**self.children, parent: tuple(child for child in self.below(parent) if child != item)}
        return Tree(remaining).put(item, under, position)

    def stepped(self, item: UUID, direction: str) -> "Tree":
        """Return the tree with an item one step `up`, `down`, `in` (under the one before it) or `out` (after its
        parent).

        Raises Conflict at the end of the agenda.
        """
        parent = self.parent_of(item)
        place = self.below(parent).index(item)
        if direction == "up" and place > 0:
            return self.moved(item, parent, place - 1)
        if direction == "down" and place + 1 < len(self.below(parent)):
            return self.moved(item, parent, place + 1)
        if direction == "in" and place > 0:
            previous = self.below(parent)[place - 1]
            return self.moved(item, previous, len(self.below(previous)))
        if direction == "out" and parent is not None:
            grandparent = self.parent_of(parent)
            return self.moved(item, grandparent, self.below(grandparent).index(parent) + 1)
        raise Conflict(say("The item is at that end of the agenda already."))

    def _check_depth(self) -> "Tree":
        """Return this tree. Raises Conflict if it is deeper than MAX_DEPTH."""
        if any(len(path) > DEEPEST for _, path in self.walk()):
            raise Conflict(say("An agenda has four levels at most. Put the item on a higher one."))
        return self
