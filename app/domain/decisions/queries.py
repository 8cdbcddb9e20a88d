"""Read decisions of a meeting with the positions of States. Access to the meeting is checked by the caller."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import func, select

from app.core.db import ReadSession
from app.core.errors import Unknown
from app.domain.decisions.models import Decision, Position
from app.domain.meetings.models import Meeting


def listed(session: ReadSession, meeting: Meeting) -> Sequence[Decision]:
    """List the decisions of a meeting by number."""
    return session.scalars(select(Decision).where(Decision.meeting_id == meeting.id).order_by(Decision.number)).all()


def one(session: ReadSession, meeting: Meeting, decision: UUID) -> Decision:
    """Return a decision of this meeting. Raises NotFound."""
    statement = select(Decision).where(Decision.id == decision, Decision.meeting_id == meeting.id)
    row = session.scalar(statement)
    if row is None:
        raise Unknown()
    return row


def last_number(session: ReadSession, meeting: Meeting) -> int:
    """Return the number of the latest decision; 0 before the first one."""
    return session.scalar(select(func.max(Decision.number)).where(Decision.meeting_id == meeting.id)) or 0


def positions(session: ReadSession, decisions: Sequence[Decision]) -> Mapping[UUID, list[Position]]:
    """Map decisions to the positions that apply: the latest of each State and stance."""
    ordered = select(Position).where(Position.decision_id.in_([decision.id for decision in decisions]))
    latest: dict[tuple[UUID, str, str], Position] = {}
    for position in session.scalars(ordered.order_by(Position.put_at, Position.id)):
        latest[position.decision_id, position.entity, position.stance] = position
    positions_by_decision: dict[UUID, list[Position]] = {}
    for position in latest.values():
        positions_by_decision.setdefault(position.decision_id, []).append(position)
    return positions_by_decision


def own_words(session: ReadSession, decision: Decision, entity: str, stance: str) -> bool:
    """Return whether a delegate of that State has put this position in its own words."""
    statement = select(Position.id).where(
        Position.decision_id == decision.id, Position.entity == entity, Position.stance == stance, Position.own
    )
    return session.scalar(statement.limit(1)) is not None
