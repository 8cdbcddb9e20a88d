"""The trace between a released text and the documents that it became in the parent group, from both ends."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, func, select

from app.core.access import Actor
from app.core.db import ReadSession
from app.domain.bodies.models import Body
from app.domain.documents.models import Document
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.outputs import queries
from app.domain.outputs.models import Addressee, Forwarding, Kind, Output, OutputSource
from app.domain.outputs.rules import ToParent


def parent(session: ReadSession, output: Output) -> Body | None:
    """The parent of the group that adopted it."""
    above = session.get_one(Body, output.body_id).parent_id
    return session.get_one(Body, above) if above else None


def to_parent(session: ReadSession, output: Output) -> ToParent:
    """The output as the rule of forwarding looks at it. It is for the parent group by its kind, or by its release."""
    is_for_parent = output.kind == Kind.PARENT_REPORT or Addressee.PARENT in queries.addressees(session, output)
    return ToParent(output.body_id, session.get_one(Body, output.body_id).parent_id, output.status, is_for_parent)


def where_to(session: ReadSession, actor: Actor, output: Output) -> Sequence[Meeting]:
    """The meetings of the parent group that it can still be forwarded to, the next first."""
    above = session.get_one(Body, output.body_id).parent_id
    if above is None:
        return []
    taken = {meeting.id for _, _, meeting in forwarded(session, output)}
    return [each for each in meetings.to_come(session, actor, above) if each.id not in taken]


def forwarded(session: ReadSession, output: Output) -> Sequence[Row[Forwarding, Document, Meeting]]:
    """To which meetings it was forwarded and what it is there, the earliest first."""
    return session.execute(
        select(Forwarding, Document, Meeting)
        .join(Document, Document.id == Forwarding.document_id)
        .join(Meeting, Meeting.id == Forwarding.meeting_id)
        .where(Forwarding.output_id == output.id)
        .order_by(Forwarding.forwarded_at, Document.symbol)
    ).all()


def origin(session: ReadSession, document: Document) -> Row[Forwarding, Output] | None:
    """The text that a document was forwarded from, if it was. It was released, so its symbol is no secret."""
    return session.execute(
        select(Forwarding, Output)
        .join(Output, Output.id == Forwarding.output_id)
        .where(Forwarding.document_id == document.id)
    ).one_or_none()


def topics(session: ReadSession, output: Output) -> tuple[str, ...]:
    """What it is about: what its sources are about, as on the read path."""
    codes = (
        select(func.unnest(Document.topics))
        .join(OutputSource, OutputSource.document_id == Document.id)
        .where(OutputSource.output_id == output.id)
        .distinct()
    )
    return tuple(sorted(session.scalars(codes)))


def one_meeting(session: ReadSession, actor: Actor, output: Output, meeting: UUID) -> Meeting | None:
    """That meeting, if the output can be forwarded to it or was."""
    taken = [there for _, _, there in forwarded(session, output)]
    return next((each for each in (*taken, *where_to(session, actor, output)) if each.id == meeting), None)
