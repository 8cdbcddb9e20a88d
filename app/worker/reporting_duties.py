"""Jobs of reporting duties: open the reports of periods that have begun, note the overdue ones, send the requests, and
copy to the read path what is public.

A worker may die after any statement: reports are opened and noted in one transaction, each e-mail is sent in a
transaction of its own that locks its row.
"""

from functools import partial
from uuid import UUID

import structlog

from app.core.db import transaction
from app.core.mail.message import parse_mail_address
from app.core.mail.rounds import send_round
from app.core.mail.smtp import MailDeferred, Mailer, MailRefused, MailServerUnavailable
from app.domain.bodies.models import Body
from app.domain.identity.models.tables import Person
from app.domain.reporting_duties.actions import duties, publications, reports, requests
from app.domain.reporting_duties.models import (
    ExpectedReport,
    ReportingDuty,
    ReportRequest,
    ReportRequestEmail,
    RequestEmailStatus,
)
from app.http.mail.rendering import MailContext
from app.http.mail.report_request import render_report_request
from app.worker.release import WorkerContext
from app.worker.subscriptions import COPY_PUBLIC_DUTIES, OPEN_EXPECTED_REPORTS
from app.worker.tasks import EVERY_MINUTE, HOURLY, EventTask, PeriodicTask

log = structlog.get_logger(__name__)


def open_expected_reports(context: WorkerContext) -> int:
    """Open the reports of the periods that have begun; returns their number. Repeated, it does nothing."""
    with transaction(context.write_sessions) as session:
        opened = duties.open_expected_reports(session)
    if opened:
        log.info("expected reports opened", reports=opened)
    return opened


def open_reports_of_duty(context: WorkerContext, duty_id: UUID) -> int:
    """Open the reports of a duty that was added or changed, with all others that are to be opened."""
    opened = open_expected_reports(context)
    log.info("reporting duty kept", duty=str(duty_id), reports=opened)
    return opened


def note_overdue_reports(context: WorkerContext) -> int:
    """Note the reports that are overdue, each once; returns their number."""
    with transaction(context.write_sessions) as session:
        return reports.note_overdue_reports(session)


def copy_public_duties(context: WorkerContext, *_changed: UUID) -> int:
    """Bring the read path's copies of public duties up to date; returns how many changed. Repeated, it does nothing."""
    with transaction(context.write_sessions) as session:
        changed = publications.copy_public_duties(session)
    if changed:
        log.info("public reporting duties copied", duties=changed)
    return changed


def send_report_requests(context: WorkerContext) -> int:
    """Send the due requests, and forget the addresses of those that waited for too long; returns the number of e-mails
    that were sent or refused."""
    with transaction(context.write_sessions) as session:
        if expired := requests.expire_request_emails(session):
            log.error("requests for reports were given up", requests=expired)
    if context.mail is None:
        return 0
    return sum(send_round(context.mail.build_mailer(), partial(_send_next, context, context.mail)))


def _send_next(context: WorkerContext, mail: MailContext, mailer: Mailer) -> bool:
    """Send the next due e-mail; False if there is none or the server is unavailable."""
    with transaction(context.write_sessions) as session:
        found = requests.lock_next_due_request(session)
        if found is None:
            return False
        email, request = found
        duty_id = session.get_one(ExpectedReport, request.expected_report_id).duty_id
        body = session.get_one(Body, session.get_one(ReportingDuty, duty_id).body_id)
        author = session.get_one(Person, request.requested_by)
        try:
            status = _hand_over(email, request, body, author, mail, mailer)
        except (MailDeferred, MailServerUnavailable) as fault:
            log.warning("a request for a report was not accepted", request=str(request.id), kind=type(fault).__name__)
            requests.postpone_request_email(email)
            return not isinstance(fault, MailServerUnavailable)
        requests.close_request_email(email, status)
        return True


def _hand_over(
    email: ReportRequestEmail, request: ReportRequest, body: Body, author: Person, mail: MailContext, mailer: Mailer
) -> RequestEmailStatus:
    """Hand the e-mail over to the server. Raises the mailer's errors for a deferred e-mail or an unavailable server."""
    try:
        recipient = parse_mail_address(email.address or "")
        mailer.send(recipient.addr_spec, render_report_request(request, body, author, recipient, mail))
    except (ValueError, MailRefused) as fault:
        log.warning("a request for a report was refused", request=str(request.id), kind=type(fault).__name__)
        return RequestEmailStatus.REFUSED
    return RequestEmailStatus.SENT


TASKS = (
    EventTask(OPEN_EXPECTED_REPORTS, open_reports_of_duty, "duty"),
    EventTask(COPY_PUBLIC_DUTIES, copy_public_duties, "duty"),
    PeriodicTask("copy-all-public-duties", copy_public_duties, EVERY_MINUTE, "public-duties", is_exclusive=True),
    PeriodicTask("open-expected-reports", open_expected_reports, HOURLY, "expected-reports", is_exclusive=True),
    PeriodicTask("note-overdue-reports", note_overdue_reports, HOURLY, "overdue-reports", is_exclusive=True),
    PeriodicTask("send-report-requests", send_report_requests, EVERY_MINUTE, "report-requests", is_exclusive=True),
)
