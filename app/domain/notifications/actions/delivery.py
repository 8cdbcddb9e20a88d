"""Delivery of notifications: created once for each person and journal line, and checked again when they are sent.

The system acts here, without an actor; each time it is checked whether the person still has the right to know.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from app.core import clock
from app.core.db import ReadSession, WriteSession, add_row_lock
from app.core.journal import JournalLine
from app.domain.bodies import queries as bodies
from app.domain.contributions.queries import confirmations
from app.domain.identity.models.tables import Person
from app.domain.notifications import queries
from app.domain.notifications.models import DeliveryStatus, EmailNotification
from app.domain.notifications.rules.catalogue import (
    EVENTS_BEFORE_CONFIRMATION,
    EVENTS_SETTING_DEADLINE,
    NOTIFICATION_TYPES,
    SILENCE_REMINDER,
    NotificationType,
    get_notification_type,
)
from app.domain.notifications.rules.recipients import NotificationContext
from app.domain.preservation import queries as preservation
from app.domain.silence import queries as silence
from app.domain.silence.events import SilenceOpened
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


def create_notifications_for_later_seats(session: WriteSession) -> int:
    """Create the notifications about what a State is still asked, for people who were not notified when it was
    announced, because their accreditation began only later; returns their number. Repeated, it adds none.

    Whom the portal notified before the last restore, or so long ago that the notification is deleted, is not known any
    more: who could be notified then is not notified again.
    """
    known_since = clock.now() - RETENTION_PERIOD
    if restored_at := preservation.find_last_restoration_time(session):
        known_since = max(known_since, restored_at)
    lines = [*_list_opening_lines(session), *_list_request_lines(session)]
    return sum(_create_for_later_seats(session, line, known_since) for line in lines)


def _list_opening_lines(session: ReadSession) -> Sequence[JournalLine]:
    """List the journal lines that opened the procedures which run now."""
    procedures = [str(procedure.id) for procedure in silence.list_running_procedures(session)]
    is_opening = JournalLine.event == SilenceOpened.name, JournalLine.facts["procedure"].astext.in_(procedures)
    return session.scalars(select(JournalLine).where(*is_opening).order_by(JournalLine.seq)).all()


def _list_request_lines(session: ReadSession) -> Sequence[JournalLine]:
    """List the journal lines from which on contributions wait for their States, the last one of each."""
    contribution = JournalLine.facts["contribution"].astext
    waiting = [str(row.id) for row in confirmations.list_waiting_contributions(session)]
    lines = select(JournalLine).where(JournalLine.event.in_(EVENTS_BEFORE_CONFIRMATION), contribution.in_(waiting))
    last_of_each = lines.ext(distinct_on(contribution)).order_by(contribution, JournalLine.seq.desc())
    return session.scalars(last_of_each).all()


def _create_for_later_seats(session: WriteSession, line: JournalLine, known_since: datetime) -> int:
    """Create the notifications about a line for the people who can answer now and were not notified. One that was not
    needed any more when it was to be sent, since the person had lost the right, is made to be sent again."""
    notification_type = get_notification_type(line.event, "")
    context, moment = notification_type.build_context(session, line), clock.now()
    if context.is_over:
        return 0
    people = [person.id for person in _list_later_recipients(session, line, notification_type, context, known_since)]
    if not people:
        return 0
    needless = update(EmailNotification).where(
        EmailNotification.line == line.seq,
        EmailNotification.kind == notification_type.kind,
        EmailNotification.person_id.in_(people),
        EmailNotification.fate == DeliveryStatus.NEEDLESS,
    )
    renewed = needless.values(fate=DeliveryStatus.WAITING, ended_at=None, written_at=moment, due_at=moment, tries=0)
    renewed_ids = session.scalars(renewed.returning(EmailNotification.id)).all()
    return len(renewed_ids) + _insert(session, line, notification_type, people)


def _list_later_recipients(
    session: ReadSession,
    line: JournalLine,
    notification_type: NotificationType,
    context: NotificationContext,
    known_since: datetime,
) -> Iterator[Person]:
    """Yield the people of the States asked who have the right to be notified of a line, and were not."""
    notified = select(EmailNotification.person_id).where(
        EmailNotification.line == line.seq,
        EmailNotification.kind == notification_type.kind,
        EmailNotification.fate != DeliveryStatus.NEEDLESS,
    )
    people_notified = frozenset(session.scalars(notified))
    accredited = bodies.list_accredited_people(
        session, context.body_id, line.at, clock.now(), entities=context.entities_asked
    )
    for each in accredited:
        if each.actor.person in people_notified or max(line.at, each.since) <= known_since:
            continue
        person = session.get_one(Person, each.actor.person)
        if queries.is_recipient(session, person, notification_type, context):
            yield person


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
    people = [person.id for person in _recipients(session, notification_type, context)]
    return _insert(session, line, notification_type, people)


def _insert(session: WriteSession, line: JournalLine, notification_type: NotificationType, people: list[UUID]) -> int:
    """Insert a notification about a line for each person who has none; returns their number."""
    moment = clock.now()
    common = {
        "line": line.seq,
        "kind": notification_type.kind,
        "written_at": moment,
        "due_at": moment,
        "fate": DeliveryStatus.WAITING,
    }
    rows = [common | {"person_id": person} for person in people]
    if not rows:
        return 0
    statement = (
        insert(EmailNotification).values(rows).on_conflict_do_nothing(index_elements=["line", "kind", "person_id"])
    )
    return len(session.scalars(statement.returning(EmailNotification.id)).all())


def _recipients(
    session: ReadSession, notification_type: NotificationType, context: NotificationContext
) -> Iterator[Person]:
    for person in bodies.list_people_with_seats(session, context.body_id):
        if queries.is_recipient(session, person, notification_type, context):
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
