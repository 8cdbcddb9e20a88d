"""The documents that a decision can name: those of its item first, then the others of the meeting."""

from dataclasses import dataclass
from uuid import UUID

from app.core.db import ReadSession
from app.core.permissions import Actor
from app.domain.documents.queries import documents
from app.domain.floor import queries
from app.domain.meetings.models import Meeting
from app.web.views.agendas.items import MAX_AGENDA_DOCUMENTS
from app.web.views.meetings.meetings import DocumentLine, build_document_lines


@dataclass(frozen=True, slots=True)
class NameableDocuments:
    """The documents under the item of a decision, and the other documents of the meeting."""

    of_item: list[DocumentLine]
    others: list[DocumentLine]


def list_nameable_documents(
    session: ReadSession, actor: Actor, meeting: Meeting, item_id: UUID | None, language: str
) -> NameableDocuments:
    """List the documents of the meeting that a decision under this item can name."""
    under = queries.list_documents_under_item(session, meeting, item_id) if item_id else []
    rows = documents.list_documents(
        session, actor, body_id=meeting.body_id, scope=str(meeting.number), limit=MAX_AGENDA_DOCUMENTS
    )
    of_item = sorted((row for row in rows if row.id in under), key=lambda row: under.index(row.id))
    others = [row for row in rows if row.id not in under]
    return NameableDocuments(build_document_lines(of_item, language), build_document_lines(others, language))
