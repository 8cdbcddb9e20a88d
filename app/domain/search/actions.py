"""Full-text indexing of documents, by the worker and without an actor. It may be repeated."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import ColumnElement, cast, select
from sqlalchemy.dialects.postgresql import TSVECTOR, insert

from app.core.db import ReadSession, WriteSession
from app.core.search.tsvector import build_tsvector
from app.domain.documents.models import Edition, LanguageVersion
from app.domain.files import queries as file_queries
from app.domain.files.models import Rendition
from app.domain.search.models import DocumentText

WeightedText = tuple[str, str, str]
"""Weight (A is the title, B the abstract, D the text), language, text."""


def index_document(session: WriteSession, document_id: UUID) -> int:
    """Index every language version of every edition of a document; returns the number of versions.

    Title and abstract are searchable from then on; the paragraphs once they have been extracted from the file.
    """
    return _index_versions(session, Edition.document_id == document_id)


def index_file(session: WriteSession, sha256: str) -> int:
    """Index again the language versions that consist of this file; returns their number.

    Called when its paragraphs were extracted, or when a virus was found in it.
    """
    return _index_versions(session, LanguageVersion.sha256 == sha256)


def _index_versions(session: WriteSession, condition: ColumnElement[bool]) -> int:
    versions = session.execute(
        select(Edition, LanguageVersion)
        .join(LanguageVersion, LanguageVersion.edition_id == Edition.id)
        .where(condition)
    ).all()
    for edition, version in versions:
        words = cast(build_tsvector(_parts(session, edition, version)), TSVECTOR)
        key = {"edition_id": edition.id, "language": version.language}
        session.execute(
            insert(DocumentText)
            .values(**key, document_id=edition.document_id, words=words)
            .on_conflict_do_update(index_elements=list(key), set_={"words": words})
        )
    return len(versions)


def _parts(session: ReadSession, edition: Edition, version: LanguageVersion) -> Iterator[WeightedText]:
    """Yield title, abstract and paragraphs of a version, without paragraphs if a virus was found in the file.

    Titles in languages without a file are indexed with the original language.
    """
    title_language = version.language if version.language in edition.titles else edition.original
    for language, title in edition.titles.items():
        if language == title_language or version.language == edition.original:
            yield "A", language, title
    yield "B", edition.original, edition.abstract
    is_clean = ~file_queries.build_infected_condition(Rendition.sha256)
    paragraphs = session.scalar(select(Rendition.paragraphs).where(Rendition.sha256 == version.sha256, is_clean))
    for paragraph in paragraphs or ():
        yield "D", version.language, paragraph
