"""Agendas to measure: so many items, four of five below another one, a document under each; released by the chair."""

from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import Engine, select

from app.core import clock
from app.core.db import WriteSession, transaction, write_session_factory
from app.core.permissions import Actor
from app.domain.agendas.actions import release
from app.domain.agendas.inputs import NewAgendaRelease
from app.domain.agendas.models import AgendaItem, DraftAllocation
from app.domain.bodies.models import Body
from app.domain.meetings.models import Meeting, MeetingLife, MeetingSession
from bench import documents

LENGTHS = (100, 1000)
BELOW = 4  # under each item of the top level
A_SESSION = 25  # so many items


def fill(owner_url: str, engine: Engine, chair: Actor, length: int) -> UUID:
    """A meeting whose agenda has so many items, each with a document; returns its key."""
    number, now = 9_000 + length, clock.now()
    with transaction(write_session_factory(engine)) as session:
        body = session.scalars(select(Body.id).where(Body.code == "cwg-internet")).one()
        opens = now.date() + timedelta(days=90)
        due = now + timedelta(days=78)
        meeting = Meeting(
            id=uuid4(),
            body_id=body,
            number=number,
            place={"en": "Geneva"},
            zone="Europe/Zurich",
            opens_on=opens,
            closes_on=opens + timedelta(days=4),
            contributions_due_at=due,
            posting_due_at=due,
            proposals_due_at=due,
            registration_due_at=due,
            life=MeetingLife.OPEN,
        )
        session.add(meeting)
    under = documents.of_a_meeting(owner_url, number, length)
    with transaction(write_session_factory(engine)) as session:
        there = session.get_one(Meeting, meeting.id)
        _write(session, there, under)
        session.flush()
        release.release_agenda(
            session, chair, there, NewAgendaRelease(note="For measuring."), version=there.agenda_version
        )
    return meeting.id


def _write(session: WriteSession, meeting: Meeting, under: list[UUID]) -> None:
    """The sessions and items of a draft, and these documents under them, one each."""
    starts = clock.now() + timedelta(days=90)
    sessions = [
        MeetingSession(
            id=uuid4(),
            meeting_id=meeting.id,
            starts_at=starts + timedelta(hours=4 * number),
            ends_at=starts + timedelta(hours=4 * number + 3),
        )
        for number in range(-(-len(under) // A_SESSION))
    ]
    session.add_all(sessions)
    session.flush()
    top = uuid4()
    for number, document in enumerate(under):
        place = number % (BELOW + 1)
        key = uuid4()
        top = key if place == 0 else top
        session.add(
            AgendaItem(
                id=key,
                meeting_id=meeting.id,
                parent_id=None if place == 0 else top,
                position=number // (BELOW + 1) if place == 0 else place - 1,
                titles={"en": f"Item {number}: consideration of what was submitted on one of the questions"},
                minutes=10,
                session_id=sessions[number // A_SESSION].id,
            )
        )
        session.add(DraftAllocation(document_id=document, item_id=key))
