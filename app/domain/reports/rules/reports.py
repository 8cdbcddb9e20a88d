"""Permissions for reports and action points."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from uuid import UUID

from app.core import clock
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, Rule, access_rule, all_of, any_of
from app.domain.bodies.models import Office
from app.domain.bodies.rules import has_seat, is_delegate, is_secretary
from app.domain.decisions.models import ActionPoint, ActionPointOwner
from app.domain.meetings.models import Meeting
from app.domain.meetings.rules import is_chair_not_vice_chair, is_deputy
from app.domain.reports.models import ReportStage

OFFICES_BY_OWNER: Mapping[str, str] = MappingProxyType(
    {
        ActionPointOwner.SECRETARIAT: Office.SECRETARY,
        "itu": Office.SECRETARY,
        ActionPointOwner.CHAIR: Office.CHAIR,
    }
)
"""The office that is responsible for an action point, by its owner in small letters: before there was a choice, it was
typed. Other owners are States, or words."""


@dataclass(frozen=True, slots=True)
class ReportRuleSubject:
    """Subject of the rules: a meeting, the stage of its report and the deadline for corrections, and the State
    concerned, if any. Of an action point, `entity` is the owner, and `person` the one who is responsible, if it is one
    person."""

    meeting: Meeting
    stage: str = ReportStage.NONE
    entity: str = ""
    person: UUID | None = None
    corrections_due_at: datetime | None = None

    @property
    def body_id(self) -> UUID:
        return self.meeting.body_id


def build_action_point_rule_subject(meeting: Meeting, point: ActionPoint) -> ReportRuleSubject:
    """Build the subject of the rules on an action point of a decision of the meeting."""
    return ReportRuleSubject(meeting, entity=point.owner, person=point.owner_person)


def adapt_meeting_rule_to_report(meeting_rule: Rule[Meeting]) -> Rule[ReportRuleSubject]:
    """Turn a rule about meetings into a rule about this subject."""
    return Rule(
        meeting_rule.label,
        meeting_rule.denied_because,
        lambda actor, at: meeting_rule.objection_to(actor, at.meeting) is None,
    )


@access_rule(_("it has not been circulated yet"), denied_because=_("The report has already been circulated."))
def is_not_circulated(actor: Actor, subject: ReportRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.stage in (ReportStage.NONE, ReportStage.DRAFT)


@access_rule(
    _("there is a draft, and it has not been adopted yet"), denied_because=_("There is no report that can be changed.")
)
def is_begun_and_not_adopted(actor: Actor, subject: ReportRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.stage in (ReportStage.DRAFT, ReportStage.CIRCULATED)


@access_rule(_("it is a draft"), denied_because=_("There is no draft to circulate."))
def is_draft(actor: Actor, subject: ReportRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.stage == ReportStage.DRAFT


@access_rule(
    _("it has been circulated and not yet adopted"),
    denied_because=_("The report has not been circulated or has already been adopted."),
)
def is_circulated_and_not_adopted(actor: Actor, subject: ReportRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.stage == ReportStage.CIRCULATED


@access_rule(
    _("the deadline for corrections has not passed"),
    denied_because=_("The deadline for requesting corrections of this report has passed."),
)
def is_before_corrections_deadline(actor: Actor, subject: ReportRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.corrections_due_at is None or clock.now() <= subject.corrections_due_at


@access_rule(
    _("it has been adopted and has no symbol yet"),
    denied_because=_("The report has not been adopted or already has a symbol."),
)
def is_adopted_and_not_registered(actor: Actor, subject: ReportRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.stage == ReportStage.ADOPTED


has_chair_tools: Rule[ReportRuleSubject] = any_of(
    adapt_meeting_rule_to_report(is_chair_not_vice_chair), adapt_meeting_rule_to_report(is_deputy)
)


@access_rule(
    _("is a secretary, and the secretariat is responsible"),
    denied_because=_("Only the secretariat of this group may do this."),
)
def is_responsible_secretary(actor: Actor, subject: ReportRuleSubject) -> bool:
    is_responsible = OFFICES_BY_OWNER.get(subject.entity.lower()) == Office.SECRETARY
    return is_responsible and is_secretary.objection_to(actor, subject) is None


@access_rule(
    _("is responsible for the action point"),
    denied_because=_("Only the person, the State or the office that is responsible may do this."),
)
def is_responsible_person(actor: Actor, subject: ReportRuleSubject) -> bool:
    return actor.person == subject.person and has_seat.objection_to(actor, subject) is None


SEE = Permission("report:see", _("See the report of a meeting once it has been circulated"), has_seat)
DRAFT = Permission(
    "report:draft",
    _("Generate the draft report from the record of the meeting"),
    has_chair_tools,
    is_not_circulated,
    begins_in_body=True,
)
KEEP = Permission(
    "report:keep", _("See and change the report until it is adopted"), has_chair_tools, is_begun_and_not_adopted
)
CIRCULATE = Permission(
    "report:circulate", _("Circulate the report to all delegations"), has_chair_tools, is_draft, is_irreversible=True
)
CORRECT = Permission(
    "report:correct",
    _("Request a correction of the report on behalf of one’s own State"),
    is_delegate,
    all_of(is_circulated_and_not_adopted, is_before_corrections_deadline),
    is_irreversible=True,
)
ANSWER = Permission(
    "report:answer",
    _("Accept or reject a correction of the report"),
    has_chair_tools,
    is_circulated_and_not_adopted,
    is_irreversible=True,
)
COMMENT = Permission(
    "report:comment",
    _("Comment on a paragraph of the report, and withdraw the comment until it is answered"),
    any_of(is_delegate, has_chair_tools),
    # Of a draft, delegations learn nothing: they are refused as if there were none.
    any_of(is_circulated_and_not_adopted, all_of(is_draft, has_chair_tools)),
)
ANSWER_COMMENT = Permission(
    "report:answer-comment",
    _("Answer a comment on the report, or mark it as resolved"),
    has_chair_tools,
    is_begun_and_not_adopted,
)
ADOPT = Permission(
    "report:adopt",
    _("Record the adoption of the report"),
    has_chair_tools,
    is_circulated_and_not_adopted,
    is_irreversible=True,
)
REGISTER = Permission(
    "report:register", _("Assign a symbol to the adopted report"), is_secretary, is_adopted_and_not_registered
)
PUT_TEMPLATE = Permission("report:put-template", _("Change the report template of a group"), is_secretary)

SEE_ACTIONS = Permission("action:see", _("See action points and their progress"), has_seat)
ADD_ACTION = Permission("action:add", _("Add an action point to a decision"), has_chair_tools)
UPDATE_ACTION = Permission(
    "action:move",
    _("Update the progress of an action point"),
    any_of(has_chair_tools, is_delegate, is_responsible_secretary, is_responsible_person),
)


def format_corrections_deadline(due_at: datetime | None) -> str:
    """Return a deadline as its event has it; empty for none."""
    return due_at.astimezone(UTC).isoformat() if due_at else ""
