"""The order of an agenda as a value: who stands under whom, and in which place. It knows no database.

A tree is never changed; every move gives a new one with the same items, or raises Conflict.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from app.core.errors import Conflict
from app.core.i18n import say

DEEPEST = 4
"""How many levels an agenda has at most."""

Under = tuple[UUID, UUID | None, int]
"""item, parent, position."""


@dataclass(frozen=True, slots=True)
class Tree:
    """Items in order under their parents; the top level stands under None."""

    children: Mapping[UUID | None, tuple[UUID, ...]]

    @classmethod
    def of(cls, rows: Iterable[Under]) -> "Tree":
        """From rows in any order."""
        under: dict[UUID | None, list[tuple[int, UUID]]] = {}
        for item, parent, position in rows:
            under.setdefault(parent, []).append((position, item))
        return cls({parent: tuple(item for _, item in sorted(items)) for parent, items in under.items()})

    def rows(self) -> Iterator[Under]:
        """Every item with its parent and position."""
        for parent, items in self.children.items():
            for position, item in enumerate(items):
                yield item, parent, position

    def below(self, parent: UUID | None) -> tuple[UUID, ...]:
        """The items directly under one, in order."""
        return self.children.get(parent, ())

    def walk(self, parent: UUID | None = None, path: tuple[int, ...] = ()) -> Iterator[tuple[UUID, tuple[int, ...]]]:
        """Every item from the top, with its path: (4, 1) is the first one under the fourth."""
        for place, item in enumerate(self.below(parent), start=1):
            yield item, (*path, place)
            yield from self.walk(item, (*path, place))

    def parent_of(self, item: UUID) -> UUID | None:
        """Under which item it stands."""
        return next(parent for parent, items in self.children.items() if item in items)

    def put(self, item: UUID, under: UUID | None, position: int) -> "Tree":
        """With one more item, at that position or at the end."""
        there = self.below(under)
        position = max(0, min(position, len(there)))
        return Tree({**self.children, under: (*there[:position], item, *there[position:])})._bounded()

    def without(self, item: UUID) -> "Tree":
        """Without an item that has none below it."""
        if self.below(item):
            raise Conflict(say("Other items stand under this one. Move them elsewhere first."))
        parent = self.parent_of(item)
        return Tree({**self.children, parent: tuple(each for each in self.below(parent) if each != item)})

    def moved(self, item: UUID, under: UUID | None, position: int) -> "Tree":
        """With an item, and all that is below it, in another place. `position` counts without the item itself."""
        above: UUID | None = under
        while above is not None:
            if above == item:
                raise Conflict(say("An item cannot stand under itself."))
            above = self.parent_of(above)
        parent = self.parent_of(item)
        left = {**self.children, parent: tuple(each for each in self.below(parent) if each != item)}
        return Tree(left).put(item, under, position)

    def stepped(self, item: UUID, direction: str) -> "Tree":
        """One step `up`, `down`, `in` (under the one before) or `out` (behind its parent)."""
        parent = self.parent_of(item)
        place = self.below(parent).index(item)
        if direction == "up" and place > 0:
            return self.moved(item, parent, place - 1)
        if direction == "down" and place + 1 < len(self.below(parent)):
            return self.moved(item, parent, place + 1)
        if direction == "in" and place > 0:
            before = self.below(parent)[place - 1]
            return self.moved(item, before, len(self.below(before)))
        if direction == "out" and parent is not None:
            above = self.parent_of(parent)
            return self.moved(item, above, self.below(above).index(parent) + 1)
        raise Conflict(say("The item is at that end of the agenda already."))

    def _bounded(self) -> "Tree":
        if any(len(path) > DEEPEST for _, path in self.walk()):
            raise Conflict(say("An agenda has four levels at most. Put the item on a higher one."))
        return self
