"""What goes along with a text when it is released, copied as it was then: the topics of its sources, by name, and what
stands in its files, by which it is found.

A file that has not been read yet is released all the same, and found by its words as soon as it was read.
"""

from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select, true
from sqlalchemy.dialects.postgresql import insert

from app.core.db import WriteSession
from app.core.signing import Signer
from app.domain.documents.models import Document
from app.domain.outputs.models import Output, OutputSource
from app.domain.releases.models import ReleasedFile, ReleasedText, ReleasedTopic
from app.domain.releases.wordings import signed
from app.domain.renditions.models import Rendition, State
from app.domain.scans import queries as scans
from app.domain.subjects.models import Topic


def carry_topics(session: WriteSession, output: Output) -> None:
    """An output is about what its sources are about, as their texts in force say. Its own row is there already."""
    codes = (
        select(func.unnest(Document.topics))
        .join(OutputSource, OutputSource.document_id == Document.id)
        .where(OutputSource.output_id == output.id)
    )
    for topic in session.scalars(select(Topic).where(Topic.code.in_(codes))):
        session.add(ReleasedTopic(output_id=output.id, code=topic.code, position=topic.position, names=topic.names))


def carry_texts(session: WriteSession, output: UUID, *, sign: Signer) -> int:
    """What was read of the files of a released output by now; returns how many are new."""
    return _carry(session, ReleasedFile.output_id == output, sign)


def carry_text(session: WriteSession, sha256: str, *, sign: Signer) -> int:
    """This file was read: the same, if it is a released one."""
    return _carry(session, ReleasedFile.sha256 == sha256, sign)


def carry_earlier(session: WriteSession, *, sign: Signer) -> int:
    """The same for everything that was released, such as before texts were."""
    return _carry(session, true(), sign)


def _carry(session: WriteSession, which: ColumnElement[bool], sign: Signer) -> int:
    there = exists().where(ReleasedText.sha256 == Rendition.sha256)
    read = select(Rendition.sha256, Rendition.paragraphs).where(
        Rendition.sha256.in_(select(ReleasedFile.sha256).where(which)),
        Rendition.state != State.WAITING,
        Rendition.paragraphs.is_not(None),
        ~scans.is_infected(Rendition.sha256),
        ~there,
    )
    new = [signed(sha256, paragraphs or (), sign) for sha256, paragraphs in session.execute(read)]
    if not new:
        return 0
    statement = insert(ReleasedText).values(new).on_conflict_do_nothing().returning(ReleasedText.sha256)
    return len(session.scalars(statement).all())
