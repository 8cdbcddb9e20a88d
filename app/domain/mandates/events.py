"""What can happen to the register of mandates."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class MandateAdded(Event):
    name: ClassVar[str] = "mandate:added"
    words: ClassVar[LazyText] = _("A mandate was added to the register")
    mandate: str


@dataclass(frozen=True, slots=True)
class MandateRenamed(Event):
    name: ClassVar[str] = "mandate:renamed"
    words: ClassVar[LazyText] = _("The title of a mandate was changed or confirmed")
    mandate: str
    version: int


@dataclass(frozen=True, slots=True)
class MandateVersionAdded(Event):
    name: ClassVar[str] = "mandate:version-added"
    words: ClassVar[LazyText] = _("A new version of a mandate was added to the register")
    mandate: str
    year: int


@dataclass(frozen=True, slots=True)
class MandateRetired(Event):
    name: ClassVar[str] = "mandate:retired"
    words: ClassVar[LazyText] = _("A mandate was retired")
    mandate: str
    successor: str | None


@dataclass(frozen=True, slots=True)
class MandateRestored(Event):
    name: ClassVar[str] = "mandate:restored"
    words: ClassVar[LazyText] = _("A retired mandate can be cited again")
    mandate: str


@dataclass(frozen=True, slots=True)
class ClauseAdded(Event):
    name: ClassVar[str] = "clause:added"
    words: ClassVar[LazyText] = _("A clause was added to a mandate")
    mandate: str
    clause: str


@dataclass(frozen=True, slots=True)
class ClauseChanged(Event):
    name: ClassVar[str] = "clause:changed"
    words: ClassVar[LazyText] = _("What the register says of a clause was changed")
    mandate: str
    clause: str
    version: int


@dataclass(frozen=True, slots=True)
class ClauseRetired(Event):
    name: ClassVar[str] = "clause:retired"
    words: ClassVar[LazyText] = _("A clause was retired")
    mandate: str
    clause: str
    successor: str | None


@dataclass(frozen=True, slots=True)
class ClauseRestored(Event):
    name: ClassVar[str] = "clause:restored"
    words: ClassVar[LazyText] = _("A retired clause can be cited again")
    mandate: str
    clause: str


@dataclass(frozen=True, slots=True)
class FacilitationKept(Event):
    """`content` is the digest of what the register says from now on, `was` of what it said, empty for a new entry."""

    name: ClassVar[str] = "action-line:facilitation-kept"
    words: ClassVar[LazyText] = _("A facilitator of an action line was added or changed")
    action_line: str
    facilitation: UUID
    content: str
    was: str


@dataclass(frozen=True, slots=True)
class ActionLineChanged(Event):
    name: ClassVar[str] = "action-line:changed"
    words: ClassVar[LazyText] = _("What the register says of an action line was changed")
    action_line: str
    version: int
