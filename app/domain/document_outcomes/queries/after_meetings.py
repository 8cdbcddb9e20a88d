"""Outcomes that are made of documents: outputs, what these were forwarded as, and later documents."""

from typing import Any

from sqlalchemy import CompoundSelect, Row, Select, Uuid, exists, literal, select, union_all

from app.core.permissions import Actor
from app.domain.decisions.models import Decision, DecisionDocument
from app.domain.document_outcomes.queries.parameters import is_asked_about
from app.domain.document_outcomes.rules.outcomes import (
    ForwardingOutcome,
    OutcomeStage,
    OutputOutcome,
    RelationOutcome,
)
from app.domain.documents.models import Document, DocumentRelation, RelationRevocation
from app.domain.documents.queries.documents import list_visible_documents
from app.domain.meetings.models import Meeting
from app.domain.meetings.queries import build_visible_meeting_condition
from app.domain.outputs.models import Forwarding, Output, OutputSourceDecision, OutputSourceDocument
from app.domain.outputs.queries.outputs import list_visible_outputs

OUTPUT_COLUMNS = (
    Output.id,
    Output.symbol,
    Output.titles,
    Output.original,
    Output.status,
    Output.drafted_at,
    Output.adopted_at,
    Output.released_at,
    Output.withdrawn_at,
)


def select_made_outputs(actor: Actor) -> CompoundSelect[*tuple[Any, ...]]:
    """Select which outputs were made from the documents (document_id, output_id), and from which decision of a visible
    meeting that names them (decision_id), if from one."""
    from_document = select(
        OutputSourceDocument.document_id, OutputSourceDocument.output_id, literal(None, Uuid).label("decision_id")
    ).where(is_asked_about(OutputSourceDocument.document_id))
    from_decision = (
        select(DecisionDocument.document_id, OutputSourceDecision.output_id, OutputSourceDecision.decision_id)
        .join(OutputSourceDecision, OutputSourceDecision.decision_id == DecisionDocument.decision_id)
        .join(Decision, Decision.id == DecisionDocument.decision_id)
        .join(Meeting, Meeting.id == Decision.meeting_id)
        .where(
            is_asked_about(DecisionDocument.document_id),
            DecisionDocument.removed_in.is_(None),
            build_visible_meeting_condition(actor),
        )
    )
    return union_all(from_document, from_decision)


def select_outputs(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Select the visible outputs that were made from the documents, once for each thing that they were made from."""
    made = select_made_outputs(actor).subquery("made")
    return (
        list_visible_outputs(actor)
        .join(made, made.c.output_id == Output.id)
        .with_only_columns(made.c.document_id, made.c.decision_id, *OUTPUT_COLUMNS)
    )


def build_output(row: Row[*tuple[Any, ...]]) -> OutputOutcome:
    """Build the outcome of an output, dated by its latest step."""
    return OutputOutcome(
        document_id=row.document_id,
        key=f"output-{row.id}",
        stage=OutcomeStage.OUTPUT,
        at=row.withdrawn_at or row.released_at or row.adopted_at or row.drafted_at,
        parents=(f"decision-{row.decision_id}",) if row.decision_id else (),
        output_id=row.id,
        symbol=row.symbol,
        titles=row.titles,
        original=row.original,
        status=row.status,
    )


def select_forwardings(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Select the visible documents as which visible outputs that were made from the documents were forwarded."""
    made, forwarded = select_made_outputs(actor).subquery("forwarded"), list_visible_documents(actor)
    visible_outputs = list_visible_outputs(actor).with_only_columns(Output.id)
    return (
        forwarded.join(Forwarding, Forwarding.document_id == Document.id)
        .join(made, made.c.output_id == Forwarding.output_id)
        .where(Forwarding.output_id.in_(visible_outputs))
        .with_only_columns(
            made.c.document_id.label("source_id"),
            Forwarding.output_id,
            Forwarding.forwarded_at,
            Document.id.label("forwarded_id"),
            Document.symbol,
        )
    )


def build_forwarding(row: Row[*tuple[Any, ...]]) -> ForwardingOutcome:
    """Build the outcome of a forwarding."""
    return ForwardingOutcome(
        document_id=row.source_id,
        key=f"forwarding-{row.forwarded_id}",
        stage=OutcomeStage.FOLLOW_UP,
        at=row.forwarded_at,
        parents=(f"output-{row.output_id}",),
        forwarded_id=row.forwarded_id,
        symbol=row.symbol,
    )


def select_relations(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Select the visible documents that comment on the documents, reply to them or supersede them."""
    is_revoked = exists().where(RelationRevocation.relation_id == DocumentRelation.id)
    relation = DocumentRelation.id, DocumentRelation.other_id, DocumentRelation.kind, DocumentRelation.made_at
    return (
        list_visible_documents(actor)
        .join(DocumentRelation, DocumentRelation.document_id == Document.id)
        .where(is_asked_about(DocumentRelation.other_id), ~is_revoked)
        .with_only_columns(*relation, Document.id.label("stating_id"), Document.symbol)
    )


def build_relation(row: Row[*tuple[Any, ...]]) -> RelationOutcome:
    """Build the outcome of a relation."""
    return RelationOutcome(
        document_id=row.other_id,
        key=f"relation-{row.id}",
        stage=OutcomeStage.FOLLOW_UP,
        at=row.made_at,
        relation=row.kind,
        other_id=row.stating_id,
        symbol=row.symbol,
    )
