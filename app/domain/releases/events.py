"""What can happen to a release."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text, say
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class OutputReleased(Event):
    name: ClassVar[str] = "output:released"
    words: ClassVar[Text] = say("A text was released to the membership, in all its languages at once")
    output: UUID
    text: str
