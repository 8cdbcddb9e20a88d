"""Read the agenda items that States proposed, and those that wait for an answer."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, select

from app.core.database.clock_parameters import Moment
from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.permissions import Actor
from app.domain.agendas.models import ItemProposal, ItemProposalState
from app.domain.agendas.queries.agenda_drafts import build_chair_tools_condition
from app.domain.meetings.models import Meeting
from app.domain.meetings.rules import ENDED_LIVES


def list_proposed_items(
    session: ReadSession, actor: Actor, meeting: Meeting, *, sees_all: bool
) -> Sequence[ItemProposal]:
    """List the proposals for a meeting: all of them with `sees_all`, otherwise those of the actor's own State."""
    statement = select(ItemProposal).where(ItemProposal.meeting_id == meeting.id).order_by(ItemProposal.proposed_at)
    return session.scalars(statement if sees_all else statement.where(ItemProposal.entity == actor.entity)).all()


def get_item_proposal(
    session: ReadSession, actor: Actor, meeting: Meeting, proposal_id: UUID, *, sees_all: bool
) -> ItemProposal:
    """Return a proposal for this meeting, of the actor's own State unless `sees_all`. Raises NotFound."""
    statement = select(ItemProposal).where(ItemProposal.meeting_id == meeting.id, ItemProposal.id == proposal_id)
    proposal = session.scalar(statement if sees_all else statement.where(ItemProposal.entity == actor.entity))
    if proposal is None:
        raise NotFound()
    return proposal


def select_unanswered_item_proposals(actor: Actor) -> Select[ItemProposal, Meeting]:
    """Select unanswered proposals for meetings that are not over and whose agenda the actor may edit."""
    waits = ItemProposal.state == ItemProposalState.PROPOSED
    answered_by_actor = Meeting.life.not_in(ENDED_LIVES), build_chair_tools_condition(actor)
    return _with_meetings(actor).where(waits, *answered_by_actor)


def select_answered_item_proposals(actor: Actor, since: Moment) -> Select[ItemProposal, Meeting]:
    """Select proposals of the actor's State that the chair answered since then."""
    is_own = (ItemProposal.entity == actor.entity) & (ItemProposal.answered_at >= since)
    return _with_meetings(actor).where(is_own)


def _with_meetings(actor: Actor) -> Select[ItemProposal, Meeting]:
    """Select proposals with their meetings, in bodies where the actor has a seat."""
    return (
        select(ItemProposal, Meeting)
        .join(Meeting, Meeting.id == ItemProposal.meeting_id)
        .where(Meeting.body_id.in_(actor.bodies_with_role()))
        .order_by(ItemProposal.proposed_at)
    )
