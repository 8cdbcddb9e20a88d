"""The outputs of a catalogue, including withdrawn ones, ordered by datestamp; and the next part of a list."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.dissemination.catalogue import Catalogue
from app.dissemination.filters import NO_FILTER
from app.dissemination.oai.requests import ListRequest
from app.dissemination.tombstones import matches_choice
from app.domain.releases.queries.catalogue_entries import CatalogueEntry, WithdrawnEntry

ITEMS_PER_PART: Final = 100
"""Items per response."""


OaiItem = CatalogueEntry | WithdrawnEntry


def item_datestamp(item: OaiItem) -> int:
    """Return the datestamp: the first whole second not before the release, completion or withdrawal."""
    return round_up_seconds(item.withdrawn_at if isinstance(item, WithdrawnEntry) else item.changed_at)


def round_up_seconds(moment: datetime) -> int:
    """Return seconds since 1970, rounded up."""
    return int(moment.timestamp()) + bool(moment.microsecond)


@dataclass(frozen=True, slots=True)
class ListPart:
    """A part of a list, the number of its items, and the request for the next part; None at the end."""

    items: Sequence[OaiItem]
    size: int
    next_request: ListRequest | None


class ItemList:
    """The items of one catalogue, earliest datestamp first, and by slug within a second; built once per catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        positions = range(len(catalogue.outputs) + len(catalogue.withdrawn))
        self._positions = array(
            "I",
            sorted(
                positions, key=lambda position: (item_datestamp(self._item_at(position)), self._item_at(position).slug)
            ),
        )
        self._stamps = array("q", (item_datestamp(self._item_at(position)) for position in self._positions))

    @property
    def earliest_datestamp(self) -> int | None:
        """The earliest datestamp; None without items."""
        return self._stamps[0] if self._stamps else None

    def next_part(self, list_request: ListRequest, number: int) -> ListPart:
        """Return the next part of a list; `number` is the last manifest of the catalogue. Raises OaiError."""
        started = (
            list_request
            if list_request.after
            else list_request.model_copy(update={"size": self._count(list_request), "number": number})
        )
        part_items: list[OaiItem] = []
        for item in self._matching(started):
            if len(part_items) == ITEMS_PER_PART:
                last, returned = part_items[-1], started.given + ITEMS_PER_PART
                rest = started.model_copy(update={"after": last.slug, "at": item_datestamp(last), "given": returned})
                return ListPart(part_items, started.size, rest)
            part_items.append(item)
        return ListPart(part_items, started.size, None)

    def _count(self, list_request: ListRequest) -> int:
        if list_request.parse_set_as_choice() == NO_FILTER:
            return bisect_right(self._stamps, list_request.last) - bisect_left(self._stamps, list_request.first)
        return sum(1 for _ in self._matching(list_request))

    def _item_at(self, position: int) -> OaiItem:
        """Return the item at a position; withdrawn outputs come after the others."""
        outputs, withdrawn = self._catalogue.outputs, self._catalogue.withdrawn
        return outputs[position] if position < len(outputs) else withdrawn[position - len(outputs)]

    def _matching(self, list_request: ListRequest) -> Iterator[OaiItem]:
        """Yield the items from the position of the request to the end. Withdrawn outputs stay in their sets."""
        choice, start = (
            list_request.parse_set_as_choice(),
            bisect_left(self._stamps, max(list_request.first, list_request.at)),
        )
        bits = self._catalogue.matching_bits(choice)
        for rank in range(start, bisect_right(self._stamps, list_request.last)):
            position = self._positions[rank]
            item = self._item_at(position)
            matches = (
                matches_choice(item, choice)
                if isinstance(item, WithdrawnEntry)
                else bits[position >> 3] >> (position & 7) & 1
            )
            if matches and (
                not list_request.after or (self._stamps[rank], item.slug) > (list_request.at, list_request.after)
            ):
                yield item


def get_item_list(catalogue: Catalogue) -> ItemList:
    """Return the items of a catalogue."""
    return catalogue.compute_once("oai", lambda: ItemList(catalogue))
