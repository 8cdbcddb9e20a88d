"""What can happen to a meeting."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text, say
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class MeetingConvened(Event):
    name: ClassVar[str] = "meeting:convened"
    words: ClassVar[Text] = say("A meeting was convened")
    meeting: UUID
    number: int


@dataclass(frozen=True, slots=True)
class MeetingChanged(Event):
    name: ClassVar[str] = "meeting:changed"
    words: ClassVar[Text] = say("Dates, place or deadline of a meeting were changed")
    meeting: UUID
    opens_on: str
    closes_on: str
    contributions_due_at: str


@dataclass(frozen=True, slots=True)
class DeadlineMoved(Event):
    """Both are instants in UTC; everybody with a seat is told on their desk."""

    name: ClassVar[str] = "meeting:deadline-moved"
    words: ClassVar[Text] = say("The deadline for contributions to a meeting was moved")
    meeting: UUID
    was: str
    now: str
