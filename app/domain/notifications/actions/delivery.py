"""Delivery of notifications: created once for each person and journal line, and checked again when they are sent.

The system acts here, without an actor; each time it is checked whether the person still has the right to know.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import ReadSession, WriteSession, add_row_lock
from app.core.journal import JournalLine
from app.domain.bodies.queries.seats import list_people_with_seats
from app.domain.identity.models.tables import Person
from app.domain.notifications import queries
from app.domain.notifications.models import DeliveryStatus, EmailNotification, NotificationCategory
from app.domain.notifications.rules.catalogue import (
    EVENTS_SETTING_DEADLINE,
    NOTIFICATION_TYPES,
    SILENCE_REMINDER,
    NotificationType,
)
from app.domain.notifications.rules.recipients import NotificationContext
from app.domain.preservation import queries as preservation
from app.domain.silence.models import SilenceProcedure, SilenceStatus

GIVE_UP_AFTER = timedelta(days=2)
"""Time for which delivery is tried; later the news would be old."""

FIRST_RETRY_DELAY, MAX_RETRY_DELAY = timedelta(minutes=1), timedelta(minutes=15)
RETENTION_PERIOD = timedelta(days=90)
"""Time for which people see what was sent to them, and within which an event causes no second notification."""


def create_notifications(session: WriteSession, line: int) -> int:
    """Create a notification about a journal line for each recipient; returns their number. Repeated, it adds none."""
    journal_line = session.get_one(JournalLine, line)
    return _create(session, journal_line, NOTIFICATION_TYPES[journal_line.event])


def create_reminders(session: WriteSession, lead_time: timedelta) -> int:
    """Create the reminders of silence procedures whose deadline is near; returns their number.

    A reminder that was due before the last restore may have been sent already and is not created again.
    """
    moment = clock.now()
    is_near = (SilenceProcedure.until > moment) & (SilenceProcedure.until <= moment + lead_time)
    running = select(SilenceProcedure).where(SilenceProcedure.course == SilenceStatus.OPEN, is_near)
    restored_at = preservation.find_last_restoration_time(session)
    due = [
        procedure
        for procedure in session.scalars(running)
        if restored_at is None or procedure.until - lead_time > restored_at
    ]
    return sum(_create(session, _find_deadline_line(session, procedure), SILENCE_REMINDER) for procedure in due)


def _find_deadline_line(session: ReadSession, procedure: SilenceProcedure) -> JournalLine:
    """Find the journal line that set the deadline of a procedure."""
    conditions = (
        JournalLine.event.in_(EVENTS_SETTING_DEADLINE),
        JournalLine.facts["procedure"].astext == str(procedure.id),
    )
    return session.scalars(select(JournalLine).where(*conditions).order_by(JournalLine.seq.desc()).limit(1)).one()


def _create(session: WriteSession, line: JournalLine, notification_type: NotificationType) -> int:
    context = notification_type.build_context(session, line)
    if context.is_over:
        return 0
    recipients = [(line.seq, person.id) for person in _recipients(session, line, notification_type, context)]
    return insert_notifications(session, notification_type.kind, recipients)


def insert_notifications(
    session: WriteSession, kind: NotificationCategory, recipients: Sequence[tuple[int, UUID]], *, renews: bool = False
) -> int:
    """Insert a notification for each line and person that have none; returns their number. With `renews`, one that was
    not needed any more is made to be sent, as if it was inserted now."""
    moment = clock.now()
    state = {"written_at": moment, "due_at": moment, "tries": 0, "fate": DeliveryStatus.WAITING, "ended_at": None}
    rows = [state | {"line": line, "kind": kind, "person_id": person} for line, person in recipients]
    if not rows:
        return 0
    statement, columns = insert(EmailNotification), ["line", "kind", "person_id"]
    if renews:
        is_needless = EmailNotification.fate == DeliveryStatus.NEEDLESS
        renewed = {name: statement.excluded[name] for name in state}
        statement = statement.on_conflict_do_update(index_elements=columns, set_=renewed, where=is_needless)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=columns)
    return len(session.scalars(statement.returning(EmailNotification.id), rows).all())


def _recipients(
    session: ReadSession, line: JournalLine, notification_type: NotificationType, context: NotificationContext
) -> Iterator[Person]:
    """Yield the people who have the right to be notified, without those who were."""
    of_line = EmailNotification.line == line.seq, EmailNotification.kind == notification_type.kind
    people_notified = frozenset(session.scalars(select(EmailNotification.person_id).where(*of_line)))
    for person in list_people_with_seats(session, context.body_id):
        if person.id not in people_notified and queries.is_recipient(session, person, notification_type, context):
            yield person


def lock_next_due_notification(session: WriteSession) -> EmailNotification | None:
    """Find the notification to send next and lock it until the transaction ends; None if there is none."""
    due = select(EmailNotification).where(
        EmailNotification.fate == DeliveryStatus.WAITING, EmailNotification.due_at <= clock.now()
    )
    first = due.order_by(EmailNotification.due_at, EmailNotification.id).limit(1)
    return session.scalar(add_row_lock(first, skip_locked=True))


def close_notification(notification: EmailNotification, status: DeliveryStatus) -> None:
    """Set the final status of a notification."""
    notification.fate, notification.ended_at = status, clock.now()


def postpone_notification(notification: EmailNotification) -> None:
    """Schedule the next attempt, with exponentially growing delays."""
    notification.due_at = clock.now() + min(FIRST_RETRY_DELAY * 2 ** min(notification.tries, 10), MAX_RETRY_DELAY)
    notification.tries += 1


def expire_notifications(session: WriteSession) -> int:
    """Close notifications that waited for too long, except those being sent now; returns their number."""
    statement = select(EmailNotification).where(
        EmailNotification.fate == DeliveryStatus.WAITING, EmailNotification.written_at <= clock.now() - GIVE_UP_AFTER
    )
    notifications = session.scalars(add_row_lock(statement, skip_locked=True)).all()
    for notification in notifications:
        close_notification(notification, DeliveryStatus.EXPIRED)
    return len(notifications)


def delete_old_notifications(session: WriteSession) -> int:
    """Delete notifications that were closed long ago; returns their number."""
    statement = delete(EmailNotification).where(EmailNotification.ended_at < clock.now() - RETENTION_PERIOD)
    return len(session.scalars(statement.returning(EmailNotification.id)).all())
