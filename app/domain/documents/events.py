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
