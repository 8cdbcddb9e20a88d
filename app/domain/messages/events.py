"""What can happen to a message of the secretariat."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class SecretariatMessageSent(Event):
    """`texts` is the digest of the texts in all languages; `meeting` is None if it is about no meeting."""

    name: ClassVar[str] = "secretariat-message:sent"
    words: ClassVar[LazyText] = _("The secretariat sent a message to members of the group")
    message: UUID
    template: str
    audience: str
    texts: str
    meeting: UUID | None = None
