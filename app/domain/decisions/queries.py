"""Decisions of a meeting that was found for the actor, with the positions of States."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import func, select

from app.core.db import ReadSession
from app.core.errors import Unknown
from app.domain.decisions.models import Decision, Position
from app.domain.meetings.models import Meeting


def listed(session: ReadSession, meeting: Meeting) -> Sequence[Decision]:
    """Every decision of a meeting, in the order in which they fell."""
    return session.scalars(select(Decision).where(Decision.meeting_id == meeting.id).order_by(Decision.number)).all()


def one(session: ReadSession, meeting: Meeting, decision: UUID) -> Decision:
    """That decision of this meeting, or Unknown."""
    wanted = select(Decision).where(Decision.id == decision, Decision.meeting_id == meeting.id)
    found = session.scalar(wanted)
    if found is None:
        raise Unknown()
    return found


def last_number(session: ReadSession, meeting: Meeting) -> int:
    """The number of the latest decision; 0 before the first."""
    return session.scalar(select(func.max(Decision.number)).where(Decision.meeting_id == meeting.id)) or 0


def positions(session: ReadSession, decisions: Sequence[Decision]) -> Mapping[UUID, list[Position]]:
    """What holds now, by decision: of each State the latest of each stance. What was put before stays in the table."""
    ordered = select(Position).where(Position.decision_id.in_([each.id for each in decisions]))
    latest: dict[tuple[UUID, str, str], Position] = {}
    for each in session.scalars(ordered.order_by(Position.put_at, Position.id)):
        latest[each.decision_id, each.entity, each.stance] = each
    found: dict[UUID, list[Position]] = {}
    for each in latest.values():
        found.setdefault(each.decision_id, []).append(each)
    return found


def own_words(session: ReadSession, decision: Decision, entity: str, stance: str) -> bool:
    """Whether a delegate of that State has put this position in its own words."""
    put = select(Position.id).where(
        Position.decision_id == decision.id, Position.entity == entity, Position.stance == stance, Position.own
    )
    return session.scalar(put.limit(1)) is not None
