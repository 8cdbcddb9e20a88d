"""What can happen to the vocabulary."""

from dataclasses import dataclass
from typing import ClassVar

from app.core.i18n import Text, say
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class TopicAdded(Event):
    name: ClassVar[str] = "topic:added"
    words: ClassVar[Text] = say("A topic was added to the list")
    topic: str


@dataclass(frozen=True, slots=True)
class TopicRenamed(Event):
    name: ClassVar[str] = "topic:renamed"
    words: ClassVar[Text] = say("The names of a topic were changed")
    topic: str
    version: int


@dataclass(frozen=True, slots=True)
class TopicRetired(Event):
    name: ClassVar[str] = "topic:retired"
    words: ClassVar[Text] = say("A topic was retired")
    topic: str


@dataclass(frozen=True, slots=True)
class TopicRestored(Event):
    name: ClassVar[str] = "topic:restored"
    words: ClassVar[Text] = say("A topic that was retired can be chosen again")
    topic: str
