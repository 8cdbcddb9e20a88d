"""Copy what belongs to a released text: the topics of its sources, by name, and the paragraphs of its files, for
search.

A file whose paragraphs are not extracted yet is released all the same; they are copied later.
"""

from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select, true
from sqlalchemy.dialects.postgresql import insert

from app.core.db import WriteSession
from app.core.signing import SigningPurpose
from app.domain.documents.models import Document
from app.domain.files import queries as file_queries
from app.domain.files.models import Rendition, RenditionState
from app.domain.outputs.models import Output, OutputSourceDocument
from app.domain.releases.models import ReleasedFile, ReleasedFileParagraphs, ReleasedTopic
from app.domain.releases.queries.signed_texts import sign_file_text
from app.domain.topics.models import Topic


def copy_topics_and_texts(session: WriteSession, output: Output) -> None:
    """Copy the topics of the sources of an output, as their texts in force name them, and the paragraphs of its files.
    Its row in schema `release` exists."""
    codes = (
        select(func.unnest(Document.topics))
        .join(OutputSourceDocument, OutputSourceDocument.document_id == Document.id)
        .where(OutputSourceDocument.output_id == output.id)
    )
    for topic in session.scalars(select(Topic).where(Topic.code.in_(codes))):
        session.add(ReleasedTopic(output_id=output.id, code=topic.code, position=topic.position, names=topic.names))
    copy_texts_of_output(session, output.id)


def copy_texts_of_output(session: WriteSession, output_id: UUID) -> int:
    """Copy and sign the extracted paragraphs of the files of a released output. Returns how many are new."""
    return _copy_texts(session, ReleasedFile.output_id == output_id)


def copy_text_of_file(session: WriteSession, sha256: str) -> int:
    """Copy and sign the extracted paragraphs of one file, if it is released. Returns how many are new."""
    return _copy_texts(session, ReleasedFile.sha256 == sha256)


def copy_all_missing_texts(session: WriteSession) -> int:
    """Copy and sign the extracted paragraphs of all released files that lack them. Returns how many are new."""
    return _copy_texts(session, true())


def _copy_texts(session: WriteSession, condition: ColumnElement[bool]) -> int:
    """Copy and sign the extracted paragraphs of released files that meet this condition and lack them."""
    is_copied = exists().where(ReleasedFileParagraphs.sha256 == Rendition.sha256)
    extracted = select(Rendition.sha256, Rendition.paragraphs, Rendition.heading_levels).where(
        Rendition.sha256.in_(select(ReleasedFile.sha256).where(condition)),
        Rendition.state != RenditionState.WAITING,
        Rendition.paragraphs.is_not(None),
        ~file_queries.build_infected_condition(Rendition.sha256),
        ~is_copied,
    )
    signer = session.get_signer(SigningPurpose.RELEASES)
    new = [
        sign_file_text(sha256, paragraphs or (), signer, heading_levels or ())
        for sha256, paragraphs, heading_levels in session.execute(extracted)
    ]
    if not new:
        return 0
    statement = (
        insert(ReleasedFileParagraphs).values(new).on_conflict_do_nothing().returning(ReleasedFileParagraphs.sha256)
    )
    return len(session.scalars(statement).all())
