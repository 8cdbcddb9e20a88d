"""Documents that have no title in a language, and what their own files propose."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Row, Select, func, select

from app.core.db import LocalizedText, ReadSession, count_rows, lacks_a_language
from app.core.permissions import Actor
from app.domain.bodies.models import Office
from app.domain.documents.models import Document, LanguageVersion
from app.domain.documents.queries import documents
from app.domain.files.models import Rendition

MAX_TITLE_LENGTH = 300  # of a line of a form
DocumentWithoutTitlesRow = Row[UUID, str, LocalizedText, str]
"""id, symbol, titles, original."""


def select_documents_without_titles(actor: Actor) -> Select[Document]:
    """Select the documents without a title in one of the six languages, in bodies where the actor is a secretary. Those
    that are sealed get the titles of their source."""
    return documents.list_visible_documents(actor).where(
        Document.body_id.in_(actor.bodies_with_role(Office.SECRETARY)),
        Document.ended_as.is_(None),
        Document.sealed.is_(False),
        lacks_a_language(Document.titles),
    )


def count_documents_without_titles(session: ReadSession, actor: Actor) -> int:
    """Count the documents that `select_documents_without_titles` selects."""
    return count_rows(session, select_documents_without_titles(actor))


def list_documents_without_titles(
    session: ReadSession, actor: Actor, *, limit: int, offset: int = 0
) -> Sequence[DocumentWithoutTitlesRow]:
    """List the documents without a title in one of the six languages, the latest first."""
    columns = Document.id, Document.symbol, Document.titles, Document.original
    statement = select_documents_without_titles(actor).with_only_columns(*columns)
    latest_first = statement.order_by(Document.registered_at.desc(), Document.symbol)
    return session.execute(latest_first.limit(limit).offset(offset)).all()


def propose_titles(session: ReadSession, document: Document) -> Mapping[str, str]:
    """Propose titles: in each language in which the document has a text and no title, the first line of that text."""
    edition = documents.get_edition_in_force(session, document)
    first_line = Rendition.paragraphs[1]
    statement = (
        select(LanguageVersion.language, first_line)
        .join(Rendition, Rendition.sha256 == LanguageVersion.sha256)
        .where(LanguageVersion.edition_id == edition.id, func.length(first_line) <= MAX_TITLE_LENGTH)
    )
    return {language: line for language, line in session.execute(statement) if language not in document.titles}
