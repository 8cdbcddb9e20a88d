"""Read packs and the files that they contain, briefing files and private notes. Access to the meeting is checked by the
caller."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Row, Select, select

from app.core.db import ReadSession
from app.core.permissions import Actor
from app.domain.agendas.queries.agenda_releases import find_released_item
from app.domain.bodies.rules import EntityInBody
from app.domain.briefings import rules
from app.domain.briefings.models import DelegationNote, MeetingPack
from app.domain.documents.models import Document, ProposalRows
from app.domain.meetings.models import Meeting
from app.domain.search.inputs import DocumentListFilter, DocumentSearchScope
from app.domain.search.queries import document_filters, listing

SummaryRow = tuple[UUID, str, str, ProposalRows, bool]
"""id, abstract, original, proposals, is_own."""


def list_meeting_files(
    session: ReadSession, actor: Actor, meeting: Meeting, *, limit: int
) -> Sequence[Row[*listing.FileRow]]:
    """List the files of the documents of a meeting that the actor may see, in all languages, by symbol."""
    return listing.list_document_files(session, _select_documents(actor, meeting), None, limit)


def list_own_packs(session: ReadSession, actor: Actor, meeting: Meeting) -> Sequence[MeetingPack]:
    """List the packs that the actor downloaded of a meeting, the latest first."""
    own = select(MeetingPack).where(MeetingPack.person_id == actor.person, MeetingPack.meeting_id == meeting.id)
    return session.scalars(own.order_by(MeetingPack.made_at.desc())).all()


def list_own_notes(session: ReadSession, actor: Actor, meeting: Meeting) -> Mapping[UUID, DelegationNote]:
    """Map items and documents to what the actor's delegation noted about them, emptied notes among them; nothing for
    those who are of no delegation."""
    if not rules.KEEP_BRIEFING.allows(actor, EntityInBody(meeting.body_id, actor.entity)):
        return {}
    own = select(DelegationNote).where(DelegationNote.meeting_id == meeting.id, DelegationNote.entity == actor.entity)
    return {note.subject_id: note for note in session.scalars(own)}


def is_note_subject(session: ReadSession, actor: Actor, meeting: Meeting, subject_id: UUID) -> bool:
    """Return whether the delegation may note something about this: an item of the released agenda, a document of the
    meeting that the actor may see, or what it noted something about before."""
    return (
        find_released_item(session, meeting, subject_id) is not None
        or session.scalar(_select_documents(actor, meeting).where(Document.id == subject_id)) is not None
        or session.get(DelegationNote, (meeting.id, actor.entity, subject_id)) is not None
    )


def list_document_summaries(session: ReadSession, actor: Actor, meeting: Meeting) -> Sequence[Row[*SummaryRow]]:
    """List abstracts and proposals of the documents of a meeting that the actor may see and that are in force, and
    whether each is of the actor's State or co-sponsored by it."""
    own = _select_documents(actor, meeting, source=actor.entity).with_only_columns(Document.id)
    return session.execute(
        _select_documents(actor, meeting)
        .where(Document.ended_as.is_(None))
        .with_only_columns(
            Document.id, Document.abstract, Document.original, Document.proposals, Document.id.in_(own).label("is_own")
        )
    ).all()


def _select_documents(actor: Actor, meeting: Meeting, *, source: str | None = None) -> Select[Document]:
    scope = DocumentSearchScope(meeting.body_id, str(meeting.number))
    return document_filters.select_documents(actor, scope, DocumentListFilter(source=source))
