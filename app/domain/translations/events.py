"""What can happen to a translation that is due."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class TranslationAssigned(Event):
    """`edition` or `output` is the text; `person` is the translator, None if it is somebody outside the secretariat.

    `due_on` is the day that was set for it, and `due_on_was` the one before; None is the day of its meeting.
    """

    name: ClassVar[str] = "translation:assigned"
    words: ClassVar[LazyText] = _("A translation was assigned")
    assignment: UUID
    language: str
    edition: UUID | None
    output: UUID | None
    person: UUID | None
    due_on_was: str | None
    due_on: str | None
