"""What is pending for expected reports: one that is overdue is to be asked for, recorded or given up."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import Row, Select, exists

from app.core.database.clock_parameters import build_day_parameter, build_moment_parameter
from app.core.db import ReadSession
from app.core.i18n import lazy_gettext as _
from app.core.pending_actions import PendingAction, PendingActionKind, PendingActionSource
from app.core.permissions import Actor
from app.domain.bodies.models import Office
from app.domain.bodies.pending import SECRETARIAT
from app.domain.member_states import EntityName
from app.domain.reporting_duties import events, rules
from app.domain.reporting_duties.models import ExpectedReport, ExpectedReportState, ReportingDuty, ReportRequest
from app.domain.reporting_duties.queries import IS_ASKED, list_visible_duties

QUIET_AFTER_REQUEST = timedelta(days=14)
"""Time after a request in which an overdue report is not shown: the organization has that time to reply."""

OVERDUE = PendingActionKind(
    name="expected-report:overdue",
    heading=_("The report of an organization is overdue"),
    words=_("Ask for it by e-mail, record it if it has arrived, or record that there will be none."),
    button=_("Read and decide"),
    waits_for=SECRETARIAT,
    settled_by=(rules.REQUEST, rules.ANSWER, rules.DECLINE),
    statuses=(ExpectedReportState.ASKED,),
    begun_by=(events.ReportOverdue.name,),
)


def select_overdue_reports(actor: Actor) -> Select[ExpectedReport, ReportingDuty]:
    """Select the overdue reports of the bodies that the actor serves as a secretary, the longest overdue first; without
    those that were asked for a short time ago."""
    since = build_moment_parameter(-QUIET_AFTER_REQUEST)
    requested = exists().where(
        ReportRequest.expected_report_id == ExpectedReport.id, ReportRequest.requested_at > since
    )
    return (
        list_visible_duties(actor)
        .join(ExpectedReport, ExpectedReport.duty_id == ReportingDuty.id)
        .with_only_columns(ExpectedReport, ReportingDuty)
        .where(
            ReportingDuty.body_id.in_(actor.bodies_with_role(Office.SECRETARY)),
            IS_ASKED,
            build_day_parameter() > ExpectedReport.due_on,
            ~requested,
        )
        .order_by(ExpectedReport.due_on, ExpectedReport.id)
    )


def build_report_actions(
    _session: ReadSession, _actor: Actor, rows: Sequence[Row[ExpectedReport, ReportingDuty]]
) -> Iterator[PendingAction]:
    """Yield what the secretariat does about these reports."""
    for report, duty in rows:
        due_at = datetime.combine(report.due_on, time(23, 59, 59), UTC)
        path = f"/expected-reports/{report.id}"
        yield PendingAction(
            OVERDUE, report.id, path, EntityName(duty.organization), due_at=due_at, since=report.asked_at
        )


SOURCES = (
    PendingActionSource(
        (OVERDUE,),
        (Office.SECRETARY,),
        select_overdue_reports,
        build_report_actions,
        full_list=("/liaisons/reports?show=overdue", _("All overdue reports")),
    ),
)
