"""What is pending about bodies: proposals that a second secretary confirms."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Row

from app.core.db import ReadSession
from app.core.i18n import lazy_gettext as _
from app.core.pending_actions import PendingAction, PendingActionKind, PendingActionSource
from app.core.permissions import Actor
from app.domain.bodies.models import Body, Office
from app.domain.bodies.pending import SECRETARIAT
from app.domain.body_proposals import events
from app.domain.body_proposals.models import BodyProposal, BodyProposalKind
from app.domain.body_proposals.queries import select_proposals_to_confirm
from app.domain.body_proposals.rules import CONFIRM_PROPOSAL, DECLINE_PROPOSAL, build_proposal_rule_subject

CONFIRM_NEW = PendingActionKind(
    name="body:confirm",
    heading=_("Confirm or decline the new group"),
    words=_("Another member of the secretariat proposed this. It takes effect once you confirm it."),
    button=_("Review"),
    waits_for=SECRETARIAT,
    settled_by=(CONFIRM_PROPOSAL, DECLINE_PROPOSAL),
    begun_by=(events.BodyProposed.name,),
)
CONFIRM_FIRST_SECRETARY = PendingActionKind(
    name="body:confirm-secretary",
    heading=_("Confirm the first secretary of the group, or decline the proposal"),
    words=CONFIRM_NEW.words,
    button=_("Review"),
    waits_for=SECRETARIAT,
    settled_by=(CONFIRM_PROPOSAL, DECLINE_PROPOSAL),
    begun_by=(events.BodyProposed.name,),
)
CONFIRM_CHANGE = PendingActionKind(
    name="body:confirm-change",
    heading=_("Confirm or decline the change of the group"),
    words=CONFIRM_NEW.words,
    button=_("Review"),
    waits_for=SECRETARIAT,
    settled_by=(CONFIRM_PROPOSAL, DECLINE_PROPOSAL),
    begun_by=(events.BodyProposed.name,),
)
CONFIRM_END = PendingActionKind(
    name="body:confirm-end",
    heading=_("Confirm or decline the end of the group"),
    words=CONFIRM_NEW.words,
    button=_("Review"),
    waits_for=SECRETARIAT,
    settled_by=(CONFIRM_PROPOSAL, DECLINE_PROPOSAL),
    begun_by=(events.BodyProposed.name,),
)
KINDS = {
    BodyProposalKind.NEW: CONFIRM_NEW,
    BodyProposalKind.FIRST_SECRETARY: CONFIRM_FIRST_SECRETARY,
    BodyProposalKind.CHANGE: CONFIRM_CHANGE,
    BodyProposalKind.END: CONFIRM_END,
}


def build_actions(
    _session: ReadSession, actor: Actor, rows: Sequence[Row[BodyProposal, Body]]
) -> Iterator[PendingAction]:
    """Yield the proposals of other secretaries that the actor confirms or declines."""
    for proposal, body in rows:
        if CONFIRM_PROPOSAL.allows(actor, build_proposal_rule_subject(proposal)):
            content = proposal.content or {}
            yield PendingAction(
                KINDS[BodyProposalKind(proposal.kind)],
                proposal.id,
                f"/body-proposals/{proposal.id}",
                body.names if body else content["names"],
                since=proposal.proposed_at,
            )


SOURCES = (PendingActionSource(tuple(KINDS.values()), (Office.SECRETARY,), select_proposals_to_confirm, build_actions),)
