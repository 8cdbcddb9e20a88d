"""What can happen to a meeting."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class MeetingPlanned(Event):
    name: ClassVar[str] = "meeting:planned"
    words: ClassVar[LazyText] = _("A meeting was saved as a draft")
    meeting: UUID
    number: int


@dataclass(frozen=True, slots=True)
class MeetingConvened(Event):
    name: ClassVar[str] = "meeting:convened"
    words: ClassVar[LazyText] = _("A meeting was convened")
    meeting: UUID
    number: int


@dataclass(frozen=True, slots=True)
class MeetingMoved(Event):
    """It was opened for contributions, began, or was closed; `life` is its state now, `was` the one before; lines
    before 29 November 2026 have none."""

    name: ClassVar[str] = "meeting:moved"
    words: ClassVar[LazyText] = _("A meeting was opened for contributions, began or was closed")
    meeting: UUID
    life: str
    was: str = ""


@dataclass(frozen=True, slots=True)
class MeetingBeginUndone(Event):
    """It has not begun; `life` and `opens_on` are its state and its first day now."""

    name: ClassVar[str] = "meeting:begin-undone"
    words: ClassVar[LazyText] = _("The beginning of a meeting was undone")
    meeting: UUID
    life: str
    opens_on: str


@dataclass(frozen=True, slots=True)
class MeetingCancelled(Event):
    name: ClassVar[str] = "meeting:cancelled"
    words: ClassVar[LazyText] = _("A meeting was cancelled")
    meeting: UUID


@dataclass(frozen=True, slots=True)
class MeetingChanged(Event):
    """Days, the time zone, and deadlines as instants in UTC; each `…_was` is the value before. Lines before 29 November
    2026 have the first three alone. The place is a text, and so only whether it was changed."""

    name: ClassVar[str] = "meeting:changed"
    words: ClassVar[LazyText] = _("The dates, place or deadline of a meeting were changed")
    meeting: UUID
    opens_on: str
    closes_on: str
    contributions_due_at: str
    opens_on_was: str = ""
    closes_on_was: str = ""
    contributions_due_at_was: str = ""
    posting_due_at: str = ""
    posting_due_at_was: str = ""
    proposals_due_at: str = ""
    proposals_due_at_was: str = ""
    registration_due_at: str = ""
    registration_due_at_was: str = ""
    zone: str = ""
    zone_was: str = ""
    is_place_changed: bool = False


@dataclass(frozen=True, slots=True)
class DeadlineMoved(Event):
    """Both are instants in UTC; everybody with a seat is informed on their desk."""

    name: ClassVar[str] = "meeting:deadline-moved"
    words: ClassVar[LazyText] = _("The deadline for contributions to a meeting was changed")
    meeting: UUID
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class PracticalChanged(Event):
    name: ClassVar[str] = "meeting:practical-changed"
    words: ClassVar[LazyText] = _("The practical information about a meeting was changed")
    meeting: UUID


@dataclass(frozen=True, slots=True)
class SessionLaidDown(Event):
    name: ClassVar[str] = "session:laid-down"
    words: ClassVar[LazyText] = _("A session of a meeting was scheduled")
    meeting: UUID
    meeting_session: UUID


@dataclass(frozen=True, slots=True)
class SessionMoved(Event):
    """Instants in UTC, and those before; lines before 29 November 2026 have none."""

    name: ClassVar[str] = "session:moved"
    words: ClassVar[LazyText] = _("A session of a meeting was moved")
    meeting: UUID
    meeting_session: UUID
    starts_at: str = ""
    starts_at_was: str = ""
    ends_at: str = ""
    ends_at_was: str = ""


@dataclass(frozen=True, slots=True)
class SessionCancelled(Event):
    name: ClassVar[str] = "session:cancelled"
    words: ClassVar[LazyText] = _("A session of a meeting was cancelled")
    meeting: UUID
    meeting_session: UUID
