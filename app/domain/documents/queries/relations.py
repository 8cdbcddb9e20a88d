"""Relations of a document to others that the reader may see, in both directions."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, Select, and_, exists, or_, select

from app.core.database.kept_statements import keep_statement
from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.page_sessions import read_once
from app.core.permissions import Actor
from app.domain.documents.models import Document, DocumentRelation, RelationKind, RelationRevocation
from app.domain.documents.queries.documents import OF_THIS_DOCUMENT, list_visible_documents


@read_once
def list_relations(
    session: ReadSession, candidates: Select[Document], document: Document
) -> Sequence[Row[DocumentRelation, Document, RelationRevocation | None]]:
    """List the relations of a document in both directions: the relation, the other document, the revocation or None.

    Only relations to documents among `candidates` are listed: one to a document that the reader may not see leaves no
    trace.
    """
    return session.execute(_select_relations(candidates), {"document": document.id}).all()


@keep_statement
def _select_relations(candidates: Select[Document]) -> Select[DocumentRelation, Document, RelationRevocation | None]:
    """Select the relations of `document` to documents among these, in both directions."""
    is_other = or_(
        and_(DocumentRelation.document_id == OF_THIS_DOCUMENT, Document.id == DocumentRelation.other_id),
        and_(DocumentRelation.other_id == OF_THIS_DOCUMENT, Document.id == DocumentRelation.document_id),
    )
    return (
        candidates.join(DocumentRelation, is_other)
        .outerjoin(RelationRevocation, RelationRevocation.relation_id == DocumentRelation.id)
        .with_only_columns(DocumentRelation, Document, RelationRevocation)
        .order_by(DocumentRelation.kind, Document.symbol, DocumentRelation.made_at)
    )


def get_outgoing_relation(
    session: ReadSession, actor: Actor, document: Document, relation_id: UUID
) -> tuple[DocumentRelation, Document]:
    """Return a relation that this document states, and the other document, which the actor may see. Raises NotFound."""
    for row, other, _ignored in list_relations(session, list_visible_documents(actor), document):
        if row.id == relation_id and row.document_id == document.id:
            return row, other
    raise NotFound()


def has_relation(session: ReadSession, document: Document, kind: RelationKind, other: Document) -> bool:
    """Return whether a document states this relation to another one and has not revoked it."""
    is_revoked = exists().where(RelationRevocation.relation_id == DocumentRelation.id)
    statement = select(DocumentRelation.id).where(
        DocumentRelation.document_id == document.id,
        DocumentRelation.kind == kind,
        DocumentRelation.other_id == other.id,
        ~is_revoked,
    )
    return session.scalar(statement) is not None
