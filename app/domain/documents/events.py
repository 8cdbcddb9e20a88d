"""What can happen to the register."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class DocumentRegistered(Event):
    name: ClassVar[str] = "document:registered"
    words: ClassVar[LazyText] = _("A document was registered")
    document: UUID
    symbol: str


@dataclass(frozen=True, slots=True)
class EditionRegistered(Event):
    """A revision, an addendum or a corrigendum; `document` is the one it belongs to."""

    name: ClassVar[str] = "document:edition-registered"
    words: ClassVar[LazyText] = _("A revision, an addendum or a corrigendum was registered")
    document: UUID
    edition: UUID
    symbol: str


@dataclass(frozen=True, slots=True)
class DocumentSupported(Event):
    """A State supports an edition that others signed."""

    name: ClassVar[str] = "document:supported"
    words: ClassVar[LazyText] = _("A State supported a document")
    document: UUID
    edition: UUID


@dataclass(frozen=True, slots=True)
class TranslationAdded(Event):
    name: ClassVar[str] = "document:translated"
    words: ClassVar[LazyText] = _("A translation was added to a document")
    document: UUID
    edition: UUID
    language: str
    file: str


@dataclass(frozen=True, slots=True)
class TitlesSupplied(Event):
    """`languages` are the codes of the languages in which the document had no title before, with spaces between."""

    name: ClassVar[str] = "document:titles-supplied"
    words: ClassVar[LazyText] = _("Titles of a document were entered in other languages")
    document: UUID
    languages: str


@dataclass(frozen=True, slots=True)
class DocumentRelated(Event):
    name: ClassVar[str] = "document:related"
    words: ClassVar[LazyText] = _("A relation between two documents was added")
    document: UUID
    kind: str
    other: UUID


@dataclass(frozen=True, slots=True)
class RelationWithdrawn(Event):
    """`relation` is the record of it, which stays."""

    name: ClassVar[str] = "document:relation-taken-back"
    words: ClassVar[LazyText] = _("A relation between two documents was withdrawn")
    document: UUID
    relation: UUID


@dataclass(frozen=True, slots=True)
class AccessChanged(Event):
    """`old` and `new` are classes of access."""

    name: ClassVar[str] = "document:access-changed"
    words: ClassVar[LazyText] = _("Access to a document was changed")
    document: UUID
    correction: UUID
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class DocumentCorrected(Event):
    """Old and new text are kept with the correction."""

    name: ClassVar[str] = "document:corrected"
    words: ClassVar[LazyText] = _("The register entry of a document was corrected")
    document: UUID
    correction: UUID
    what: str


@dataclass(frozen=True, slots=True)
class DocumentWithdrawn(Event):
    name: ClassVar[str] = "document:withdrawn"
    words: ClassVar[LazyText] = _("A document was withdrawn")
    document: UUID


@dataclass(frozen=True, slots=True)
class NumberVoided(Event):
    name: ClassVar[str] = "document:voided"
    words: ClassVar[LazyText] = _("The number of a document was voided")
    document: UUID
