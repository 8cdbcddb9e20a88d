"""Events of circulated versions and of comments on them."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class VersionCirculated(Event):
    """`text` is the digest of all that was circulated."""

    name: ClassVar[str] = "version:circulated"
    words: ClassVar[LazyText] = _("A version of a draft was circulated to the delegations")
    output: UUID
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class CommentPut(Event):
    """Made, or changed if its version is 2 or higher."""

    name: ClassVar[str] = "comment:put"
    words: ClassVar[LazyText] = _("A State commented on a circulated version, or changed its comment")
    output: UUID
    comment: UUID
    state: str
    version: int


@dataclass(frozen=True, slots=True)
class CommentTakenBack(Event):
    name: ClassVar[str] = "comment:taken-back"
    words: ClassVar[LazyText] = _("A State withdrew its comment on a circulated version")
    output: UUID
    comment: UUID
    state: str


@dataclass(frozen=True, slots=True)
class CommentAnswered(Event):
    """`number` counts the answers to one comment; the last one counts."""

    name: ClassVar[str] = "comment:answered"
    words: ClassVar[LazyText] = _("A comment from a State was answered")
    output: UUID
    comment: UUID
    answer: str
    number: int
