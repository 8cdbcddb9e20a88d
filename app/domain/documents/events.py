"""What can happen to the register."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text, say
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class DocumentRegistered(Event):
    name: ClassVar[str] = "document:registered"
    words: ClassVar[Text] = say("A document was registered")
    document: UUID
    symbol: str


@dataclass(frozen=True, slots=True)
class EditionRegistered(Event):
    """A revision, an addendum or a corrigendum; `document` is the one it belongs to."""

    name: ClassVar[str] = "document:edition-registered"
    words: ClassVar[Text] = say("A revision, an addendum or a corrigendum was registered")
    document: UUID
    edition: UUID
    symbol: str


@dataclass(frozen=True, slots=True)
class DocumentSupported(Event):
    """A State supports an edition that others signed."""

    name: ClassVar[str] = "document:supported"
    words: ClassVar[Text] = say("A State supported a document")
    document: UUID
    edition: UUID
