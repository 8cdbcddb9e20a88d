"""Permissions for silence procedures, positions in them, and statements on adopted texts."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID, uuid5

from app.core import clock
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, Rule, access_rule, all_of
from app.domain.bodies.models import Capacity
from app.domain.bodies.rules import DELEGATES, BelongsToBody, has_seat, is_chair, is_delegate
from app.domain.outputs.models import OutputStatus
from app.domain.outputs.rules import outputs
from app.domain.outputs.rules.outputs import OutputRuleSubject
from app.domain.silence.models import SilenceStatus

MIN_EXTENSION = timedelta(hours=24)
"""A shorter extension would be over before capitals have read of it."""

MAX_EXTENSIONS = 3
"""A text that is not settled after so many extensions is for the meeting."""

INFORMED_CAPACITIES = (*DELEGATES, Capacity.FOCAL_POINT)
"""Seats of an addressee whose people are informed of a procedure. A focal point takes no position, and can accredit
somebody who does."""

EARLIEST_INSTANT = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SilenceRuleSubject:
    """State of an output, its latest silence procedure, and the State concerned.

    `status` is None if there was no procedure; it is void as soon as the text was changed, recorded or not. Of one that
    is broken or void, `is_text_changed` says whether the text is another one since, and `is_followed` whether a later
    procedure was opened on it.
    """

    output: OutputRuleSubject
    entity: str = ""
    status: str | None = None
    deadline: datetime = EARLIEST_INSTANT
    addressees: frozenset[str] = field(default_factory=frozenset)
    extensions: int = 0
    is_text_changed: bool = False
    is_followed: bool = False

    @property
    def body_id(self) -> UUID:
        return self.output.body_id


class AddressedToStates(BelongsToBody, Protocol):
    """A subject that belongs to a body and is addressed to States."""

    @property
    def addressees(self) -> frozenset[str]: ...


def adapt_output_rule_to_silence(output_rule: Rule[OutputRuleSubject]) -> Rule[SilenceRuleSubject]:
    """Apply a rule on outputs to the output of a `SilenceRuleSubject`."""
    return Rule(
        output_rule.label,
        output_rule.denied_because,
        lambda actor, on: output_rule.objection_to(actor, on.output) is None,
    )


@access_rule(
    _("no silence procedure is open on it"), denied_because=_("A silence procedure is already open on this text.")
)
def has_no_open_procedure(actor: Actor, subject: SilenceRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether no procedure is open on the output."""
    return subject.status != SilenceStatus.OPEN


@access_rule(_("the procedure is open"), denied_because=_("This silence procedure has ended."))
def is_procedure_open(actor: Actor, subject: SilenceRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the procedure is open."""
    return subject.status == SilenceStatus.OPEN


@access_rule(
    _("its deadline has not been reached"),
    denied_because=_("The deadline has passed. Positions and changes received at or after the deadline do not count."),
)
def is_before_deadline(actor: Actor, subject: SilenceRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the deadline, an instant, is not reached. (The deadline of a meeting lasts to the end of its second.)"""
    return clock.now() < subject.deadline


@access_rule(
    _("the State is one to which the text was submitted"),
    denied_because=_("The text was submitted to the Member States of the group. Your delegation is not one of them."),
)
def is_addressed_state(actor: Actor, subject: SilenceRuleSubject) -> bool:
    """Whether the actor's State is an addressee of the procedure."""
    return actor.entity in subject.addressees


@access_rule(
    _("is a delegate, head of delegation or focal point of a State to which the text was submitted"),
    denied_because=_("The text was submitted to the Member States of the group. Your delegation is not one of them."),
)
def is_informed_person(actor: Actor, subject: AddressedToStates) -> bool:
    """Whether the actor is informed of a procedure: on the dashboard and by e-mail, now and before its deadline."""
    return actor.entity in subject.addressees and actor.has_role(subject.body_id, *INFORMED_CAPACITIES)


@access_rule(
    _("it is adopted and the time of its release has not been reached"),
    denied_because=_(
        "Statements can be attached from the adoption of a text until its release. After that they cannot be changed."
    ),
)
def accepts_statements(actor: Actor, subject: SilenceRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether statements can be attached: from the adoption until the instant of the release.

    The caller locks the output, so that a release waits.
    """
    output = subject.output
    is_scheduled = (
        output.status == OutputStatus.SCHEDULED and output.release_at is not None and clock.now() < output.release_at
    )
    return is_scheduled or output.status in {OutputStatus.ADOPTED, OutputStatus.APPROVED, OutputStatus.FAILED}


@access_rule(
    _("its deadline has been extended fewer than three times"),
    denied_because=_("The deadline has already been extended three times and cannot be extended again."),
)
def can_be_extended(actor: Actor, subject: SilenceRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the deadline can be extended once more."""
    return subject.extensions < MAX_EXTENSIONS


_not_of_a_sponsor: Rule[SilenceRuleSubject] = adapt_output_rule_to_silence(outputs.is_not_from_sponsor_state)

SEE_PROCEDURE = Permission(
    "silence:see", _("See silence procedures, their texts and the positions of States"), has_seat
)
OPEN_PROCEDURE = Permission(
    "silence:open",
    _("Start a silence procedure on a draft output"),
    all_of(is_chair, _not_of_a_sponsor),
    all_of(
        adapt_output_rule_to_silence(outputs.is_draft),
        adapt_output_rule_to_silence(outputs.has_original_text_and_title),
        adapt_output_rule_to_silence(outputs.has_active_meeting),
        has_no_open_procedure,
    ),
    needs_recent_sign_in=True,
    is_irreversible=True,
    begins_in_body=True,
)
EXTEND_DEADLINE = Permission(
    "silence:extend",
    _("Extend the deadline of a silence procedure"),
    all_of(is_chair, _not_of_a_sponsor),
    all_of(is_procedure_open, is_before_deadline, can_be_extended),
    is_irreversible=True,
)
TAKE_POSITION = Permission(
    "silence:take-position",
    _("Break silence, support a text, or not object to it and make a statement, on behalf of one’s own State"),
    all_of(is_delegate, is_addressed_state),
    all_of(is_procedure_open, is_before_deadline),
    needs_recent_sign_in=True,
    is_irreversible=True,
)
ATTACH_STATEMENT = Permission(
    "statement:put",
    _("Attach a reservation, an explanation of position or a dissociation to an adopted text"),
    is_delegate,
    accepts_statements,
)
CHANGE_STATEMENT = Permission(
    "statement:change", _("Change or withdraw a statement of one’s own State"), is_delegate, accepts_statements
)


def compute_digest_of_states(states: Iterable[str]) -> str:
    """Return the SHA-256 of a set of States in hexadecimal, by which a form says which ones it showed."""
    return hashlib.sha256(" ".join(sorted(states)).encode()).hexdigest()


def compute_position_receipt_subject_id(procedure_id: UUID, entity: str) -> UUID:
    """Return the identifier that receipts give to the position of one State, which has none of its own."""
    return uuid5(procedure_id, entity)
