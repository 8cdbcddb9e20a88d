"""Agenda items that delegations propose: proposed and withdrawn by a State, taken up or answered by the chair."""

from datetime import UTC, date

from app.core import clock, journal
from app.core.db import WriteSession, lock_row
from app.core.errors import Conflict
from app.core.permissions import Actor
from app.domain.agendas import events
from app.domain.agendas.actions import editing
from app.domain.agendas.inputs import ItemProposalAnswer, NewAgendaItem, NewItemProposal
from app.domain.agendas.models import ItemProposal, ItemProposalState
from app.domain.agendas.rules import agendas
from app.domain.meetings.inputs import end_of_day
from app.domain.meetings.models import Meeting


def propose_agenda_item(
    session: WriteSession, actor: Actor, meeting: Meeting, wish: NewItemProposal, language: str
) -> ItemProposal:
    """Propose an agenda item for the actor's own State. Visible to that State, the chair and the chair's deputies only.

    Raises Forbidden; Conflict after the deadline for proposals or once the meeting began.
    """
    agendas.PROPOSE.require(actor, agendas.build_item_proposal_rule_subject(meeting, actor.entity))
    proposal = ItemProposal(
        meeting_id=meeting.id,
        entity=actor.entity,
        title=wish.title,
        lang=language,
        reason=wish.reason,
        proposed_by=actor.person,
        proposed_at=clock.now(),
    )
    session.add(proposal)
    session.flush()
    _record_state(session, actor, meeting, proposal)
    return proposal


def withdraw_item_proposal(session: WriteSession, actor: Actor, meeting: Meeting, proposal: ItemProposal) -> None:
    """Withdraw a proposal of the actor's own State. Raises Forbidden; Conflict if it was answered already."""
    lock_row(session, proposal)
    agendas.WITHDRAW_PROPOSAL.require(
        actor, agendas.build_item_proposal_rule_subject(meeting, proposal.entity, proposal.state)
    )
    proposal.state = ItemProposalState.WITHDRAWN
    _record_state(session, actor, meeting, proposal)


def accept_item_proposal(
    session: WriteSession, actor: Actor, meeting: Meeting, proposal: ItemProposal, *, version: int
) -> None:
    """Make a proposal an item of the draft, at the end, with the State's reason as its notes.

    Raises Forbidden, Stale; Conflict if it was answered already or the agenda was adopted.
    """
    agendas.EDIT.require(actor, meeting)
    _require_unanswered(session, proposal)
    new = NewAgendaItem(title=proposal.title, notes=proposal.reason)
    item = editing.add_agenda_item(session, actor, meeting, new, proposal.lang, version=version)
    proposal.state, proposal.item_id = ItemProposalState.TAKEN_UP, item.id
    proposal.answered_by, proposal.answered_at = actor.person, clock.now()
    _record_state(session, actor, meeting, proposal)


def answer_item_proposal(
    session: WriteSession, actor: Actor, meeting: Meeting, proposal: ItemProposal, reply: ItemProposalAnswer
) -> None:
    """Answer a proposal that is not taken up, with a reason. Raises Forbidden; Conflict if it was answered already."""
    agendas.EDIT.require(actor, meeting)
    _require_unanswered(session, proposal)
    proposal.state, proposal.answer = ItemProposalState.ANSWERED, reply.answer
    proposal.answered_by, proposal.answered_at = actor.person, clock.now()
    _record_state(session, actor, meeting, proposal)


def set_item_proposal_deadline(session: WriteSession, actor: Actor, meeting: Meeting, last_day: date | None) -> None:
    """Set the last day for proposals, in the time zone of the meeting; None means the deadline of contributions.

    Raises Forbidden.
    """
    agendas.EDIT.require(actor, meeting)
    lock_row(session, meeting)
    meeting.version += 1
    was = meeting.proposals_due_at.astimezone(UTC).isoformat()
    meeting.proposals_due_at = end_of_day(last_day, meeting.zone) if last_day else meeting.contributions_due_at
    due = meeting.proposals_due_at.astimezone(UTC).isoformat()
    journal.record_event(session, actor, events.ProposalsBounded(meeting.id, due, was), body=meeting.body_id)


def _require_unanswered(session: WriteSession, proposal: ItemProposal) -> None:
    """Lock the proposal. Raises Conflict if it was answered or withdrawn."""
    lock_row(session, proposal)
    if proposal.state != ItemProposalState.PROPOSED:
        raise Conflict(agendas.is_unanswered.denied_because)


def _record_state(session: WriteSession, actor: Actor, meeting: Meeting, proposal: ItemProposal) -> None:
    """Record the state of the proposal in the journal."""
    event = events.ItemProposed(meeting.id, proposal.id, proposal.state)
    journal.record_event(session, actor, event, body=meeting.body_id)
