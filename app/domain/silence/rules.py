"""Who opens a silence procedure, who takes a position in it and until when; who attaches a statement to a text."""

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
"""A shorter one would be over before capitals have read of it."""

MOST_EXTENSIONS = 3
"""A text that is not settled by then is for the meeting: silence does not run on for as long as it suits somebody."""

LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class On:
    """A text, its latest silence procedure, and the State concerned.

    `course` is None where there was none; it is void as soon as the text is another one, whoever has noted that yet.
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
    """A rule about outputs, asked of one with its procedure."""
    return Rule(asked.words, asked.objection, lambda actor, on: asked.against(actor, on.output) is None)


@rule(say("no silence procedure runs on it"), unless=say("A silence procedure runs on this text already."))
def none_runs(actor: Actor, subject: On) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.course != Course.OPEN


@rule(say("the procedure runs"), unless=say("This silence procedure has ended."))
def runs(actor: Actor, subject: On) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.course == Course.OPEN


@rule(
    say("its deadline has not been reached"),
    unless=say("The deadline has been reached. Nothing that comes at that instant or later counts."),
)
def is_in_time(actor: Actor, subject: On) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Unlike the deadline of a meeting, which lasts to the end of its second, this one is an instant."""
    return clock.now() < subject.until


@rule(
    say("the State is one to which the text was addressed"),
    unless=say("The text was put before the Member States of the group. Your delegation is not one of them."),
)
def is_addressed(actor: Actor, subject: On) -> bool:
    return actor.entity in subject.addressees


@rule(
    say("it is adopted, and the instant of its release has not come"),
    unless=say("Statements are attached from the adoption until the release; then they stand as they are."),
)
def takes_statements(actor: Actor, subject: On) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Until the instant of the release where one is set. The output is held meanwhile, so the release waits."""
    found = subject.output
    is_set = found.status == Status.SCHEDULED and found.release_at is not None and clock.now() < found.release_at
    return is_set or found.status in {Status.ADOPTED, Status.APPROVED, Status.FAILED}


@rule(
    say("its deadline was moved less than three times"),
    unless=say("The deadline was moved three times already. It is not moved again."),
)
def may_run_on(actor: Actor, subject: On) -> bool:  # noqa: ARG001 - a rule has two arguments
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
