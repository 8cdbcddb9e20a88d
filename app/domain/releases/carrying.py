"""What goes along with a text when it is released, copied as it was then: the topics of its sources, by name."""

from sqlalchemy import func, select

from app.core.db import WriteSession
from app.domain.documents.models import Document
from app.domain.outputs.models import Output, OutputSource
from app.domain.releases.models import ReleasedTopic
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
