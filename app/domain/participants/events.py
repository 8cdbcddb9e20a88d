"""What can happen to participants."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class ParticipantRegistered(Event):
    name: ClassVar[str] = "participant:registered"
    words: ClassVar[LazyText] = _("A participant of a meeting was registered")
    meeting: UUID
    participant: UUID
    state: str


@dataclass(frozen=True, slots=True)
class ParticipantChanged(Event):
    name: ClassVar[str] = "participant:changed"
    words: ClassVar[LazyText] = _("The registration of a participant was changed")
    meeting: UUID
    participant: UUID


@dataclass(frozen=True, slots=True)
class ParticipantCancelled(Event):
    name: ClassVar[str] = "participant:cancelled"
    words: ClassVar[LazyText] = _("The registration of a participant was cancelled")
    meeting: UUID
    participant: UUID


@dataclass(frozen=True, slots=True)
class AttendanceNoted(Event):
    name: ClassVar[str] = "participant:attendance-noted"
    words: ClassVar[LazyText] = _("Attendance at a meeting was recorded")
    meeting: UUID
    changed: int


@dataclass(frozen=True, slots=True)
class ParticipantCheckedIn(Event):
    name: ClassVar[str] = "participant:checked-in"
    words: ClassVar[LazyText] = _("A participant was checked in at a meeting")
    meeting: UUID
    participant: UUID


@dataclass(frozen=True, slots=True)
class CheckInUndone(Event):
    name: ClassVar[str] = "participant:check-in-undone"
    words: ClassVar[LazyText] = _("The check-in of a participant was undone")
    meeting: UUID
    participant: UUID


@dataclass(frozen=True, slots=True)
class BadgesMade(Event):
    name: ClassVar[str] = "participant:badges-made"
    words: ClassVar[LazyText] = _("Badges of a meeting were made")
    meeting: UUID
    made: int
