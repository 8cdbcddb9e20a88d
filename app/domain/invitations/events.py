"""What can happen to an invitation of a person."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class PersonInvited(Event):
    """It names neither the person nor their address: the person is known once they accept."""

    name: ClassVar[str] = "invitation:made"
    words: ClassVar[LazyText] = _("A person was invited to a role before signing in for the first time")
    invitation: UUID
    entity: str
    capacity: str


@dataclass(frozen=True, slots=True)
class InvitationWithdrawn(Event):
    name: ClassVar[str] = "invitation:withdrawn"
    words: ClassVar[LazyText] = _("The invitation of a person to a role was withdrawn")
    invitation: UUID
    entity: str


@dataclass(frozen=True, slots=True)
class InvitationAccepted(Event):
    """The accreditation that follows is an event of its own: `AccreditationGranted`."""

    name: ClassVar[str] = "invitation:accepted"
    words: ClassVar[LazyText] = _("A person who had been invited signed in and received the role")
    invitation: UUID
    accreditation: UUID
    person: UUID
