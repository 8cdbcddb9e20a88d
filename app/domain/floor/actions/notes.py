"""Keep the private notes of the chair. They are not on record, so no event is recorded."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import WriteSession, add_row_lock
from app.core.errors import require_version
from app.core.permissions import Actor
from app.domain.agendas.queries import agenda_releases
from app.domain.decisions.rules import FloorRuleSubject
from app.domain.floor import rules
from app.domain.floor.inputs import ChairNoteInput
from app.domain.floor.models import ChairNote
from app.domain.meetings.models import Meeting


def keep_note(
    session: WriteSession, actor: Actor, meeting: Meeting, item_id: UUID, note: ChairNoteInput, *, version: int
) -> ChairNote:
    """Keep the note on an item of the released agenda, in place of the one at `version`; 0 if there was none.

    Saving the same text again changes nothing. Raises Forbidden; NotFound if the item is not on the agenda; Stale.
    """
    rules.KEEP_NOTES.require(actor, FloorRuleSubject(meeting, is_in_session=False))
    agenda_releases.get_released_item(session, meeting, item_id)
    row = _get_locked_note(session, actor, meeting, item_id)
    if row.text != note.text:
        require_version(row.version, version)
        row.text, row.version = note.text, row.version + 1
        row.written_by, row.written_at = actor.person, clock.now()
    return row


def _get_locked_note(session: WriteSession, actor: Actor, meeting: Meeting, item_id: UUID) -> ChairNote:
    """Return the note, locked; an empty one at version 0 is made before the first is written."""
    first = {"meeting_id": meeting.id, "item_id": item_id, "text": "", "version": 0}
    written = {"written_by": actor.person, "written_at": clock.now()}
    session.execute(insert(ChairNote).values(first | written).on_conflict_do_nothing())
    statement = select(ChairNote).where(ChairNote.meeting_id == meeting.id, ChairNote.item_id == item_id)
    return session.scalars(add_row_lock(statement)).one()
