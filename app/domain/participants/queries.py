"""Queries about participants. An actor who may see a meeting may see its participants."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, String, Uuid, bindparam, false, or_, select

from app.core.database.kept_statements import keep_statement
from app.core.db import ReadSession, build_row_count
from app.core.errors import NotFound
from app.core.permissions import Actor
from app.domain.bodies.models import Office
from app.domain.bodies.rules import CHAIRS
from app.domain.documents.models import Document
from app.domain.documents.queries.documents import list_visible_documents
from app.domain.identity.models.tables import Person
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting, MeetingLife
from app.domain.member_states import get_state_name, is_known_state, name_sort_key
from app.domain.participants import rules
from app.domain.participants.models import Participant, ParticipantCapacity

CAPACITY_ORDER = {capacity: place for place, capacity in enumerate(ParticipantCapacity)}


def list_visible_participants(actor: Actor) -> Select[Participant]:
    """Select the participants of meetings that the actor may see, without cancelled registrations."""
    meeting_ids = meetings.list_visible_meetings(actor).with_only_columns(Meeting.id)
    return select(Participant).where(Participant.meeting_id.in_(meeting_ids), Participant.cancelled_at.is_(None))


def get_visible_participant(session: ReadSession, actor: Actor, participant_id: UUID) -> Participant:
    """Return the participant if the actor may see them. Raises NotFound."""
    row = session.scalar(list_visible_participants(actor).where(Participant.id == participant_id))
    if row is None:
        raise NotFound()
    return row


def list_participants(session: ReadSession, actor: Actor, meeting: Meeting) -> Sequence[Participant]:
    """List participants in protocol order: States by their French names, other members, observers, the secretariat;
    heads of delegation first."""
    rows = session.scalars(list_visible_participants(actor).where(Participant.meeting_id == meeting.id)).all()
    return sorted(rows, key=_protocol_key)


ParticipantKey = tuple[str, str, str]
"""Entity, organization of an observer, and name: by which a row of a table finds the registration of a person."""


def build_participant_key(entity: str, organization: str, name: str) -> ParticipantKey:
    """Build the key of a person in a meeting; capitals do not matter."""
    return entity, "" if entity else organization.casefold(), name.casefold()


def index_participants(session: ReadSession, actor: Actor, meeting: Meeting) -> dict[ParticipantKey, Participant]:
    """Index the participants of a meeting by entity and name."""
    rows = session.scalars(list_visible_participants(actor).where(Participant.meeting_id == meeting.id))
    return {build_participant_key(row.entity, row.entity_name, row.name): row for row in rows}


@dataclass(frozen=True, slots=True)
class MeetingTabCounts:
    """How many documents and participants of a meeting an actor sees."""

    documents: int
    participants: int


def count_documents_and_participants(session: ReadSession, actor: Actor, meeting: Meeting) -> MeetingTabCounts:
    """Count the documents in the series of a meeting and its participants, as far as the actor may see them."""
    parameters = {"body": meeting.body_id, "scope": str(meeting.number), "meeting": meeting.id}
    return MeetingTabCounts(*session.execute(_select_tab_counts(actor), parameters).one())


@keep_statement
def _select_tab_counts(actor: Actor) -> Select[int, int]:
    """Select how many documents in the series of `body` and `scope`, and participants of `meeting`, the actor sees."""
    in_series = list_visible_documents(actor).where(
        Document.body_id == bindparam("body", type_=Uuid), Document.scope == bindparam("scope", type_=String)
    )
    is_of_meeting = Participant.meeting_id == bindparam("meeting", type_=Uuid)
    registered = list_visible_participants(actor).where(is_of_meeting)
    return select(build_row_count(in_series), build_row_count(registered))


def _protocol_key(participant: Participant) -> tuple[int, str, str, int, str]:
    is_state = is_known_state(participant.entity)
    entity_name = get_state_name(participant.entity, "fr") if is_state else participant.entity_name
    kinds = {ParticipantCapacity.OBSERVER: 2, ParticipantCapacity.SECRETARIAT: 3}
    kind = kinds.get(ParticipantCapacity(participant.capacity), 0 if is_state else 1)
    return (
        kind,
        name_sort_key(entity_name, "fr"),
        participant.entity,
        CAPACITY_ORDER[ParticipantCapacity(participant.capacity)],
        participant.name,
    )


def list_unregistered_people(session: ReadSession, actor: Actor, meeting: Meeting, entity: str) -> Sequence[Person]:
    """List the known people of a delegation who are not registered yet; empty if the actor may not register it."""
    if not rules.REGISTER.allows(actor, rules.build_delegation(meeting, entity)) or not entity:
        return []
    registered = select(Participant.person_id).where(
        Participant.meeting_id == meeting.id, Participant.cancelled_at.is_(None), Participant.person_id.is_not(None)
    )
    return session.scalars(
        select(Person).where(Person.entity == entity, Person.id.not_in(registered)).order_by(Person.name)
    ).all()


def can_join_remotely(session: ReadSession, actor: Actor, meeting: Meeting) -> bool:
    """Return whether the actor may have the link for joining remotely.

    They run the meeting, are registered, or register others who are: the link goes no further than the participants.
    """
    if meeting.life in (MeetingLife.CLOSED, MeetingLife.CANCELLED):
        return False
    if actor.has_role(meeting.body_id, Office.SECRETARY, *CHAIRS):
        return True
    delegation = rules.build_delegation(meeting, actor.entity)
    registers = rules.REGISTER.actor_rule.objection_to(actor, delegation) is None
    is_own_delegation = Participant.entity == actor.entity if registers else false()
    return (
        session.scalar(
            list_visible_participants(actor)
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
