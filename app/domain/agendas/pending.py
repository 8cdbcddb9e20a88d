"""What is pending for agendas: proposals of delegations to answer, and the answers to them."""

from collections.abc import Iterator
from datetime import timedelta

from app.core import clock
from app.core.db import ReadSession
from app.core.i18n import lazy_gettext as _
from app.core.pending_actions import PendingAction, PendingActionKind, PendingActionSource, Urgency
from app.core.permissions import Actor
from app.domain.agendas import events, queries
from app.domain.agendas.models import ItemProposal, ItemProposalState
from app.domain.agendas.rules import agendas as rules
from app.domain.bodies.models import Office
from app.domain.bodies.pending import CHAIR_AND_SECRETARIAT, DELEGATION
from app.domain.bodies.rules import CHAIRS, DELEGATES
from app.domain.meetings.models import Meeting

TWO_WEEKS = timedelta(days=14)

ANSWER_PROPOSAL = PendingActionKind(
    name="agenda:answer-proposal",
    heading=_("%(entity)s proposes an agenda item"),
    words=_("Add it to the agenda, or answer the proposal."),
    button=_("Review"),
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(rules.EDIT,),
    statuses=(ItemProposalState.PROPOSED,),
    begun_by=(events.ItemProposed.name,),
)
PROPOSAL_ADDED = PendingActionKind(
    name="agenda:proposal-added",
    heading=_("The item proposed by your State was added to the agenda"),
    words=_("The item is in the draft agenda."),
    button=_("View"),
    waits_for=DELEGATION,
    begun_by=(events.ItemProposed.name,),
    urgency=Urgency.NEWS,
)
PROPOSAL_ANSWERED = PendingActionKind(
    name="agenda:proposal-answered",
    heading=_("The chair answered your State’s proposal"),
    words=_("The reason is shown with the proposal."),
    button=_("View"),
    waits_for=DELEGATION,
    begun_by=(events.ItemProposed.name,),
    urgency=Urgency.NEWS,
)


def _build_proposal_action(kind: PendingActionKind, proposal: ItemProposal, meeting: Meeting) -> PendingAction:
    return PendingAction(
        kind=kind,
        subject=proposal.id,
        path=f"/meetings/{meeting.id}/agenda/proposals",
        title={proposal.lang: proposal.title},
        original=proposal.lang,
        since=proposal.answered_at or proposal.proposed_at,
        values={"entity": proposal.entity},
    )


def list_proposal_actions(session: ReadSession, actor: Actor, limit: int) -> Iterator[PendingAction]:
    """Yield items proposed by delegations, for those who may edit the agenda."""
    for proposal, meeting in queries.list_unanswered_item_proposals(session, actor, limit=limit):
        if rules.EDIT.allows(actor, meeting):
            yield _build_proposal_action(ANSWER_PROPOSAL, proposal, meeting)


def list_proposal_news(session: ReadSession, actor: Actor, limit: int) -> Iterator[PendingAction]:
    """Yield answers to the items that the actor's State proposed, for two weeks."""
    since = clock.now() - TWO_WEEKS
    for proposal, meeting in queries.list_answered_item_proposals(session, actor, since, limit=limit):
        is_added = proposal.state == ItemProposalState.TAKEN_UP
        yield _build_proposal_action(PROPOSAL_ADDED if is_added else PROPOSAL_ANSWERED, proposal, meeting)


SOURCES = (
    PendingActionSource((ANSWER_PROPOSAL,), (*CHAIRS, Office.SECRETARY), list_proposal_actions),
    PendingActionSource((PROPOSAL_ADDED, PROPOSAL_ANSWERED), DELEGATES, list_proposal_news),
)
