"""Permissions to register participants, with their deadline, to note attendance, and to see and make badges; which
participant a badge or a typed name means."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.hashing import derive_secret
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, access_rule, any_of
from app.core.search.tokenizer import fold_typed_word
from app.core.short_codes import derive_short_code, parse_short_code
from app.domain.bodies.models import Capacity as Seated
from app.domain.bodies.models import Office
from app.domain.bodies.rules import BelongsToBody, BelongsToEntity, is_focal_point, is_secretary
from app.domain.meetings.models import Meeting, MeetingLife
from app.domain.meetings.rules import has_deadline_passed
from app.domain.participants.models import Participant


@dataclass(frozen=True, slots=True)
class Delegation:
    """The participants of one entity at one meeting; for observers, `entity` is empty."""

    body_id: UUID
    entity: str
    life: str
    due_at: datetime


def build_delegation(meeting: Meeting, entity: str) -> Delegation:
    """Build the subject of the registration permissions."""
    return Delegation(meeting.body_id, entity, meeting.life, meeting.registration_due_at)


@dataclass(frozen=True, slots=True)
class BadgeRuleSubject:
    """The badge of a participant; `person_id` is None for a person who is not known to the portal."""

    body_id: UUID
    person_id: UUID | None


def derive_badge_code(participant: Participant, *, key: str) -> str:
    """Derive the code on the badge of a participant; it is stored nowhere.

    With a corrected name, or another person in the same place, even a namesake whom the portal knows, it is another
    code: a badge is valid for whom it names.
    """
    person = f"{participant.id} {participant.person_id} {participant.name}"
    return derive_short_code(derive_secret(person, key=key, purpose="code of a badge"))


def find_participant_by_code(participants: Iterable[Participant], typed: str, *, key: str) -> Participant | None:
    """Find whose badge has a code; None for anything else, and for the badge of another meeting."""
    code = parse_short_code(typed)
    if code is None:
        return None
    return next((each for each in participants if derive_badge_code(each, key=key) == code), None)


def is_meant_as_code(typed: str) -> bool:
    """Return whether what was typed is a code, or one with an error, and no name: few codes have no digit, no name has
    one."""
    return parse_short_code(typed) is not None or any(map(str.isdigit, typed))


def filter_participants_by_name(participants: Iterable[Participant], typed: str) -> list[Participant]:
    """Return the participants in whose name each word that was typed begins a word; accents do not matter."""
    words = _fold_words(typed)
    return [
        each
        for each in participants
        if words and all(any(own.startswith(word) for own in _fold_words(each.name)) for word in words)
    ]


def _fold_words(text: str) -> list[str]:
    return [fold_typed_word(word) for word in re.findall(r"\w+", text)]


@access_rule(
    _("is the participant"), denied_because=_("Only the participant concerned and the secretariat can see this badge.")
)
def is_participant(actor: Actor, subject: BadgeRuleSubject) -> bool:
    return subject.person_id == actor.person


@access_rule(
    _("is the head of the State's delegation"),
    denied_because=_(
        "Only a focal point or the head of delegation of the State concerned, or the secretariat, may do this."
    ),
)
def is_head_of_delegation(actor: Actor, subject: BelongsToEntity) -> bool:
    return actor.entity == subject.entity and actor.has_role(subject.body_id, Seated.HEAD_OF_DELEGATION)


@access_rule(
    _("registration is open; for the secretariat, as long as the meeting was not cancelled"),
    denied_because=_("Registration is closed. Contact the secretariat."),
)
def is_registration_open(actor: Actor, subject: Delegation) -> bool:
    """Check the registration deadline; the secretariat may register until the meeting is cancelled."""
    if actor.has_role(subject.body_id, Office.SECRETARY):
        return subject.life not in (MeetingLife.PLANNED, MeetingLife.CANCELLED)
    return subject.life in (MeetingLife.CONVENED, MeetingLife.OPEN) and not has_deadline_passed(subject.due_at)


@access_rule(
    _("the meeting has begun"), denied_because=_("Attendance can be recorded only after the meeting has begun.")
)
def has_meeting_begun(actor: Actor, subject: Meeting) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.life in (MeetingLife.IN_SESSION, MeetingLife.CLOSED)


REGISTER: Permission[Delegation] = Permission(
    "participant:register",
    _("Register participants of a delegation; change or cancel their registration"),
    any_of(is_head_of_delegation, is_focal_point, is_secretary),
    is_registration_open,
    begins_in_body=True,
)
NOTE_ATTENDANCE: Permission[Meeting] = Permission(
    "participant:note-attendance", _("Record attendance"), is_secretary, has_meeting_begun
)
SEE_BADGE: Permission[BadgeRuleSubject] = Permission(
    "participant:see-badge", _("See and print the badge of a participant"), any_of(is_participant, is_secretary)
)
MAKE_BADGES: Permission[BelongsToBody] = Permission(
    "participant:make-badges", _("Make the badges of a meeting"), is_secretary
)
