"""Queries about participants. An actor who may see a meeting may see its participants."""

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
    """Select the participants of meetings that the actor may see, without cancelled registrations."""
    meeting_ids = meetings.visible(actor).with_only_columns(Meeting.id)
    return select(Participant).where(Participant.meeting_id.in_(meeting_ids), Participant.cancelled_at.is_(None))


def one_visible(session: ReadSession, actor: Actor, participant: UUID) -> Participant:
    """Return the participant if the actor may see them. Raises NotFound."""
    row = session.scalar(visible(actor).where(Participant.id == participant))
    if row is None:
        raise Unknown()
    return row


def listed(session: ReadSession, actor: Actor, meeting: Meeting) -> Sequence[Participant]:
    """List participants in protocol order: States by their French names, other members, observers, the secretariat;
    heads of delegation first."""
    rows = session.scalars(visible(actor).where(Participant.meeting_id == meeting.id)).all()
    return sorted(rows, key=_protocol_key)


def how_many(session: ReadSession, actor: Actor, meeting: Meeting) -> int:
    """Count the participants of a meeting."""
    counted = visible(actor).where(Participant.meeting_id == meeting.id).with_only_columns(func.count())
    return session.scalar(counted) or 0


def _protocol_key(participant: Participant) -> tuple[int, str, str, int, str]:
    is_state = is_known(participant.entity)
    entity_name = name(participant.entity, "fr") if is_state else participant.entity_name
    kinds = {Capacity.OBSERVER: 2, Capacity.SECRETARIAT: 3}
    kind = kinds.get(Capacity(participant.capacity), 0 if is_state else 1)
    return (
        kind,
        sort_key(entity_name, "fr"),
        participant.entity,
        ORDER[Capacity(participant.capacity)],
        participant.name,
    )


def people(session: ReadSession, actor: Actor, meeting: Meeting, entity: str) -> Sequence[Person]:
    """List the known people of a delegation who are not registered yet; empty if the actor may not register it."""
    if not rules.REGISTER.allows(actor, rules.delegation(meeting, entity)) or not entity:
        return []
    registered = select(Participant.person_id).where(
        Participant.meeting_id == meeting.id, Participant.cancelled_at.is_(None), Participant.person_id.is_not(None)
    )
    return session.scalars(
        select(Person).where(Person.entity == entity, Person.id.not_in(registered)).order_by(Person.name)
    ).all()


def may_join(session: ReadSession, actor: Actor, meeting: Meeting) -> bool:
    """Return whether the actor may have the link for joining remotely.

    They run the meeting, are registered, or register others who are: the link goes no further than the participants.
    """
    if meeting.life in (Life.CLOSED, Life.CANCELLED):
        return False
    if actor.sits(meeting.body_id, Office.SECRETARY, *CHAIRS):
        return True
    delegation = rules.delegation(meeting, actor.entity)
    registers = rules.REGISTER.who.against(actor, delegation) is None
    is_own_delegation = Participant.entity == actor.entity if registers else false()
    return (
        session.scalar(
            visible(actor)
            .with_only_columns(Participant.id)
            .where(
                Participant.meeting_id == meeting.id,
                Participant.entity == actor.entity,
                or_(Participant.person_id == actor.person, is_own_delegation),
            )
            .limit(1)
        )
        is not None
    )
