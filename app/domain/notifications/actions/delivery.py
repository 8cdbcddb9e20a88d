"""Delivery of notifications and digests: claimed in the transaction that marks them as sent, and checked again then.

The system acts here, without an actor; each time it is checked whether the person still has the right to know.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, exists, select, update

from app.core import clock
from app.core.db import WriteSession, add_row_lock
from app.core.mail.rounds import GIVE_UP_AFTER, compute_retry_delay
from app.domain.notifications.models import DeliveryStatus, EmailNotification, NotificationDigest

RETENTION_PERIOD = timedelta(days=90)
"""Time for which people see what was sent to them, and within which an event causes no second notification."""


def lock_next_due_notification(session: WriteSession) -> EmailNotification | None:
    """Find the notification to send next by itself and lock it until the transaction ends; None if there is none."""
    due = select(EmailNotification).where(
        EmailNotification.fate == DeliveryStatus.WAITING,
        EmailNotification.digest_id.is_(None),
        EmailNotification.due_at <= clock.now(),
    )
    first = due.order_by(EmailNotification.due_at, EmailNotification.id).limit(1)
    return session.scalar(add_row_lock(first, skip_locked=True))


def lock_next_due_digest(session: WriteSession) -> NotificationDigest | None:
    """Find the digest to send next and lock it until the transaction ends; None if there is none. While something is
    being added to a digest, it is locked."""
    due = select(NotificationDigest).where(
        NotificationDigest.fate == DeliveryStatus.WAITING, NotificationDigest.due_at <= clock.now()
    )
    first = due.order_by(NotificationDigest.due_at, NotificationDigest.id).limit(1)
    return session.scalar(add_row_lock(first, skip_locked=True))


def list_waiting_parts(session: WriteSession, digest: NotificationDigest) -> Sequence[EmailNotification]:
    """List the notifications of a locked digest, in the order of their events."""
    parts = select(EmailNotification).where(
        EmailNotification.digest_id == digest.id, EmailNotification.fate == DeliveryStatus.WAITING
    )
    return session.scalars(parts.order_by(EmailNotification.line, EmailNotification.kind)).all()


def close_delivery(sent: EmailNotification | NotificationDigest, status: DeliveryStatus) -> None:
    """Set the final status of a notification or a digest."""
    sent.fate, sent.ended_at = status, clock.now()


def close_digest(
    session: WriteSession, digest: NotificationDigest, status: DeliveryStatus, parts: Collection[UUID] = ()
) -> None:
    """Set the final status of a digest and of these parts; what else waits in it was not needed any more."""
    close_delivery(digest, status)
    _close_parts(session, digest, status, EmailNotification.id.in_(parts))
    _close_parts(session, digest, DeliveryStatus.NEEDLESS)


def _close_parts(session: WriteSession, digest: NotificationDigest, status: DeliveryStatus, *which: object) -> None:
    waiting = EmailNotification.digest_id == digest.id, EmailNotification.fate == DeliveryStatus.WAITING
    statement = update(EmailNotification).where(*waiting, *which)  # type: ignore[arg-type]  # conditions
    session.execute(statement.values(fate=status, ended_at=digest.ended_at))


def postpone_delivery(waiting: EmailNotification | NotificationDigest) -> None:
    """Schedule the next attempt, with exponentially growing delays."""
    waiting.due_at = clock.now() + compute_retry_delay(waiting.tries)
    waiting.tries += 1


def expire_notifications(session: WriteSession) -> int:
    """Close notifications and digests that waited for too long, except those being sent now; returns the number of
    notifications."""
    limit = clock.now() - GIVE_UP_AFTER
    single = select(EmailNotification).where(
        EmailNotification.fate == DeliveryStatus.WAITING,
        EmailNotification.digest_id.is_(None),
        EmailNotification.written_at <= limit,
    )
    notifications = list(session.scalars(add_row_lock(single, skip_locked=True)))
    late = select(NotificationDigest).where(
        NotificationDigest.fate == DeliveryStatus.WAITING, NotificationDigest.planned_at <= limit
    )
    for digest in session.scalars(add_row_lock(late, skip_locked=True)).all():
        notifications += list_waiting_parts(session, digest)
        close_delivery(digest, DeliveryStatus.EXPIRED)
    for notification in notifications:
        close_delivery(notification, DeliveryStatus.EXPIRED)
    return len(notifications)


def delete_old_notifications(session: WriteSession) -> int:
    """Delete notifications and digests that were closed long ago; returns the number of notifications."""
    limit = clock.now() - RETENTION_PERIOD
    statement = delete(EmailNotification).where(EmailNotification.ended_at < limit)
    deleted = session.scalars(statement.returning(EmailNotification.id)).all()
    has_parts = exists().where(EmailNotification.digest_id == NotificationDigest.id)
    session.execute(delete(NotificationDigest).where(NotificationDigest.ended_at < limit, ~has_parts))
    return len(deleted)
