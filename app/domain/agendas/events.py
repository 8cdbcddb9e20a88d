"""What can happen to an agenda."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class AgendaChanged(Event):
    """`what` is added, changed, planned, removed, moved, renumbered, allocated, allocated-as-requested, taken-off,
    grouped, reverted, copied or undone.

    `item` is None where it is about all of them.
    """

    name: ClassVar[str] = "agenda:changed"
    words: ClassVar[LazyText] = _("The draft of an agenda was changed")
    meeting: UUID
    item: UUID | None
    what: str
    version: int


@dataclass(frozen=True, slots=True)
class DocumentAllocated(Event):
    name: ClassVar[str] = "document:allocated"
    words: ClassVar[LazyText] = _("A document was allocated to an agenda item")
    document: UUID
    item: UUID


@dataclass(frozen=True, slots=True)
class DocumentTakenOff(Event):
    name: ClassVar[str] = "document:taken-off"
    words: ClassVar[LazyText] = _("A document was removed from the agenda")
    document: UUID


@dataclass(frozen=True, slots=True)
class AgendaReleased(Event):
    name: ClassVar[str] = "agenda:released"
    words: ClassVar[LazyText] = _("A version of an agenda was released")
    meeting: UUID
    release: UUID
    number: int


@dataclass(frozen=True, slots=True)
class AgendaAdopted(Event):
    name: ClassVar[str] = "agenda:adopted"
    words: ClassVar[LazyText] = _("An agenda was adopted")
    meeting: UUID
    release: UUID


@dataclass(frozen=True, slots=True)
class DeputiesChosen(Event):
    """The chair chose who works with the chair's tools."""

    name: ClassVar[str] = "agenda:deputies-chosen"
    words: ClassVar[LazyText] = _("The chair selected who can edit the agenda")
    meeting: UUID
    offices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProposalsBounded(Event):
    """Until when items may be proposed, and until when before, in UTC; lines before 29 November 2026 have no `was`."""

    name: ClassVar[str] = "agenda:proposals-bounded"
    words: ClassVar[LazyText] = _("The last day for proposing agenda items was set")
    meeting: UUID
    until: str
    was: str = ""


@dataclass(frozen=True, slots=True)
class ItemProposed(Event):
    """`what` is proposed, taken-up, answered or withdrawn."""

    name: ClassVar[str] = "item:proposed"
    words: ClassVar[LazyText] = _("An agenda item was proposed, or a proposal was answered")
    meeting: UUID
    proposal: UUID
    what: str
