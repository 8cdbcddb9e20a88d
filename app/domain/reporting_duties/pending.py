"""What is pending for expected reports: one that is overdue is to be asked for, recorded or given up; and what is to be
shown to the public, which a second person confirms."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import Row, Select, exists

from app.core.database.clock_parameters import build_day_parameter, build_moment_parameter
from app.core.db import ReadSession
from app.core.i18n import lazy_gettext as _
from app.core.pending_actions import PendingAction, PendingActionKind, PendingActionSource
from app.core.permissions import Actor
from app.domain.bodies.models import Office
from app.domain.bodies.pending import CHAIR_AND_SECRETARIAT, SECRETARIAT
from app.domain.bodies.rules import CHAIRS
from app.domain.member_states import EntityName
from app.domain.reporting_duties import events, rules
from app.domain.reporting_duties.models import (
    DutyPublication,
    ExpectedReport,
    ExpectedReportState,
    ReportingDuty,
    ReportRequest,
)
from app.domain.reporting_duties.queries import IS_ASKED, list_visible_duties, select_publications_to_confirm

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

PUBLICATION = PendingActionKind(
    name="reporting-duty:confirm-publication",
    heading=_("Confirm or decline that reports of an organization become public"),
    words=_("Another person proposed to show to everyone when its reports are due and which ones are overdue."),
    button=_("Review"),
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(rules.CONFIRM_PUBLICATION, rules.END_PUBLICATION),
    begun_by=(events.PublicationProposed.name,),
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


def build_publication_actions(
    _session: ReadSession, _actor: Actor, rows: Sequence[Row[DutyPublication, ReportingDuty]]
) -> Iterator[PendingAction]:
    """Yield the publications that others proposed and the actor confirms or declines."""
    for publication, duty in rows:
        path = f"/reporting-duties/{duty.id}/publication"
        name = EntityName(duty.organization)
        yield PendingAction(PUBLICATION, publication.id, path, name, since=publication.proposed_at)


SOURCES = (
    PendingActionSource(
        (PUBLICATION,), (Office.SECRETARY, *CHAIRS), select_publications_to_confirm, build_publication_actions
    ),
    PendingActionSource(
        (OVERDUE,),
        (Office.SECRETARY,),
        select_overdue_reports,
        build_report_actions,
        full_list=("/liaisons/reports?show=overdue", _("All overdue reports")),
    ),
)
