"""What can happen to a seat."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event


@dataclass(frozen=True, slots=True)
class AccreditationGranted(Event):
    name: ClassVar[str] = "accreditation:granted"
    words: ClassVar[LazyText] = _("A person was accredited")
    accreditation: UUID
    person: UUID
    entity: str
    capacity: str


@dataclass(frozen=True, slots=True)
class AccreditationEnded(Event):
    name: ClassVar[str] = "accreditation:ended"
    words: ClassVar[LazyText] = _("An accreditation was ended")
    accreditation: UUID


@dataclass(frozen=True, slots=True)
class AccreditationRequested(Event):
    """The accreditation that follows is an event of its own: `AccreditationGranted`."""

    name: ClassVar[str] = "accreditation:requested"
    words: ClassVar[LazyText] = _("A person requested accreditation")
    request: UUID
    person: UUID
    entity: str


@dataclass(frozen=True, slots=True)
class AccreditationRequestDeclined(Event):
    name: ClassVar[str] = "accreditation:request-declined"
    words: ClassVar[LazyText] = _("A request for accreditation was declined")
    request: UUID
    person: UUID


@dataclass(frozen=True, slots=True)
class OfficeGranted(Event):
    """By the system itself: how the first secretaries of an installation get in."""

    name: ClassVar[str] = "office:granted"
    words: ClassVar[LazyText] = _("A person was assigned an office when this portal was set up")
    appointment: UUID
    person: UUID
    office: str


@dataclass(frozen=True, slots=True)
class OfficeProposed(Event):
    name: ClassVar[str] = "office:proposed"
    words: ClassVar[LazyText] = _("A person was proposed for an office")
    appointment: UUID
    person: UUID
    office: str


@dataclass(frozen=True, slots=True)
class OfficeConfirmed(Event):
    name: ClassVar[str] = "office:confirmed"
    words: ClassVar[LazyText] = _("An office was confirmed by a second secretary")
    appointment: UUID


@dataclass(frozen=True, slots=True)
class OfficeEnded(Event):
    name: ClassVar[str] = "office:ended"
    words: ClassVar[LazyText] = _("An office was ended")
    appointment: UUID


@dataclass(frozen=True, slots=True)
class RegionSet(Event):
    """`was` is the region before, empty without one; lines before 29 November 2026 have none."""

    name: ClassVar[str] = "region:set"
    words: ClassVar[LazyText] = _("The administrative region of a State was set")
    code: str
    region: str
    was: str = ""


@dataclass(frozen=True, slots=True)
class BodyChanged(Event):
    """`content` is the digest of what the body is from now on, `was` that of what it was. `proposal` is what a second
    secretary confirmed; lines before December 2026 have none: one secretary changed the body."""

    name: ClassVar[str] = "body:changed"
    words: ClassVar[LazyText] = _(
        "The names, the legal basis, the default deadlines or the rules of a group were changed"
    )
    version: int
    content: str
    was: str
    proposal: UUID | None = None


@dataclass(frozen=True, slots=True)
class AdmissionChanged(Event):
    """`admits` are the categories, separated by spaces, `was` those before; lines before 29 November 2026 have none."""

    name: ClassVar[str] = "body:admission-changed"
    words: ClassVar[LazyText] = _("The categories that a body admits were changed")
    admits: str
    was: str = ""


@dataclass(frozen=True, slots=True)
class SilenceSet(Event):
    """`hours` are those for which silence runs at least, in procedures that are opened from now on, `was` the number
    before; lines before 29 November 2026 have none."""

    name: ClassVar[str] = "body:silence-set"
    words: ClassVar[LazyText] = _("The minimum period of the silence procedure in a body was set")
    hours: int
    was: int | None = None


@dataclass(frozen=True, slots=True)
class PositionAudienceSet(Event):
    """`shown_to` is one of `PositionAudience`, for procedures that are opened from now on, `was` the one before;
    lines before 29 November 2026 have none."""

    name: ClassVar[str] = "body:positions-shown-set"
    words: ClassVar[LazyText] = _("Access to the positions of States during a silence procedure in a body was set")
    shown_to: str
    was: str = ""


@dataclass(frozen=True, slots=True)
class LanguagesSet(Event):
    """`languages` are their codes; empty where the body works without translation. `was` are those before; lines
    before 29 November 2026 have none."""

    name: ClassVar[str] = "body:languages-set"
    words: ClassVar[LazyText] = _("The languages required for every document of a body were set")
    languages: str
    was: str | None = None


@dataclass(frozen=True, slots=True)
class StateDecisionSet(Event):
    """`by_head` are the values of `StateAct` that only the head of delegation does from now on, separated by spaces,
    `was` those before."""

    name: ClassVar[str] = "state-decision:set"
    words: ClassVar[LazyText] = _("A State decided what only its head of delegation can do on its behalf")
    state: str
    by_head: str
    was: str


@dataclass(frozen=True, slots=True)
class SessionsOfPersonEnded(Event):
    name: ClassVar[str] = "person:sessions-ended"
    words: ClassVar[LazyText] = _("All sessions of a person were ended")
    person: UUID
    sessions: int
