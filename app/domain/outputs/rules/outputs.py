"""Permissions on outputs: drafting, adoption, approval and release (by four people), withdrawal (two), sole decisions,
forwarding.

Permissions on translations and completion are in `rules.translations`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.core import clock
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, access_rule, all_of, any_of
from app.domain.bodies.models import Office
from app.domain.bodies.rules import BelongsToBody, has_seat, is_chair, is_secretary
from app.domain.meetings.models import MeetingLife
from app.domain.outputs.models import OutputStatus

APPROVALS_NEEDED = 2
AWAITING_RELEASE = frozenset({OutputStatus.ADOPTED, OutputStatus.APPROVED, OutputStatus.FAILED})
"""Statuses of an adopted output whose release is not scheduled, or failed."""


@dataclass(frozen=True, slots=True)
class OutputRuleSubject:
    """The facts of an output that the rules need: status, who did what, and which States sponsored its sources."""

    body_id: UUID
    status: str = OutputStatus.DRAFT
    adopted_by: UUID | None = None
    approvers: frozenset[UUID] = frozenset()
    sponsors: frozenset[str] = frozenset()
    people_of_sponsors: frozenset[UUID] = frozenset()
    """The people who act for one of the sponsors, or did so before."""
    has_original_text: bool = True
    meeting_life: str = MeetingLife.OPEN
    release_at: datetime | None = None
    withdrawal_proposed_by: UUID | None = None
    """The person whose withdrawal proposal is pending, if there is one."""
    has_failed: bool = False
    """Whether the release or the withdrawal that was ordered last failed."""
    still_to_come: frozenset[str] = frozenset()
    """The languages that a released advance version lacks."""
    refused_approvers: frozenset[UUID] = frozenset()
    """The people whose approval does not count, since the sign-in for it could not be verified."""


class HasSponsors(BelongsToBody, Protocol):
    """Anything made from sources that States sponsored: an output, or a translation of it."""

    @property
    def sponsors(self) -> frozenset[str]: ...

    @property
    def people_of_sponsors(self) -> frozenset[UUID]: ...


@dataclass(frozen=True, slots=True)
class ForwardingRuleSubject:
    """The facts of an output that the rules on forwarding need. `parent_id` is the parent body, if there is one."""

    body_id: UUID
    parent_id: UUID | None
    status: str = OutputStatus.RELEASED
    is_for_parent: bool = True


@access_rule(_("it is a draft"), denied_because=_("This text was adopted; it cannot be changed any more."))
def is_draft(actor: Actor, subject: OutputRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output is a draft."""
    return subject.status == OutputStatus.DRAFT


@access_rule(
    _("its meeting is convened and was not cancelled"),
    denied_because=_("The meeting is not convened yet, or was cancelled: it has no outputs."),
)
def has_active_meeting(actor: Actor, subject: OutputRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the meeting of the output is convened and not cancelled."""
    return subject.meeting_life not in (MeetingLife.PLANNED, MeetingLife.CANCELLED)


@access_rule(
    _("its text and title are there in the original language"),
    denied_because=_("The text or the title in the original language is missing. Add it first."),
)
def has_original_text_and_title(actor: Actor, subject: OutputRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output has a text and a title in its original language."""
    return subject.has_original_text


@access_rule(
    _("it is adopted and waits for approvals"),
    denied_because=_("Approvals are given between adoption and release only."),
)
def is_awaiting_approval(actor: Actor, subject: OutputRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output is adopted and lacks approvals; after a failed release, if one turned out not to count."""
    lacks_approvals = len(subject.approvers) < APPROVALS_NEEDED
    return subject.status == OutputStatus.ADOPTED or (subject.status == OutputStatus.FAILED and lacks_approvals)


@access_rule(_("it is adopted"), denied_because=_("It is not adopted yet."))
def is_adopted(actor: Actor, subject: OutputRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output is adopted, or further."""
    return subject.status != OutputStatus.DRAFT


@access_rule(
    _("two different people have approved exactly this text"),
    denied_because=_("Two different people have to approve the text before it can be let out; and it is let out once."),
)
def is_approved(actor: Actor, subject: OutputRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether two people approved exactly this text and it is not released. After a failed release the approvals still
    hold."""
    waits = subject.status in {OutputStatus.APPROVED, OutputStatus.FAILED}
    return waits and len(subject.approvers) >= APPROVALS_NEEDED


@access_rule(
    _("its release is set for an instant that is still to come"),
    denied_because=_("Its release is not set, or the instant has come: it cannot be called back."),
)
def is_release_still_ahead(actor: Actor, subject: OutputRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the release is scheduled and its instant has not come, whatever the worker has done by then."""
    return (
        subject.status == OutputStatus.SCHEDULED and subject.release_at is not None and clock.now() < subject.release_at
    )


@access_rule(
    _("did not record the adoption"),
    denied_because=_("You recorded the adoption. Two other people have to approve the release."),
)
def has_not_recorded_adoption(actor: Actor, subject: OutputRuleSubject) -> bool:
    """Whether somebody else recorded the adoption."""
    return actor.person != subject.adopted_by


@access_rule(
    _("has not approved it before"), denied_because=_("You approved this already. A second person has to do it now.")
)
def has_not_approved_release(actor: Actor, subject: OutputRuleSubject) -> bool:
    """Whether the actor has not approved the release before, be it with a sign-in that could not be verified."""
    return actor.person not in subject.approvers | subject.refused_approvers


@access_rule(
    _("comes from a State that sponsored none of its sources, and acted for none that did"),
    denied_because=_(
        "Your own State, or one that you acted for before, sponsored a document that this text was made from. Somebody"
        " from another State decides."
    ),
)
def is_not_from_sponsor_state(actor: Actor, subject: HasSponsors) -> bool:
    """Whether the actor acts for no State that sponsored a source, and never did."""
    return actor.entity not in subject.sponsors and actor.person not in subject.people_of_sponsors


@access_rule(_("it is released"), denied_because=_("It is not released, or it was withdrawn already."))
def is_released(actor: Actor, subject: OutputRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output is released and not withdrawn."""
    return subject.status == OutputStatus.RELEASED


@access_rule(
    _("nobody proposes to withdraw it"),
    denied_because=_("Somebody proposes to withdraw it already. Read the reason, then decide on that."),
)
def has_no_pending_withdrawal(actor: Actor, subject: OutputRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether no withdrawal proposal is pending."""
    return subject.withdrawal_proposed_by is None


@access_rule(
    _("its withdrawal is proposed"), denied_because=_("Nobody proposes to withdraw it, or that was decided already.")
)
def has_pending_withdrawal(actor: Actor, subject: OutputRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output is released and its withdrawal is proposed."""
    return subject.status == OutputStatus.RELEASED and subject.withdrawal_proposed_by is not None


@access_rule(_("proposed it"), denied_because=_("Only the person who proposed it can take it back. Others decline it."))
def has_proposed_withdrawal(actor: Actor, subject: OutputRuleSubject) -> bool:
    """Whether the actor proposed the withdrawal."""
    return actor.person == subject.withdrawal_proposed_by


@access_rule(_("did not propose it"), denied_because=_("You proposed this yourself. A second person has to decide."))
def has_not_proposed_withdrawal(actor: Actor, subject: OutputRuleSubject) -> bool:
    """Whether somebody else proposed the withdrawal."""
    return actor.person != subject.withdrawal_proposed_by


@access_rule(
    _("its withdrawal failed"), denied_because=_("Its withdrawal has not failed, or was started again already.")
)
def has_failed_withdrawal(actor: Actor, subject: OutputRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the worker could not withdraw the output."""
    return subject.status == OutputStatus.WITHDRAWING and subject.has_failed


@access_rule(
    _("is a secretary of the parent group too"),
    denied_because=_(
        "Only a secretary of both groups may do this: the secretariat of the parent group gives its symbols."
    ),
)
def is_secretary_of_parent_body(actor: Actor, subject: ForwardingRuleSubject) -> bool:
    """Whether the actor is a secretary of the parent body; True if there is none, which `has_parent_body` reports."""
    return subject.parent_id is None or actor.has_role(subject.parent_id, Office.SECRETARY)


@access_rule(
    _("its group has a parent group"), denied_because=_("This group has no parent group to forward a text to.")
)
def has_parent_body(actor: Actor, subject: ForwardingRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the body has a parent body."""
    return subject.parent_id is not None


@access_rule(
    _("it is released and stands"),
    denied_because=_("It is not released, or it was withdrawn. Only a text that the membership reads is forwarded."),
)
def is_released_and_not_withdrawn(actor: Actor, subject: ForwardingRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output is released and not withdrawn."""
    return subject.status == OutputStatus.RELEASED


@access_rule(
    _("the parent group is one of those to whom it goes"),
    denied_because=_("It does not go to the parent group: it is no report to it, and was not released to it."),
)
def is_addressed_to_parent_body(actor: Actor, subject: ForwardingRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output goes to the parent body, by its kind or its addressees."""
    return subject.is_for_parent


@access_rule(
    _("neither recorded the adoption nor approved the release"),
    denied_because=_("You recorded the adoption or approved the release. Somebody else lets the text out."),
)
def is_neither_adopter_nor_approver(actor: Actor, subject: OutputRuleSubject) -> bool:
    """Whether the actor neither adopted nor approved the output: adoption, approval and release are acts of different
    people."""
    return actor.person not in {subject.adopted_by, *subject.approvers, *subject.refused_approvers}


SEE_OUTPUT = Permission(
    "output:see",
    _("See an output before its release"),
    any_of(is_chair, is_secretary, all_of(has_seat, is_adopted)),
)
CREATE_DRAFT_OUTPUT = Permission(
    "output:draft", _("Begin a draft of an output"), any_of(is_chair, is_secretary), has_active_meeting
)
CHANGE_OUTPUT = Permission("output:edit", _("Change a draft of an output"), any_of(is_chair, is_secretary), is_draft)
ADOPT_OUTPUT = Permission(
    "output:adopt",
    _("Record that the meeting adopted a text"),
    all_of(is_chair, is_not_from_sponsor_state),
    all_of(is_draft, has_original_text_and_title, has_active_meeting),
    needs_recent_sign_in=True,
)
APPROVE_RELEASE = Permission(
    "output:approve",
    _("Approve the release of an adopted text"),
    all_of(
        any_of(is_secretary, is_chair), has_not_recorded_adoption, has_not_approved_release, is_not_from_sponsor_state
    ),
    is_awaiting_approval,
    needs_recent_sign_in=True,
)
SCHEDULE_RELEASE = Permission(
    "output:let-out",
    _("Let an approved text out to the membership"),
    all_of(any_of(is_secretary, is_chair), is_neither_adopter_nor_approver),
    is_approved,
    needs_recent_sign_in=True,
)
CALL_BACK_RELEASE = Permission(
    "output:call-back",
    _("Call a text back before the instant of its release"),
    any_of(is_secretary, is_chair),
    is_release_still_ahead,
)
FORWARD_OUTPUT = Permission(
    "output:forward",
    _("Forward a released text to a meeting of the parent group"),
    all_of(is_secretary, is_secretary_of_parent_body),
    all_of(has_parent_body, is_released_and_not_withdrawn, is_addressed_to_parent_body),
)
PROPOSE_WITHDRAWAL = Permission(
    "output:propose-withdrawal",
    _("Propose to withdraw a released text"),
    all_of(any_of(is_secretary, is_chair), is_not_from_sponsor_state),
    all_of(is_released, has_no_pending_withdrawal),
)
SEE_WITHDRAWAL = Permission(
    "output:see-withdrawal",
    _("See that a text is to be withdrawn, and why, before that is confirmed"),
    any_of(is_secretary, is_chair),
    has_pending_withdrawal,
)
CONFIRM_WITHDRAWAL = Permission(
    "output:confirm-withdrawal",
    _("Confirm, as the second person, that a text is withdrawn"),
    all_of(any_of(is_secretary, is_chair), has_not_proposed_withdrawal, is_not_from_sponsor_state),
    has_pending_withdrawal,
    needs_recent_sign_in=True,
)
DECLINE_WITHDRAWAL = Permission(
    "output:decline-withdrawal",
    _("Decline to withdraw a text"),
    all_of(any_of(is_secretary, is_chair), has_not_proposed_withdrawal, is_not_from_sponsor_state),
    has_pending_withdrawal,
)
RETRACT_WITHDRAWAL_PROPOSAL = Permission(
    "output:take-back-withdrawal",
    _("Take back one’s own proposal to withdraw a text"),
    all_of(any_of(is_secretary, is_chair), has_proposed_withdrawal),
    has_pending_withdrawal,
)
RETRY_WITHDRAWAL = Permission(
    "output:retry-withdrawal",
    _("Start a withdrawal again that failed"),
    any_of(is_secretary, is_chair),
    has_failed_withdrawal,
    needs_recent_sign_in=True,
)


@access_rule(
    _("it is adopted and not on its way"),
    denied_because=_("Only an adopted text that is not on its way yet can be let out by one person alone."),
)
def is_adopted_without_scheduled_release(actor: Actor, subject: OutputRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output is adopted and no release is pending. A text under silence is still a draft."""
    return subject.status in AWAITING_RELEASE


@access_rule(
    _("cannot let it out in the usual way"),
    denied_because=_("Two people have approved this text: let it out in the usual way."),
)
def has_no_ordinary_way_to_release(actor: Actor, subject: OutputRuleSubject) -> bool:
    """Whether the actor cannot release the output with the approvals of others: then no one acts alone."""
    return not SCHEDULE_RELEASE.allows(actor, subject)


@access_rule(
    _("nobody proposes to withdraw it"),
    denied_because=_(
        "Its withdrawal is proposed. Confirm that as the second person; or take back what you proposed, first."
    ),
)
def has_no_withdrawal_to_confirm(actor: Actor, subject: OutputRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether no withdrawal proposal is pending that could be confirmed instead."""
    return subject.withdrawal_proposed_by is None


RELEASE_ALONE = Permission(
    "output:let-out-alone",
    _("Let out an adopted text alone, where no second person can be had, with a reason that everybody reads"),
    all_of(is_secretary, has_not_recorded_adoption, is_not_from_sponsor_state, has_no_ordinary_way_to_release),
    is_adopted_without_scheduled_release,
    needs_recent_sign_in=True,
)
WITHDRAW_ALONE = Permission(
    "output:withdraw-alone",
    _("Withdraw a released text alone, where no second person can be had, with a reason that everybody reads"),
    all_of(is_secretary, is_not_from_sponsor_state),
    all_of(is_released, has_no_withdrawal_to_confirm),
    needs_recent_sign_in=True,
)


@dataclass(frozen=True, slots=True)
class OutputMove:
    """A step of an output: its permission, label and possible next statuses."""

    permission: Permission[OutputRuleSubject]
    words: LazyText
    to: tuple[OutputStatus, ...]


MOVES = {
    "adopt": OutputMove(ADOPT_OUTPUT, _("Record the adoption"), (OutputStatus.ADOPTED,)),
    "approve": OutputMove(APPROVE_RELEASE, _("Approve the release"), (OutputStatus.ADOPTED, OutputStatus.APPROVED)),
    "let-out": OutputMove(
        SCHEDULE_RELEASE, _("Let it out to the membership"), (OutputStatus.RELEASING, OutputStatus.SCHEDULED)
    ),
    "call-back": OutputMove(CALL_BACK_RELEASE, _("Call it back"), (OutputStatus.APPROVED, OutputStatus.ADOPTED)),
}


def list_open_moves(actor: Actor, case: OutputRuleSubject) -> dict[str, OutputMove]:
    """Return the steps that the actor may take now, by name, for the buttons of a page."""
    return {name: move for name, move in MOVES.items() if move.permission.allows(actor, case)}
