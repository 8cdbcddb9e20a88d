"""Notifications about reports of organizations: one that is overdue, and some that are to be shown to the public."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from app.core.db import ReadSession
from app.core.i18n import lazy_gettext as _
from app.core.journal import JournalLine
from app.domain.notifications.models import NotificationKind
from app.domain.notifications.rules import recipients
from app.domain.notifications.rules.contexts import get_key
from app.domain.notifications.rules.recipients import NotificationContext
from app.domain.notifications.rules.types import DETAILS_ON_PAGE, NotificationType
from app.domain.reporting_duties import events
from app.domain.reporting_duties.models import ExpectedReport, ExpectedReportState, ReportingDuty
from app.domain.reporting_duties.pending import OVERDUE, PUBLICATION
from app.domain.reporting_duties.queries import find_current_publication


def build_overdue_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of an overdue report; over once it is no longer expected."""
    report = session.get_one(ExpectedReport, get_key(line, "expected_report"))
    duty = session.get_one(ReportingDuty, report.duty_id)
    return NotificationContext(duty.body_id, is_over=report.state != ExpectedReportState.ASKED)


def build_publication_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a proposed publication; over once it was confirmed, declined or withdrawn."""
    duty = session.get_one(ReportingDuty, get_key(line, "duty"))
    publication = find_current_publication(session, duty)
    return NotificationContext(duty.body_id, is_over=publication is None or publication.confirmed_at is not None)


TYPES: Mapping[str, Sequence[NotificationType]] = MappingProxyType(
    {
        events.PublicationProposed.name: (
            NotificationType(
                NotificationKind.OFFICE,
                recipients.OFFICERS,
                "/reporting-duties/{duty}/publication",
                events.PublicationProposed.words,
                _("A second person must confirm it."),
                build_publication_context,
                skips_actor=True,
                announces=(PUBLICATION,),
            ),
        ),
        events.ReportOverdue.name: (
            NotificationType(
                NotificationKind.OFFICE,
                recipients.SECRETARIES,
                "/expected-reports/{expected_report}",
                events.ReportOverdue.words,
                DETAILS_ON_PAGE,
                build_overdue_context,
                announces=(OVERDUE,),
            ),
        ),
    }
)
