"""Permissions on reporting duties, their publication and expected reports, and the days on which reports are due."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, access_rule, all_of, any_of
from app.domain.bodies.rules import has_seat, is_chair, is_secretary
from app.domain.reporting_duties.models import ExpectedReport, ExpectedReportState

MOVES: Mapping[str, tuple[tuple[ExpectedReportState, ...], ExpectedReportState]] = MappingProxyType(
    {
        "answer": ((ExpectedReportState.ASKED,), ExpectedReportState.ANSWERED),
        "decline": ((ExpectedReportState.ASKED,), ExpectedReportState.DECLINED),
        "reopen": ((ExpectedReportState.ANSWERED, ExpectedReportState.DECLINED), ExpectedReportState.ASKED),
        "drop": ((ExpectedReportState.ASKED,), ExpectedReportState.DROPPED),
    }
)
"""Each move with the states before it and the one after it."""


@dataclass(frozen=True, slots=True)
class DutyRuleSubject:
    """The facts of a duty that the rules need."""

    body_id: UUID
    is_ended: bool = False


@dataclass(frozen=True, slots=True)
class ExpectedReportRuleSubject:
    """The facts of an expected report that the rules need: its state, and whether the register has an address."""

    body_id: UUID
    state: str = ExpectedReportState.ASKED
    has_address: bool = True


class PublicationState(StrEnum):
    """Whether the reports of a duty are shown to the public: no, proposed by one person, or confirmed by a second."""

    NONE = "none"
    PROPOSED = "proposed"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class PublicationRuleSubject:
    """The facts about the publication of a duty that the rules need."""

    body_id: UUID
    proposer: UUID | None = None
    state: str = PublicationState.NONE


@access_rule(_("it has no last day"), denied_because=_("This duty has already been ended."))
def is_duty_in_force(actor: Actor, subject: DutyRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return not subject.is_ended


@access_rule(
    _("the report is still expected"),
    denied_because=_("This report was received, the organization said that it will not report, or its duty has ended."),
)
def is_still_expected(actor: Actor, subject: ExpectedReportRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.state == ExpectedReportState.ASKED


@access_rule(
    _("the register has an e-mail address of the organization"),
    denied_because=_("The register of organizations has no e-mail address of this organization. Enter it there first."),
)
def is_addressed(actor: Actor, subject: ExpectedReportRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.has_address


@access_rule(
    _("the report was received, or the organization said that it will not report"),
    denied_because=_("This report is already expected, or its duty has ended."),
)
def is_settled_report(actor: Actor, subject: ExpectedReportRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.state in MOVES["reopen"][0]


@access_rule(
    _("is not the person who proposed it"),
    denied_because=_("You proposed this yourself. A second person must confirm it."),
)
def has_not_proposed_publication(actor: Actor, subject: PublicationRuleSubject) -> bool:
    return actor.person != subject.proposer


@access_rule(
    _("the reports are not public, and no one has proposed it"),
    denied_because=_("The reports under this duty are public already, or a second person has to decide."),
)
def is_not_published(actor: Actor, subject: PublicationRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.state == PublicationState.NONE


@access_rule(
    _("the publication was proposed, and no second person has decided"),
    denied_because=_("There is nothing to confirm: it was already confirmed, declined or withdrawn."),
)
def is_publication_proposed(actor: Actor, subject: PublicationRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.state == PublicationState.PROPOSED


@access_rule(
    _("the reports are public, or this was proposed"),
    denied_because=_("The reports under this duty are not public, and no one has proposed it."),
)
def is_publication_current(actor: Actor, subject: PublicationRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.state != PublicationState.NONE


SEE: Permission[DutyRuleSubject] = Permission(
    "reporting-duty:see", _("See which organizations report to the group, and their reports"), has_seat
)
ADD: Permission[DutyRuleSubject] = Permission(
    "reporting-duty:add", _("Add a reporting duty of an organization"), is_secretary, begins_in_body=True
)
CHANGE: Permission[DutyRuleSubject] = Permission(
    "reporting-duty:change", _("Change a reporting duty of an organization"), is_secretary, is_duty_in_force
)
END: Permission[DutyRuleSubject] = Permission(
    "reporting-duty:end",
    _("End a reporting duty of an organization"),
    is_secretary,
    is_duty_in_force,
)
PROPOSE_PUBLICATION: Permission[PublicationRuleSubject] = Permission(
    "reporting-duty:propose-publication",
    _("Propose to show the reports of an organization to the public"),
    is_secretary,
    is_not_published,
)
CONFIRM_PUBLICATION: Permission[PublicationRuleSubject] = Permission(
    "reporting-duty:confirm-publication",
    _("Confirm, as the second person, that the reports of an organization are public"),
    all_of(any_of(is_chair, is_secretary), has_not_proposed_publication),
    is_publication_proposed,
    needs_recent_sign_in=True,
)
END_PUBLICATION: Permission[PublicationRuleSubject] = Permission(
    "reporting-duty:end-publication",
    _("Decline or end the publication of the reports of an organization"),
    any_of(is_chair, is_secretary),
    is_publication_current,
)
SEE_REPORT: Permission[ExpectedReportRuleSubject] = Permission(
    "expected-report:see", _("See the report that is expected of an organization"), has_seat
)
REQUEST: Permission[ExpectedReportRuleSubject] = Permission(
    "expected-report:request",
    _("Ask an organization for its report by e-mail"),
    is_secretary,
    all_of(is_still_expected, is_addressed),
    is_irreversible=True,
)
ANSWER: Permission[ExpectedReportRuleSubject] = Permission(
    "expected-report:answer",
    _("Record a liaison statement as the report of an organization"),
    is_secretary,
    is_still_expected,
)
DECLINE: Permission[ExpectedReportRuleSubject] = Permission(
    "expected-report:decline", _("Record that an organization will not report"), is_secretary, is_still_expected
)
REOPEN: Permission[ExpectedReportRuleSubject] = Permission(
    "expected-report:reopen", _("Expect the report of an organization again"), is_secretary, is_settled_report
)


def add_months(day: date, months: int) -> date:
    """Return the day so many months later; the last day of a month is followed by the last day of the other month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    is_last = day.day == monthrange(day.year, day.month)[1]
    return date(year, month + 1, last if is_last else min(day.day, last))


def find_first_day(due_on: date, every_months: int) -> date:
    """Find the day on which the period of a report begins: the day after the one before it was due."""
    return add_months(due_on, -every_months) + timedelta(days=1)


def count_days_overdue(report: ExpectedReport, today: date) -> int:
    """Count the days since an expected report was due; 0 if it is not overdue."""
    return max(0, (today - report.due_on).days) if report.state == ExpectedReportState.ASKED else 0
