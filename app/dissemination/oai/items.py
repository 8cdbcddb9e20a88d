"""The outputs of a catalogue in the order of their datestamps, and which of them a list gives next."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.dissemination.catalogue import Catalogue
from app.dissemination.choice import EVERYTHING
from app.dissemination.oai.asking import Wish
from app.domain.releases.queries import Released

EACH: Final = 100
"""So many are given at once."""


def stamp(output: Released) -> int:
    """The datestamp: the first whole second that is not before the release. Nothing is dated before it was there."""
    return whole(output.released_at)


def whole(moment: datetime) -> int:
    """Seconds since 1970, a begun one counting."""
    return int(moment.timestamp()) + bool(moment.microsecond)


@dataclass(frozen=True, slots=True)
class Part:
    """Some of a list, and what the list is from here on; None if that was its end."""

    outputs: Sequence[Released]
    size: int
    rest: Wish | None


class Items:
    """Made once for each catalogue that is harvested: the earliest datestamp first, and by slug within a second."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        outputs = catalogue.outputs
        self._places = array("I", sorted(range(len(outputs)), key=lambda at: (stamp(outputs[at]), outputs[at].slug)))
        self._stamps = array("q", (stamp(outputs[at]) for at in self._places))

    @property
    def earliest(self) -> int | None:
        """The first datestamp that there is."""
        return self._stamps[0] if self._stamps else None

    def part(self, wish: Wish, number: int) -> Part:
        """What comes next of this list; `number` is that of the catalogue's last manifest. Raises Wrong."""
        begun = wish if wish.after else wish.model_copy(update={"size": self._how_many(wish), "number": number})
        found: list[Released] = []
        for output in self._wanted(begun):
            if len(found) == EACH:
                last, given = found[-1], begun.given + EACH
                rest = begun.model_copy(update={"after": last.slug, "at": stamp(last), "given": given})
                return Part(found, begun.size, rest)
            found.append(output)
        return Part(found, begun.size, None)

    def _how_many(self, wish: Wish) -> int:
        if wish.choice() == EVERYTHING:
            return bisect_right(self._stamps, wish.last) - bisect_left(self._stamps, wish.first)
        return sum(1 for _ in self._wanted(wish))

    def _wanted(self, wish: Wish) -> Iterator[Released]:
        """From where the list stands to its end."""
        outputs, begin = self._catalogue.outputs, bisect_left(self._stamps, max(wish.first, wish.at))
        those = self._catalogue.those(wish.choice())
        for at in range(begin, bisect_right(self._stamps, wish.last)):
            place = self._places[at]
            if not those[place >> 3] >> (place & 7) & 1:
                continue
            output = outputs[place]
            if not wish.after or (self._stamps[at], output.slug) > (wish.at, wish.after):
                yield output


def items(catalogue: Catalogue) -> Items:
    """Those of this catalogue."""
    return catalogue.once("oai", lambda: Items(catalogue))
