"""Jobs of notifications: create them for the recipients of an event, and send the due ones once a minute.

Each is sent in a transaction of its own that locks its row, so two workers never send the same one. If a worker crashes
between the server's acceptance and the commit, the e-mail is sent again, with the same Message-ID.
"""

from collections.abc import Callable
from email.headerregistry import Address
from functools import partial

import structlog

from app.core.db import WriteSession, transaction
from app.core.journal import savepoint
from app.core.mail.message import parse_mail_address
from app.core.mail.rounds import send_round
from app.core.mail.smtp import MailDeferred, Mailer, MailRefused, MailServerUnavailable
from app.domain.identity.models.tables import Person
from app.domain.notifications.actions import creation, delivery
from app.domain.notifications.actions.later_seats import create_notifications_for_later_seats
from app.domain.notifications.actions.reminders import create_reminders
from app.domain.notifications.models import DeliveryStatus, EmailNotification, NotificationDigest
from app.domain.notifications.queries import notifications as queries
from app.domain.organizations.queries import provide_party_names
from app.domain.pending_actions import PendingActions, list_pending_actions_of_person
from app.http.mail.rendering import MailContext, render_digest, render_notification
from app.worker.release import WorkerContext
from app.worker.subscriptions import WRITE_LETTERS
from app.worker.tasks import EVERY_MINUTE, EventTask, PeriodicTask

log = structlog.get_logger(__name__)


def create_notifications(context: WorkerContext, line: int) -> int:
    """Create the notifications about a journal line; returns their number. Repeated, it adds none."""
    if context.mail is None:
        return 0
    with transaction(context.write_sessions) as session:
        count = creation.create_notifications(session, line, context.mail.digests)
    log.info("notifications created", line=line, notifications=count)
    return count


def send_due_notifications(context: WorkerContext) -> int:
    """Create due reminders and what people accredited later were not sent, then send waiting notifications and digests
    in one round; returns the number of e-mails sent."""
    if context.mail is None:
        return 0
    _create_by_the_clock(context, context.mail)
    with transaction(context.write_sessions) as session:
        expired, _ = delivery.expire_notifications(session), delivery.delete_old_notifications(session)
    if expired:
        log.error("notifications were given up", notifications=expired)
    steps = (partial(send_next, context, context.mail) for send_next in (send_next_notification, send_next_digest))
    return sum(status is DeliveryStatus.SENT for status in send_round(context.mail.build_mailer(), *steps))


def _create_by_the_clock(context: WorkerContext, mail: MailContext) -> None:
    """Create the notifications that no event causes; an error is only logged, so that sending goes on, and retried in a
    minute."""
    try:
        with transaction(context.write_sessions) as session:
            create_reminders(session, mail.reminder_lead_time, mail.digests)
    except Exception:
        log.exception("reminders were not created")
    try:
        with transaction(context.write_sessions) as session:
            create_notifications_for_later_seats(session, mail.digests)
    except Exception:
        log.exception("notifications for people accredited later were not created")


def send_next_notification(context: WorkerContext, mail: MailContext, mailer: Mailer) -> DeliveryStatus | None:
    """Send the next due notification; returns its status, or None if there is none or the server is unavailable."""
    with transaction(context.write_sessions) as session:
        letter = delivery.lock_next_due_notification(session)
        if letter is None:
            return None
        provide_party_names(session)

        def send() -> DeliveryStatus:
            with savepoint(session):
                person = session.get_one(Person, letter.person_id)
                prepared = queries.prepare_notifications(session, person, [letter])
            if not prepared:
                return DeliveryStatus.NEEDLESS
            return _hand_over(
                letter, person, mailer, lambda recipient: render_notification(prepared[0], person, recipient, mail)
            )

        status, is_server_available = _try_to_send(letter, send)
        if status is not DeliveryStatus.WAITING:
            delivery.close_delivery(letter, status)
    return status if is_server_available else None


def send_next_digest(context: WorkerContext, mail: MailContext, mailer: Mailer) -> DeliveryStatus | None:
    """Send the next due digest; returns its status, or None if there is none or the server is unavailable."""
    with transaction(context.write_sessions) as session:
        digest = delivery.lock_next_due_digest(session)
        if digest is None:
            return None
        provide_party_names(session)
        prepared: list[queries.PreparedNotification] = []

        def send() -> DeliveryStatus:
            with savepoint(session):
                person = session.get_one(Person, digest.person_id)
                prepared.extend(
                    queries.prepare_notifications(session, person, delivery.list_waiting_parts(session, digest))
                )
                if not prepared:
                    return DeliveryStatus.NEEDLESS
            pending = _list_pending_actions(session, person, mail)
            return _hand_over(
                digest,
                person,
                mailer,
                lambda recipient: render_digest(digest, prepared, pending, person, recipient, mail),
            )

        status, is_server_available = _try_to_send(digest, send)
        if status is not DeliveryStatus.WAITING:
            delivery.close_digest(session, digest, status, [each.notification.id for each in prepared])
    return status if is_server_available else None


def _list_pending_actions(session: WriteSession, person: Person, mail: MailContext) -> PendingActions:
    """List what is pending for the reader of a digest; nothing if that fails, so that the digest is sent without it."""
    try:
        with savepoint(session):
            return list_pending_actions_of_person(session, person, mail.alarms)
    except Exception:
        log.exception("pending actions were left out of a digest")
        return PendingActions((), {}, ())


def _try_to_send(
    waiting: EmailNotification | NotificationDigest, send: Callable[[], DeliveryStatus]
) -> tuple[DeliveryStatus, bool]:
    """Call `send`, and postpone the e-mail if it fails; returns its status and whether the server is available."""
    try:
        return send(), True
    except (MailDeferred, MailServerUnavailable) as fault:
        log.warning("a notification was not accepted", notification=str(waiting.id), kind=repr(fault))
        delivery.postpone_delivery(waiting)
        return DeliveryStatus.WAITING, not isinstance(fault, MailServerUnavailable)
    except Exception:
        log.exception("a notification could not be written; it is tried again", notification=str(waiting.id))
        delivery.postpone_delivery(waiting)
        return DeliveryStatus.WAITING, True


def _hand_over(
    waiting: EmailNotification | NotificationDigest, person: Person, mailer: Mailer, render: Callable[[Address], bytes]
) -> DeliveryStatus:
    """Hand an e-mail over to the server. Raises the mailer's errors for a deferred e-mail or an unavailable server."""
    try:
        recipient = parse_mail_address(person.email)
    except ValueError:
        log.warning("a notification has no usable address", notification=str(waiting.id))
        return DeliveryStatus.REFUSED
    try:
        mailer.send(recipient.addr_spec, render(recipient))
    except MailRefused as fault:
        log.warning("a notification was refused", notification=str(waiting.id), kind=repr(fault))
        return DeliveryStatus.REFUSED
    return DeliveryStatus.SENT


TASKS = (
    EventTask(WRITE_LETTERS, create_notifications, "line", int),
    # One at a time: a hanging mail server blocks no more than one of the concurrent jobs.
    PeriodicTask("send-letters", send_due_notifications, EVERY_MINUTE, "letters", is_exclusive=True),
)
