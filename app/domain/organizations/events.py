"""What can happen to the register of organizations."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class OrganizationAdded(Event):
    name: ClassVar[str] = "organization:added"
    words: ClassVar[LazyText] = _("An organization was added to the register")
    organization: str


@dataclass(frozen=True, slots=True)
class OrganizationChanged(Event):
    name: ClassVar[str] = "organization:changed"
    words: ClassVar[LazyText] = _("The entry of an organization was changed")
    organization: str
    version: int


@dataclass(frozen=True, slots=True)
class OrganizationEnded(Event):
    name: ClassVar[str] = "organization:ended"
    words: ClassVar[LazyText] = _("An organization was ended in the register")
    organization: str
    until_on: date


@dataclass(frozen=True, slots=True)
class OrganizationRestored(Event):
    name: ClassVar[str] = "organization:restored"
    words: ClassVar[LazyText] = _("An ended organization is in force again")
    organization: str
