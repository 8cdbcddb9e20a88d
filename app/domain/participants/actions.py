"""Registering participants, changing and cancelling it, and noting who was there."""

from collections.abc import Set
from uuid import UUID

from sqlalchemy import select

from app.core import clock, journal
from app.core.access import Actor
from app.core.db import WriteSession
from app.core.errors import Stale, Unacceptable
from app.core.i18n import say
from app.domain.bodies import queries as bodies
from app.domain.identity.models import Person
from app.domain.meetings.models import Meeting
from app.domain.member_states import is_known
from app.domain.participants import events, queries, rules
from app.domain.participants.inputs import OF_A_DELEGATION, NewParticipant
from app.domain.participants.models import Capacity, Participant

ITU = "ITU"


def register(session: WriteSession, actor: Actor, meeting: Meeting, entity: str, new: NewParticipant) -> Participant:
    """Register somebody of a delegation; `entity` is empty for an observer, ITU for the secretariat."""
    rules.REGISTER.require(actor, rules.delegation(meeting, entity))
    _one_at_a_time(session, meeting)
    rules.REGISTER.require(actor, rules.delegation(meeting, entity))
    _insist_on_a_capacity_of(entity, new)
    if is_known(entity) and not bodies.admits(session, meeting.body_id, entity):
        raise Unacceptable(say("This group does not admit that State. Choose another one."))
    _insist_on_one_head(session, meeting, entity, new)
    person = _person(session, actor, meeting, entity, new.person) if new.person else None
    made = Participant(
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
    session.add(made)
    session.flush()
    happened = events.ParticipantRegistered(meeting.id, made.id, entity)
    journal.record(session, actor, happened, body=meeting.body_id)
    return made


def change(session: WriteSession, actor: Actor, subject: Participant, new: NewParticipant, *, version: int) -> None:
    """Change what was registered; somebody else takes the place of whom the State replaces. Raises Stale."""
    meeting = session.get_one(Meeting, subject.meeting_id)
    rules.REGISTER.require(actor, rules.delegation(meeting, subject.entity))
    _one_at_a_time(session, meeting)
    rules.REGISTER.require(actor, rules.delegation(meeting, subject.entity))
    _insist_on(session, subject, version)
    _insist_on_a_capacity_of(subject.entity, new)
    _insist_on_one_head(session, meeting, subject.entity, new, apart_from=subject.id)
    if new.person and new.person != subject.person_id:
        person = _person(session, actor, meeting, subject.entity, new.person)
        subject.person_id, subject.name = person.id, person.name
    elif new.name:
        subject.person_id, subject.name = None, new.name
    subject.function, subject.capacity, subject.mode = new.function or "", new.capacity, new.mode
    subject.entity_name = new.organization or subject.entity_name
    subject.version += 1
    happened = events.ParticipantChanged(meeting.id, subject.id)
    journal.record(session, actor, happened, body=meeting.body_id)


def cancel(session: WriteSession, actor: Actor, subject: Participant, *, version: int) -> None:
    """They will not take part. Raises Stale."""
    meeting = session.get_one(Meeting, subject.meeting_id)
    rules.REGISTER.require(actor, rules.delegation(meeting, subject.entity))
    _one_at_a_time(session, meeting)
    rules.REGISTER.require(actor, rules.delegation(meeting, subject.entity))
    _insist_on(session, subject, version)
    subject.cancelled_by, subject.cancelled_at = actor.person, clock.now()
    subject.version += 1
    happened = events.ParticipantCancelled(meeting.id, subject.id)
    journal.record(session, actor, happened, body=meeting.body_id)


def note_attendance(
    session: WriteSession, actor: Actor, meeting: Meeting, present: Set[UUID], *, shown: Set[UUID], was: Set[UUID]
) -> None:
    """Note who of those `shown` was present. `was` are those who were ticked already when the page was made: only what
    this person changed is changed, so that two who tick at once lose nothing."""
    rules.NOTE_ATTENDANCE.require(actor, meeting)
    _one_at_a_time(session, meeting)
    ticked, unticked = (present - was) & shown, (was - present) & shown
    changed = 0
    for each in session.scalars(queries.visible(actor).where(Participant.meeting_id == meeting.id)):
        noted = True if each.id in ticked else False if each.id in unticked else each.attended
        if noted is None and each.id in shown:
            noted = False
        changed += noted != each.attended
        each.attended = noted
    if changed:
        journal.record(session, actor, events.AttendanceNoted(meeting.id, changed), body=meeting.body_id)


def _one_at_a_time(session: WriteSession, meeting: Meeting) -> None:
    """Registrations for one meeting wait for each other, so that a delegation has one head."""
    session.flush()
    session.refresh(meeting, with_for_update={"key_share": True})


def _insist_on(session: WriteSession, subject: Participant, version: int) -> None:
    session.refresh(subject)
    if subject.version != version or subject.cancelled_at is not None:
        raise Stale()


def _insist_on_a_capacity_of(entity: str, new: NewParticipant) -> None:
    """A delegation has its capacities, an observer and the secretariat one each. Raises Unacceptable."""
    fits = {"": (Capacity.OBSERVER,), ITU: (Capacity.SECRETARIAT,)}.get(entity, OF_A_DELEGATION)
    if new.capacity not in fits:
        raise Unacceptable(say("Choose one of the options."))


def _insist_on_one_head(
    session: WriteSession, meeting: Meeting, entity: str, new: NewParticipant, *, apart_from: UUID | None = None
) -> None:
    if new.capacity != Capacity.HEAD_OF_DELEGATION:
        return
    there = select(Participant.id).where(
        Participant.meeting_id == meeting.id,
        Participant.entity == entity,
        Participant.capacity == Capacity.HEAD_OF_DELEGATION,
        Participant.cancelled_at.is_(None),
        Participant.id.is_distinct_from(apart_from),
    )
    if session.scalar(there):
        raise Unacceptable(say("The delegation has a head already. Give that person another capacity first."))


def _person(session: WriteSession, actor: Actor, meeting: Meeting, entity: str, person: UUID) -> Person:
    """Somebody of the delegation who is not registered yet. Raises Unacceptable."""
    found = {each.id: each for each in queries.people(session, actor, meeting, entity)}.get(person)
    if found is None:
        raise Unacceptable(say("This person is registered already, or is not of this delegation."))
    return found


def _entity_name(session: WriteSession, actor: Actor, entity: str) -> str:
    """What a member that is no State calls itself; the names of States are ours."""
    return session.get_one(Person, actor.person).entity_name if entity == actor.entity else entity
