"""Keeping the words of texts for search. Done by the worker, for nobody; done again, it comes to the same."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import ColumnElement, cast, select
from sqlalchemy.dialects.postgresql import TSVECTOR, insert

from app.core.db import ReadSession, WriteSession
from app.core.search.vector import vector
from app.domain.documents.models import Edition, LanguageVersion
from app.domain.finding.models import DocumentText
from app.domain.renditions.models import Rendition
from app.domain.scans import queries as scans

Part = tuple[str, str, str]
"""Weight (A is the title, B the abstract, D the text), language, text."""


def index_document(session: WriteSession, document: UUID) -> int:
    """Keep the words of every language version of every edition of a document; returns how many there are.

    Title and abstract are found from then on; the paragraphs as soon as they were read from the file.
    """
    return _index(session, Edition.document_id == document)


def index_file(session: WriteSession, sha256: str) -> int:
    """The paragraphs of this file were read, or are not given any more: keep the words of the versions that it is the
    file of."""
    return _index(session, LanguageVersion.sha256 == sha256)


def _index(session: WriteSession, which: ColumnElement[bool]) -> int:
    versions = session.execute(
        select(Edition, LanguageVersion).join(LanguageVersion, LanguageVersion.edition_id == Edition.id).where(which)
    ).all()
    for edition, version in versions:
        words = cast(vector(_parts(session, edition, version)), TSVECTOR)
        key = {"edition_id": edition.id, "language": version.language}
        session.execute(
            insert(DocumentText)
            .values(**key, document_id=edition.document_id, words=words)
            .on_conflict_do_update(index_elements=list(key), set_={"words": words})
        )
    return len(versions)


def _parts(session: ReadSession, edition: Edition, version: LanguageVersion) -> Iterator[Part]:
    """What stands on the cover and in the file, unless a virus was found in it. Titles in languages without a file are
    found with the original."""
    own = version.language if version.language in edition.titles else edition.original
    for language, title in edition.titles.items():
        if language == own or version.language == edition.original:
            yield "A", language, title
    yield "B", edition.original, edition.abstract
    is_given = ~scans.is_infected(Rendition.sha256)
    read = session.scalar(select(Rendition.paragraphs).where(Rendition.sha256 == version.sha256, is_given))
    for paragraph in read or ():
        yield "D", version.language, paragraph
