"""Permissions for contributions. Moves between statuses are data, used by checks, buttons and tests."""

from dataclasses import dataclass
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, Rule, access_rule, all_of, any_of
from app.domain.bodies.models import Office
from app.domain.bodies.rules import (
    DELEGATES,
    BelongsToBody,
    is_chair,
    is_delegate,
    is_focal_point,
    is_head_of_delegation,
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
    denied_because=_("This contribution has already been submitted and can no longer be changed."),
)
def is_draft_or_returned(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.status in OPEN_STATUSES


@access_rule(
    _("it is awaiting action by the secretariat"),
    denied_because=_(
        "This contribution is not awaiting action by the secretariat: it has already been returned or registered."
    ),
)
def is_submitted(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.status == ContributionStatus.SUBMITTED


@access_rule(
    _("it has been submitted and is not registered yet"),
    denied_because=_(
        "This contribution is no longer being processed: it has already been returned, withdrawn or registered."
    ),
)
def is_submitted_or_held(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.status in (ContributionStatus.SUBMITTED, ContributionStatus.HELD)


@access_rule(
    _("it is not registered yet"),
    denied_because=_(
        "The contribution is registered. Its co-sponsors are listed on the document, where your delegation can "
        "support it."
    ),
)
def is_not_registered(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.status != ContributionStatus.REGISTERED


def is_awaiting_chair(status: str, *, late: bool, accepted: bool) -> bool:
    """Return whether a contribution came late and no one has accepted it yet."""
    return status == ContributionStatus.SUBMITTED and late and not accepted


@access_rule(
    _("it was submitted on time, or the chair has accepted it"),
    denied_because=_("The contribution was submitted late. The chair must accept it first."),
)
def is_in_time_or_accepted(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return not subject.late or subject.late_accepted_by is not None


@access_rule(
    _("it was submitted late and has not been accepted yet"),
    denied_because=_("This contribution does not need to be accepted: it is on time or has already been accepted."),
)
def is_late_and_undecided(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return is_awaiting_chair(subject.status, late=subject.late, accepted=subject.late_accepted_by is not None)


@access_rule(_("it has been submitted"), denied_because=_("The contribution has not been submitted yet."))
def is_neither_draft_nor_returned(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.status not in OPEN_STATUSES


@access_rule(_("it was submitted late"), denied_because=_("The contribution was not submitted late."))
def is_late_submission(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.late and subject.status not in OPEN_STATUSES


@access_rule(_("it has been submitted"), denied_because=_("The contribution has not been submitted yet."))
def has_ever_been_submitted(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Receipt of any submission: a receipt stays valid when the contribution is returned."""
    return subject.submitted_at is not None


@access_rule(
    _("represents a State that neither submits nor co-sponsors it"),
    denied_because=_("This originates from your own delegation. A person from another delegation must decide."),
)
def is_actor_from_uninvolved_state(actor: Actor, subject: Contribution) -> bool:
    return actor.entity != subject.entity and not _is_cosponsor_asked(actor.entity, subject)


@access_rule(
    _("the secretariat writes it on behalf of the State"),
    denied_because=_("The State wrote the contribution itself. There is nothing to confirm."),
)
def is_on_behalf_of_state(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.by_entity != subject.entity


@access_rule(
    _("no delegate or focal point of the State has confirmed it yet"),
    denied_because=_("A member of your delegation has already confirmed it."),
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
    denied_because=_("Only the secretariat, when it writes the contribution, may do this."),
)
def is_drafting_secretary(actor: Actor, subject: Contribution) -> bool:
    return actor.entity == subject.by_entity and actor.has_role(subject.body_id, Office.SECRETARY)


@access_rule(
    _("is a delegate of a State invited to co-sponsor it"),
    denied_because=_("Only a delegate of a State invited to co-sponsor may do this."),
)
def is_invited_cosponsor(actor: Actor, subject: Contribution) -> bool:
    return _is_cosponsor_asked(actor.entity, subject) and actor.has_role(subject.body_id, *DELEGATES)


@access_rule(_("it has not been cleared yet"), denied_because=_("It has already been cleared."))
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
    _("the meeting has been convened, is open for contributions or is in session"),
    denied_because=_(
        "The meeting has not been convened yet, is closed or was cancelled. It does not accept contributions."
    ),
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
    "contribution:see-late", _("See all late contributions"), any_of(is_secretary, is_chair)
)
SEE_RECEIPTS = Permission(
    "contribution:see-receipts",
    _("See the acknowledgements of receipt of a contribution"),
    any_of(
        is_delegate,
        is_drafting_secretary,
        all_of(is_secretary, is_neither_draft_nor_returned),
        is_confirming_focal_point,
    ),
    has_ever_been_submitted,
)
DRAFT: Permission[NewContributionRuleSubject] = Permission(
    "contribution:draft",
    _("Start a contribution"),
    any_of(is_delegate, is_secretary),
    is_accepting_drafts,
    begins_in_body=True,
)
EDIT = Permission("contribution:edit", _("Change a draft and its files"), is_author, is_draft_or_returned)
DISCARD = Permission("contribution:discard", _("Delete a draft"), is_author, is_draft_or_returned, is_irreversible=True)
INVITE = Permission(
    "contribution:invite",
    _("Invite other States to co-sponsor a draft"),
    is_author,
    is_draft_or_returned,
    begins_in_body=True,
)
SIGN = Permission(
    "contribution:sign", _("Co-sponsor another State’s draft, or decline"), is_invited_cosponsor, is_not_registered
)
CLEAR = Permission(
    "contribution:clear",
    _("Clear a draft for submission"),
    is_head_of_delegation,
    all_of(is_draft_or_returned, is_not_cleared),
    is_irreversible=True,
)
SUBMIT = Permission(
    "contribution:submit", _("Submit a contribution"), is_author, is_draft_or_returned, begins_in_body=True
)
CONFIRM = Permission(
    "contribution:confirm",
    _("Confirm a contribution that the secretariat submitted on behalf of one’s own State"),
    is_representative,
    all_of(is_submitted_or_held, is_on_behalf_of_state, is_not_confirmed),
    is_irreversible=True,
)
DECLINE_CONFIRMATION = Permission(
    "contribution:decline-confirmation",
    _("Decline a contribution that the secretariat submitted on behalf of one’s own State"),
    is_representative,
    all_of(is_submitted_or_held, is_on_behalf_of_state, is_not_confirmed),
)
RECALL = Permission(
    "contribution:take-back", _("Withdraw a contribution before it is registered"), is_author, is_submitted_or_held
)
RETURN = Permission("contribution:return", _("Return a contribution with reasons"), is_secretary, is_submitted_or_held)
REGISTER = Permission(
    "contribution:register",
    _("Register a contribution under a symbol"),
    is_secretary,
    all_of(is_submitted, is_in_time_or_accepted),
    begins_in_body=True,
)
ASSIGN = Permission(
    "contribution:assign", _("Assign a contribution to a secretary"), is_secretary, is_submitted_or_held
)
ACCEPT_LATE = Permission(
    "contribution:accept-late",
    _("Accept a late contribution"),
    all_of(is_chair, is_actor_from_uninvolved_state),
    is_late_and_undecided,
    is_irreversible=True,
    begins_in_body=True,
)
HOLD = Permission(
    "contribution:hold",
    _("Hold a late contribution for a later meeting"),
    all_of(is_chair, is_actor_from_uninvolved_state),
    is_late_and_undecided,
    is_irreversible=True,
)
TAKE_UP = Permission(
    "contribution:take-up",
    _("Transfer a held contribution to a later meeting"),
    is_secretary,
    is_held,
    is_irreversible=True,
    begins_in_body=True,
)


@dataclass(frozen=True, slots=True)
class ContributionMove:
    """A change to another status, and its permission. `next_status` is None where the contribution is deleted."""

    permission: Permission[Contribution]
    label: LazyText
    next_status: ContributionStatus | None


MOVES = {
    "submit": ContributionMove(SUBMIT, _("Check what will be registered"), ContributionStatus.SUBMITTED),
    "discard": ContributionMove(DISCARD, _("Delete the draft"), None),
    "accept-late": ContributionMove(ACCEPT_LATE, _("Accept the late contribution"), ContributionStatus.SUBMITTED),
    "hold": ContributionMove(HOLD, _("Hold the contribution for a later meeting"), ContributionStatus.HELD),
    "take-up": ContributionMove(
        TAKE_UP, _("Transfer the contribution to a later meeting"), ContributionStatus.SUBMITTED
    ),
    "register": ContributionMove(REGISTER, _("Register the contribution"), ContributionStatus.REGISTERED),
    "decline-confirmation": ContributionMove(
        DECLINE_CONFIRMATION, _("Decline the contribution with a reason"), ContributionStatus.RETURNED
    ),
    "take-back": ContributionMove(RECALL, _("Withdraw the contribution"), ContributionStatus.DRAFT),
    "return": ContributionMove(RETURN, _("Return the contribution with a reason"), ContributionStatus.RETURNED),
}


def list_open_moves(actor: Actor, contribution: Contribution) -> dict[str, ContributionMove]:
    """Return the moves that the actor may make with the contribution now, by name, for the buttons of a page."""
    return {name: move for name, move in MOVES.items() if move.permission.allows(actor, contribution)}
