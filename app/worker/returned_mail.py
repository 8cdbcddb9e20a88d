"""Job that reads the mailbox to which undeliverable e-mails are returned, and marks those that it names."""

from uuid import UUID

import structlog

from app.core.db import transaction
from app.core.mail.delivery_reports import parse_delivery_failure
from app.core.mail.returned_mail import ReturnedMailUnavailable
from app.domain.outbox.actions import record_returned_email
from app.settings import Settings
from app.worker.release import WorkerContext
from app.worker.tasks import EVERY_MINUTE, PeriodicTask

log = structlog.get_logger(__name__)


def read_returned_mail(context: WorkerContext, settings: Settings) -> int:
    """Read what is new in the mailbox; returns the number of e-mails marked as returned.

    A message is marked as seen after the commit. If the worker dies in between, it is read again and changes nothing.
    """
    mailbox, marked = settings.returned_mailbox, 0
    if mailbox is None:
        return 0

    def handle(content: bytes) -> None:
        nonlocal marked
        marked += mark_returned_emails(context, content)

    try:
        mailbox.read_new_messages(handle)
    except ReturnedMailUnavailable as error:
        log.warning("the mailbox of returned e-mails cannot be read", kind=str(error))
    if marked:
        log.info("e-mails were returned", notifications=marked)
    return marked


def mark_returned_emails(context: WorkerContext, content: bytes) -> int:
    """Mark the e-mails that a report names; returns their number, 0 if the message is no report, or cannot be parsed:
    anybody can send one, and it must not keep the messages after it from being read."""
    try:
        failure = parse_delivery_failure(content)
    except Exception:
        log.exception("a message in the mailbox of returned e-mails cannot be parsed")
        return 0
    if failure is None:
        return 0
    with transaction(context.write_sessions) as session:
        return sum(
            record_returned_email(session, email, failure.code)
            for email in filter(None, map(_parse_identifier, failure.message_ids))
        )


def _parse_identifier(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


TASKS_WITH_SETTINGS = (
    PeriodicTask("read-returned-mail", read_returned_mail, EVERY_MINUTE, "returned-mail", is_exclusive=True),
)
