"""What can happen with letters of invitation."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class InvitationTemplateChanged(Event):
    """`file` is the digest of the new template, empty for the portal's own."""

    name: ClassVar[str] = "invitation-letter:template-changed"
    words: ClassVar[LazyText] = _("A template of the letters of invitation of a group was changed")
    template: UUID
    file: str


@dataclass(frozen=True, slots=True)
class InvitationLettersMade(Event):
    name: ClassVar[str] = "invitation-letter:made"
    words: ClassVar[LazyText] = _("Letters of invitation to a meeting were made")
    meeting: UUID
    letters: UUID
    made: int
