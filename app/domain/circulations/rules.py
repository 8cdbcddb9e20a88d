"""Permissions for circulating drafts, seeing versions, commenting on them and answering comments."""

from dataclasses import dataclass
from uuid import UUID

from app.core.access import Actor, Permission, all_of, any_of, rule
from app.core.i18n import say
from app.domain.bodies.rules import has_seat, is_chair, is_delegate, is_secretary
from app.domain.outputs.models import Status
from app.domain.outputs.rules import Case, is_complete, is_draft


@dataclass(frozen=True, slots=True)
class On:
    """State of a circulated version and the State concerned. `is_answered` is about one comment."""

    output: Case
    entity: str = ""
    is_latest: bool = True
    is_answered: bool = False

    @property
    def body_id(self) -> UUID:
        return self.output.body_id


@rule(
    say("its text is not adopted"),
    unless=say("The text was adopted. What was said before stays as it is."),
)
def is_worked_on(actor: Actor, subject: On) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the output is still a draft."""
    return subject.output.status == Status.DRAFT


@rule(
    say("it is the latest version"),
    unless=say("A later version was circulated. Look whether your comment still holds, and put it there."),
)
def is_the_latest(actor: Actor, subject: On) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the version is the latest one."""
    return subject.is_latest


@rule(say("it is not answered"), unless=say("The comment was answered. You may put another one."))
def is_unanswered(actor: Actor, subject: On) -> bool:  # noqa: ARG001 - a rule has two arguments
    """Whether the comment has no answer."""
    return not subject.is_answered


SEE = Permission("version:see", say("See the circulated versions of a draft, and what States say of them"), has_seat)
CIRCULATE = Permission(
    "version:circulate",
    say("Circulate a draft of an output to the delegations, as its next version"),
    any_of(is_chair, is_secretary),
    all_of(is_draft, is_complete),
)
PUT = Permission(
    "comment:put",
    say("Comment on a circulated version, for the own State"),
    is_delegate,
    all_of(is_worked_on, is_the_latest),
)
CHANGE = Permission(
    "comment:change",
    say("Change or take back a comment of the own State"),
    is_delegate,
    all_of(is_worked_on, is_unanswered),
)
ANSWER = Permission(
    "comment:answer", say("Answer comments on a circulated version"), any_of(is_chair, is_secretary), is_worked_on
)
