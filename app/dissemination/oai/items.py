"""The outputs of a catalogue, withdrawn ones too, in the order of their datestamps; which of them a list gives next."""

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
"""So many are given at once."""


Item = Released | Withdrawn


def stamp(item: Item) -> int:
    """The datestamp: the first whole second that is not before the release, its completion or the withdrawal. Nothing
    is dated before it was so."""
    return whole(item.withdrawn_at if isinstance(item, Withdrawn) else item.changed_at)


def whole(moment: datetime) -> int:
    """Seconds since 1970, a begun one counting."""
    return int(moment.timestamp()) + bool(moment.microsecond)


@dataclass(frozen=True, slots=True)
class Part:
    """Some of a list, and what the list is from here on; None if that was its end."""

    items: Sequence[Item]
    size: int
    rest: Wish | None


class Items:
    """Made once for each catalogue that is harvested: the earliest datestamp first, and by slug within a second."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        several = range(len(catalogue.outputs) + len(catalogue.withdrawn))
        self._places = array("I", sorted(several, key=lambda at: (stamp(self._at(at)), self._at(at).slug)))
        self._stamps = array("q", (stamp(self._at(at)) for at in self._places))

    @property
    def earliest(self) -> int | None:
        """The first datestamp that there is."""
        return self._stamps[0] if self._stamps else None

    def part(self, wish: Wish, number: int) -> Part:
        """What comes next of this list; `number` is that of the catalogue's last manifest. Raises Wrong."""
        begun = wish if wish.after else wish.model_copy(update={"size": self._how_many(wish), "number": number})
        found: list[Item] = []
        for item in self._wanted(begun):
            if len(found) == EACH:
                last, given = found[-1], begun.given + EACH
                rest = begun.model_copy(update={"after": last.slug, "at": stamp(last), "given": given})
                return Part(found, begun.size, rest)
            found.append(item)
        return Part(found, begun.size, None)

    def _how_many(self, wish: Wish) -> int:
        if wish.choice() == EVERYTHING:
            return bisect_right(self._stamps, wish.last) - bisect_left(self._stamps, wish.first)
        return sum(1 for _ in self._wanted(wish))

    def _at(self, place: int) -> Item:
        """Those that were withdrawn have their places after the others."""
        outputs, withdrawn = self._catalogue.outputs, self._catalogue.withdrawn
        return outputs[place] if place < len(outputs) else withdrawn[place - len(outputs)]

    def _wanted(self, wish: Wish) -> Iterator[Item]:
        """From where the list stands to its end. What was withdrawn stays in the sets that it was in."""
        choice, begin = wish.choice(), bisect_left(self._stamps, max(wish.first, wish.at))
        those = self._catalogue.those(choice)
        for at in range(begin, bisect_right(self._stamps, wish.last)):
            place = self._places[at]
            item = self._at(place)
            is_in = fits(item, choice) if isinstance(item, Withdrawn) else those[place >> 3] >> (place & 7) & 1
            if is_in and (not wish.after or (self._stamps[at], item.slug) > (wish.at, wish.after)):
                yield item


def items(catalogue: Catalogue) -> Items:
    """Those of this catalogue."""
    return catalogue.once("oai", lambda: Items(catalogue))
