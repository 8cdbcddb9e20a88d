"""Queries on forwarding: from a released output to its documents in the parent body, and back."""

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
    """Find the parent of the body that adopted the output."""
    parent_id = session.get_one(Body, output.body_id).parent_id
    return session.get_one(Body, parent_id) if parent_id else None


def to_parent(session: ReadSession, output: Output) -> ToParent:
    """Return the state of the output as the rules on forwarding need it."""
    is_for_parent = output.kind == Kind.PARENT_REPORT or Addressee.PARENT in queries.addressees(session, output)
    return ToParent(output.body_id, session.get_one(Body, output.body_id).parent_id, output.status, is_for_parent)


def where_to(session: ReadSession, actor: Actor, output: Output) -> Sequence[Meeting]:
    """List the meetings of the parent body that the output can still be forwarded to, the next first."""
    parent_id = session.get_one(Body, output.body_id).parent_id
    if parent_id is None:
        return []
    done = {meeting.id for _, _, meeting in forwarded(session, output)}
    return [meeting for meeting in meetings.to_come(session, actor, parent_id) if meeting.id not in done]


def forwarded(session: ReadSession, output: Output) -> Sequence[Row[Forwarding, Document, Meeting]]:
    """List the forwardings of the output with documents and meetings, the earliest first."""
    return session.execute(
        select(Forwarding, Document, Meeting)
        .join(Document, Document.id == Forwarding.document_id)
        .join(Meeting, Meeting.id == Forwarding.meeting_id)
        .where(Forwarding.output_id == output.id)
        .order_by(Forwarding.forwarded_at, Document.symbol)
    ).all()


def origin(session: ReadSession, document: Document) -> Row[Forwarding, Output] | None:
    """Find the forwarding that created a document and its output; None if there is none. The output is released, so its
    symbol is no secret."""
    return session.execute(
        select(Forwarding, Output)
        .join(Output, Output.id == Forwarding.output_id)
        .where(Forwarding.document_id == document.id)
    ).one_or_none()


def topics(session: ReadSession, output: Output) -> tuple[str, ...]:
    """List the topic codes of the sources of the output, as on the read path."""
    codes = (
        select(func.unnest(Document.topics))
        .join(OutputSource, OutputSource.document_id == Document.id)
        .where(OutputSource.output_id == output.id)
        .distinct()
    )
    return tuple(sorted(session.scalars(codes)))


def one_meeting(session: ReadSession, actor: Actor, output: Output, meeting: UUID) -> Meeting | None:
    """Find this meeting if the output can be forwarded to it, or was."""
    done = [past for _, _, past in forwarded(session, output)]
    return next((each for each in (*done, *where_to(session, actor, output)) if each.id == meeting), None)
