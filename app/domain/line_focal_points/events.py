"""What can happen to a focal point of an action line."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class LineFocalPointProposed(Event):
    name: ClassVar[str] = "focal-point:proposed"
    words: ClassVar[LazyText] = _("A focal point of an action line was proposed")
    focal_point: UUID
    action_line: str
    person: UUID


@dataclass(frozen=True, slots=True)
class LineFocalPointConfirmed(Event):
    name: ClassVar[str] = "focal-point:confirmed"
    words: ClassVar[LazyText] = _("A focal point of an action line was confirmed by a second secretary")
    focal_point: UUID
    action_line: str
    person: UUID


@dataclass(frozen=True, slots=True)
class LineFocalPointEnded(Event):
    name: ClassVar[str] = "focal-point:ended"
    words: ClassVar[LazyText] = _("The term of a focal point of an action line was ended, or the proposal withdrawn")
    focal_point: UUID
    action_line: str
    person: UUID
