"""Jobs of notifications: create them for the recipients of an event, and send the due ones once a minute.

Each is sent in a transaction of its own that locks its row, so two workers never send the same one. If a worker crashes
between the server's acceptance and the commit, the e-mail is sent again, with the same Message-ID.
"""

from time import monotonic

import structlog

from app.core.db import transaction
from app.core.journal import savepoint
from app.core.mail.message import parse_mail_address
from app.core.mail.smtp import MailDeferred, Mailer, MailRefused, MailServerUnavailable
from app.domain.notifications import queries
from app.domain.notifications.actions import delivery as posting
from app.domain.notifications.actions.later_seats import create_notifications_for_later_seats
from app.domain.notifications.models import DeliveryStatus
from app.http.mail.rendering import MailContext, render_notification
from app.worker.release import WorkerContext
from app.worker.subscriptions import WRITE_LETTERS
from app.worker.tasks import EVERY_MINUTE, EventTask, PeriodicTask

log = structlog.get_logger(__name__)
ROUND_SECONDS = 25.0
"""Seconds after which no other e-mail is begun in a round. Together with the time that one e-mail may take, a round
ends within the time that a worker has to stop."""


def create_notifications(context: WorkerContext, line: int) -> int:
    """Create the notifications about a journal line; returns their number. Repeated, it adds none."""
    if context.mail is None:
        return 0
    with transaction(context.write_sessions) as session:
        count = posting.create_notifications(session, line)
    log.info("notifications created", line=line, notifications=count)
    return count


def send_due_notifications(context: WorkerContext) -> int:
    """Create due reminders and what people accredited later were not sent, then send waiting notifications for
    `ROUND_SECONDS`; returns the number sent."""
    if context.mail is None:
        return 0
    _create_by_the_clock(context, context.mail)
    with transaction(context.write_sessions) as session:
        expired, _ = posting.expire_notifications(session), posting.delete_old_notifications(session)
    if expired:
        log.error("notifications were given up", notifications=expired)
    sent, end = 0, monotonic() + ROUND_SECONDS
    with Mailer(context.mail.server, context.mail.sender, context.mail.host_name) as mailer:
        while monotonic() < end and (status := send_next_notification(context, context.mail, mailer)):
            sent += status is DeliveryStatus.SENT
    return sent


def _create_by_the_clock(context: WorkerContext, mail: MailContext) -> None:
    """Create the notifications that no event causes; an error is only logged, so that sending goes on, and retried in a
    minute."""
    try:
        with transaction(context.write_sessions) as session:
            posting.create_reminders(session, mail.reminder_lead_time)
    except Exception:
        log.exception("reminders were not created")
    try:
        with transaction(context.write_sessions) as session:
            create_notifications_for_later_seats(session)
    except Exception:
        log.exception("notifications for people accredited later were not created")


def send_next_notification(context: WorkerContext, mail: MailContext, mailer: Mailer) -> DeliveryStatus | None:
    """Send the next due notification; returns its status, or None if there is none or the server is unavailable."""
    with transaction(context.write_sessions) as session:
        letter = posting.lock_next_due_notification(session)
        if letter is None:
            return None
        try:
            with savepoint(session):
                delivery = queries.prepare_notification(session, letter)
            status = _hand_over(delivery, mail, mailer) if delivery else DeliveryStatus.NEEDLESS
        except (MailDeferred, MailServerUnavailable) as fault:
            log.warning("a notification was not accepted", notification=str(letter.id), kind=repr(fault))
            posting.postpone_notification(letter)
            return None if isinstance(fault, MailServerUnavailable) else DeliveryStatus.WAITING
        except Exception:
            log.exception("a notification could not be written; it is tried again", notification=str(letter.id))
            posting.postpone_notification(letter)
            return DeliveryStatus.WAITING
        posting.close_notification(letter, status)
    return status


def _hand_over(delivery: queries.PreparedNotification, mail: MailContext, mailer: Mailer) -> DeliveryStatus:
    """Hand an e-mail over to the server. Raises the mailer's errors for a deferred e-mail or an unavailable server."""
    try:
        recipient = parse_mail_address(delivery.person.email)
    except ValueError:
        log.warning("a notification has no usable address", notification=str(delivery.notification.id))
        return DeliveryStatus.REFUSED
    try:
        mailer.send(recipient.addr_spec, render_notification(delivery, recipient, mail))
    except MailRefused as fault:
        log.warning("a notification was refused", notification=str(delivery.notification.id), kind=repr(fault))
        return DeliveryStatus.REFUSED
    return DeliveryStatus.SENT


TASKS = (
    EventTask(WRITE_LETTERS, create_notifications, "line", int),
    # One at a time: a hanging mail server blocks no more than one of the concurrent jobs.
    PeriodicTask("send-letters", send_due_notifications, EVERY_MINUTE, "letters", is_exclusive=True),
)
