"""The entries of a catalogue: what is released and what was withdrawn, with files, statements and topics, as values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from app.core.clock import SEAT_ZONE
from app.core.db import LocalizedText
from app.domain.releases.models import Audience

GENEVA_ZONE: Final = ZoneInfo(SEAT_ZONE)
"""Geneva: the year of a release is the year of the date that readers are shown."""


@dataclass(frozen=True, slots=True)
class CatalogueFile:
    """The released file in one language. `name` is made of the symbol; `pdf` is the PDF of the same text, if it was
    adopted or approved with the file."""

    language: str
    sha256: str
    size: int
    media: str
    name: str
    pdf: "CatalogueFile | None" = None

    @property
    def file_extension(self) -> str:
        """File name extension, without the dot."""
        return self.name.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class CatalogueStateStatement:
    """A statement of a State on the text, in its own words and language; `names` are those of a party that is no State,
    and empty for a State."""

    state: str
    kind: str
    text: str
    language: str
    put_at: datetime
    names: LocalizedText = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class CatalogueTopic:
    """A topic of an entry, a mandate, clause or action line that it cites, or a Question that it is about, with its
    names at the release."""

    code: str
    names: LocalizedText

    def __hash__(self) -> int:
        return hash(self.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """A released output in a catalogue.

    `texts` are in the order of languages, `statements` in the order in which they were made, `topics` in the order of
    the list of topics, `mandates` and `action_lines` in that of the register, `questions` in that of their body.
    `still_to_come` are the languages that an advance version lacks, `translations` those in which it was not adopted. A
    completed one names the manifest that it completes: number and digest.
    """

    slug: str
    symbol: str
    kind: str
    body: str
    body_names: LocalizedText
    meeting: int
    titles: LocalizedText
    original: str
    for_action: tuple[str, ...]
    for_information: tuple[str, ...]
    reply_by: date | None
    adopted_on: date
    adopted_how: str
    addressees: tuple[str, ...]
    alone_because: str | None = None
    alone_language: str | None = None
    alone_capacity: str | None = None
    released_at: datetime
    texts: tuple[CatalogueFile, ...]
    statements: tuple[CatalogueStateStatement, ...]
    topics: tuple[CatalogueTopic, ...] = ()
    mandates: tuple[CatalogueTopic, ...] = ()
    action_lines: tuple[CatalogueTopic, ...] = ()
    questions: tuple[CatalogueTopic, ...] = ()
    still_to_come: tuple[str, ...] = ()
    translations: tuple[str, ...] = ()
    completed_at: datetime | None = None
    completes: int | None = None
    completes_digest: str | None = None

    @property
    def released_on(self) -> date:
        """The date of the release in Geneva."""
        return self.released_at.astimezone(GENEVA_ZONE).date()

    @property
    def is_public(self) -> bool:
        """Whether everybody may read it."""
        return Audience.PUBLIC in self.addressees

    @property
    def completed_on(self) -> date | None:
        """The date of the completion in Geneva."""
        return self.completed_at.astimezone(GENEVA_ZONE).date() if self.completed_at else None

    @property
    def is_advance(self) -> bool:
        """Whether it is an advance, unedited version: languages are still to come."""
        return bool(self.still_to_come)

    @property
    def changed_at(self) -> datetime:
        """The instant of the last change: of completion or release."""
        return self.completed_at or self.released_at


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawnEntry:
    """A withdrawn output in a catalogue. `topics`, `mandates`, `action_lines` and `questions` are codes, `texts` the
    withdrawn files in the order of languages.

    `manifest` and `manifest_digest` are those of its release in the catalogue of the audience.
    """

    slug: str
    symbol: str
    kind: str
    body: str
    body_names: LocalizedText
    meeting: int
    titles: LocalizedText
    original: str
    adopted_on: date
    released_at: datetime
    withdrawn_at: datetime
    reason: str
    language: str
    decided_by: tuple[str, ...]
    replaced_by: str | None
    replaced_by_slug: str | None
    manifest: int
    manifest_digest: str
    topics: tuple[str, ...]
    mandates: tuple[str, ...] = ()
    action_lines: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    texts: tuple[CatalogueFile, ...]

    @property
    def released_on(self) -> date:
        """The date of the release in Geneva."""
        return self.released_at.astimezone(GENEVA_ZONE).date()

    @property
    def withdrawn_on(self) -> date:
        """The date of the withdrawal in Geneva."""
        return self.withdrawn_at.astimezone(GENEVA_ZONE).date()


NO_KNOWN_ENTRIES: Final[Mapping[str, CatalogueEntry]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as read from its table, not verified."""

    number: int
    statement: str
    signature: str
    public_key: str
    compressed_proof: bytes = b""


@dataclass(frozen=True, slots=True)
class SignedFileText:
    """The paragraphs of a file as read from the table, with a signature that is not verified. `heading_levels` has one
    for each paragraph, or none if none is a heading."""

    sha256: str
    paragraphs: tuple[str, ...]
    signature: str
    public_key: str
    heading_levels: tuple[int, ...] = ()


def list_all_files(texts: Iterable[CatalogueFile]) -> list[CatalogueFile]:
    """List these files, and after each its PDF if it has one."""
    return [file for text in texts for file in (text, text.pdf) if file is not None]


def parse_tombstone_file(values: Mapping[str, Any]) -> CatalogueFile:
    """Parse a file as a tombstone lists it."""
    pdf = values.get("pdf")
    return CatalogueFile(**{**values, "pdf": CatalogueFile(**pdf) if pdf else None})
