"""Permissions for contributions. Moves between statuses are data, used by checks, buttons and tests."""

from dataclasses import dataclass
from uuid import UUID

from app.core.access import Actor, Permission, Rule, all_of, any_of, rule
from app.core.errors import Stale
from app.core.i18n import Text, say
from app.domain.bodies.models import Capacity, Office
from app.domain.bodies.rules import (
    DELEGATES,
    InBody,
    OfEntity,
    is_chair,
    is_delegate,
    is_focal_point,
    is_secretary,
)
from app.domain.contributions.models import Contribution, Status
from app.domain.meetings.models import Life, Meeting

OPEN = (Status.DRAFT, Status.RETURNED)
TAKES_DRAFTS = (Life.CONVENED, Life.OPEN, Life.IN_SESSION)


def _is_cosponsor_asked(entity: str, subject: Contribution) -> bool:
    """Return whether a State is asked to sign the contribution and has not declined."""
    return entity in (subject.invited or ()) and entity not in (subject.declined or ())


@rule(
    say("it is a draft or was returned"),
    unless=say("This contribution was submitted already; it cannot be changed any more."),
)
def is_open(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.status in OPEN


@rule(
    say("it waits for the secretariat"),
    unless=say("This contribution does not wait for the secretariat: it was returned or registered already."),
)
def is_submitted(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.status == Status.SUBMITTED


@rule(
    say("it was submitted and is not registered yet"),
    unless=say("This contribution is not on its way any more: it was returned, taken back or registered already."),
)
def is_on_its_way(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.status in (Status.SUBMITTED, Status.HELD)


@rule(
    say("it is not registered yet"),
    unless=say("It is registered: who signed it stands on the document. Your State can support it there."),
)
def can_be_signed(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.status != Status.REGISTERED


def waits_for_chair(status: str, *, late: bool, accepted: bool) -> bool:
    """Return whether a contribution came late and nobody has accepted it yet."""
    return status == Status.SUBMITTED and late and not accepted


@rule(say("it came in time, or the chair accepted it"), unless=say("It came late. The chair has to accept it first."))
def may_be_taken(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return not subject.late or subject.late_accepted_by is not None


@rule(
    say("it came late and was not accepted yet"),
    unless=say("Nothing is to be accepted: it is not late, or was accepted."),
)
def waits_for_the_chair(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return waits_for_chair(subject.status, late=subject.late, accepted=subject.late_accepted_by is not None)


@rule(say("it was submitted"), unless=say("It was not submitted yet."))
def has_left_the_delegation(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.status not in OPEN


@rule(say("it came late"), unless=say("It did not come late."))
def came_late(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.late and subject.status not in OPEN


@rule(say("it was submitted"), unless=say("It was not submitted yet."))
def was_received(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Receipt of any submission: a receipt stays valid when the contribution is returned."""
    return subject.submitted_at is not None


@rule(
    say("comes from a State that neither submits nor signs it"),
    unless=say("Your own State is behind this. Somebody from another State has to decide."),
)
def is_not_behind_it(actor: Actor, subject: Contribution) -> bool:
    return actor.entity != subject.entity and not _is_cosponsor_asked(actor.entity, subject)


@rule(say("it is held for a later meeting"), unless=say("This contribution is not held for a later meeting."))
def is_held(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.status == Status.HELD


@rule(
    say("is a secretary who writes it on behalf of the State"),
    unless=say("Only the secretariat that writes it may do this."),
)
def is_writing_secretary(actor: Actor, subject: Contribution) -> bool:
    return actor.entity == subject.by_entity and actor.sits(subject.body_id, Office.SECRETARY)


@rule(
    say("is a delegate of a State that was asked to sign it"),
    unless=say("Only a delegate of a State that was asked to sign it may do this."),
)
def is_invited(actor: Actor, subject: Contribution) -> bool:
    return _is_cosponsor_asked(actor.entity, subject) and actor.sits(subject.body_id, *DELEGATES)


@rule(
    say("is the head of the State's delegation"),
    unless=say("Only the head of the State's delegation may do this."),
)
def is_head(actor: Actor, subject: OfEntity) -> bool:
    return actor.entity == subject.entity and actor.sits(subject.body_id, Capacity.HEAD_OF_DELEGATION)


@rule(say("it was not cleared yet"), unless=say("It was cleared already."))
def is_not_cleared(actor: Actor, subject: Contribution) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.cleared_by is None


@dataclass(frozen=True, slots=True)
class ToMeeting:
    """Subject of the rules on new contributions. A corrigendum is allowed whatever the life of the meeting."""

    body_id: UUID
    entity: str
    life: str
    is_corrigendum: bool = False


def to_meeting(meeting: Meeting, entity: str, *, is_corrigendum: bool = False) -> ToMeeting:
    """Build the subject of the rules for a contribution of an entity to a meeting."""
    return ToMeeting(meeting.body_id, entity, meeting.life, is_corrigendum)


@rule(
    say("the meeting is convened, open or in session"),
    unless=say("The meeting is not convened yet, or is closed or cancelled: it takes no contributions."),
)
def takes_drafts(actor: Actor, subject: ToMeeting) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Drafting starts with the invitation, since a text takes weeks; submission needs an open meeting."""
    return subject.is_corrigendum or subject.life in TAKES_DRAFTS


writes_it: Rule[Contribution] = any_of(is_delegate, is_writing_secretary)
is_seen_by: Rule[Contribution] = any_of(
    is_delegate,
    is_writing_secretary,
    is_invited,
    all_of(is_secretary, has_left_the_delegation),
    all_of(is_chair, came_late),
)

SEE = Permission("contribution:see", say("See a contribution before it is registered"), is_seen_by)
SEE_LATE: Permission[InBody] = Permission(
    "contribution:see-late", say("See everything that came late"), any_of(is_secretary, is_chair)
)
SEE_RECEIPTS = Permission(
    "contribution:see-receipts",
    say("See the receipts of a contribution"),
    any_of(is_delegate, is_writing_secretary, all_of(is_secretary, has_left_the_delegation)),
    was_received,
)
DRAFT: Permission[ToMeeting] = Permission(
    "contribution:draft", say("Begin a contribution"), any_of(is_delegate, is_secretary), takes_drafts
)
EDIT = Permission("contribution:edit", say("Change a draft and its files"), writes_it, is_open)
DISCARD = Permission("contribution:discard", say("Throw a draft away"), writes_it, is_open)
INVITE = Permission("contribution:invite", say("Ask other States to sign a draft"), writes_it, is_open)
SIGN = Permission("contribution:sign", say("Sign another State's draft, or decline"), is_invited, can_be_signed)
REQUIRE_CLEARANCE: Permission[OfEntity] = Permission(
    "clearance:require",
    say("Decide whether the head of delegation clears what the State submits"),
    any_of(is_head, is_focal_point),
)
CLEAR = Permission("contribution:clear", say("Clear a draft for submission"), is_head, all_of(is_open, is_not_cleared))
SUBMIT = Permission("contribution:submit", say("Submit a contribution"), writes_it, is_open)
TAKE_BACK = Permission(
    "contribution:take-back", say("Take a contribution back before it is registered"), writes_it, is_on_its_way
)
RETURN = Permission("contribution:return", say("Return a contribution with reasons"), is_secretary, is_on_its_way)
REGISTER = Permission(
    "contribution:register",
    say("Register a contribution under a symbol"),
    is_secretary,
    all_of(is_submitted, may_be_taken),
)
ACCEPT_LATE = Permission(
    "contribution:accept-late",
    say("Accept a late contribution"),
    all_of(is_chair, is_not_behind_it),
    waits_for_the_chair,
)
HOLD = Permission(
    "contribution:hold",
    say("Hold a late contribution for a later meeting"),
    all_of(is_chair, is_not_behind_it),
    waits_for_the_chair,
)
TAKE_UP = Permission("contribution:take-up", say("Take up at a later meeting what was held"), is_secretary, is_held)


def insist_on(contribution: Contribution, version: int) -> None:
    """Raise Stale unless the contribution is at the version that the decision was made on."""
    if contribution.version != version:
        raise Stale()


@dataclass(frozen=True, slots=True)
class Move:
    """A change to another status, and its permission. `next_status` is None where the contribution is deleted."""

    permission: Permission[Contribution]
    words: Text
    to: Status | None


MOVES = {
    "submit": Move(SUBMIT, say("Check what will be registered"), Status.SUBMITTED),
    "discard": Move(DISCARD, say("Throw the draft away"), None),
    "accept-late": Move(ACCEPT_LATE, say("Accept it late"), Status.SUBMITTED),
    "hold": Move(HOLD, say("Hold it for a later meeting"), Status.HELD),
    "take-up": Move(TAKE_UP, say("Take it up at a later meeting"), Status.SUBMITTED),
    "register": Move(REGISTER, say("Register it"), Status.REGISTERED),
    "take-back": Move(TAKE_BACK, say("Take the contribution back"), Status.DRAFT),
    "return": Move(RETURN, say("Return it with a reason"), Status.RETURNED),
}


def open_moves(actor: Actor, contribution: Contribution) -> dict[str, Move]:
    """Return the moves that the actor may make with the contribution now, by name, for the buttons of a page."""
    return {name: move for name, move in MOVES.items() if move.permission.allows(actor, contribution)}
