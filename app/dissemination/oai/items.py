"""The outputs of a catalogue, including withdrawn ones, ordered by datestamp; and the next part of a list."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.dissemination.catalogue import Catalogue
from app.dissemination.choice import EVERYTHING
from app.dissemination.oai.asking import Wish
from app.dissemination.tombstones import fits
from app.domain.releases.queries import Released, Withdrawn

EACH: Final = 100
"""Items per response."""


Item = Released | Withdrawn


def stamp(item: Item) -> int:
    """Return the datestamp: the first whole second not before the release, completion or withdrawal."""
    return whole(item.withdrawn_at if isinstance(item, Withdrawn) else item.changed_at)


def whole(moment: datetime) -> int:
    """Return seconds since 1970, rounded up."""
    return int(moment.timestamp()) + bool(moment.microsecond)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a list, the number of its items, and the request for the next part; None at the end."""

    items: Sequence[Item]
    size: int
    rest: Wish | None


class Items:
    """The items of one catalogue, earliest datestamp first, and by slug within a second; built once per catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        positions = range(len(catalogue.outputs) + len(catalogue.withdrawn))
        self._positions = array(
            "I", sorted(positions, key=lambda position: (stamp(self._item_at(position)), self._item_at(position).slug))
        )
        self._stamps = array("q", (stamp(self._item_at(position)) for position in self._positions))

    @property
    def earliest(self) -> int | None:
        """The earliest datestamp; None without items."""
        return self._stamps[0] if self._stamps else None

    def part(self, wish: Wish, number: int) -> Part:
        """Return the next part of a list; `number` is the last manifest of the catalogue. Raises OaiError."""
        started = wish if wish.after else wish.model_copy(update={"size": self._count(wish), "number": number})
        part_items: list[Item] = []
        for item in self._matching(started):
            if len(part_items) == EACH:
                last, returned = part_items[-1], started.given + EACH
                rest = started.model_copy(update={"after": last.slug, "at": stamp(last), "given": returned})
                return Part(part_items, started.size, rest)
            part_items.append(item)
        return Part(part_items, started.size, None)

    def _count(self, list_request: Wish) -> int:
        if list_request.choice() == EVERYTHING:
            return bisect_right(self._stamps, list_request.last) - bisect_left(self._stamps, list_request.first)
        return sum(1 for _ in self._matching(list_request))

    def _item_at(self, position: int) -> Item:
        """Return the item at a position; withdrawn outputs come after the others."""
        outputs, withdrawn = self._catalogue.outputs, self._catalogue.withdrawn
        return outputs[position] if position < len(outputs) else withdrawn[position - len(outputs)]

    def _matching(self, list_request: Wish) -> Iterator[Item]:
        """Yield the items from the position of the request to the end. Withdrawn outputs stay in their sets."""
        choice, start = list_request.choice(), bisect_left(self._stamps, max(list_request.first, list_request.at))
        bits = self._catalogue.those(choice)
        for rank in range(start, bisect_right(self._stamps, list_request.last)):
            position = self._positions[rank]
            item = self._item_at(position)
            matches = fits(item, choice) if isinstance(item, Withdrawn) else bits[position >> 3] >> (position & 7) & 1
            if matches and (
                not list_request.after or (self._stamps[rank], item.slug) > (list_request.at, list_request.after)
            ):
                yield item


def items(catalogue: Catalogue) -> Items:
    """Return the items of a catalogue."""
    return catalogue.once("oai", lambda: Items(catalogue))
