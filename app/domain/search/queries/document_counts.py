"""Numbers of documents in lists, by filter and by topic.

The cost of counting a list does not depend on the size of the archive: it stops at a maximum.
"""

from collections.abc import Mapping

from sqlalchemy import Select, Subquery, and_, func, literal, select, true, union_all

from app.core.database.kept_statements import keep_statement
from app.core.db import ReadSession
from app.core.permissions import Actor
from app.domain.documents.models import Document, Edition, Sponsor
from app.domain.documents.queries.documents import list_visible_documents
from app.domain.search.inputs import DocumentListFilter, DocumentSearchScope
from app.domain.search.queries.document_filters import TEXT_IN_FORCE, select_documents

COUNT_AHEAD = 1_000
"""Number of documents after the current page at which counting stops."""


def count_documents(session: ReadSession, statement: Select[Document], maximum: int) -> int:
    """Count the selected documents, up to a maximum."""
    bounded = (
        statement.with_only_columns(literal(1), maintain_column_froms=True).order_by(None).limit(maximum).subquery()
    )
    return session.scalar(select(func.count()).select_from(bounded)) or 0


def count_by_filters(
    session: ReadSession,
    actor: Actor,
    scope: DocumentSearchScope,
    filters: Mapping[str, DocumentListFilter],
    maximum: int,
) -> dict[str, int]:
    """Count what each of these filters finds, up to a maximum, in one statement."""
    statement = _select_counts(actor, scope, tuple(filters.items()), maximum)
    return dict(session.execute(statement).one()._mapping)


@keep_statement
def _select_counts(
    actor: Actor, scope: DocumentSearchScope, filters: tuple[tuple[str, DocumentListFilter], ...], maximum: int
) -> Select[*tuple[int, ...]]:
    """Select how many documents each of these filters finds, up to a maximum, under its name."""
    bounded = {name: _select_up_to(actor, scope, each, maximum) for name, each in filters}
    counts = [select(func.count()).select_from(each).scalar_subquery().label(name) for name, each in bounded.items()]
    return select(*counts)


def _select_up_to(actor: Actor, scope: DocumentSearchScope, filters: DocumentListFilter, maximum: int) -> Subquery:
    """Select one row for each document that a filter finds, up to a maximum.

    What an entity submitted, and what it signed for others, is read one after the other from the index of each, so that
    it ends at the maximum, and no document is looked for twice.
    """
    parts = [select_documents(actor, scope, filters)]
    if filters.source:
        others = select_documents(actor, scope, filters.model_copy(update={"source": None}))
        in_force = others.join(Edition, and_(*TEXT_IN_FORCE)).join(Sponsor, Sponsor.edition_id == Edition.id)
        signed = in_force.where(Sponsor.entity == filters.source, Sponsor.signed)
        parts = [
            others.where(Document.entity == filters.source),
            signed.where(Document.entity != filters.source),
        ]
    rows = [part.with_only_columns(literal(1), maintain_column_froms=True).order_by(None) for part in parts]
    return (union_all(*rows) if len(rows) > 1 else rows[0]).limit(maximum).subquery()


def count_documents_by_topic(session: ReadSession, actor: Actor) -> dict[str, int]:
    """Count the documents that the actor may see under each topic."""
    topic = func.unnest(Document.topics).table_valued("code").render_derived()
    counted = (
        list_visible_documents(actor)
        .join(topic, true())
        .with_only_columns(topic.c.code, func.count())
        .group_by(topic.c.code)
    )
    return dict(session.execute(counted).all())
