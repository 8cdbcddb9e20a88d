"""Everything that an audience may read, in memory. A catalogue is immutable: the next release creates another one.

There is one for members and one for the public, built from the same outputs. Each request is answered from one of them,
so answers to the public need no filtering: the public catalogue contains public outputs only.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import islice
from threading import Lock
from typing import TypeVar, cast

from app.core.db import LocalizedText
from app.core.errors import NotFound
from app.dissemination.facets import FacetIndex, FacetValue, iter_set_bits
from app.dissemination.filters import NO_FILTER, FilterChoice
from app.dissemination.tombstones import WithdrawnOutputRequested
from app.domain.releases.models import Audience
from app.domain.releases.queries.catalogue_entries import (
    CatalogueEntry,
    CatalogueFile,
    CatalogueTopic,
    WithdrawnEntry,
    list_all_files,
)
from app.domain.releases.queries.chain_verification import VerifiedCatalogue
from app.domain.releases.queries.manifests import VerifiedManifest
from app.domain.releases.queries.released_duties import PublicDuty

T = TypeVar("T")
EntryT = TypeVar("EntryT", CatalogueEntry, WithdrawnEntry)
MAX_CACHED_BYTES = 64 << 20  # of pages; the page of an output has its text
"""Rendered pages cached per catalogue; the least recently used ones are dropped."""


class NotInCatalogue(NotFound):
    """Nothing is at this address for this audience. The answer depends on who asks and whether they could sign in."""


class Catalogue:
    """The outputs released as of `read_at`, latest first, and a cache of pages rendered from them; and the reporting
    duties that are public, which are the same for every audience.

    `index_changes` is how often the index, which has their texts, had been changed then.
    """

    def __init__(
        self,
        proven: VerifiedCatalogue,
        read_at: datetime,
        index_changes: int = 0,
        duties: Sequence[PublicDuty] = (),
    ) -> None:
        self.duties = tuple(duties)
        self.audience, self.index_changes = proven.audience, index_changes
        self.outputs, self.read_at = tuple(proven.outputs), read_at
        self.head, self.faults, self._manifests = proven.head, proven.faults, proven.manifests
        self.withdrawn = tuple(proven.withdrawn)
        self._withdrawn_by_slug = {withdrawn.slug: withdrawn for withdrawn in self.withdrawn}
        self._facets = FacetIndex(self.outputs)
        self.by_slug = {output.slug: output for output in self.outputs}
        self._completed = [position for position, output in enumerate(self.outputs) if output.completed_at]
        self._positions = {slug: position for position, slug in enumerate(self.by_slug)}
        self._pages: OrderedDict[Hashable, Sequence[bytes]] = OrderedDict()
        self._cached_bytes = 0
        self._lock = Lock()
        self._computed: dict[Hashable, object] = {}

    @property
    def is_public(self) -> bool:
        """Whether this is the catalogue that everybody may read."""
        return self.audience == Audience.PUBLIC

    def is_current(self, proven: VerifiedCatalogue, index_changes: int, duties: Sequence[PublicDuty] = ()) -> bool:
        """Tell whether these outputs and duties are the same as those just proven, and have the same texts; if so the
        catalogue and its cached pages are kept. A release hidden from an audience must not slow down its pages
        either."""
        if index_changes != self.index_changes:
            return False
        if tuple(duties) != self.duties:
            return False
        current = (tuple(proven.outputs), tuple(proven.withdrawn), proven.head, proven.manifests, proven.faults)
        return current == (self.outputs, self.withdrawn, self.head, self._manifests, self.faults)

    def count_outputs(self, choice: FilterChoice) -> int:
        """Count the outputs that match a choice."""
        return len(self.outputs) if choice == NO_FILTER else self._facets.matching_bits(choice).bit_count()

    def list_outputs(self, choice: FilterChoice, first: int = 0, stop: int | None = None) -> Sequence[CatalogueEntry]:
        """List the outputs that match a choice, latest first, sliced from position `first` to `stop`."""
        if choice == NO_FILTER:
            return self.outputs[first:stop]
        positions = iter_set_bits(self._facets.matching_bits(choice))
        return [self.outputs[position] for position in islice(positions, first, stop)]

    def list_outputs_replacing_advance_versions(self, choice: FilterChoice) -> Sequence[CatalogueEntry]:
        """List the matching outputs that replaced an advance version: news, however old they are."""
        bits = self._facets.matching_bits(choice)
        return [self.outputs[position] for position in self._completed if bits >> position & 1]

    def matching_bits(self, choice: FilterChoice) -> bytes:
        """Return the matching outputs as a bit set in bytes, little-endian, one bit per position."""
        return self._facets.matching_bits(choice).to_bytes(len(self.outputs) // 8 + 1, "little")

    def sort_latest_first(self, slugs: Iterable[str]) -> list[CatalogueEntry]:
        """Return these outputs, all of which are in the catalogue, in its order."""
        return [self.outputs[position] for position in sorted(self._positions[slug] for slug in slugs)]

    def count_facet_values(self, choice: FilterChoice, facet: str) -> Mapping[FacetValue, int]:
        """Count the outputs for each value of a facet that matches any."""
        return self._facets.count_values(choice, facet)

    @cached_property
    def topic_names(self) -> Mapping[str, LocalizedText]:
        """Names of every topic with a released output, as in its latest release, ordered by code."""
        return _list_names(topic for output in self.outputs for topic in output.topics)

    @cached_property
    def mandate_names(self) -> Mapping[str, LocalizedText]:
        """Names of every mandate and clause that a released output cites, as in its latest release."""
        return _list_names(cited for output in self.outputs for cited in output.mandates)

    @cached_property
    def action_line_names(self) -> Mapping[str, LocalizedText]:
        """Names of every action line that a released output cites, as in its latest release."""
        return _list_names(cited for output in self.outputs for cited in output.action_lines)

    @cached_property
    def question_names(self) -> Mapping[str, LocalizedText]:
        """Names of every Question that a released output is about, as in its latest release."""
        return _list_names(question for output in self.outputs for question in output.questions)

    @cached_property
    def group_prefixes(self) -> Mapping[str, str]:
        """The prefix of each group with a released output, as in the symbol of its latest one."""
        return {output.body: output.symbol.partition(" ")[0] for output in reversed(self.outputs)}

    def has_output(self, slug: str) -> bool:
        """Tell whether there is an output with this slug."""
        return slug in self.by_slug

    def get_output(self, slug: str) -> CatalogueEntry:
        """Return the output with this slug. Raises WithdrawnOutputRequested, NotInCatalogue."""
        if output := self.by_slug.get(slug):
            return output
        if withdrawn := self._withdrawn_by_slug.get(slug):
            raise WithdrawnOutputRequested(withdrawn)
        raise NotInCatalogue()

    def compute_once(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Compute a value from this catalogue once and cache it under a unique key."""
        return cast(
            "T", self._computed.setdefault(key, compute()) if key not in self._computed else self._computed[key]
        )

    def find_texts_by_digest(self, sha256: str) -> Sequence[tuple[CatalogueEntry, CatalogueFile]]:
        """List every released file with this SHA-256, a text or its PDF."""
        return _find_files_by_digest(self.outputs, sha256)

    def find_withdrawn_texts_by_digest(self, sha256: str) -> Sequence[tuple[WithdrawnEntry, CatalogueFile]]:
        """List every withdrawn file with this SHA-256, a text or its PDF."""
        return _find_files_by_digest(self.withdrawn, sha256)

    def get_released_or_withdrawn(self, slug: str) -> CatalogueEntry | WithdrawnEntry:
        """Return the output with this slug, withdrawn or not. Raises NotInCatalogue."""
        return self._withdrawn_by_slug.get(slug) or self.get_output(slug)

    def get_manifest(self, slug: str) -> VerifiedManifest:
        """Return the signed manifest of the output with this slug. Raises NotInCatalogue."""
        if manifest := self._manifests.get(slug):
            return manifest
        raise NotInCatalogue()

    def find_cached_page(self, key: Hashable) -> Sequence[bytes] | None:
        """Return the cached page with this key, or None."""
        with self._lock:
            if (page := self._pages.get(key)) is not None:
                self._pages.move_to_end(key)
            return page

    def get_cached_page(self, key: Hashable, render: Callable[[], Sequence[bytes]]) -> Sequence[bytes]:
        """Return the page with this key in chunks, rendered on first use.

        Two concurrent requests may both render it.
        """
        if (page := self.find_cached_page(key)) is not None:
            return page
        page = render()
        with self._lock:
            self._cached_bytes += _count_bytes(page) - _count_bytes(self._pages.pop(key, ()))
            self._pages[key] = page
            while self._cached_bytes > MAX_CACHED_BYTES and len(self._pages) > 1:
                self._cached_bytes -= _count_bytes(self._pages.popitem(last=False)[1])
        return page


def _list_names(named: Iterable[CatalogueTopic]) -> Mapping[str, LocalizedText]:
    """List codes with their first names, ordered by code."""
    names: dict[str, LocalizedText] = {}
    for each in named:
        names.setdefault(each.code, each.names)
    return dict(sorted(names.items()))


def _count_bytes(page: Sequence[bytes]) -> int:
    return sum(map(len, page))


def _find_files_by_digest(entries: Iterable[EntryT], sha256: str) -> Sequence[tuple[EntryT, CatalogueFile]]:
    return [(entry, file) for entry in entries for file in list_all_files(entry.texts) if file.sha256 == sha256]


def get_text(output: CatalogueEntry, language: str) -> CatalogueFile:
    """Return the text of an output in a language. Raises NotFound if there is none."""
    for text in output.texts:
        if text.language == language:
            return text
    raise NotFound()
