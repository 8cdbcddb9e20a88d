"""Permissions for agendas, and the rules behind them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.access import Actor, Permission, all_of, any_of, rule
from app.core.i18n import say
from app.domain.agendas.models import ProposalState
from app.domain.bodies.models import Office
from app.domain.bodies.rules import has_seat, is_delegate
from app.domain.meetings.models import Life, Meeting
from app.domain.meetings.rules import goes_on, has_passed, is_deputy, is_the_chair

SEE = Permission("agenda:see", say("See the released agenda, its history and what changed"), has_seat)
KEEP = Permission(
    "agenda:keep",
    say("See and change the draft of the agenda, and put documents under its items"),
    any_of(is_the_chair, is_deputy),
    goes_on,
)
RELEASE = Permission("agenda:release", say("Release the agenda to everybody"), any_of(is_the_chair, is_deputy), goes_on)
ADOPT = Permission(
    "agenda:adopt", say("Record that the meeting adopted its agenda"), any_of(is_the_chair, is_deputy), goes_on
)
MAY_BE_LET = frozenset({Office.VICE_CHAIR, Office.SECRETARY})
LET_WORK = Permission("agenda:let-work", say("Choose who works with the chair's tools"), is_the_chair)


@dataclass(frozen=True, slots=True)
class AtMeeting:
    """Subject of the rules on item proposals: body, State, life of the meeting, deadline, and state of the proposal."""

    body_id: UUID
    entity: str
    life: str
    until: datetime
    state: str = ProposalState.PROPOSED


def wish_for(meeting: Meeting, entity: str, state: str = ProposalState.PROPOSED) -> AtMeeting:
    """Build the subject of the rules for a proposal of a State for this meeting."""
    return AtMeeting(meeting.body_id, entity, meeting.life, meeting.proposals_due_at, state)


@rule(say("the meeting is still to come"), unless=say("Items are proposed before the meeting begins."))
def is_before_it(actor: Actor, subject: AtMeeting) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.life in (Life.PLANNED, Life.CONVENED, Life.OPEN)


@rule(say("until the last day for proposals"), unless=say("The last day for proposing items has passed."))
def is_in_its_window(actor: Actor, subject: AtMeeting) -> bool:  # noqa: ARG001 - a rule has two arguments
    return not has_passed(subject.until)


@rule(say("nobody has answered it"), unless=say("This proposal was answered, taken up or taken back."))
def is_unanswered(actor: Actor, subject: AtMeeting) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.state == ProposalState.PROPOSED


PROPOSE = Permission(
    "agenda:propose", say("Propose an agenda item"), is_delegate, all_of(is_before_it, is_in_its_window)
)
TAKE_BACK = Permission("agenda:take-back", say("Take back the proposal of an agenda item"), is_delegate, is_unanswered)
