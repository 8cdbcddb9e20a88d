"""Outcomes at meetings that an actor may see: items, decisions, action points, and the paragraphs of reports."""

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, Subquery, func, select, union_all

from app.core.permissions import Actor
from app.domain.agendas.queries.placements import select_placements
from app.domain.decisions.models import ActionPoint, Decision, DecisionDocument
from app.domain.document_outcomes.queries.parameters import AGENDA_ITEMS, Origins, is_asked_about
from app.domain.document_outcomes.rules.outcomes import (
    ActionPointOutcome,
    DecisionOutcome,
    ItemOutcome,
    OutcomeStage,
)
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting
from app.domain.meetings.queries import build_visible_meeting_condition

MOST_QUOTED = 400
"""Characters of a decision that are read; pages show the beginning of its first line."""


def select_items(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Select the released items that the documents are under."""
    return select_placements(actor, is_asked_about)


def build_item(row: Row[*tuple[Any, ...]]) -> ItemOutcome:
    """Build the outcome of an item. It is dated by the first day of its meeting."""
    meeting: Meeting = row.Meeting
    return ItemOutcome(
        origin_id=row.document_id,
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


def select_decisions(actor: Actor, origins: Origins = Origins.DOCUMENTS) -> Select[*tuple[Any, ...]]:
    """Select the decisions that name the documents, and those under the agenda items."""
    named = select_named_decisions(actor, origins)
    columns = Decision.id, Decision.meeting_id, Decision.item_id, Decision.number, Decision.how, Decision.taken_at
    text = func.left(Decision.text, MOST_QUOTED).label("text")
    return select(named.c.origin_id, *columns, text, Decision.lang).join(named, named.c.decision_id == Decision.id)


def build_decision(row: Row[*tuple[Any, ...]]) -> DecisionOutcome:
    """Build the outcome of a decision."""
    return DecisionOutcome(
        origin_id=row.origin_id,
        key=f"decision-{row.id}",
        stage=OutcomeStage.DECISION,
        at=row.taken_at,
        parents=(f"item-{row.item_id}",),
        meeting_id=row.meeting_id,
        number=row.number,
        how=row.how,
        text=row.text,
        lang=row.lang,
    )


def select_action_points(actor: Actor, origins: Origins = Origins.DOCUMENTS) -> Select[*tuple[Any, ...]]:
    """Select the action points of these decisions, each with the name of its person, if any."""
    named = select_named_decisions(actor, origins)
    columns = ActionPoint.id, ActionPoint.decision_id, ActionPoint.owner, ActionPoint.due_on, ActionPoint.progress
    return (
        select(named.c.origin_id, Decision.meeting_id, Decision.taken_at, Person.name, *columns)
        .join(named, named.c.decision_id == Decision.id)
        .join(ActionPoint, ActionPoint.decision_id == Decision.id)
        .outerjoin(Person, Person.id == ActionPoint.owner_person)
    )


def build_action_point(row: Row[*tuple[Any, ...]]) -> ActionPointOutcome:
    """Build the outcome of an action point. It is dated by its decision: it keeps its place while it goes on."""
    return ActionPointOutcome(
        origin_id=row.origin_id,
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


def select_named_decisions(actor: Actor, origins: Origins) -> Subquery:
    """Subquery of the decisions of visible meetings that name the documents, and of those under the agenda items, as
    pairs: origin_id, decision_id."""
    naming = (
        select(DecisionDocument.document_id.label("origin_id"), Decision.id.label("decision_id"))
        .join(Decision, Decision.id == DecisionDocument.decision_id)
        .join(Meeting, Meeting.id == Decision.meeting_id)
        .where(
            is_asked_about(DecisionDocument.document_id),
            DecisionDocument.removed_in.is_(None),
            build_visible_meeting_condition(actor),
        )
    )
    if origins is Origins.DOCUMENTS:
        return naming.subquery("named_decision")
    under_items = (
        select(Decision.item_id, Decision.id)
        .join(Meeting, Meeting.id == Decision.meeting_id)
        .where(is_asked_about(Decision.item_id, AGENDA_ITEMS), build_visible_meeting_condition(actor))
    )
    return union_all(naming, under_items).subquery("named_decision")
