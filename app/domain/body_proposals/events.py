"""What can happen to a proposal about a body."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class BodyProposed(Event):
    """`kind` is a `BodyProposalKind`; `content` is the digest of what was entered for a new body or a change, else
    empty; `person` is the first secretary."""

    name: ClassVar[str] = "body:proposed"
    words: ClassVar[LazyText] = _("A new group, its first secretary, a change or the end of a group was proposed")
    proposal: UUID
    kind: str
    content: str
    person: UUID | None


@dataclass(frozen=True, slots=True)
class BodyProposalDeclined(Event):
    name: ClassVar[str] = "body:proposal-declined"
    words: ClassVar[LazyText] = _("A proposal about a group was declined or withdrawn")
    proposal: UUID


@dataclass(frozen=True, slots=True)
class BodyMade(Event):
    """`content` is the digest of what was entered, as in the proposal."""

    name: ClassVar[str] = "body:made"
    words: ClassVar[LazyText] = _("A group was created, confirmed by a second secretary")
    proposal: UUID
    content: str


@dataclass(frozen=True, slots=True)
class BodyEndSet(Event):
    """`on` is the last day of the body, `was` the one before, empty without one."""

    name: ClassVar[str] = "body:end-set"
    words: ClassVar[LazyText] = _("The last day of a group was set, confirmed by a second secretary")
    proposal: UUID
    on: str
    was: str
