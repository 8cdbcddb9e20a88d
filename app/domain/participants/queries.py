"""Participants, as an actor may see them: whoever sees a meeting sees who takes part in it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, false, func, or_, select

from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Unknown
from app.domain.bodies.models import Office
from app.domain.bodies.rules import CHAIRS
from app.domain.identity.models import Person
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Life, Meeting
from app.domain.member_states import is_known, name, sort_key
from app.domain.participants import rules
from app.domain.participants.models import Capacity, Participant

ORDER = {capacity: place for place, capacity in enumerate(Capacity)}


def visible(actor: Actor) -> Select[Participant]:
    """Those registered for a meeting that the actor may see; not who was cancelled."""
    seen = meetings.visible(actor).with_only_columns(Meeting.id)
    return select(Participant).where(Participant.meeting_id.in_(seen), Participant.cancelled_at.is_(None))


def one_visible(session: ReadSession, actor: Actor, participant: UUID) -> Participant:
    """That participant, or Unknown."""
    found = session.scalar(visible(actor).where(Participant.id == participant))
    if found is None:
        raise Unknown()
    return found


def listed(session: ReadSession, actor: Actor, meeting: Meeting) -> Sequence[Participant]:
    """By protocol: States by their French names, then other members, observers, the secretariat; heads first."""
    found = session.scalars(visible(actor).where(Participant.meeting_id == meeting.id)).all()
    return sorted(found, key=_by_protocol)


def how_many(session: ReadSession, actor: Actor, meeting: Meeting) -> int:
    """How many take part in a meeting."""
    counted = visible(actor).where(Participant.meeting_id == meeting.id).with_only_columns(func.count())
    return session.scalar(counted) or 0


def _by_protocol(participant: Participant) -> tuple[int, str, str, int, str]:
    is_state = is_known(participant.entity)
    called = name(participant.entity, "fr") if is_state else participant.entity_name
    kinds = {Capacity.OBSERVER: 2, Capacity.SECRETARIAT: 3}
    kind = kinds.get(Capacity(participant.capacity), 0 if is_state else 1)
    return kind, sort_key(called, "fr"), participant.entity, ORDER[Capacity(participant.capacity)], participant.name


def people(session: ReadSession, actor: Actor, meeting: Meeting, entity: str) -> Sequence[Person]:
    """Known people of a delegation, for whoever may register it; who is registered already is left out."""
    if not rules.REGISTER.allows(actor, rules.delegation(meeting, entity)) or not entity:
        return []
    registered = select(Participant.person_id).where(
        Participant.meeting_id == meeting.id, Participant.cancelled_at.is_(None), Participant.person_id.is_not(None)
    )
    return session.scalars(
        select(Person).where(Person.entity == entity, Person.id.not_in(registered)).order_by(Person.name)
    ).all()


def may_join(session: ReadSession, actor: Actor, meeting: Meeting) -> bool:
    """Whether the actor is given the link: registered themselves, registering others who are, or running the meeting.

    Nobody else, so that the link goes no further than the list of participants.
    """
    if meeting.life in (Life.CLOSED, Life.CANCELLED):
        return False
    if actor.sits(meeting.body_id, Office.SECRETARY, *CHAIRS):
        return True
    place = rules.delegation(meeting, actor.entity)
    registers = rules.REGISTER.who.against(actor, place) is None
    mine = Participant.entity == actor.entity if registers else false()
    return (
        session.scalar(
            visible(actor)
            .with_only_columns(Participant.id)
            .where(
                Participant.meeting_id == meeting.id,
                Participant.entity == actor.entity,
                or_(Participant.person_id == actor.person, mine),
            )
            .limit(1)
        )
        is not None
    )
