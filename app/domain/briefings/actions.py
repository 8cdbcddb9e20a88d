"""Store what the packs of a person contain, and keep the private notes of a delegation. Neither is on record, so no
event is recorded."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import WriteSession, add_row_lock
from app.core.errors import NotFound, require_version
from app.core.permissions import Actor
from app.domain.bodies.rules import EntityInBody
from app.domain.briefings import queries, rules
from app.domain.briefings.inputs import DelegationNoteInput
from app.domain.briefings.models import DelegationNote, MeetingPack, PackFormat
from app.domain.meetings.models import Meeting

MAX_PACKS = 5
"""Packs of one meeting that are stored for one person; the earliest one is removed first."""


def store_pack(
    session: WriteSession, actor: Actor, meeting: Meeting, pack_format: PackFormat, files: Mapping[str, str]
) -> MeetingPack:
    """Store what a pack contains: the digest of each document by its path. Raises Forbidden."""
    rules.TAKE_PACK.require(actor, meeting)
    pack = MeetingPack(
        meeting_id=meeting.id, person_id=actor.person, made_at=clock.now(), format=pack_format, files=dict(files)
    )
    session.add(pack)
    session.flush()
    superfluous = [each.id for each in queries.list_own_packs(session, actor, meeting)[MAX_PACKS:]]
    session.execute(delete(MeetingPack).where(MeetingPack.id.in_(superfluous)))
    return pack


def keep_delegation_note(
    session: WriteSession, actor: Actor, meeting: Meeting, subject_id: UUID, note: DelegationNoteInput, *, version: int
) -> DelegationNote:
    """Keep the note of the actor's delegation on an item or a document, in place of the one at `version`; 0 if there
    was none.

    Saving the same text again changes nothing. Raises Forbidden; NotFound if the meeting has no such item or document;
    Stale.
    """
    rules.KEEP_BRIEFING.require(actor, EntityInBody(meeting.body_id, actor.entity))
    if not queries.is_note_subject(session, actor, meeting, subject_id):
        raise NotFound()
    row = _get_locked_note(session, actor, meeting, subject_id)
    if row.text != note.text:
        require_version(row.version, version)
        row.text, row.version = note.text, row.version + 1
        row.written_by, row.written_at = actor.person, clock.now()
    return row


def _get_locked_note(session: WriteSession, actor: Actor, meeting: Meeting, subject_id: UUID) -> DelegationNote:
    """Return the note, locked; an empty one at version 0 is made before the first is written."""
    key = {"meeting_id": meeting.id, "entity": actor.entity, "subject_id": subject_id}
    written = {"text": "", "version": 0, "written_by": actor.person, "written_at": clock.now()}
    session.execute(insert(DelegationNote).values(key | written).on_conflict_do_nothing())
    return session.scalars(add_row_lock(select(DelegationNote).filter_by(**key))).one()
