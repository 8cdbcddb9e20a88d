"""Register participants, change and cancel registrations."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from app.core import clock, journal
from app.core.db import WriteSession
from app.core.errors import BadRequest, Stale, require_version
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.core.spreadsheets.rows import RowStatus
from app.domain.bodies.queries.bodies import is_state_admitted
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting
from app.domain.member_states import is_known_state
from app.domain.participants import events, queries, rules
from app.domain.participants.actions.meeting_lock import lock_meeting
from app.domain.participants.inputs import DELEGATION_CAPACITIES, NewParticipant
from app.domain.participants.models import ITU_ENTITY, Participant, ParticipantCapacity
from app.domain.participants.queries import ParticipantKey, build_participant_key


def register_participant(
    session: WriteSession, actor: Actor, meeting: Meeting, entity: str, new: NewParticipant
) -> Participant:
    """Register a participant of a delegation; `entity` is empty for an observer, ITU for the secretariat.

    Raises BadRequest if the body does not admit the State, the capacity does not fit, the delegation has a head
    already, or the person is registered already.
    """
    rules.REGISTER.require(actor, rules.build_delegation(meeting, entity))
    lock_meeting(session, meeting)
    rules.REGISTER.require(actor, rules.build_delegation(meeting, entity))
    _require_fitting_capacity(entity, new)
    if is_known_state(entity) and not is_state_admitted(session, meeting.body_id, entity):
        raise BadRequest(_("This group does not admit that State. Select another State."))
    _require_one_head(session, meeting, entity, new)
    person = _find_person(session, actor, meeting, entity, new.person) if new.person else None
    participant = Participant(
        meeting_id=meeting.id,
        entity=entity,
        entity_name=new.organization or _entity_name(session, actor, entity),
        person_id=person.id if person else None,
        name=person.name if person else new.name,
        function=new.function or "",
        capacity=new.capacity,
        mode=new.mode,
        registered_by=actor.person,
        registered_at=clock.now(),
        version=1,
    )
    session.add(participant)
    session.flush()
    event = events.ParticipantRegistered(meeting.id, participant.id, entity)
    journal.record_event(session, actor, event, body=meeting.body_id)
    return participant


def change_participant(
    session: WriteSession, actor: Actor, subject: Participant, new: NewParticipant, *, version: int
) -> None:
    """Change a registration; another person may replace the registered one, and has not been noted as present then.

    A corrected name cannot be distinguished from another person, so it counts as one; capitals do not matter.

    Raises Stale; BadRequest as `register_participant`.
    """
    meeting = session.get_one(Meeting, subject.meeting_id)
    rules.REGISTER.require(actor, rules.build_delegation(meeting, subject.entity))
    lock_meeting(session, meeting)
    rules.REGISTER.require(actor, rules.build_delegation(meeting, subject.entity))
    _require_version(session, subject, version)
    _require_fitting_capacity(subject.entity, new)
    _require_one_head(session, meeting, subject.entity, new, apart_from=subject.id)
    person_before, on_badge = _identify_person(subject), _list_badge_facts(subject)
    if new.person and new.person != subject.person_id:
        person = _find_person(session, actor, meeting, subject.entity, new.person)
        subject.person_id, subject.name = person.id, person.name
    elif new.name:
        subject.person_id, subject.name = None, new.name
    subject.function, subject.capacity, subject.mode = new.function or "", new.capacity, new.mode
    subject.entity_name = new.organization or subject.entity_name
    if _identify_person(subject) != person_before:
        subject.attended = subject.attendance_noted_by = subject.attendance_noted_at = None
    if _list_badge_facts(subject) != on_badge:
        subject.badge_made_at = None
    subject.version += 1
    event = events.ParticipantChanged(meeting.id, subject.id)
    journal.record_event(session, actor, event, body=meeting.body_id)


def _identify_person(participant: Participant) -> tuple[UUID | None, str]:
    """Return who is registered, as far as the portal knows them."""
    return participant.person_id, participant.name.casefold()


def _list_badge_facts(participant: Participant) -> tuple[UUID | str | None, ...]:
    """List what the badge of a participant shows, and what its code is derived from."""
    shown = participant.name, participant.function, participant.capacity, participant.entity_name
    return participant.person_id, *shown


def import_participant(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    entity: str,
    new: NewParticipant,
    registered: Mapping[ParticipantKey, Participant],
) -> RowStatus:
    """Register the participant of one row of a table, or bring the registration of the same name up to date; returns
    what it was. `registered` has all participants before the import. A known person of that name is registered as such.

    Raises Forbidden; BadRequest as `register_participant`.
    """
    rules.REGISTER.require(actor, rules.build_delegation(meeting, entity))
    existing = registered.get(build_participant_key(entity, new.organization or "", new.name or ""))
    if existing is None:
        register_participant(session, actor, meeting, entity, _name_known_person(session, actor, meeting, entity, new))
        return RowStatus.NEW
    given = (new.function or "", new.capacity, new.mode)
    if given == (existing.function, existing.capacity, existing.mode):
        return RowStatus.KNOWN
    same_person = new.model_copy(
        update={"person": existing.person_id, "name": None if existing.person_id else new.name}
    )
    change_participant(session, actor, existing, same_person, version=existing.version)
    return RowStatus.CHANGED


def _name_known_person(
    session: WriteSession, actor: Actor, meeting: Meeting, entity: str, new: NewParticipant
) -> NewParticipant:
    """Name the person by key if exactly one of the delegation, not registered yet, has that name."""
    name = (new.name or "").casefold()
    same = [
        person.id
        for person in queries.list_unregistered_people(session, actor, meeting, entity)
        if person.name.casefold() == name
    ]
    return new.model_copy(update={"person": same[0], "name": None}) if len(same) == 1 else new


def cancel_participant(session: WriteSession, actor: Actor, subject: Participant, *, version: int) -> None:
    """Cancel a registration. Raises Stale."""
    meeting = session.get_one(Meeting, subject.meeting_id)
    rules.REGISTER.require(actor, rules.build_delegation(meeting, subject.entity))
    lock_meeting(session, meeting)
    rules.REGISTER.require(actor, rules.build_delegation(meeting, subject.entity))
    _require_version(session, subject, version)
    subject.cancelled_by, subject.cancelled_at = actor.person, clock.now()
    subject.version += 1
    event = events.ParticipantCancelled(meeting.id, subject.id)
    journal.record_event(session, actor, event, body=meeting.body_id)


def _require_version(session: WriteSession, subject: Participant, version: int) -> None:
    """Raise Stale if the registration was changed since `version` or is cancelled."""
    session.refresh(subject)
    require_version(subject.version, version)
    if subject.cancelled_at is not None:
        raise Stale()


def _require_fitting_capacity(entity: str, new: NewParticipant) -> None:
    """Raise BadRequest if the capacity is not one of a delegation, an observer or the secretariat respectively."""
    allowed = {"": (ParticipantCapacity.OBSERVER,), ITU_ENTITY: (ParticipantCapacity.SECRETARIAT,)}.get(
        entity, DELEGATION_CAPACITIES
    )
    if new.capacity not in allowed:
        raise BadRequest(_("Select one of the options."))


def _require_one_head(
    session: WriteSession, meeting: Meeting, entity: str, new: NewParticipant, *, apart_from: UUID | None = None
) -> None:
    """Raise BadRequest if the delegation has a head other than the participant `apart_from`."""
    if new.capacity != ParticipantCapacity.HEAD_OF_DELEGATION:
        return
    other_head = select(Participant.id).where(
        Participant.meeting_id == meeting.id,
        Participant.entity == entity,
        Participant.capacity == ParticipantCapacity.HEAD_OF_DELEGATION,
        Participant.cancelled_at.is_(None),
        Participant.id.is_distinct_from(apart_from),
    )
    if session.scalar(other_head):
        raise BadRequest(_("The delegation already has a head. Give that person a different capacity first."))


def _find_person(session: WriteSession, actor: Actor, meeting: Meeting, entity: str, person: UUID) -> Person:
    """Find a person of the delegation who is not registered yet. Raises BadRequest."""
    row = {known.id: known for known in queries.list_unregistered_people(session, actor, meeting, entity)}.get(person)
    if row is None:
        raise BadRequest(_("This person is already registered, or does not belong to this delegation."))
    return row


def _entity_name(session: WriteSession, actor: Actor, entity: str) -> str:
    """Return the name that an entity gives itself; for a State its code, since States are named by `member_states`."""
    return session.get_one(Person, actor.person).entity_name if entity == actor.entity else entity
