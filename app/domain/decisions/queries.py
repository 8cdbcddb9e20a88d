"""Read decisions of a meeting with the positions of States. Access to the meeting is checked by the caller."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Select, func, select

from app.core.database.combined_lists import KeyParameter, list_of_thing, rows_of_thing
from app.core.db import ReadSession
from app.core.errors import NotFound
from app.domain.decisions.models import Decision, DecisionDocument, DecisionPosition
from app.domain.documents.models import Document
from app.domain.meetings.models import Meeting


@list_of_thing
def list_decisions(meeting_id: KeyParameter) -> Select[Decision]:
    """List the decisions of a meeting by number."""
    return select(Decision).where(Decision.meeting_id == meeting_id).order_by(Decision.number)


@list_of_thing
def list_positions(meeting_id: KeyParameter) -> Select[DecisionPosition]:
    """List every position on the decisions of a meeting, also those that no longer apply, in the order in which they
    were put."""
    positions = select(DecisionPosition).join(Decision, Decision.id == DecisionPosition.decision_id)
    of_meeting = positions.where(Decision.meeting_id == meeting_id)
    return of_meeting.order_by(DecisionPosition.put_at, DecisionPosition.id)


@rows_of_thing
def list_named_documents(meeting_id: KeyParameter) -> Select[UUID, Document]:
    """List the documents that the decisions of a meeting name, each with the decision, by symbol. They are documents of
    the meeting: those who see the decisions see them."""
    named = (
        select(DecisionDocument.decision_id, Document)
        .join(Document, Document.id == DecisionDocument.document_id)
        .join(Decision, Decision.id == DecisionDocument.decision_id)
    )
    is_named_now = Decision.meeting_id == meeting_id, DecisionDocument.removed_in.is_(None)
    return named.where(*is_named_now).order_by(Document.series_id, Document.number)


def index_named_documents(session: ReadSession, decision: Decision) -> Mapping[UUID, DecisionDocument]:
    """Map the documents that a decision names now to what says so."""
    named = select(DecisionDocument).where(
        DecisionDocument.decision_id == decision.id, DecisionDocument.removed_in.is_(None)
    )
    return {each.document_id: each for each in session.scalars(named)}


def get_decision(session: ReadSession, meeting: Meeting, decision_id: UUID) -> Decision:
    """Return a decision of this meeting. Raises NotFound."""
    statement = select(Decision).where(Decision.id == decision_id, Decision.meeting_id == meeting.id)
    row = session.scalar(statement)
    if row is None:
        raise NotFound()
    return row


def last_decision_number(session: ReadSession, meeting: Meeting) -> int:
    """Return the number of the latest decision; 0 before the first one."""
    return session.scalar(select(func.max(Decision.number)).where(Decision.meeting_id == meeting.id)) or 0


def list_positions_by_decision(session: ReadSession, meeting: Meeting) -> Mapping[UUID, list[DecisionPosition]]:
    """Map the decisions of a meeting to the positions that apply: the latest of each State and stance."""
    latest: dict[tuple[UUID, str, str], DecisionPosition] = {}
    for position in list_positions(session, meeting):
        latest[position.decision_id, position.entity, position.stance] = position
    positions_by_decision: dict[UUID, list[DecisionPosition]] = {}
    for position in latest.values():
        positions_by_decision.setdefault(position.decision_id, []).append(position)
    return positions_by_decision


def has_position_in_own_words(session: ReadSession, decision: Decision, entity: str, stance: str) -> bool:
    """Return whether a delegate of that State has put this position in its own words."""
    statement = select(DecisionPosition.id).where(
        DecisionPosition.decision_id == decision.id,
        DecisionPosition.entity == entity,
        DecisionPosition.stance == stance,
        DecisionPosition.own,
    )
    return session.scalar(statement.limit(1)) is not None
