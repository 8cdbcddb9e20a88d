"""What can happen to a decision."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class DecisionTaken(Event):
    name: ClassVar[str] = "decision:taken"
    words: ClassVar[LazyText] = _("A decision was recorded")
    meeting: UUID
    decision: UUID
    number: int
    how: str


@dataclass(frozen=True, slots=True)
class DecisionCorrected(Event):
    name: ClassVar[str] = "decision:corrected"
    words: ClassVar[LazyText] = _("The text of a decision was corrected")
    decision: UUID
    version: int


@dataclass(frozen=True, slots=True)
class PositionPut(Event):
    """`own` says that a delegate of the State wrote it; else the chair noted it. Lines before 29 November 2026 do not
    name the meeting."""

    name: ClassVar[str] = "position:put"
    words: ClassVar[LazyText] = _("The position of a State on a decision was recorded")
    decision: UUID
    position: UUID
    state: str
    stance: str
    own: bool
    meeting: UUID | None = None
