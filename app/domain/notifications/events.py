"""What can happen to what somebody gets by mail. That a letter leaves is no event: it changes nothing of the record."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class LettersStopped(Event):
    """By the person themselves, on their page or with the button of their mail program."""

    name: ClassVar[str] = "letters:stopped"
    words: ClassVar[LazyText] = _("A person switched off a type of e-mail notification")
    person: UUID
    kind: str


@dataclass(frozen=True, slots=True)
class LettersChosen(Event):
    """When a person gets the notifications of a category: `choice` is one of `DeliveryChoice`."""

    name: ClassVar[str] = "letters:chosen"
    words: ClassVar[LazyText] = _("A person chose when to receive a type of e-mail notification")
    person: UUID
    category: str
    choice: str


@dataclass(frozen=True, slots=True)
class LettersWanted(Event):
    """Until 29 November 2026, when a type could only be stopped or wanted."""

    name: ClassVar[str] = "letters:wanted"
    words: ClassVar[LazyText] = _("A person switched on a type of e-mail notification again")
    person: UUID
    kind: str
