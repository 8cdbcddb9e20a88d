"""The relations of a document to others, as its page shows them."""

from dataclasses import dataclass

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.domain.documents import rules
from app.domain.documents.models import (
    Document,
    RelationKind,
)
from app.domain.documents.queries.relations import list_relations
from app.http.labels import (
    RELATION_LABELS,
    STATUS_LABELS,
)
from app.web.views.documents.audience import DocumentAudience
from app.web.views.documents.titles import localize_title


@dataclass(frozen=True, slots=True)
class RelationLine:
    """A relation of the document to another one. `is_newer`: the other one supersedes it.

    `take_back` is the path at which it can be revoked, None for actors who may not.
    """

    words: LazyText
    is_newer: bool
    symbol: str
    href: str
    title: str
    lang: str | None
    ended: tuple[str, LazyText] | None
    take_back: str | None


def build_relation_lines(
    session: ReadSession, audience: DocumentAudience, document: Document, language: str
) -> list[RelationLine]:
    """Build the lines of the relations to documents that the audience may see."""
    may_relate = audience.actor is not None and rules.RELATE.allows(audience.actor, document)
    lines = []
    for relation, other, is_revoked in list_relations(session, audience.visible_documents, document):
        if is_revoked:
            continue
        title, lang = localize_title(other.titles, language, other.original)
        is_subject = relation.document_id == document.id
        lines.append(
            RelationLine(
                words=RELATION_LABELS[relation.kind][0 if is_subject else 1],
                is_newer=relation.kind == RelationKind.SUPERSEDES and not is_subject and other.ended_as is None,
                symbol=other.symbol,
                href=f"{audience.base_path}/{other.id}",
                title=title,
                lang=lang,
                ended=STATUS_LABELS[other.ended_as] if other.ended_as else None,
                take_back=f"{audience.base_path}/{document.id}/relations/{relation.id}/take-back"
                if may_relate and is_subject
                else None,
            )
        )
    return lines
