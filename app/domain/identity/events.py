"""What can happen to people and their sessions."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class PersonSignedIn(Event):
    name: ClassVar[str] = "person:signed-in"
    words: ClassVar[LazyText] = _("A person signed in")
    person: UUID


@dataclass(frozen=True, slots=True)
class PersonChanged(Event):
    name: ClassVar[str] = "person:changed"
    words: ClassVar[LazyText] = _("Information about a person from the identity provider changed")
    person: UUID
    membership: str
    entity: str


@dataclass(frozen=True, slots=True)
class TimeZoneChosen(Event):
    name: ClassVar[str] = "person:zone-chosen"
    words: ClassVar[LazyText] = _("A person chose their time zone")
    person: UUID


@dataclass(frozen=True, slots=True)
class SessionEnded(Event):
    name: ClassVar[str] = "session:ended"
    words: ClassVar[LazyText] = _("A session was ended")
    session: UUID
    why: str


@dataclass(frozen=True, slots=True)
class CalendarAddressMade(Event):
    name: ClassVar[str] = "calendar:made"
    words: ClassVar[LazyText] = _("A person created a calendar link")
    person: UUID


@dataclass(frozen=True, slots=True)
class CalendarAddressRevoked(Event):
    name: ClassVar[str] = "calendar:revoked"
    words: ClassVar[LazyText] = _("A person revoked their calendar link")
    person: UUID
