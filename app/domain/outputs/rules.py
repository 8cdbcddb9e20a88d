"""Permissions on outputs: drafting, adoption, approval and release (by four people), withdrawal (two), sole decisions,
forwarding.

Permissions on translations and completion are in `rules.translations`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.core import clock
from app.core.access import Actor, Permission, all_of, any_of, rule
from app.core.i18n import Text, say
from app.domain.bodies.models import Office
from app.domain.bodies.rules import InBody, has_seat, is_chair, is_secretary
from app.domain.meetings.models import Life
from app.domain.outputs.models import Status

APPROVALS_NEEDED = 2
NOT_ON_ITS_WAY = frozenset({Status.ADOPTED, Status.APPROVED, Status.FAILED})
"""Statuses of an adopted output whose release is not scheduled, or failed."""


@dataclass(frozen=True, slots=True)
class Case:
    """State of an output as the rules need it: status, who did what, and which States sponsored its sources."""

    body_id: UUID
    status: str = Status.DRAFT
    adopted_by: UUID | None = None
    approvers: frozenset[UUID] = frozenset()
    sponsors: frozenset[str] = frozenset()
    is_complete: bool = True
    life: str = Life.OPEN
    release_at: datetime | None = None
    withdrawal_by: UUID | None = None
    """The person whose withdrawal proposal is pending, if there is one."""
    still_to_come: frozenset[str] = frozenset()
    """The languages that a released advance version lacks."""


class MadeFromSources(InBody, Protocol):
    """Anything made from sources that States sponsored: an output, or a translation of it."""

    @property
    def sponsors(self) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True)
class ToParent:
    """State of an output as the rules on forwarding need it. `parent_id` is the parent body, if there is one."""

    body_id: UUID
    parent_id: UUID | None
    status: str = Status.RELEASED
    is_for_parent: bool = True


@rule(say("it is a draft"), unless=say("This text was adopted; it cannot be changed any more."))
def is_draft(actor: Actor, subject: Case) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output is a draft."""
    return subject.status == Status.DRAFT


@rule(
    say("its meeting is convened and was not cancelled"),
    unless=say("The meeting is not convened yet, or was cancelled: it has no outputs."),
)
def has_a_meeting(actor: Actor, subject: Case) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the meeting of the output is convened and not cancelled."""
    return subject.life not in (Life.PLANNED, Life.CANCELLED)


@rule(
    say("its text and title are there in the original language"),
    unless=say("The text or the title in the original language is missing. Add it first."),
)
def is_complete(actor: Actor, subject: Case) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output has a text and a title in its original language."""
    return subject.is_complete


@rule(
    say("it is adopted and waits for approvals"), unless=say("Approvals are given between adoption and release only.")
)
def waits_for_approval(actor: Actor, subject: Case) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output is adopted and lacks approvals."""
    return subject.status == Status.ADOPTED


@rule(say("it is adopted"), unless=say("It is not adopted yet."))
def is_adopted(actor: Actor, subject: Case) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output is adopted, or further."""
    return subject.status != Status.DRAFT


@rule(
    say("two different people have approved exactly this text"),
    unless=say("Two different people have to approve the text before it can be let out; and it is let out once."),
)
def is_approved(actor: Actor, subject: Case) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether two people approved exactly this text and it is not released. After a failed release the approvals still
    hold."""
    waits = subject.status in {Status.APPROVED, Status.FAILED}
    return waits and len(subject.approvers) >= APPROVALS_NEEDED


@rule(
    say("its release is set for an instant that is still to come"),
    unless=say("Its release is not set, or the instant has come: it cannot be called back."),
)
def is_still_to_come(actor: Actor, subject: Case) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the release is scheduled and its instant has not come, whatever the worker has done by then."""
    return subject.status == Status.SCHEDULED and subject.release_at is not None and clock.now() < subject.release_at


@rule(
    say("did not record the adoption"),
    unless=say("You recorded the adoption. Two other people have to approve the release."),
)
def did_not_adopt(actor: Actor, subject: Case) -> bool:
    """Whether somebody else recorded the adoption."""
    return actor.person != subject.adopted_by


@rule(say("has not approved it before"), unless=say("You approved this already. A second person has to do it now."))
def has_not_approved(actor: Actor, subject: Case) -> bool:
    """Whether the actor has not approved the release before."""
    return actor.person not in subject.approvers


@rule(
    say("comes from a State that sponsored none of its sources"),
    unless=say(
        "Your own State sponsored a document that this text was made from. Somebody from another State decides."
    ),
)
def is_not_of_a_sponsor(actor: Actor, subject: MadeFromSources) -> bool:
    """Whether the actor belongs to no State that sponsored a source."""
    return actor.entity not in subject.sponsors


@rule(say("it is released"), unless=say("It is not released, or it was withdrawn already."))
def is_released(actor: Actor, subject: Case) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output is released and not withdrawn."""
    return subject.status == Status.RELEASED


@rule(
    say("nobody proposes to withdraw it"),
    unless=say("Somebody proposes to withdraw it already. Read the reason, then decide on that."),
)
def no_withdrawal_waits(actor: Actor, subject: Case) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether no withdrawal proposal is pending."""
    return subject.withdrawal_by is None


@rule(say("its withdrawal is proposed"), unless=say("Nobody proposes to withdraw it, or that was decided already."))
def a_withdrawal_waits(actor: Actor, subject: Case) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output is released and its withdrawal is proposed."""
    return subject.status == Status.RELEASED and subject.withdrawal_by is not None


@rule(say("proposed it"), unless=say("Only the person who proposed it can take it back. Others decline it."))
def did_propose(actor: Actor, subject: Case) -> bool:
    """Whether the actor proposed the withdrawal."""
    return actor.person == subject.withdrawal_by


@rule(say("did not propose it"), unless=say("You proposed this yourself. A second person has to decide."))
def did_not_propose(actor: Actor, subject: Case) -> bool:
    """Whether somebody else proposed the withdrawal."""
    return actor.person != subject.withdrawal_by


@rule(
    say("is a secretary of the parent group too"),
    unless=say("Only a secretary of both groups may do this: the secretariat of the parent group gives its symbols."),
)
def serves_the_parent(actor: Actor, subject: ToParent) -> bool:
    """Whether the actor is a secretary of the parent body; True if there is none, which `has_parent_body` reports."""
    return subject.parent_id is None or actor.sits(subject.parent_id, Office.SECRETARY)


@rule(say("its group has a parent group"), unless=say("This group has no parent group to forward a text to."))
def has_a_parent(actor: Actor, subject: ToParent) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the body has a parent body."""
    return subject.parent_id is not None


@rule(
    say("it is released and stands"),
    unless=say("It is not released, or it was withdrawn. Only a text that the membership reads is forwarded."),
)
def is_out(actor: Actor, subject: ToParent) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output is released and not withdrawn."""
    return subject.status == Status.RELEASED


@rule(
    say("the parent group is one of those to whom it goes"),
    unless=say("It does not go to the parent group: it is no report to it, and was not released to it."),
)
def is_for_the_parent(actor: Actor, subject: ToParent) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output goes to the parent body, by its kind or its addressees."""
    return subject.is_for_parent


@rule(
    say("neither recorded the adoption nor approved the release"),
    unless=say("You recorded the adoption or approved the release. Somebody else lets the text out."),
)
def decided_nothing_yet(actor: Actor, subject: Case) -> bool:
    """Whether the actor neither adopted nor approved the output: adoption, approval and release are acts of different
    people."""
    return actor.person not in {subject.adopted_by, *subject.approvers}


SEE = Permission(
    "output:see",
    say("See an output before its release"),
    any_of(is_chair, is_secretary, all_of(has_seat, is_adopted)),
)
DRAFT = Permission("output:draft", say("Begin a draft of an output"), any_of(is_chair, is_secretary), has_a_meeting)
EDIT = Permission("output:edit", say("Change a draft of an output"), any_of(is_chair, is_secretary), is_draft)
ADOPT = Permission(
    "output:adopt",
    say("Record that the meeting adopted a text"),
    all_of(is_chair, is_not_of_a_sponsor),
    all_of(is_draft, is_complete, has_a_meeting),
)
APPROVE = Permission(
    "output:approve",
    say("Approve the release of an adopted text"),
    all_of(any_of(is_secretary, is_chair), did_not_adopt, has_not_approved, is_not_of_a_sponsor),
    waits_for_approval,
)
LET_OUT = Permission(
    "output:let-out",
    say("Let an approved text out to the membership"),
    all_of(any_of(is_secretary, is_chair), decided_nothing_yet),
    is_approved,
)
CALL_BACK = Permission(
    "output:call-back",
    say("Call a text back before the instant of its release"),
    any_of(is_secretary, is_chair),
    is_still_to_come,
)
FORWARD = Permission(
    "output:forward",
    say("Forward a released text to a meeting of the parent group"),
    all_of(is_secretary, serves_the_parent),
    all_of(has_a_parent, is_out, is_for_the_parent),
)
PROPOSE_WITHDRAWAL = Permission(
    "output:propose-withdrawal",
    say("Propose to withdraw a released text"),
    all_of(any_of(is_secretary, is_chair), is_not_of_a_sponsor),
    all_of(is_released, no_withdrawal_waits),
)
SEE_WITHDRAWAL = Permission(
    "output:see-withdrawal",
    say("See that a text is to be withdrawn, and why, before that is confirmed"),
    any_of(is_secretary, is_chair),
    a_withdrawal_waits,
)
CONFIRM_WITHDRAWAL = Permission(
    "output:confirm-withdrawal",
    say("Confirm, as the second person, that a text is withdrawn"),
    all_of(any_of(is_secretary, is_chair), did_not_propose, is_not_of_a_sponsor),
    a_withdrawal_waits,
)
DECLINE_WITHDRAWAL = Permission(
    "output:decline-withdrawal",
    say("Decline to withdraw a text"),
    all_of(any_of(is_secretary, is_chair), did_not_propose, is_not_of_a_sponsor),
    a_withdrawal_waits,
)
TAKE_BACK_WITHDRAWAL = Permission(
    "output:take-back-withdrawal",
    say("Take back one’s own proposal to withdraw a text"),
    all_of(any_of(is_secretary, is_chair), did_propose),
    a_withdrawal_waits,
)


@rule(
    say("it is adopted and not on its way"),
    unless=say("Only an adopted text that is not on its way yet can be let out by one person alone."),
)
def waits_to_be_let_out(actor: Actor, subject: Case) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output is adopted and no release is pending. A text under silence is still a draft."""
    return subject.status in NOT_ON_ITS_WAY


@rule(
    say("cannot let it out in the usual way"),
    unless=say("Two people have approved this text: let it out in the usual way."),
)
def has_no_other_way(actor: Actor, subject: Case) -> bool:
    """Whether the actor cannot release the output with the approvals of others: then nobody acts alone."""
    return not LET_OUT.allows(actor, subject)


@rule(
    say("nobody proposes to withdraw it"),
    unless=say("Its withdrawal is proposed. Confirm that as the second person; or take back what you proposed, first."),
)
def none_can_be_confirmed(actor: Actor, subject: Case) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether no withdrawal proposal is pending that could be confirmed instead."""
    return subject.withdrawal_by is None


LET_OUT_ALONE = Permission(
    "output:let-out-alone",
    say("Let out an adopted text alone, where no second person can be had, with a reason that everybody reads"),
    all_of(is_secretary, did_not_adopt, is_not_of_a_sponsor, has_no_other_way),
    waits_to_be_let_out,
)
WITHDRAW_ALONE = Permission(
    "output:withdraw-alone",
    say("Withdraw a released text alone, where no second person can be had, with a reason that everybody reads"),
    all_of(is_secretary, is_not_of_a_sponsor),
    all_of(is_released, none_can_be_confirmed),
)


@dataclass(frozen=True, slots=True)
class Move:
    """A step of an output: its permission, label and possible next statuses."""

    permission: Permission[Case]
    words: Text
    to: tuple[Status, ...]


MOVES = {
    "adopt": Move(ADOPT, say("Record the adoption"), (Status.ADOPTED,)),
    "approve": Move(APPROVE, say("Approve the release"), (Status.ADOPTED, Status.APPROVED)),
    "let-out": Move(LET_OUT, say("Let it out to the membership"), (Status.LEAVING, Status.SCHEDULED)),
    "call-back": Move(CALL_BACK, say("Call it back"), (Status.APPROVED,)),
}


def open_moves(actor: Actor, case: Case) -> dict[str, Move]:
    """Return the steps that the actor may take now, by name, for the buttons of a page."""
    return {name: move for name, move in MOVES.items() if move.permission.allows(actor, case)}
