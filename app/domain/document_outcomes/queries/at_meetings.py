"""Outcomes at meetings that an actor may see: items, decisions, action points, and the paragraphs of reports."""

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, select

from app.core.permissions import Actor
from app.domain.agendas.queries.placements import select_placements
from app.domain.decisions.models import ActionPoint, Decision, DecisionDocument
from app.domain.document_outcomes.queries.parameters import is_asked_about
from app.domain.document_outcomes.rules.outcomes import (
    ActionPointOutcome,
    DecisionOutcome,
    ItemOutcome,
    OutcomeStage,
)
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting
from app.domain.meetings.queries import build_visible_meeting_condition


def select_items(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Select the released items that the documents are under."""
    return select_placements(actor, is_asked_about)


def build_item(row: Row[*tuple[Any, ...]]) -> ItemOutcome:
    """Build the outcome of an item. It is dated by the first day of its meeting."""
    meeting: Meeting = row.Meeting
    return ItemOutcome(
        document_id=row.document_id,
        key=f"item-{row.item_id}",
        stage=OutcomeStage.AGENDA,
        at=datetime.combine(meeting.opens_on, time.min, ZoneInfo(meeting.zone)),
        item_id=row.item_id,
        label=row.label,
        titles=row.titles,
        meeting=meeting,
        starts_at=row.starts_at,
        hour=row.hour,
    )


def select_decisions(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Select the decisions that name the documents."""
    columns = Decision.id, Decision.meeting_id, Decision.item_id, Decision.number, Decision.how, Decision.taken_at
    return _select_named(actor).with_only_columns(DecisionDocument.document_id, *columns)


def build_decision(row: Row[*tuple[Any, ...]]) -> DecisionOutcome:
    """Build the outcome of a decision."""
    return DecisionOutcome(
        document_id=row.document_id,
        key=f"decision-{row.id}",
        stage=OutcomeStage.DECISION,
        at=row.taken_at,
        parents=(f"item-{row.item_id}",),
        meeting_id=row.meeting_id,
        number=row.number,
        how=row.how,
    )


def select_action_points(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Select the action points of decisions that name the documents, each with the name of its person, if any."""
    columns = ActionPoint.id, ActionPoint.decision_id, ActionPoint.owner, ActionPoint.due_on, ActionPoint.progress
    return (
        _select_named(actor)
        .join(ActionPoint, ActionPoint.decision_id == Decision.id)
        .outerjoin(Person, Person.id == ActionPoint.owner_person)
        .with_only_columns(DecisionDocument.document_id, Decision.meeting_id, Decision.taken_at, Person.name, *columns)
    )


def build_action_point(row: Row[*tuple[Any, ...]]) -> ActionPointOutcome:
    """Build the outcome of an action point. It is dated by its decision: it keeps its place while it goes on."""
    return ActionPointOutcome(
        document_id=row.document_id,
        key=f"action-{row.id}",
        stage=OutcomeStage.FOLLOW_UP,
        at=row.taken_at,
        parents=(f"decision-{row.decision_id}",),
        meeting_id=row.meeting_id,
        point_id=row.id,
        owner=row.owner,
        owner_name=row.name or "",
        due_on=row.due_on,
        progress=row.progress,
    )


def _select_named(actor: Actor) -> Select[DecisionDocument]:
    """Select what decisions of visible meetings name of the documents, with these decisions."""
    return (
        select(DecisionDocument)
        .join(Decision, Decision.id == DecisionDocument.decision_id)
        .join(Meeting, Meeting.id == Decision.meeting_id)
        .where(
            is_asked_about(DecisionDocument.document_id),
            DecisionDocument.removed_in.is_(None),
            build_visible_meeting_condition(actor),
        )
    )
