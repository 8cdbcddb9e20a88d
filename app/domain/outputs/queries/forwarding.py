"""Queries on forwarding: from a released output to its documents in the parent body, and back."""

from sqlalchemy import Row, Select, func, select

from app.core.database.combined_lists import KeyParameter, rows_of_thing
from app.core.db import ReadSession
from app.domain.bodies.models import Body
from app.domain.documents.models import Document, DocumentAccess
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import (
    READABLE_STATUSES,
    Forwarding,
    Output,
    OutputKind,
    OutputSourceDocument,
    ReleaseAddressee,
)
from app.domain.outputs.queries import outputs


def find_parent_body(session: ReadSession, output: Output) -> Body | None:
    """Find the parent of the body that adopted the output."""
    parent_id = session.get_one(Body, output.body_id).parent_id
    return session.get_one(Body, parent_id) if parent_id else None


def is_for_parent_body(session: ReadSession, output: Output) -> bool:
    """Return whether the output goes to the parent body, by its kind or its plan."""
    return output.kind == OutputKind.PARENT_REPORT or ReleaseAddressee.PARENT in outputs.list_release_addressees(
        session, output
    )


@rows_of_thing
def list_forwardings(output_id: KeyParameter) -> Select[Forwarding, Document, Meeting]:
    """List the forwardings of the output with documents and meetings, the earliest first."""
    return (
        select(Forwarding, Document, Meeting)
        .join(Document, Document.id == Forwarding.document_id)
        .join(Meeting, Meeting.id == Forwarding.meeting_id)
        .where(Forwarding.output_id == output_id)
        .order_by(Forwarding.forwarded_at, Document.symbol)
    )


def find_forwarding_of_document(session: ReadSession, document: Document) -> Row[Forwarding, Output] | None:
    """Find the forwarding that created a document and its output; None if there is none. The output is released, so its
    symbol is no secret."""
    return session.execute(
        select(Forwarding, Output)
        .join(Output, Output.id == Forwarding.output_id)
        .where(Forwarding.document_id == document.id)
    ).one_or_none()


def get_access_of_document(session: ReadSession, output: Output) -> DocumentAccess:
    """Return the audience that the output gives its documents, and names in letters: that of its release; the body
    after its withdrawal, and if it is for its addressees alone."""
    if output.status not in READABLE_STATUSES or output.for_addressees_only:
        return DocumentAccess.GROUP
    is_public = ReleaseAddressee.PUBLIC in outputs.list_release_addressees(session, output)
    return DocumentAccess.PUBLIC if is_public else DocumentAccess.MEMBERSHIP


def list_topic_codes(session: ReadSession, output: Output) -> tuple[str, ...]:
    """List the topic codes of the sources of the output, as on the read path."""
    codes = (
        select(func.unnest(Document.topics))
        .join(OutputSourceDocument, OutputSourceDocument.document_id == Document.id)
        .where(OutputSourceDocument.output_id == output.id)
        .distinct()
    )
    return tuple(sorted(session.scalars(codes)))


def list_cited_codes(session: ReadSession, output: Output) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """List the mandates and the action lines that an output cites, itself or by its sources, as on the read path."""
    mandates, action_lines = set(output.mandates), set(output.action_lines)
    cited = (
        select(Document.mandates, Document.action_lines)
        .join(OutputSourceDocument, OutputSourceDocument.document_id == Document.id)
        .where(OutputSourceDocument.output_id == output.id)
    )
    for of_document, lines_of_document in session.execute(cited):
        mandates.update(of_document)
        action_lines.update(lines_of_document)
    return tuple(sorted(mandates)), tuple(sorted(action_lines))
