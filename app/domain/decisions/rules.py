"""Permissions for decisions and positions."""

from dataclasses import dataclass
from uuid import UUID

from app.core.access import Actor, Permission, Rule, all_of, any_of, rule
from app.core.i18n import say
from app.domain.bodies.rules import has_seat, is_delegate
from app.domain.meetings import rules as meetings
from app.domain.meetings.models import Meeting


@dataclass(frozen=True, slots=True)
class At:
    """Subject of the rules: a meeting, whether a session of it is open, and the State concerned, if any."""

    meeting: Meeting
    sits: bool
    entity: str = ""

    @property
    def body_id(self) -> UUID:
        return self.meeting.body_id


def of_meeting(asked: Rule[Meeting]) -> Rule[At]:
    """Turn a rule about meetings into a rule about this subject."""
    return Rule(asked.words, asked.objection, lambda actor, at: asked.against(actor, at.meeting) is None)


@rule(say("a session sits"), unless=say("No session is open now."))
def sits(actor: Actor, subject: At) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.sits


has_the_tools: Rule[At] = any_of(of_meeting(meetings.is_the_chair), of_meeting(meetings.is_deputy))
goes_on: Rule[At] = of_meeting(meetings.goes_on)

SEE = Permission("decision:see", say("See decisions, and the positions of States on them"), has_seat)
TAKE_DOWN = Permission("decision:take-down", say("Take a decision down as it falls"), has_the_tools, sits)
CORRECT = Permission(
    "decision:correct", say("Correct the text of a decision until the session closes"), has_the_tools, sits
)
PUT = Permission(
    "position:put",
    say("Put an objection, a reservation or a statement on record with a decision, for the own State"),
    is_delegate,
    goes_on,
)
NOTE = Permission(
    "position:note", say("Note the position of a State that was said in the room"), has_the_tools, all_of(sits, goes_on)
)
