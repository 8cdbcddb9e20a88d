"""Permissions for contributions. Moves between statuses are data, used by checks, buttons and tests."""

from dataclasses import dataclass
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, Rule, access_rule, all_of, any_of
from app.domain.bodies.models import Capacity, Office
from app.domain.bodies.rules import (
    DELEGATES,
    BelongsToBody,
    BelongsToEntity,
    is_chair,
    is_delegate,
    is_focal_point,
    is_secretary,
)
from app.domain.contributions.models import (
    Contribution,
    ContributionStatus,
)
from app.domain.meetings.models import Meeting, MeetingLife

OPEN_STATUSES = (ContributionStatus.DRAFT, ContributionStatus.RETURNED)
CONFIRMABLE_STATUSES = (ContributionStatus.SUBMITTED, ContributionStatus.HELD)
DRAFTING_LIVES = (MeetingLife.CONVENED, MeetingLife.OPEN, MeetingLife.IN_SESSION)


def is_confirmed_text(subject: Contribution) -> bool:
    """Return whether somebody of the State confirmed the text as it was last submitted.

    A confirmation from before that submission is of an earlier text, and a draft may have another text by now.
    """
    confirmed_at, submitted_at = subject.confirmed_at, subject.submitted_at
    if subject.status in OPEN_STATUSES or confirmed_at is None or submitted_at is None:
        return False
    return confirmed_at >= submitted_at


def is_unconfirmed_text(subject: Contribution) -> bool:
    """Return whether the secretariat writes it in the name of a State, and no one of that State confirmed it."""
    return subject.by_entity != subject.entity and not is_confirmed_text(subject)


def is_written_for_other_state(actor: Actor, subject: Contribution) -> bool:
    """Return whether the actor acts for the secretariat, which writes it in the name of a State."""
    return subject.by_entity != subject.entity != actor.entity


def _is_cosponsor_asked(entity: str, subject: Contribution) -> bool:
    """Return whether a State is asked to sign the contribution and has not declined."""
    return entity in (subject.invited or ()) and entity not in (subject.declined or ())


@access_rule(
    _("it is a draft or was returned"),
    denied_because=_("This contribution was submitted already; it cannot be changed any more."),
)
def is_draft_or_returned(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.status in OPEN_STATUSES


@access_rule(
    _("it waits for the secretariat"),
    denied_because=_("This contribution does not wait for the secretariat: it was returned or registered already."),
)
def is_submitted(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.status == ContributionStatus.SUBMITTED


@access_rule(
    _("it was submitted and is not registered yet"),
    denied_because=_(
        "This contribution is not on its way any more: it was returned, taken back or registered already."
    ),
)
def is_submitted_or_held(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.status in (ContributionStatus.SUBMITTED, ContributionStatus.HELD)


@access_rule(
    _("it is not registered yet"),
    denied_because=_("It is registered: who signed it stands on the document. Your State can support it there."),
)
def is_not_registered(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.status != ContributionStatus.REGISTERED


def is_awaiting_chair(status: str, *, late: bool, accepted: bool) -> bool:
    """Return whether a contribution came late and no one has accepted it yet."""
    return status == ContributionStatus.SUBMITTED and late and not accepted


@access_rule(
    _("it came in time, or the chair accepted it"), denied_because=_("It came late. The chair has to accept it first.")
)
def is_in_time_or_accepted(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return not subject.late or subject.late_accepted_by is not None


@access_rule(
    _("it came late and was not accepted yet"),
    denied_because=_("Nothing is to be accepted: it is not late, or was accepted."),
)
def is_late_and_undecided(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return is_awaiting_chair(subject.status, late=subject.late, accepted=subject.late_accepted_by is not None)


@access_rule(_("it was submitted"), denied_because=_("It was not submitted yet."))
def is_neither_draft_nor_returned(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.status not in OPEN_STATUSES


@access_rule(_("it came late"), denied_because=_("It did not come late."))
def is_late_submission(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.late and subject.status not in OPEN_STATUSES


@access_rule(_("it was submitted"), denied_because=_("It was not submitted yet."))
def has_ever_been_submitted(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Receipt of any submission: a receipt stays valid when the contribution is returned."""
    return subject.submitted_at is not None


@access_rule(
    _("comes from a State that neither submits nor signs it"),
    denied_because=_("Your own State is behind this. Somebody from another State has to decide."),
)
def is_actor_from_uninvolved_state(actor: Actor, subject: Contribution) -> bool:
    return actor.entity != subject.entity and not _is_cosponsor_asked(actor.entity, subject)


@access_rule(
    _("the secretariat writes it on behalf of the State"),
    denied_because=_("The State wrote it itself: there is nothing to confirm."),
)
def is_on_behalf_of_state(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.by_entity != subject.entity


@access_rule(
    _("nobody of the State confirmed it yet"), denied_because=_("Somebody of your delegation confirmed it already.")
)
def is_not_confirmed(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return not is_confirmed_text(subject)


@access_rule(
    _("it is held for a later meeting"), denied_because=_("This contribution is not held for a later meeting.")
)
def is_held(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.status == ContributionStatus.HELD


@access_rule(
    _("is a secretary who writes it on behalf of the State"),
    denied_because=_("Only the secretariat that writes it may do this."),
)
def is_drafting_secretary(actor: Actor, subject: Contribution) -> bool:
    return actor.entity == subject.by_entity and actor.has_role(subject.body_id, Office.SECRETARY)


@access_rule(
    _("is a delegate of a State that was asked to sign it"),
    denied_because=_("Only a delegate of a State that was asked to sign it may do this."),
)
def is_invited_cosponsor(actor: Actor, subject: Contribution) -> bool:
    return _is_cosponsor_asked(actor.entity, subject) and actor.has_role(subject.body_id, *DELEGATES)


@access_rule(
    _("is the head of the State's delegation"),
    denied_because=_("Only the head of the State's delegation may do this."),
)
def is_head_of_delegation(actor: Actor, subject: BelongsToEntity) -> bool:
    return actor.entity == subject.entity and actor.has_role(subject.body_id, Capacity.HEAD_OF_DELEGATION)


@access_rule(_("it was not cleared yet"), denied_because=_("It was cleared already."))
def is_not_cleared(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.cleared_by is None


@dataclass(frozen=True, slots=True)
class NewContributionRuleSubject:
    """Subject of the rules on new contributions. A corrigendum is allowed whatever the life of the meeting."""

    body_id: UUID
    entity: str
    life: str
    is_corrigendum: bool = False


def build_new_contribution_rule_subject(
    meeting: Meeting, entity: str, *, is_corrigendum: bool = False
) -> NewContributionRuleSubject:
    """Build the subject of the rules for a contribution of an entity to a meeting."""
    return NewContributionRuleSubject(meeting.body_id, entity, meeting.life, is_corrigendum)


@access_rule(
    _("the meeting is convened, open or in session"),
    denied_because=_("The meeting is not convened yet, or is closed or cancelled: it takes no contributions."),
)
def is_accepting_drafts(actor: Actor, subject: NewContributionRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Drafting starts with the invitation, since a text takes weeks; submission needs an open meeting."""
    return subject.is_corrigendum or subject.life in DRAFTING_LIVES


is_author: Rule[Contribution] = any_of(is_delegate, is_drafting_secretary)
is_representative: Rule[Contribution] = any_of(is_delegate, is_focal_point)
is_confirming_focal_point: Rule[Contribution] = all_of(
    is_focal_point, is_on_behalf_of_state, is_neither_draft_nor_returned
)
is_permitted_reader: Rule[Contribution] = any_of(
    is_delegate,
    is_drafting_secretary,
    is_invited_cosponsor,
    all_of(is_secretary, is_neither_draft_nor_returned),
    all_of(is_chair, is_late_submission),
    is_confirming_focal_point,
)

SEE = Permission("contribution:see", _("See a contribution before it is registered"), is_permitted_reader)
SEE_LATE: Permission[BelongsToBody] = Permission(
    "contribution:see-late", _("See everything that came late"), any_of(is_secretary, is_chair)
)
SEE_RECEIPTS = Permission(
    "contribution:see-receipts",
    _("See the receipts of a contribution"),
    any_of(
        is_delegate,
        is_drafting_secretary,
        all_of(is_secretary, is_neither_draft_nor_returned),
        is_confirming_focal_point,
    ),
    has_ever_been_submitted,
)
DRAFT: Permission[NewContributionRuleSubject] = Permission(
    "contribution:draft", _("Begin a contribution"), any_of(is_delegate, is_secretary), is_accepting_drafts
)
EDIT = Permission("contribution:edit", _("Change a draft and its files"), is_author, is_draft_or_returned)
DISCARD = Permission("contribution:discard", _("Throw a draft away"), is_author, is_draft_or_returned)
INVITE = Permission("contribution:invite", _("Ask other States to sign a draft"), is_author, is_draft_or_returned)
SIGN = Permission(
    "contribution:sign", _("Sign another State's draft, or decline"), is_invited_cosponsor, is_not_registered
)
REQUIRE_CLEARANCE: Permission[BelongsToEntity] = Permission(
    "clearance:require",
    _("Decide whether the head of delegation clears what the State submits"),
    any_of(is_head_of_delegation, is_focal_point),
)
CLEAR = Permission(
    "contribution:clear",
    _("Clear a draft for submission"),
    is_head_of_delegation,
    all_of(is_draft_or_returned, is_not_cleared),
)
SUBMIT = Permission("contribution:submit", _("Submit a contribution"), is_author, is_draft_or_returned)
CONFIRM = Permission(
    "contribution:confirm",
    _("Confirm what the secretariat submitted in the name of the own State"),
    is_representative,
    all_of(is_submitted_or_held, is_on_behalf_of_state, is_not_confirmed),
)
DECLINE_CONFIRMATION = Permission(
    "contribution:decline-confirmation",
    _("Decline what the secretariat submitted in the name of the own State"),
    is_representative,
    all_of(is_submitted_or_held, is_on_behalf_of_state, is_not_confirmed),
)
RECALL = Permission(
    "contribution:take-back", _("Take a contribution back before it is registered"), is_author, is_submitted_or_held
)
RETURN = Permission("contribution:return", _("Return a contribution with reasons"), is_secretary, is_submitted_or_held)
REGISTER = Permission(
    "contribution:register",
    _("Register a contribution under a symbol"),
    is_secretary,
    all_of(is_submitted, is_in_time_or_accepted),
)
ACCEPT_LATE = Permission(
    "contribution:accept-late",
    _("Accept a late contribution"),
    all_of(is_chair, is_actor_from_uninvolved_state),
    is_late_and_undecided,
)
HOLD = Permission(
    "contribution:hold",
    _("Hold a late contribution for a later meeting"),
    all_of(is_chair, is_actor_from_uninvolved_state),
    is_late_and_undecided,
)
TAKE_UP = Permission("contribution:take-up", _("Take up at a later meeting what was held"), is_secretary, is_held)


@dataclass(frozen=True, slots=True)
class ContributionMove:
    """A change to another status, and its permission. `next_status` is None where the contribution is deleted."""

    permission: Permission[Contribution]
    label: LazyText
    next_status: ContributionStatus | None


MOVES = {
    "submit": ContributionMove(SUBMIT, _("Check what will be registered"), ContributionStatus.SUBMITTED),
    "discard": ContributionMove(DISCARD, _("Throw the draft away"), None),
    "accept-late": ContributionMove(ACCEPT_LATE, _("Accept it late"), ContributionStatus.SUBMITTED),
    "hold": ContributionMove(HOLD, _("Hold it for a later meeting"), ContributionStatus.HELD),
    "take-up": ContributionMove(TAKE_UP, _("Take it up at a later meeting"), ContributionStatus.SUBMITTED),
    "register": ContributionMove(REGISTER, _("Register it"), ContributionStatus.REGISTERED),
    "decline-confirmation": ContributionMove(
        DECLINE_CONFIRMATION, _("Decline it with a reason"), ContributionStatus.RETURNED
    ),
    "take-back": ContributionMove(RECALL, _("Take the contribution back"), ContributionStatus.DRAFT),
    "return": ContributionMove(RETURN, _("Return it with a reason"), ContributionStatus.RETURNED),
}


def list_open_moves(actor: Actor, contribution: Contribution) -> dict[str, ContributionMove]:
    """Return the moves that the actor may make with the contribution now, by name, for the buttons of a page."""
    return {name: move for name, move in MOVES.items() if move.permission.allows(actor, contribution)}
