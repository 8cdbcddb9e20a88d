"""Agenda items that delegations propose: proposed and withdrawn by a State, taken up or answered by the chair."""

from datetime import UTC, date

from app.core import clock, journal
from app.core.access import Actor
from app.core.db import WriteSession
from app.core.errors import Conflict
from app.domain.agendas import actions, events, rules
from app.domain.agendas.inputs import Answer, NewItem, NewProposal
from app.domain.agendas.models import ItemProposal, ProposalState
from app.domain.meetings.inputs import end_of
from app.domain.meetings.models import Meeting


def propose(session: WriteSession, actor: Actor, meeting: Meeting, new: NewProposal, language: str) -> ItemProposal:
    """Propose an agenda item for the actor's own State. Visible to that State, the chair and the chair's deputies only.

    Raises Forbidden; Conflict after the deadline for proposals or once the meeting began.
    """
    rules.PROPOSE.require(actor, rules.wish_for(meeting, actor.entity))
    proposal = ItemProposal(
        meeting_id=meeting.id,
        entity=actor.entity,
        title=new.title,
        lang=language,
        reason=new.reason,
        proposed_by=actor.person,
        proposed_at=clock.now(),
    )
    session.add(proposal)
    session.flush()
    _record_state(session, actor, meeting, proposal)
    return proposal


def take_back(session: WriteSession, actor: Actor, meeting: Meeting, proposal: ItemProposal) -> None:
    """Withdraw a proposal of the actor's own State. Raises Forbidden; Conflict if it was answered already."""
    session.refresh(proposal, with_for_update=True)
    rules.TAKE_BACK.require(actor, rules.wish_for(meeting, proposal.entity, proposal.state))
    proposal.state = ProposalState.WITHDRAWN
    _record_state(session, actor, meeting, proposal)


def take_up(session: WriteSession, actor: Actor, meeting: Meeting, proposal: ItemProposal, *, version: int) -> None:
    """Make a proposal an item of the draft, at the end, with the State's reason as its notes.

    Raises Forbidden, StaleAgenda; Conflict if it was answered already or the agenda was adopted.
    """
    rules.KEEP.require(actor, meeting)
    _require_unanswered(session, proposal)
    new = NewItem(title=proposal.title, notes=proposal.reason)
    item = actions.add_item(session, actor, meeting, new, proposal.lang, version=version)
    proposal.state, proposal.item_id = ProposalState.TAKEN_UP, item.id
    proposal.answered_by, proposal.answered_at = actor.person, clock.now()
    _record_state(session, actor, meeting, proposal)


def answer(session: WriteSession, actor: Actor, meeting: Meeting, proposal: ItemProposal, new: Answer) -> None:
    """Answer a proposal that is not taken up, with a reason. Raises Forbidden; Conflict if it was answered already."""
    rules.KEEP.require(actor, meeting)
    _require_unanswered(session, proposal)
    proposal.state, proposal.answer = ProposalState.ANSWERED, new.answer
    proposal.answered_by, proposal.answered_at = actor.person, clock.now()
    _record_state(session, actor, meeting, proposal)


def take_until(session: WriteSession, actor: Actor, meeting: Meeting, day: date | None) -> None:
    """Set the last day for proposals, in the time zone of the meeting; None means the deadline of contributions.

    Raises Forbidden.
    """
    rules.KEEP.require(actor, meeting)
    session.refresh(meeting, with_for_update=True)
    meeting.version += 1
    meeting.proposals_due_at = end_of(day, meeting.zone) if day else meeting.contributions_due_at
    due = meeting.proposals_due_at.astimezone(UTC).isoformat()
    journal.record(session, actor, events.ProposalsBounded(meeting.id, due), body=meeting.body_id)


def _require_unanswered(session: WriteSession, proposal: ItemProposal) -> None:
    """Lock the proposal. Raises Conflict if it was answered or withdrawn."""
    session.refresh(proposal, with_for_update=True)
    if proposal.state != ProposalState.PROPOSED:
        raise Conflict(rules.is_unanswered.objection)


def _record_state(session: WriteSession, actor: Actor, meeting: Meeting, proposal: ItemProposal) -> None:
    """Record the state of the proposal in the journal."""
    event = events.ItemProposed(meeting.id, proposal.id, proposal.state)
    journal.record(session, actor, event, body=meeting.body_id)
