"""Permissions to see groups, to propose one, its first secretary, a change or its end, and to confirm or decline
that."""

from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, access_rule, all_of
from app.domain.bodies.models import Office
from app.domain.bodies.rules import (
    AccreditationOrOffice,
    BelongsToBody,
    is_another_person,
    is_not_proposer,
    is_seat_neither_ended_nor_decided,
    is_secretary,
    is_secretary_anywhere,
)
from app.domain.body_proposals.models import BodyProposal
from app.domain.identity.rules import has_signed_in


@access_rule(
    _("who proposed it could still propose it"),
    denied_because=_("The person who proposed this has lost the office for it. Decline the proposal."),
)
def may_still_be_proposed(actor: Actor, subject: AccreditationOrOffice) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.may_be_proposed


@access_rule(
    _("the group is as it was when this was proposed"),
    denied_because=_("The group was changed after this was proposed. Decline the proposal, and make a new one."),
)
def is_body_unchanged(actor: Actor, subject: AccreditationOrOffice) -> bool:  # noqa: ARG001 - a rule has two arguments
    return not subject.has_changed


SEE_BODY = Permission("body:see", _("See what a group is: its names, whom it admits and its deadlines"), has_signed_in)
PROPOSE_BODY: Permission[AccreditationOrOffice] = Permission(
    "body:propose",
    _("Propose a new group, or the first secretary of a group that has none"),
    all_of(is_secretary_anywhere, is_another_person),
    needs_recent_sign_in=True,
)
PROPOSE_CHANGE: Permission[BelongsToBody] = Permission(
    "body:change",
    _("Propose to change the names, the legal basis, the parent group, the default deadlines or the rules of a group"),
    is_secretary,
    begins_in_body=True,
    needs_recent_sign_in=True,
)
PROPOSE_END: Permission[BelongsToBody] = Permission(
    "body:end", _("Propose the end of a group"), is_secretary, begins_in_body=True, needs_recent_sign_in=True
)
SEE_PROPOSAL: Permission[AccreditationOrOffice] = Permission(
    "body:see-proposal", _("See proposals for new groups and for changes of groups"), is_secretary_anywhere
)
CONFIRM_PROPOSAL: Permission[AccreditationOrOffice] = Permission(
    "body:confirm",
    _("Confirm a new group, its first secretary, a change or its end, as the second secretary"),
    all_of(is_secretary_anywhere, is_not_proposer, is_another_person),
    all_of(is_seat_neither_ended_nor_decided, may_still_be_proposed, is_body_unchanged),
    needs_recent_sign_in=True,
    is_irreversible=True,
)
DECLINE_PROPOSAL: Permission[AccreditationOrOffice] = Permission(
    "body:decline",
    _("Decline a new group, its first secretary, a change or its end, or take one’s own proposal back"),
    is_secretary_anywhere,
    is_seat_neither_ended_nor_decided,
)


def build_proposal_rule_subject(proposal: BodyProposal) -> AccreditationOrOffice:
    """Build the subject of the permissions about a proposal whose proposer could still propose it; without a person, it
    is about none."""
    return AccreditationOrOffice(
        proposal.body_id,
        "",
        proposal.person_id or proposal.id,
        Office.SECRETARY,
        proposer=proposal.proposed_by,
        is_open=proposal.decided_at is None,
    )
