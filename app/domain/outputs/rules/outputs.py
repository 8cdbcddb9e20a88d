"""Permissions on outputs: drafting, adoption, approval and release, by four people or alone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.core import clock
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, access_rule, all_of, any_of
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
    is_first_day_reached: bool = True
    """Whether the first day of its meeting has come, in the time zone of the meeting."""


class HasSponsors(BelongsToBody, Protocol):
    """Anything made from sources that States sponsored: an output, or a translation of it."""

    @property
    def sponsors(self) -> frozenset[str]: ...

    @property
    def people_of_sponsors(self) -> frozenset[UUID]: ...


@access_rule(_("it is a draft"), denied_because=_("This text has been adopted and can no longer be changed."))
def is_draft(actor: Actor, subject: OutputRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output is a draft."""
    return subject.status == OutputStatus.DRAFT


@access_rule(
    _("its meeting is convened and was not cancelled"),
    denied_because=_("The meeting has not been convened, or has been cancelled: it has no outputs."),
)
def has_active_meeting(actor: Actor, subject: OutputRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the meeting of the output is convened and not cancelled."""
    return subject.meeting_life not in (MeetingLife.PLANNED, MeetingLife.CANCELLED)


@access_rule(
    _("the first day of its meeting has come"),
    denied_because=_("The first day of the meeting has not come yet. A text is adopted on that day or later."),
)
def has_first_day_come(actor: Actor, subject: OutputRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the first day of the meeting of the output has come."""
    return subject.is_first_day_reached


@access_rule(
    _("its text and title are available in the original language"),
    denied_because=_("The text or the title in the original language is missing. Add it first."),
)
def has_original_text_and_title(actor: Actor, subject: OutputRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output has a text and a title in its original language."""
    return subject.has_original_text


@access_rule(
    _("it is adopted and awaiting approvals"),
    denied_because=_("Approvals can be given only between adoption and release."),
)
def is_awaiting_approval(actor: Actor, subject: OutputRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output is adopted and lacks approvals; after a failed release, if one turned out not to count."""
    lacks_approvals = len(subject.approvers) < APPROVALS_NEEDED
    return subject.status == OutputStatus.ADOPTED or (subject.status == OutputStatus.FAILED and lacks_approvals)


@access_rule(_("it is adopted"), denied_because=_("It has not been adopted yet."))
def is_adopted(actor: Actor, subject: OutputRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output is adopted, or further."""
    return subject.status != OutputStatus.DRAFT


@access_rule(
    _("two different people have approved exactly this text"),
    denied_because=_(
        "Two different people must approve the text before it can be released. It can be released only once."
    ),
)
def is_approved(actor: Actor, subject: OutputRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether two people approved exactly this text and it is not released. After a failed release the approvals still
    hold."""
    waits = subject.status in {OutputStatus.APPROVED, OutputStatus.FAILED}
    return waits and len(subject.approvers) >= APPROVALS_NEEDED


@access_rule(
    _("its release is planned for a future time"),
    denied_because=_("No release is planned, or the release time has passed: the release cannot be cancelled."),
)
def is_release_still_ahead(actor: Actor, subject: OutputRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the release is scheduled and its instant has not come, whatever the worker has done by then."""
    return (
        subject.status == OutputStatus.SCHEDULED and subject.release_at is not None and clock.now() < subject.release_at
    )


@access_rule(
    _("did not record the adoption"),
    denied_because=_("You recorded the adoption. Two other people must approve the release."),
)
def has_not_recorded_adoption(actor: Actor, subject: OutputRuleSubject) -> bool:
    """Whether somebody else recorded the adoption."""
    return actor.person != subject.adopted_by


@access_rule(
    _("has not approved it before"),
    denied_because=_("You have already approved this. A second person must approve it now."),
)
def has_not_approved_release(actor: Actor, subject: OutputRuleSubject) -> bool:
    """Whether the actor has not approved the release before, be it with a sign-in that could not be verified."""
    return actor.person not in subject.approvers | subject.refused_approvers


@access_rule(
    _("acts for a State that sponsored none of its sources, and never acted for one that did"),
    denied_because=_(
        "Your own delegation, or one for which you acted before, sponsored a source of this text. A person from "
        "another delegation must decide."
    ),
)
def is_not_from_sponsor_state(actor: Actor, subject: HasSponsors) -> bool:
    """Whether the actor acts for no State that sponsored a source, and never did."""
    return actor.entity not in subject.sponsors and actor.person not in subject.people_of_sponsors


@access_rule(
    _("neither recorded the adoption nor approved the release"),
    denied_because=_("You recorded the adoption or approved the release. Another person must release the text."),
)
def is_neither_adopter_nor_approver(actor: Actor, subject: OutputRuleSubject) -> bool:
    """Whether the actor neither adopted nor approved the output: adoption, approval and release are acts of different
    people."""
    return actor.person not in {subject.adopted_by, *subject.approvers, *subject.refused_approvers}


SEE_OUTPUT = Permission(
    "output:see",
    _("View an output before its release"),
    any_of(is_chair, is_secretary, all_of(has_seat, is_adopted)),
)
CREATE_DRAFT_OUTPUT = Permission(
    "output:draft",
    _("Create a draft output"),
    any_of(is_chair, is_secretary),
    has_active_meeting,
    begins_in_body=True,
)
CHANGE_OUTPUT = Permission("output:edit", _("Change a draft output"), any_of(is_chair, is_secretary), is_draft)
ADOPT_OUTPUT = Permission(
    "output:adopt",
    _("Record that the meeting adopted a text"),
    all_of(is_chair, is_not_from_sponsor_state),
    all_of(is_draft, has_original_text_and_title, has_active_meeting, has_first_day_come),
    needs_recent_sign_in=True,
    is_irreversible=True,
)
APPROVE_RELEASE = Permission(
    "output:approve",
    _("Approve the release of an adopted text"),
    all_of(
        any_of(is_secretary, is_chair), has_not_recorded_adoption, has_not_approved_release, is_not_from_sponsor_state
    ),
    is_awaiting_approval,
    needs_recent_sign_in=True,
    is_irreversible=True,
)
SCHEDULE_RELEASE = Permission(
    "output:let-out",
    _("Release an approved text to all ITU members, or to its recipients only"),
    all_of(any_of(is_secretary, is_chair), is_neither_adopter_nor_approver),
    is_approved,
    needs_recent_sign_in=True,
)
CALL_BACK_RELEASE = Permission(
    "output:call-back",
    _("Cancel the planned release of a text"),
    any_of(is_secretary, is_chair),
    is_release_still_ahead,
)


@access_rule(
    _("it is adopted and its release has not started"),
    denied_because=_("One person alone can release only an adopted text whose release has not started."),
)
def is_adopted_without_scheduled_release(actor: Actor, subject: OutputRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output is adopted and no release is pending. A text under silence is still a draft."""
    return subject.status in AWAITING_RELEASE


@access_rule(
    _("cannot release it by the standard procedure"),
    denied_because=_("Two people have approved this text: release it by the standard procedure."),
)
def has_no_ordinary_way_to_release(actor: Actor, subject: OutputRuleSubject) -> bool:
    """Whether the actor cannot release the output with the approvals of others: then no one acts alone."""
    return not SCHEDULE_RELEASE.allows(actor, subject)


RELEASE_ALONE = Permission(
    "output:let-out-alone",
    _("Release an adopted text alone, if no second person is available, with a reason that all its readers can read"),
    all_of(is_secretary, has_not_recorded_adoption, is_not_from_sponsor_state, has_no_ordinary_way_to_release),
    is_adopted_without_scheduled_release,
    needs_recent_sign_in=True,
    is_irreversible=True,
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
        SCHEDULE_RELEASE, _("Release to all ITU members"), (OutputStatus.RELEASING, OutputStatus.SCHEDULED)
    ),
    "call-back": OutputMove(CALL_BACK_RELEASE, _("Cancel the release"), (OutputStatus.APPROVED, OutputStatus.ADOPTED)),
}


def list_open_moves(actor: Actor, case: OutputRuleSubject) -> dict[str, OutputMove]:
    """Return the steps that the actor may take now, by name, for the buttons of a page."""
    return {name: move for name, move in MOVES.items() if move.permission.allows(actor, case)}
