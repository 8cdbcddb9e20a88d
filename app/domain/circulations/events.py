"""What can happen to a circulated version."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text, say
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class VersionCirculated(Event):
    """`text` is the digest of all that was put before the delegations."""

    name: ClassVar[str] = "version:circulated"
    words: ClassVar[Text] = say("A version of a draft was circulated to the delegations")
    output: UUID
    number: int
    text: str
