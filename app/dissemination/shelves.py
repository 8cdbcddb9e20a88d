"""Which outputs stand under which value of which facet, as sets that are counted and crossed at once.

A set is a number, in which bit n says whether the n-th output of the catalogue is in it: what is asked of several
facets is one `&` for each, and how many there are one `bit_count`, in microseconds out of 100,000.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from app.dissemination.choice import Choice
from app.domain.releases.queries import Released

Value = int | str

VALUES: Mapping[str, Callable[[Released], Iterable[Value]]] = MappingProxyType(
    {
        "year": lambda output: (output.released_on.year,),
        "meeting": lambda output: (output.meeting,),
        "kind": lambda output: (output.kind,),
        "topic": lambda output: (topic.code for topic in output.topics),
        "language": lambda output: (text.language for text in output.texts),
    }
)


class Shelves:
    """The sets of one catalogue; made with it, and never changed."""

    def __init__(self, outputs: Sequence[Released]) -> None:
        self._everything = (1 << len(outputs)) - 1
        self._sets = {name: _sets(outputs, values) for name, values in VALUES.items()}

    def chosen(self, choice: Choice) -> int:
        """The set of outputs that fit all that is chosen."""
        found = self._everything
        for name, value in choice.chosen().items():
            found &= self._sets[name].get(value, 0)
        return found

    def counts(self, choice: Choice, facet: str) -> Mapping[Value, int]:
        """How many outputs each value of that facet would leave, the rest of the choice as it is; none with none."""
        others = self.chosen(choice.but(**{facet: None}))
        found = {value: (others & those).bit_count() for value, those in self._sets[facet].items()}
        return {value: count for value, count in found.items() if count}


def places(those: int) -> Iterator[int]:
    """The places in the catalogue that are in this set, in their order."""
    bits = f"{those:b}"[::-1]
    at = bits.find("1")
    while at >= 0:
        yield at
        at = bits.find("1", at + 1)


def _sets(outputs: Sequence[Released], values: Callable[[Released], Iterable[Value]]) -> dict[Value, int]:
    bits: dict[Value, bytearray] = {}
    length = len(outputs) // 8 + 1
    for place, output in enumerate(outputs):
        for value in values(output):
            found = bits.get(value)
            if found is None:
                found = bits[value] = bytearray(length)
            found[place >> 3] |= 1 << (place & 7)
    return {value: int.from_bytes(found, "little") for value, found in bits.items()}
