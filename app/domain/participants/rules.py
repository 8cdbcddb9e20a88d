"""Permissions to register participants, with their deadline, and to note attendance."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.access import Actor, Permission, any_of, rule
from app.core.i18n import say
from app.domain.bodies.models import Capacity as Seated
from app.domain.bodies.models import Office
from app.domain.bodies.rules import OfEntity, is_focal_point, is_secretary
from app.domain.meetings.models import Life, Meeting
from app.domain.meetings.rules import has_passed


@dataclass(frozen=True, slots=True)
class Delegation:
    """The participants of one entity at one meeting; for observers, `entity` is empty."""

    body_id: UUID
    entity: str
    life: str
    due_at: datetime


def delegation(meeting: Meeting, entity: str) -> Delegation:
    """Build the subject of the registration permissions."""
    return Delegation(meeting.body_id, entity, meeting.life, meeting.registration_due_at)


@rule(
    say("is the head of the State's delegation"),
    unless=say("Only a focal point or the head of delegation of the State concerned, or the secretariat, may do this."),
)
def leads_it(actor: Actor, subject: OfEntity) -> bool:
    return actor.entity == subject.entity and actor.sits(subject.body_id, Seated.HEAD_OF_DELEGATION)


@rule(
    say("registration is open; for the secretariat, as long as the meeting was not cancelled"),
    unless=say("Registration is closed. Ask the secretariat."),
)
def is_open(actor: Actor, subject: Delegation) -> bool:
    """Check the registration deadline; the secretariat may register until the meeting is cancelled."""
    if actor.sits(subject.body_id, Office.SECRETARY):
        return subject.life not in (Life.PLANNED, Life.CANCELLED)
    return subject.life in (Life.CONVENED, Life.OPEN) and not has_passed(subject.due_at)


@rule(say("the meeting has begun"), unless=say("Who is present is noted once the meeting has begun."))
def has_begun(actor: Actor, subject: Meeting) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.life in (Life.IN_SESSION, Life.CLOSED)


REGISTER: Permission[Delegation] = Permission(
    "participant:register",
    say("Register participants of a delegation, change and cancel it"),
    any_of(leads_it, is_focal_point, is_secretary),
    is_open,
)
NOTE_ATTENDANCE: Permission[Meeting] = Permission(
    "participant:note-attendance", say("Note who was present"), is_secretary, has_begun
)
