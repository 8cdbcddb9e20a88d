"""Ask an organization for its report by e-mail; the address is kept only until the e-mail was sent or given up."""

from sqlalchemy import select, update

from app.core import clock, journal
from app.core.db import WriteSession, add_row_lock
from app.core.errors import Conflict, require_version
from app.core.i18n import lazy_gettext as _
from app.core.mail.rounds import GIVE_UP_AFTER, compute_retry_delay
from app.core.permissions import Actor
from app.domain.organizations.models import Organization
from app.domain.reporting_duties import events, queries, rules
from app.domain.reporting_duties.inputs import RequestMessage
from app.domain.reporting_duties.models import ReportRequest, ReportRequestEmail, RequestEmailStatus
from app.domain.reporting_duties.queries import DutyReport

MESSAGE_CHANGED = _("The address or the message has changed since it was shown. Read it again.")
IS_WAITING = ReportRequestEmail.fate == RequestEmailStatus.WAITING


def request_report(
    session: WriteSession, actor: Actor, found: DutyReport, message: RequestMessage, *, version: int
) -> ReportRequest:
    """Ask for a report with this message, which was shown before. Raises Stale; Conflict if the address changed."""
    rules.REQUEST.require(actor, queries.get_report_rule_subject(session, found))
    require_version(found.report.version, version)
    if message.address != session.get_one(Organization, found.duty.organization).address:
        raise Conflict(MESSAGE_CHANGED)
    moment = clock.now()
    request = ReportRequest(
        expected_report_id=found.report.id,
        language=message.language,
        subject=message.subject,
        text=message.text,
        requested_by=actor.person,
        requested_at=moment,
    )
    session.add(request)
    session.flush()
    session.add(ReportRequestEmail(request_id=request.id, address=message.address, due_at=moment))
    found.report.version += 1
    event = events.ReportRequested(found.report.id, found.duty.organization, request.id, message.language)
    journal.record_event(session, actor, event, body=found.duty.body_id)
    return request


def lock_next_due_request(session: WriteSession) -> tuple[ReportRequestEmail, ReportRequest] | None:
    """Find the e-mail to send next and lock it until the transaction ends; None if there is none."""
    due = (
        select(ReportRequestEmail)
        .where(IS_WAITING, ReportRequestEmail.due_at <= clock.now())
        .order_by(ReportRequestEmail.due_at, ReportRequestEmail.request_id)
        .limit(1)
    )
    found = session.scalar(add_row_lock(due, skip_locked=True))
    return (found, session.get_one(ReportRequest, found.request_id)) if found else None


def close_request_email(email: ReportRequestEmail, status: RequestEmailStatus) -> None:
    """Set the final status of an e-mail and forget its address."""
    email.fate, email.address, email.ended_at = status, None, clock.now()


def postpone_request_email(email: ReportRequestEmail) -> None:
    """Schedule the next attempt, with exponentially growing delays."""
    email.due_at = clock.now() + compute_retry_delay(email.tries)
    email.tries += 1


def expire_request_emails(session: WriteSession) -> int:
    """Give up the e-mails that waited for too long, also where the portal sends none; returns their number."""
    old = select(ReportRequest.id).where(ReportRequest.requested_at <= clock.now() - GIVE_UP_AFTER)
    late = update(ReportRequestEmail).where(IS_WAITING, ReportRequestEmail.request_id.in_(old))
    values = {"fate": RequestEmailStatus.EXPIRED, "address": None, "ended_at": clock.now()}
    return len(session.scalars(late.values(**values).returning(ReportRequestEmail.request_id)).all())
