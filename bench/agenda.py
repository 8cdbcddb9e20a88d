"""Agendas for benchmarks: four of five items below another one, a document under each; released by the chair."""

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
from bench.filling import record_rows

LENGTHS = (100, 1000)
SUBITEMS = 4  # under each item of the top level
ITEMS_PER_SESSION = 25  # items of a session


def create_agenda(owner_url: str, engine: Engine, chair: Actor, length: int) -> UUID:
    """Create a meeting whose agenda has this number of items, each with a document; return its key."""
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
        session.flush()
        record_rows(session.connection())
    document_ids = documents.create_documents_of_meeting(owner_url, number, length)
    with transaction(write_session_factory(engine)) as session:
        stored_meeting = session.get_one(Meeting, meeting.id)
        _write(session, stored_meeting, document_ids)
        session.flush()
        release.release_agenda(
            session,
            chair,
            stored_meeting,
            NewAgendaRelease(note="For measuring."),
            version=stored_meeting.agenda_version,
        )
    return meeting.id


def _write(session: WriteSession, meeting: Meeting, document_ids: list[UUID]) -> None:
    """Write the sessions and items of a draft, and one of these documents under each item."""
    starts = clock.now() + timedelta(days=90)
    sessions = [
        MeetingSession(
            id=uuid4(),
            meeting_id=meeting.id,
            starts_at=starts + timedelta(hours=4 * number),
            ends_at=starts + timedelta(hours=4 * number + 3),
        )
        for number in range(-(-len(document_ids) // ITEMS_PER_SESSION))
    ]
    session.add_all(sessions)
    session.flush()
    top = uuid4()
    for number, document in enumerate(document_ids):
        place = number % (SUBITEMS + 1)
        key = uuid4()
        top = key if place == 0 else top
        session.add(
            AgendaItem(
                id=key,
                meeting_id=meeting.id,
                parent_id=None if place == 0 else top,
                position=number // (SUBITEMS + 1) if place == 0 else place - 1,
                titles={"en": f"Item {number}: consideration of what was submitted on one of the questions"},
                minutes=10,
                session_id=sessions[number // ITEMS_PER_SESSION].id,
            )
        )
        session.add(DraftAllocation(document_id=document, item_id=key))
