"""Who works on an agenda, and until when."""

from dataclasses import dataclass
from uuid import UUID

from app.core.access import Actor, Permission, any_of, rule
from app.core.i18n import say
from app.domain.bodies.rules import has_seat, is_delegate
from app.domain.meetings.models import Life
from app.domain.meetings.rules import goes_on, is_deputy, is_the_chair

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
LET_WORK = Permission("agenda:let-work", say("Choose who works with the chair's tools"), is_the_chair)


@dataclass(frozen=True, slots=True)
class AtMeeting:
    """A State's wish for an agenda."""

    body_id: UUID
    entity: str
    life: str


@rule(say("the meeting is still to come"), unless=say("Items are proposed before the meeting begins."))
def is_before_it(actor: Actor, subject: AtMeeting) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.life in (Life.PLANNED, Life.CONVENED, Life.OPEN)


PROPOSE = Permission(
    "agenda:propose", say("Propose an agenda item, or take the proposal back"), is_delegate, is_before_it
)
