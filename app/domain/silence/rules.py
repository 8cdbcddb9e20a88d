"""Permissions for silence procedures, positions in them, and statements on adopted texts."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.core import clock
from app.core.access import Actor, Permission, Rule, all_of, rule
from app.core.i18n import say
from app.domain.bodies.rules import has_seat, is_chair, is_delegate
from app.domain.outputs import rules as outputs
from app.domain.outputs.models import Status
from app.domain.outputs.rules import Case
from app.domain.silence.models import Course

LEAST_EXTENSION = timedelta(hours=24)
"""A shorter extension would be over before capitals have read of it."""

MOST_EXTENSIONS = 3
"""A text that is not settled after so many extensions is for the meeting."""

LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class On:
    """State of an output, its latest silence procedure, and the State concerned.

    `status` is None if there was no procedure; it is void as soon as the text was changed, recorded or not.
    """

    output: Case
    entity: str = ""
    course: str | None = None
    until: datetime = LONG_AGO
    addressees: frozenset[str] = field(default_factory=frozenset)
    extensions: int = 0

    @property
    def body_id(self) -> UUID:
        return self.output.body_id


def of_output(asked: Rule[Case]) -> Rule[On]:
    """Apply a rule on outputs to the output of a `SilenceState`."""
    return Rule(asked.words, asked.objection, lambda actor, on: asked.against(actor, on.output) is None)


@rule(say("no silence procedure runs on it"), unless=say("A silence procedure runs on this text already."))
def none_runs(actor: Actor, subject: On) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether no procedure is open on the output."""
    return subject.course != Course.OPEN


@rule(say("the procedure runs"), unless=say("This silence procedure has ended."))
def runs(actor: Actor, subject: On) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the procedure is open."""
    return subject.course == Course.OPEN


@rule(
    say("its deadline has not been reached"),
    unless=say("The deadline has been reached. Nothing that comes at that instant or later counts."),
)
def is_in_time(actor: Actor, subject: On) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the deadline, an instant, is not reached. (The deadline of a meeting lasts to the end of its second.)"""
    return clock.now() < subject.until


@rule(
    say("the State is one to which the text was addressed"),
    unless=say("The text was put before the Member States of the group. Your delegation is not one of them."),
)
def is_addressed(actor: Actor, subject: On) -> bool:
    """Whether the actor's State is an addressee of the procedure."""
    return actor.entity in subject.addressees


@rule(
    say("it is adopted, and the instant of its release has not come"),
    unless=say("Statements are attached from the adoption until the release; then they stand as they are."),
)
def takes_statements(actor: Actor, subject: On) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether statements can be attached: from the adoption until the instant of the release.

    The caller locks the output, so that a release waits.
    """
    output = subject.output
    is_scheduled = (
        output.status == Status.SCHEDULED and output.release_at is not None and clock.now() < output.release_at
    )
    return is_scheduled or output.status in {Status.ADOPTED, Status.APPROVED, Status.FAILED}


@rule(
    say("its deadline was moved less than three times"),
    unless=say("The deadline was moved three times already. It is not moved again."),
)
def may_run_on(actor: Actor, subject: On) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the deadline can be extended once more."""
    return subject.extensions < MOST_EXTENSIONS


_not_of_a_sponsor: Rule[On] = of_output(outputs.is_not_of_a_sponsor)

SEE = Permission("silence:see", say("See silence procedures, their texts and the positions of States"), has_seat)
OPEN = Permission(
    "silence:open",
    say("Open a silence procedure on a draft of an output"),
    all_of(is_chair, _not_of_a_sponsor),
    all_of(of_output(outputs.is_draft), of_output(outputs.is_complete), of_output(outputs.has_a_meeting), none_runs),
)
EXTEND = Permission(
    "silence:extend",
    say("Give a silence procedure a later deadline"),
    all_of(is_chair, _not_of_a_sponsor),
    all_of(runs, is_in_time, may_run_on),
)
TAKE = Permission(
    "silence:take-position",
    say("Break silence, support a text or let it pass with a statement, for the own State"),
    all_of(is_delegate, is_addressed),
    all_of(runs, is_in_time),
)
PUT = Permission(
    "statement:put",
    say("Attach a reservation, an explanation of position or a non-association to an adopted text"),
    is_delegate,
    takes_statements,
)
CHANGE = Permission(
    "statement:change", say("Change or take back a statement of the own State"), is_delegate, takes_statements
)
