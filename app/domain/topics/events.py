"""What can happen to the vocabulary."""

from dataclasses import dataclass
from typing import ClassVar

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class TopicAdded(Event):
    name: ClassVar[str] = "topic:added"
    words: ClassVar[LazyText] = _("A topic was added to the list")
    topic: str


@dataclass(frozen=True, slots=True)
class TopicRenamed(Event):
    name: ClassVar[str] = "topic:renamed"
    words: ClassVar[LazyText] = _("The names of a topic were changed")
    topic: str
    version: int


@dataclass(frozen=True, slots=True)
class TopicRetired(Event):
    name: ClassVar[str] = "topic:retired"
    words: ClassVar[LazyText] = _("A topic was retired")
    topic: str


@dataclass(frozen=True, slots=True)
class TopicRestored(Event):
    name: ClassVar[str] = "topic:restored"
    words: ClassVar[LazyText] = _("A retired topic can be selected again")
    topic: str
