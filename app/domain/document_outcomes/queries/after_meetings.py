"""Outcomes that are made of documents: outputs, what these were forwarded as, and later documents."""

from typing import Any

from sqlalchemy import CompoundSelect, Row, Select, Uuid, exists, func, literal, select, union_all

from app.core.permissions import Actor
from app.domain.decisions.models import Decision
from app.domain.document_outcomes.queries.at_meetings import MOST_QUOTED, select_named_decisions
from app.domain.document_outcomes.queries.parameters import OUTPUTS, Origins, is_asked_about
from app.domain.document_outcomes.rules.outcomes import (
    ForwardingOutcome,
    MadeFromOutcome,
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


def select_made_outputs(actor: Actor, origins: Origins = Origins.DOCUMENTS) -> CompoundSelect[*tuple[Any, ...]]:
    """Select which outputs were made from the documents, as triples (origin_id, output_id, decision_id): from which
    decision of a visible meeting, if from one. For a trace, also those from decisions under the agenda items, and the
    outputs themselves."""
    from_document = select(
        OutputSourceDocument.document_id.label("origin_id"),
        OutputSourceDocument.output_id,
        literal(None, Uuid).label("decision_id"),
    ).where(is_asked_about(OutputSourceDocument.document_id))
    named = select_named_decisions(actor, origins)
    from_decision = select(named.c.origin_id, OutputSourceDecision.output_id, OutputSourceDecision.decision_id).join(
        named, named.c.decision_id == OutputSourceDecision.decision_id
    )
    if origins is Origins.DOCUMENTS:
        return union_all(from_document, from_decision)
    themselves = select(Output.id, Output.id, literal(None, Uuid)).where(is_asked_about(Output.id, OUTPUTS))
    return union_all(from_document, from_decision, themselves)


def select_outputs(actor: Actor, origins: Origins = Origins.DOCUMENTS) -> Select[*tuple[Any, ...]]:
    """Select the visible outputs that were made, once for each thing that they were made from."""
    made = select_made_outputs(actor, origins).subquery("made")
    return (
        list_visible_outputs(actor)
        .join(made, made.c.output_id == Output.id)
        .where(made.c.origin_id != Output.id)
        .with_only_columns(made.c.origin_id, made.c.decision_id, *OUTPUT_COLUMNS)
    )


def build_output(row: Row[*tuple[Any, ...]]) -> OutputOutcome:
    """Build the outcome of an output, dated by its latest step."""
    return OutputOutcome(
        origin_id=row.origin_id,
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


def select_forwardings(actor: Actor, origins: Origins = Origins.DOCUMENTS) -> Select[*tuple[Any, ...]]:
    """Select the visible documents as which these visible outputs were forwarded."""
    made, forwarded = select_made_outputs(actor, origins).subquery("forwarded"), list_visible_documents(actor)
    visible_outputs = list_visible_outputs(actor).with_only_columns(Output.id)
    return (
        forwarded.join(Forwarding, Forwarding.document_id == Document.id)
        .join(made, made.c.output_id == Forwarding.output_id)
        .where(Forwarding.output_id.in_(visible_outputs))
        .with_only_columns(
            made.c.origin_id,
            Forwarding.output_id,
            Forwarding.forwarded_at,
            Document.id.label("forwarded_id"),
            Document.symbol,
        )
    )


def build_forwarding(row: Row[*tuple[Any, ...]]) -> ForwardingOutcome:
    """Build the outcome of a forwarding."""
    return ForwardingOutcome(
        origin_id=row.origin_id,
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
        origin_id=row.other_id,
        key=f"relation-{row.id}",
        stage=OutcomeStage.FOLLOW_UP,
        at=row.made_at,
        relation=row.kind,
        other_id=row.stating_id,
        symbol=row.symbol,
    )


def select_sources(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Select the visible documents, and the decisions of visible meetings, that the visible outputs were made from."""
    visible_outputs = list_visible_outputs(actor).with_only_columns(Output.id)
    made = OutputSourceDocument.output_id
    documents = (
        list_visible_documents(actor)
        .join(OutputSourceDocument, OutputSourceDocument.document_id == Document.id)
        .where(is_asked_about(made, OUTPUTS), made.in_(visible_outputs))
        .with_only_columns(
            made.label("origin_id"),
            Document.id.label("source_id"),
            Document.registered_at.label("at"),
            Document.symbol,
            literal(None, Uuid).label("meeting_id"),
            literal(0).label("number"),
            literal("").label("text"),
            literal("").label("lang"),
        )
    )
    decisions = (
        select(
            OutputSourceDecision.output_id,
            Decision.id,
            Decision.taken_at,
            literal(""),
            Decision.meeting_id,
            Decision.number,
            func.left(Decision.text, MOST_QUOTED),
            Decision.lang,
        )
        .join(Decision, Decision.id == OutputSourceDecision.decision_id)
        .join(Meeting, Meeting.id == Decision.meeting_id)
        .where(
            is_asked_about(OutputSourceDecision.output_id, OUTPUTS),
            OutputSourceDecision.output_id.in_(visible_outputs),
            build_visible_meeting_condition(actor),
        )
    )
    return select(union_all(documents, decisions).subquery("made_from"))


def build_source(row: Row[*tuple[Any, ...]]) -> MadeFromOutcome:
    """Build what an output was made from, dated by its registration, or by when it was decided."""
    return MadeFromOutcome(
        origin_id=row.origin_id,
        key=f"source-{row.origin_id}-{row.source_id}",
        stage=OutcomeStage.AGENDA,
        at=row.at,
        parents=(f"output-{row.origin_id}",),
        document_id=None if row.meeting_id else row.source_id,
        symbol=row.symbol,
        meeting_id=row.meeting_id,
        number=row.number,
        text=row.text,
        lang=row.lang,
    )
