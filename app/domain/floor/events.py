"""What can happen on the floor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class SittingOpened(Event):
    name: ClassVar[str] = "sitting:opened"
    words: ClassVar[LazyText] = _("A session of a meeting was opened")
    meeting: UUID
    session: UUID


@dataclass(frozen=True, slots=True)
class SittingClosed(Event):
    name: ClassVar[str] = "sitting:closed"
    words: ClassVar[LazyText] = _("A session of a meeting was closed")
    meeting: UUID
    session: UUID


@dataclass(frozen=True, slots=True)
class ItemTakenUp(Event):
    name: ClassVar[str] = "sitting:item"
    words: ClassVar[LazyText] = _("A meeting moved on to an agenda item")
    meeting: UUID
    session: UUID
    item: UUID


@dataclass(frozen=True, slots=True)
class ItemStepTaken(Event):
    """`was` and `becomes` are steps of the current item."""

    name: ClassVar[str] = "sitting:step"
    words: ClassVar[LazyText] = _("A meeting went on to another step of an agenda item")
    meeting: UUID
    item: UUID
    was: str
    becomes: str


@dataclass(frozen=True, slots=True)
class DocumentPresented(Event):
    """`document` is None if nothing is presented any more."""

    name: ClassVar[str] = "floor:presented"
    words: ClassVar[LazyText] = _("The chair presented a document of the current item, or ended its presentation")
    meeting: UUID
    item: UUID
    document: UUID | None


@dataclass(frozen=True, slots=True)
class ItemLimitsSet(Event):
    """How often and for how many seconds each State may speak on the current item, before and after; 0 for no limit."""

    name: ClassVar[str] = "floor:item-limits"
    words: ClassVar[LazyText] = _("The limits for each delegation on an agenda item were changed")
    meeting: UUID
    item: UUID
    statements_was: int
    statements: int
    seconds_was: int
    seconds: int


@dataclass(frozen=True, slots=True)
class SpeakersListChanged(Event):
    """`what` is closes, reopened or limit; `at` the instant at which it closes, in UTC."""

    name: ClassVar[str] = "floor:list"
    words: ClassVar[LazyText] = _("The list of speakers was closed or reopened, or its time limit was changed")
    meeting: UUID
    what: str
    at: str
    seconds: int | None


@dataclass(frozen=True, slots=True)
class FloorAsked(Event):
    name: ClassVar[str] = "floor:asked"
    words: ClassVar[LazyText] = _("A delegation requested the floor")
    meeting: UUID
    request: UUID
    state: str
    kind: str


@dataclass(frozen=True, slots=True)
class FloorWithdrawn(Event):
    name: ClassVar[str] = "floor:withdrawn"
    words: ClassVar[LazyText] = _("A delegation withdrew its request for the floor")
    meeting: UUID
    request: UUID


@dataclass(frozen=True, slots=True)
class FloorDeclined(Event):
    name: ClassVar[str] = "floor:declined"
    words: ClassVar[LazyText] = _("The chair declined a request for the floor")
    meeting: UUID
    request: UUID


@dataclass(frozen=True, slots=True)
class SpeakersListReordered(Event):
    name: ClassVar[str] = "floor:moved"
    words: ClassVar[LazyText] = _("The chair changed the order of the list of speakers")
    meeting: UUID
    request: UUID
    was: int
    becomes: int


@dataclass(frozen=True, slots=True)
class FloorGiven(Event):
    name: ClassVar[str] = "floor:given"
    words: ClassVar[LazyText] = _("The floor was given to a delegation")
    meeting: UUID
    request: UUID
    state: str


@dataclass(frozen=True, slots=True)
class FloorEnded(Event):
    """`seconds` is how long they spoke."""

    name: ClassVar[str] = "floor:ended"
    words: ClassVar[LazyText] = _("A delegation ended its statement")
    meeting: UUID
    request: UUID
    seconds: int


@dataclass(frozen=True, slots=True)
class FloorActUndone(Event):
    """`what` names the event of the act, and `request` the request that it concerned; `current_item` and
    `list_closes_at` (in UTC, or empty) are again as they were before it."""

    name: ClassVar[str] = "floor:undone"
    words: ClassVar[LazyText] = _("The last act of the chair on the floor was undone")
    meeting: UUID
    what: str
    request: UUID | None
    current_item: UUID | None
    list_closes_at: str


@dataclass(frozen=True, slots=True)
class ClockSet(Event):
    """`what` is stop, start or more."""

    name: ClassVar[str] = "floor:clock"
    words: ClassVar[LazyText] = _("The clock of a statement was stopped or started, or more time was given")
    meeting: UUID
    request: UUID
    what: str


UNDOABLE_EVENTS: Sequence[type[Event]] = (
    *(ItemTakenUp, ItemStepTaken, DocumentPresented, ItemLimitsSet),
    *(SpeakersListChanged, SpeakersListReordered, ClockSet),
    *(FloorAsked, FloorDeclined, FloorGiven, FloorEnded),
)
"""The events of acts of the chair that can be undone."""
