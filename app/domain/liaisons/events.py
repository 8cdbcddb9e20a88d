"""What can happen to an incoming liaison."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class LiaisonReceived(Event):
    name: ClassVar[str] = "liaison:received"
    words: ClassVar[LazyText] = _("A liaison statement was received")
    liaison: UUID
    file: str


@dataclass(frozen=True, slots=True)
class LiaisonFileAdded(Event):
    name: ClassVar[str] = "liaison:file-added"
    words: ClassVar[LazyText] = _("A language was added to a received liaison statement")
    liaison: UUID
    language: str
    file: str


@dataclass(frozen=True, slots=True)
class LiaisonRegistered(Event):
    name: ClassVar[str] = "liaison:registered"
    words: ClassVar[LazyText] = _("A received liaison statement was registered")
    liaison: UUID
    document: UUID
    meeting: UUID


@dataclass(frozen=True, slots=True)
class LiaisonReturned(Event):
    name: ClassVar[str] = "liaison:returned"
    words: ClassVar[LazyText] = _("A received liaison statement was returned to its sender")
    liaison: UUID


@dataclass(frozen=True, slots=True)
class LiaisonHeld(Event):
    name: ClassVar[str] = "liaison:held"
    words: ClassVar[LazyText] = _("A liaison statement was given to a person who prepares the reply")
    liaison: UUID
    person: UUID
    until: date
    until_before: date | None


@dataclass(frozen=True, slots=True)
class LiaisonReplyChosen(Event):
    name: ClassVar[str] = "liaison:reply-chosen"
    words: ClassVar[LazyText] = _("A draft output was made the reply to a liaison statement")
    liaison: UUID
    output: UUID


@dataclass(frozen=True, slots=True)
class LiaisonReplyRemoved(Event):
    name: ClassVar[str] = "liaison:reply-removed"
    words: ClassVar[LazyText] = _("A draft output is no longer the reply to a liaison statement")
    liaison: UUID
    output: UUID


@dataclass(frozen=True, slots=True)
class LiaisonAnswered(Event):
    name: ClassVar[str] = "liaison:answered"
    words: ClassVar[LazyText] = _("A liaison statement was answered by the release of the reply")
    liaison: UUID
    output: UUID


@dataclass(frozen=True, slots=True)
class LiaisonClosed(Event):
    name: ClassVar[str] = "liaison:closed"
    words: ClassVar[LazyText] = _("It was decided that a liaison statement needs no answer")
    liaison: UUID


@dataclass(frozen=True, slots=True)
class LiaisonWithdrawn(Event):
    name: ClassVar[str] = "liaison:withdrawn"
    words: ClassVar[LazyText] = _("The sender withdrew a liaison statement")
    liaison: UUID


@dataclass(frozen=True, slots=True)
class LiaisonOverdue(Event):
    name: ClassVar[str] = "liaison:overdue"
    words: ClassVar[LazyText] = _("The reply to a liaison statement is overdue")
    liaison: UUID
