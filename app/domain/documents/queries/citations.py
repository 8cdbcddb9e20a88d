"""What documents cite."""

from sqlalchemy import Select

from app.core.permissions import Actor
from app.domain.documents.models import Document
from app.domain.documents.queries.documents import list_visible_documents

DOCUMENTS_LOOKED_AT = 30
"""The latest documents of a State in which what it cites is looked for."""


def select_recent_mandates(actor: Actor, entity: str) -> Select[list[str]]:
    """Select what the latest documents of an entity that the actor may see cite, the latest first."""
    cited = list_visible_documents(actor).where(Document.entity == entity, Document.mandates.is_not(None))
    return cited.with_only_columns(Document.mandates).order_by(Document.registered_at.desc()).limit(DOCUMENTS_LOOKED_AT)
