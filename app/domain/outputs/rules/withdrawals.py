"""Permissions on the withdrawal of a released output, by two people or alone."""

from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, access_rule, all_of, any_of
from app.domain.bodies.rules import is_chair, is_secretary
from app.domain.outputs.models import OutputStatus
from app.domain.outputs.rules.outputs import OutputRuleSubject, is_not_from_sponsor_state


@access_rule(_("it is released"), denied_because=_("It has not been released, or has already been withdrawn."))
def is_released(actor: Actor, subject: OutputRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output is released and not withdrawn."""
    return subject.status == OutputStatus.RELEASED


@access_rule(
    _("its withdrawal is not proposed"),
    denied_because=_("Its withdrawal has already been proposed. Read the reason and decide on that proposal."),
)
def has_no_pending_withdrawal(actor: Actor, subject: OutputRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether no withdrawal proposal is pending."""
    return subject.withdrawal_proposed_by is None


@access_rule(
    _("its withdrawal is proposed"),
    denied_because=_("Its withdrawal is not proposed, or the proposal has already been decided on."),
)
def has_pending_withdrawal(actor: Actor, subject: OutputRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output is released and its withdrawal is proposed."""
    return subject.status == OutputStatus.RELEASED and subject.withdrawal_proposed_by is not None


@access_rule(
    _("proposed it"),
    denied_because=_("Only the person who made the proposal can withdraw it. Others can decline the proposal."),
)
def has_proposed_withdrawal(actor: Actor, subject: OutputRuleSubject) -> bool:
    """Whether the actor proposed the withdrawal."""
    return actor.person == subject.withdrawal_proposed_by


@access_rule(_("did not propose it"), denied_because=_("You made this proposal. A second person must decide."))
def has_not_proposed_withdrawal(actor: Actor, subject: OutputRuleSubject) -> bool:
    """Whether somebody else proposed the withdrawal."""
    return actor.person != subject.withdrawal_proposed_by


@access_rule(
    _("its withdrawal failed"), denied_because=_("Its withdrawal has not failed, or has already been restarted.")
)
def has_failed_withdrawal(actor: Actor, subject: OutputRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the worker could not withdraw the output."""
    return subject.status == OutputStatus.WITHDRAWING and subject.has_failed


PROPOSE_WITHDRAWAL = Permission(
    "output:propose-withdrawal",
    _("Propose to withdraw a released text"),
    all_of(any_of(is_secretary, is_chair), is_not_from_sponsor_state),
    all_of(is_released, has_no_pending_withdrawal),
)
SEE_WITHDRAWAL = Permission(
    "output:see-withdrawal",
    _("View a proposal to withdraw a text, and its reason, before it is confirmed"),
    any_of(is_secretary, is_chair),
    has_pending_withdrawal,
)
CONFIRM_WITHDRAWAL = Permission(
    "output:confirm-withdrawal",
    _("Confirm, as the second person, the withdrawal of a text"),
    all_of(any_of(is_secretary, is_chair), has_not_proposed_withdrawal, is_not_from_sponsor_state),
    has_pending_withdrawal,
    needs_recent_sign_in=True,
    is_irreversible=True,
)
DECLINE_WITHDRAWAL = Permission(
    "output:decline-withdrawal",
    _("Decline a proposal to withdraw a text"),
    all_of(any_of(is_secretary, is_chair), has_not_proposed_withdrawal, is_not_from_sponsor_state),
    has_pending_withdrawal,
)
RETRACT_WITHDRAWAL_PROPOSAL = Permission(
    "output:take-back-withdrawal",
    _("Withdraw one’s own proposal to withdraw a text"),
    all_of(any_of(is_secretary, is_chair), has_proposed_withdrawal),
    has_pending_withdrawal,
)
RETRY_WITHDRAWAL = Permission(
    "output:retry-withdrawal",
    _("Restart a failed withdrawal"),
    any_of(is_secretary, is_chair),
    has_failed_withdrawal,
    needs_recent_sign_in=True,
)


@access_rule(
    _("its withdrawal is not proposed"),
    denied_because=_(
        "Its withdrawal has already been proposed. Confirm the proposal as the second person. If you made the "
        "proposal, withdraw it first."
    ),
)
def has_no_withdrawal_to_confirm(actor: Actor, subject: OutputRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether no withdrawal proposal is pending that could be confirmed instead."""
    return subject.withdrawal_proposed_by is None


WITHDRAW_ALONE = Permission(
    "output:withdraw-alone",
    _("Withdraw a released text alone, if no second person is available, with a reason that all its readers can read"),
    all_of(is_secretary, is_not_from_sponsor_state),
    all_of(is_released, has_no_withdrawal_to_confirm),
    needs_recent_sign_in=True,
    is_irreversible=True,
)
