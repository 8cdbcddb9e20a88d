"""Items that delegations wish to see on an agenda: proposed, taken back; taken up by the chair, or answered."""

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
    """Wish for an item, for one's own State. Nobody but that State and those who keep the agenda sees it."""
    rules.PROPOSE.require(actor, rules.wish_for(meeting, actor.entity))
    made = ItemProposal(
        meeting_id=meeting.id,
        entity=actor.entity,
        title=new.title,
        lang=language,
        reason=new.reason,
        proposed_by=actor.person,
        proposed_at=clock.now(),
    )
    session.add(made)
    session.flush()
    _note(session, actor, meeting, made)
    return made


def take_back(session: WriteSession, actor: Actor, meeting: Meeting, proposal: ItemProposal) -> None:
    """Wish for it no longer. Raises Forbidden, Conflict."""
    session.refresh(proposal, with_for_update=True)
    rules.TAKE_BACK.require(actor, rules.wish_for(meeting, proposal.entity, proposal.state))
    proposal.state = ProposalState.WITHDRAWN
    _note(session, actor, meeting, proposal)


def take_up(session: WriteSession, actor: Actor, meeting: Meeting, proposal: ItemProposal, *, version: int) -> None:
    """Make it an item of the draft, at the end, with the State's reason as its notes. Raises StaleAgenda, Conflict."""
    rules.KEEP.require(actor, meeting)
    _insist_on_unanswered(session, proposal)
    new = NewItem(title=proposal.title, notes=proposal.reason)
    item = actions.add_item(session, actor, meeting, new, proposal.lang, version=version)
    proposal.state, proposal.item_id = ProposalState.TAKEN_UP, item.id
    proposal.answered_by, proposal.answered_at = actor.person, clock.now()
    _note(session, actor, meeting, proposal)


def answer(session: WriteSession, actor: Actor, meeting: Meeting, proposal: ItemProposal, new: Answer) -> None:
    """Say why it is not taken up. Raises Conflict."""
    rules.KEEP.require(actor, meeting)
    _insist_on_unanswered(session, proposal)
    proposal.state, proposal.answer = ProposalState.ANSWERED, new.answer
    proposal.answered_by, proposal.answered_at = actor.person, clock.now()
    _note(session, actor, meeting, proposal)


def take_until(session: WriteSession, actor: Actor, meeting: Meeting, day: date | None) -> None:
    """Take proposals until the end of that day where the meeting is; None is until contributions are due."""
    rules.KEEP.require(actor, meeting)
    session.refresh(meeting, with_for_update=True)
    meeting.version += 1
    meeting.proposals_due_at = end_of(day, meeting.zone) if day else meeting.contributions_due_at
    until = meeting.proposals_due_at.astimezone(UTC).isoformat()
    journal.record(session, actor, events.ProposalsBounded(meeting.id, until), body=meeting.body_id)


def _insist_on_unanswered(session: WriteSession, proposal: ItemProposal) -> None:
    session.refresh(proposal, with_for_update=True)
    if proposal.state != ProposalState.PROPOSED:
        raise Conflict(rules.is_unanswered.objection)


def _note(session: WriteSession, actor: Actor, meeting: Meeting, proposal: ItemProposal) -> None:
    happened = events.ItemProposed(meeting.id, proposal.id, proposal.state)
    journal.record(session, actor, happened, body=meeting.body_id)
