"""Everything that was released, in memory. A catalogue never changes: the next release makes another one."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from threading import Lock

from app.core.errors import Unknown
from app.domain.releases.chain import Proven
from app.domain.releases.manifests import Sealed
from app.domain.releases.queries import Released, Text

MOST_PAGES = 2_000
"""So many written pages are kept of a catalogue, those that were asked for last."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A reader's choice of outputs; None leaves open."""

    year: int | None = None
    kind: str | None = None

    def fits(self, output: Released) -> bool:
        return self.year in (None, output.released_on.year) and self.kind in (None, output.kind)


class Catalogue:
    """What had been released at `read_at`, the latest first, and the pages that were written of it."""

    def __init__(self, proven: Proven, read_at: datetime) -> None:
        self.outputs, self.read_at = tuple(proven.outputs), read_at
        self.head, self.faults, self._manifests = proven.head, proven.faults, proven.manifests
        self._by_slug = {output.slug: output for output in self.outputs}
        self._pages: OrderedDict[Hashable, Sequence[bytes]] = OrderedDict()
        self._lock = Lock()

    @cached_property
    def years(self) -> Sequence[int]:
        """The years in which something was released, the latest first."""
        return sorted({output.released_on.year for output in self.outputs}, reverse=True)

    @cached_property
    def kinds(self) -> Sequence[str]:
        """The kinds of which something was released."""
        return sorted({output.kind for output in self.outputs})

    def chosen(self, choice: Choice) -> Sequence[Released]:
        return self.outputs if choice == Choice() else [output for output in self.outputs if choice.fits(output)]

    def one(self, slug: str) -> Released:
        """The output at that address, or Unknown."""
        if found := self._by_slug.get(slug):
            return found
        raise Unknown()

    def with_digest(self, sha256: str) -> Sequence[tuple[Released, Text]]:
        """Every text that was released with these bytes."""
        return [(output, text) for output in self.outputs for text in output.texts if text.sha256 == sha256]

    def manifest(self, slug: str) -> Sealed:
        """The manifest of the output at that address, or Unknown."""
        if found := self._manifests.get(slug):
            return found
        raise Unknown()

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
