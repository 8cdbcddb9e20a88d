"""Note who follows the floor now. Nothing of it is on record."""

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import WriteSession
from app.core.permissions import Actor
from app.domain.floor import rules
from app.domain.floor.models import FloorPresence
from app.domain.meetings.models import Meeting


def note_presence(session: WriteSession, actor: Actor, meeting: Meeting) -> None:
    """Note that the page of the floor of the actor is connected now. Raises Forbidden."""
    rules.SEE.require(actor, meeting)
    statement = insert(FloorPresence).values(meeting_id=meeting.id, person_id=actor.person, seen_at=clock.now())
    again = {"seen_at": statement.excluded.seen_at}
    session.execute(statement.on_conflict_do_update(index_elements=["meeting_id", "person_id"], set_=again))


def forget_presence(session: WriteSession, meeting: Meeting) -> None:
    """Delete who followed the floor of a meeting."""
    session.execute(delete(FloorPresence).where(FloorPresence.meeting_id == meeting.id))
