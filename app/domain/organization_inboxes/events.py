"""What can happen to the key and the inbox of an organization. `key` is the identifier of the public key, its first 16
hexadecimal digits of SHA-256."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class InboxProposed(Event):
    """`content` is the digest of key and address as they were entered."""

    name: ClassVar[str] = "organization:inbox-proposed"
    words: ClassVar[LazyText] = _("A key for the exchange by machine with an organization was entered")
    organization: str
    inbox: UUID
    key: str
    content: str


@dataclass(frozen=True, slots=True)
class InboxConfirmed(Event):
    """`content` is the digest of key and address, as when they were entered."""

    name: ClassVar[str] = "organization:inbox-confirmed"
    words: ClassVar[LazyText] = _("A second secretary confirmed a key for the exchange by machine with an organization")
    organization: str
    inbox: UUID
    key: str
    content: str


@dataclass(frozen=True, slots=True)
class InboxDeclined(Event):
    name: ClassVar[str] = "organization:inbox-declined"
    words: ClassVar[LazyText] = _("A key for the exchange by machine with an organization was declined or withdrawn")
    organization: str
    inbox: UUID
    key: str


@dataclass(frozen=True, slots=True)
class InboxRevoked(Event):
    """A new key replaced it, if it was not revoked by itself."""

    name: ClassVar[str] = "organization:inbox-revoked"
    words: ClassVar[LazyText] = _("A key for the exchange by machine with an organization was revoked")
    organization: str
    inbox: UUID
    key: str
    replaced: bool
