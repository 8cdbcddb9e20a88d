"""Everything that an audience may read, in memory. A catalogue never changes: the next release makes another one.

There are two, of the members and of the public, made of the same outputs. Whoever asks is answered from one of them, so
nothing that is answered to the public is filtered: what it may not read is not there.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import islice
from threading import Lock
from typing import TypeVar, cast

from app.core.db import Titles
from app.core.errors import Unknown
from app.dissemination.choice import EVERYTHING, Choice
from app.dissemination.shelves import Shelves, Value, places
from app.dissemination.tombstones import IsWithdrawn
from app.domain.releases.chain import Proven
from app.domain.releases.manifests import Sealed
from app.domain.releases.models import Audience
from app.domain.releases.queries import Released, Text, Withdrawn

T = TypeVar("T")
MOST_PAGES = 2_000
"""So many written pages are kept of a catalogue, those that were asked for last."""


class NotHeld(Unknown):
    """There is nothing at that address for this audience. Who that is, and whether they could sign in, says more."""


class Catalogue:
    """What had been released at `read_at`, the latest first, and the pages that were written of it."""

    def __init__(self, proven: Proven, read_at: datetime) -> None:
        self.audience = proven.audience
        self.outputs, self.read_at = tuple(proven.outputs), read_at
        self.head, self.faults, self._manifests = proven.head, proven.faults, proven.manifests
        self.withdrawn = tuple(proven.withdrawn)
        self._gone = {each.slug: each for each in self.withdrawn}
        self._shelves = Shelves(self.outputs)
        self.by_slug = {output.slug: output for output in self.outputs}
        self._completed = [place for place, output in enumerate(self.outputs) if output.completed_at]
        self._places = {slug: place for place, slug in enumerate(self.by_slug)}
        self._pages: OrderedDict[Hashable, Sequence[bytes]] = OrderedDict()
        self._lock = Lock()
        self._made: dict[Hashable, object] = {}

    @property
    def is_public(self) -> bool:
        """Whether everybody reads it."""
        return self.audience == Audience.PUBLIC

    def still_is(self, proven: Proven) -> bool:
        """Whether it is what was proven now. Then it stays, with the pages that were written: a release that an
        audience is not told of must not make them slower either."""
        now = (tuple(proven.outputs), tuple(proven.withdrawn), proven.head, proven.manifests, proven.faults)
        return now == (self.outputs, self.withdrawn, self.head, self._manifests, self.faults)

    def how_many(self, choice: Choice) -> int:
        """How many outputs fit."""
        return len(self.outputs) if choice == EVERYTHING else self._shelves.chosen(choice).bit_count()

    def chosen(self, choice: Choice, first: int = 0, upto: int | None = None) -> Sequence[Released]:
        """The outputs that fit, the latest first; of these the ones from place `first` on, and before `upto`."""
        if choice == EVERYTHING:
            return self.outputs[first:upto]
        found = places(self._shelves.chosen(choice))
        return [self.outputs[place] for place in islice(found, first, upto)]

    def completed(self, choice: Choice) -> Sequence[Released]:
        """Of the outputs that fit, those that took the place of an advance version: news, however old they are."""
        those = self._shelves.chosen(choice)
        return [self.outputs[place] for place in self._completed if those >> place & 1]

    def those(self, choice: Choice) -> bytes:
        """Which outputs fit: a bit for each, by its place."""
        return self._shelves.chosen(choice).to_bytes(len(self.outputs) // 8 + 1, "little")

    def latest_first(self, slugs: Iterable[str]) -> list[Released]:
        """These outputs, in the order of the catalogue; all of them are held."""
        return [self.outputs[place] for place in sorted(self._places[slug] for slug in slugs)]

    def values(self, choice: Choice, facet: str) -> Mapping[Value, int]:
        """The values of that facet that leave something, and how much."""
        return self._shelves.counts(choice, facet)

    @cached_property
    def topics(self) -> Mapping[str, Titles]:
        """The names of every topic of which something was released, as the latest release has them, in the order of
        the codes."""
        found: dict[str, Titles] = {}
        for output in self.outputs:
            for topic in output.topics:
                found.setdefault(topic.code, topic.names)
        return dict(sorted(found.items()))

    def holds(self, slug: str) -> bool:
        """Whether there is an output at that address."""
        return slug in self.by_slug

    def one(self, slug: str) -> Released:
        """The output at that address. Raises IsWithdrawn, NotHeld."""
        if found := self.by_slug.get(slug):
            return found
        if gone := self._gone.get(slug):
            raise IsWithdrawn(gone)
        raise NotHeld()

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What is made of this catalogue once, under a key that nobody else uses."""
        return cast("T", self._made.setdefault(key, make()) if key not in self._made else self._made[key])

    def with_digest(self, sha256: str) -> Sequence[tuple[Released, Text]]:
        """Every text that was released with these bytes."""
        return [(output, text) for output in self.outputs for text in output.texts if text.sha256 == sha256]

    def withdrawn_with_digest(self, sha256: str) -> Sequence[tuple[Withdrawn, Text]]:
        """Every text that was released with these bytes, and withdrawn."""
        return [(each, text) for each in self.withdrawn for text in each.texts if text.sha256 == sha256]

    def either(self, slug: str) -> Released | Withdrawn:
        """The output at that address, withdrawn or not. Raises NotHeld."""
        return self._gone.get(slug) or self.one(slug)

    def manifest(self, slug: str) -> Sealed:
        """The manifest of the output at that address. Raises NotHeld."""
        if found := self._manifests.get(slug):
            return found
        raise NotHeld()

    def written(self, key: Hashable) -> Sequence[bytes] | None:
        """The page of that key, if it was written before."""
        with self._lock:
            if (page := self._pages.get(key)) is not None:
                self._pages.move_to_end(key)
            return page

    def page(self, key: Hashable, write: Callable[[], Sequence[bytes]]) -> Sequence[bytes]:
        """The page of that key in pieces, written when it is first asked for. Two who ask at once may both write it."""
        if (page := self.written(key)) is not None:
            return page
        page = write()
        with self._lock:
            self._pages[key] = page
            if len(self._pages) > MOST_PAGES:
                self._pages.popitem(last=False)
        return page


def text_in(output: Released, language: str) -> Text:
    """The text of an output in that language, or Unknown."""
    for text in output.texts:
        if text.language == language:
            return text
    raise Unknown()
