"""Paragraphs of circulated reports that cite documents, or quote a decision that names them."""

from typing import Any

from sqlalchemy import Column, ColumnElement, Integer, Row, Select, Subquery, and_, exists, func, or_, select, true
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from app.core.permissions import Actor
from app.domain.decisions.models import Decision, DecisionDocument
from app.domain.document_outcomes.queries.parameters import is_asked_about
from app.domain.document_outcomes.rules.outcomes import OutcomeStage, ReportOutcome
from app.domain.documents.models import Document
from app.domain.meetings.models import Meeting
from app.domain.meetings.queries import build_visible_meeting_condition
from app.domain.reports.models import Report, ReportRevision, ReportStage
from app.domain.reports.rules.paragraphs import ParagraphKind

SIGNS, ESCAPED = "([^[:alnum:] ])", r"\\\1"
"""What a symbol has besides letters and figures, and the same in a regular expression that means these signs."""


def select_reports(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Select the reports of meetings that cite the documents of their body, with the numbers of these paragraphs and
    the key of the first. Drafts, which few people see, are left out for all."""
    paragraph = _select_numbered_paragraphs(actor)
    in_order = aggregate_order_by(paragraph.c.number, paragraph.c.place)
    keys = func.array_agg(aggregate_order_by(paragraph.c.key, paragraph.c.place))
    return (
        select(
            Document.id.label("document_id"),
            Meeting.id.label("meeting_id"),
            Meeting.number,
            func.array_agg(in_order).label("paragraphs"),
            keys.label("keys"),
            func.min(paragraph.c.circulated_at).label("circulated_at"),
        )
        .join(Meeting, Meeting.body_id == Document.body_id)
        .join(paragraph, paragraph.c.meeting_id == Meeting.id)
        .where(
            is_asked_about(Document.id),
            paragraph.c.kind != ParagraphKind.HEADING,
            or_(_cites_document(paragraph), _quotes_decision(paragraph)),
        )
        .group_by(Document.id, Meeting.id)
    )


def _select_numbered_paragraphs(actor: Actor) -> Subquery:
    """Subquery of the paragraphs of the latest revisions, with the numbers that their pages show."""
    each = (
        func.jsonb_array_elements(ReportRevision.paragraphs)
        .table_valued(Column("value", JSONB), with_ordinality="place")
        .render_derived(name="paragraph")
    )
    kind, bodies = each.c.value["kind"].astext, select(Document.body_id).where(is_asked_about(Document.id))
    is_numbered = func.count().filter(kind != ParagraphKind.HEADING)
    return (
        select(
            Report.meeting_id,
            Report.circulated_at,
            each.c.place,
            kind.label("kind"),
            each.c.value["key"].astext.label("key"),
            each.c.value["text"].astext.label("text"),
            is_numbered.over(partition_by=Report.id, order_by=each.c.place).cast(Integer).label("number"),
        )
        .select_from(Report)
        .join(Meeting, Meeting.id == Report.meeting_id)
        .join(ReportRevision, and_(ReportRevision.report_id == Report.id, ReportRevision.number == Report.revision))
        .join(each, true())
        .where(build_visible_meeting_condition(actor), Meeting.body_id.in_(bodies), Report.stage != ReportStage.DRAFT)
        .subquery("numbered_paragraph")
    )


def _cites_document(paragraph: Subquery) -> ColumnElement[bool]:
    """SQL condition: the paragraph has the symbol of the document, not as the beginning of another number."""
    symbol = func.regexp_replace(Document.symbol, SIGNS, ESCAPED, "g")
    pattern = func.concat("(^|[^[:alnum:]])", symbol, "([^[:digit:]]|$)")
    found: ColumnElement[bool] = paragraph.c.text.regexp_match(pattern)
    return found


def _quotes_decision(paragraph: Subquery) -> ColumnElement[bool]:
    """SQL condition: the paragraph has the words of a decision of the meeting that names the document."""
    return and_(
        paragraph.c.kind == ParagraphKind.DECISION,
        exists()
        .where(
            Decision.meeting_id == paragraph.c.meeting_id,
            Decision.text == paragraph.c.text,
            DecisionDocument.decision_id == Decision.id,
            DecisionDocument.document_id == Document.id,
            DecisionDocument.removed_in.is_(None),
        )
        .correlate(Document, paragraph),
    )


def build_report(row: Row[*tuple[Any, ...]]) -> ReportOutcome:
    """Build the outcome of a report."""
    return ReportOutcome(
        origin_id=row.document_id,
        key=f"report-{row.meeting_id}",
        stage=OutcomeStage.FOLLOW_UP,
        at=row.circulated_at,
        meeting_id=row.meeting_id,
        number=row.number,
        paragraphs=tuple(row.paragraphs),
        first=row.keys[0],
    )
