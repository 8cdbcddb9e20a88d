"""Queries on forwarding: from a released output to its documents in the parent body, and back."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, Select, exists, func, or_, select

from app.core.database.clock_parameters import build_day_parameter
from app.core.database.combined_lists import KeyParameter, rows_of_thing
from app.core.db import ReadSession
from app.core.permissions import Actor
from app.domain.bodies.models import Body, Office
from app.domain.documents.models import Document, DocumentAccess
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting, MeetingLife
from app.domain.outputs.models import (
    READABLE_STATUSES,
    Forwarding,
    Output,
    OutputKind,
    OutputSourceDocument,
    OutputStatus,
    ReleaseAddressee,
    ReleasePlan,
)
from app.domain.outputs.queries import outputs
from app.domain.outputs.rules.forwarding import ForwardingRuleSubject


def find_parent_body(session: ReadSession, output: Output) -> Body | None:
    """Find the parent of the body that adopted the output."""
    parent_id = session.get_one(Body, output.body_id).parent_id
    return session.get_one(Body, parent_id) if parent_id else None


def get_forwarding_rule_subject(session: ReadSession, output: Output) -> ForwardingRuleSubject:
    """Return the output with the facts that the rules on forwarding need."""
    is_for_parent = (
        output.kind == OutputKind.PARENT_REPORT
        or ReleaseAddressee.PARENT in outputs.list_release_addressees(session, output)
    )
    return ForwardingRuleSubject(
        output.body_id, session.get_one(Body, output.body_id).parent_id, output.status, is_for_parent
    )


def list_forwarding_meetings(session: ReadSession, actor: Actor, output: Output) -> Sequence[Meeting]:
    """List the meetings of the parent body that the output can still be forwarded to, the next first."""
    parent_id = session.get_one(Body, output.body_id).parent_id
    if parent_id is None:
        return []
    done = {meeting.id for _, _, meeting in list_forwardings(session, output)}
    return [meeting for meeting in meetings.list_upcoming_meetings(session, actor, parent_id) if meeting.id not in done]


def select_outputs_to_forward(actor: Actor) -> Select[Output, UUID | None]:
    """Select released outputs addressed to a parent body that has a meeting ahead, and not forwarded to any, with that
    body, for secretaries, the earliest first."""
    plan = select(ReleasePlan.addressees).where(ReleasePlan.output_id == Output.id)
    addressees = plan.order_by(ReleasePlan.number.desc()).limit(1).scalar_subquery()
    has_meeting = exists().where(
        Meeting.body_id == Body.parent_id,
        Meeting.life.in_((MeetingLife.CONVENED, MeetingLife.OPEN, MeetingLife.IN_SESSION)),
        Meeting.closes_on >= build_day_parameter(),
    )
    statement = (
        outputs.list_visible_outputs(actor)
        .join(Body, Body.id == Output.body_id)
        .add_columns(Body.parent_id)
        .where(
            Output.body_id.in_(actor.bodies_with_role(Office.SECRETARY)),
            Output.status == OutputStatus.RELEASED,
            or_(Output.kind == OutputKind.PARENT_REPORT, addressees.contains([ReleaseAddressee.PARENT])),
            ~exists().where(Forwarding.output_id == Output.id),
            has_meeting,
        )
    )
    return statement.order_by(Output.released_at, Output.id)


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
    """Return the audience that the output gives its documents: that of its release; after its withdrawal, the body."""
    if output.status not in READABLE_STATUSES:
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


def find_forwarding_meeting(session: ReadSession, actor: Actor, output: Output, meeting_id: UUID) -> Meeting | None:
    """Find this meeting if the output can be forwarded to it, or was."""
    done = [past for _, _, past in list_forwardings(session, output)]
    return next(
        (each for each in (*done, *list_forwarding_meetings(session, actor, output)) if each.id == meeting_id), None
    )
