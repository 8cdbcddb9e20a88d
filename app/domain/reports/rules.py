"""Permissions for reports and action points."""

from dataclasses import dataclass
from uuid import UUID

from app.core.access import Actor, Permission, Rule, any_of, rule
from app.core.i18n import say
from app.domain.bodies.rules import has_seat, is_delegate, is_secretary
from app.domain.meetings.models import Meeting
from app.domain.meetings.rules import is_deputy, is_the_chair
from app.domain.reports.models import Stage


@dataclass(frozen=True, slots=True)
class At:
    """Subject of the rules: a meeting, the stage of its report, and the State concerned, if any (an action point's
    owner)."""

    meeting: Meeting
    stage: str = Stage.NONE
    entity: str = ""

    @property
    def body_id(self) -> UUID:
        return self.meeting.body_id


def of_meeting(asked: Rule[Meeting]) -> Rule[At]:
    """Turn a rule about meetings into a rule about this subject."""
    return Rule(asked.words, asked.objection, lambda actor, at: asked.against(actor, at.meeting) is None)


@rule(say("it is not circulated yet"), unless=say("The report is circulated already."))
def is_unseen(actor: Actor, subject: At) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.stage in (Stage.NONE, Stage.DRAFT)


@rule(say("there is a draft, and it is not adopted yet"), unless=say("There is no report that can still be changed."))
def is_open(actor: Actor, subject: At) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.stage in (Stage.DRAFT, Stage.CIRCULATED)


@rule(say("it is a draft"), unless=say("There is no draft to be circulated."))
def is_draft(actor: Actor, subject: At) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.stage == Stage.DRAFT


@rule(say("it is circulated and not adopted yet"), unless=say("The report is not circulated, or it is adopted."))
def is_circulated(actor: Actor, subject: At) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.stage == Stage.CIRCULATED


@rule(say("it is adopted and has no symbol yet"), unless=say("The report is not adopted, or it has its symbol."))
def is_adopted(actor: Actor, subject: At) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.stage == Stage.ADOPTED


has_the_tools: Rule[At] = any_of(of_meeting(is_the_chair), of_meeting(is_deputy))

SEE = Permission("report:see", say("See the report of a meeting once it is circulated"), has_seat)
DRAFT = Permission("report:draft", say("Have the report drafted from what happened"), has_the_tools, is_unseen)
KEEP = Permission("report:keep", say("See and change the report until it is adopted"), has_the_tools, is_open)
CIRCULATE = Permission("report:circulate", say("Circulate the report to every delegation"), has_the_tools, is_draft)
CORRECT = Permission(
    "report:correct",
    say("Ask for a correction of the report, for the own State"),
    is_delegate,
    is_circulated,
)
ANSWER = Permission("report:answer", say("Take or decline a correction of the report"), has_the_tools, is_circulated)
ADOPT = Permission("report:adopt", say("Record that the report was adopted"), has_the_tools, is_circulated)
REGISTER = Permission("report:register", say("Give the adopted report its symbol"), is_secretary, is_adopted)
PUT_TEMPLATE = Permission("report:put-template", say("Change the template of the reports of a group"), is_secretary)

SEE_ACTIONS = Permission("action:see", say("See action points and how far they are"), has_seat)
ADD_ACTION = Permission("action:add", say("Add an action point to a decision"), has_the_tools)
MOVE_ACTION = Permission(
    "action:move",
    say("Note the progress of an action point"),
    any_of(has_the_tools, is_delegate),
)
