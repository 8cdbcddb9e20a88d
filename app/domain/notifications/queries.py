"""Queries about notifications: a person's choice, what was sent to them, and statistics of all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, func, select

from app.core import clock
from app.core.db import ReadSession
from app.core.journal import JournalLine
from app.core.permissions import Actor
from app.domain.bodies.models import Body
from app.domain.bodies.queries.seats import build_actor
from app.domain.identity.models.tables import Person
from app.domain.notifications.models import DeliveryStatus, EmailNotification, NotificationCategory, StoppedCategory
from app.domain.notifications.rules.catalogue import NotificationType, get_notification_type
from app.domain.notifications.rules.recipients import NotificationContext

FAILURE_WINDOW = timedelta(days=7)
"""Time for which failed notifications are reason for alarm."""


@dataclass(frozen=True, slots=True)
class NotificationStatistics:
    """Statistics of notifications: the number waiting, the creation time of the oldest, and the recently failed."""

    waiting: int
    oldest: datetime | None
    failed: int


def list_stopped_categories(session: ReadSession, person_id: UUID) -> frozenset[NotificationCategory]:
    """List the categories that a person has stopped, without those that only a later version of the portal knows."""
    categories = session.scalars(select(StoppedCategory.kind).where(StoppedCategory.person_id == person_id))
    return frozenset(NotificationCategory(category) for category in categories if category in NotificationCategory)


def list_own_notifications(
    session: ReadSession, actor: Actor, *, limit: int
) -> Sequence[Row[EmailNotification, JournalLine, str]]:
    """List the last notifications to the actor in bodies where they have a seat, with journal line and body prefix."""
    return session.execute(
        select(EmailNotification, JournalLine, Body.prefix)
        .join(JournalLine, JournalLine.seq == EmailNotification.line)
        .join(Body, Body.id == JournalLine.body)
        .where(EmailNotification.person_id == actor.person, Body.id.in_(actor.bodies_with_role()))
        .order_by(EmailNotification.written_at.desc(), EmailNotification.id)
        .limit(limit)
    ).all()


def get_notification_statistics(session: ReadSession) -> NotificationStatistics:
    """Return the statistics of all notifications."""
    is_waiting = EmailNotification.fate == DeliveryStatus.WAITING
    has_failed_recently = EmailNotification.fate.in_((DeliveryStatus.REFUSED, DeliveryStatus.EXPIRED)) & (
        EmailNotification.ended_at > clock.now() - FAILURE_WINDOW
    )
    statement = select(
        func.count().filter(is_waiting),
        func.min(EmailNotification.written_at).filter(is_waiting),
        func.count().filter(has_failed_recently),
    )
    waiting, oldest, failed = session.execute(statement.where(is_waiting | has_failed_recently)).one()
    return NotificationStatistics(waiting, oldest, failed)


@dataclass(frozen=True, slots=True)
class PreparedNotification:
    """The content of a notification that is to be sent now."""

    notification: EmailNotification
    person: Person
    notification_type: NotificationType
    context: NotificationContext
    body: Body
    path: str


def is_recipient(
    session: ReadSession, person: Person, notification_type: NotificationType, context: NotificationContext
) -> bool:
    """Return whether a person has the right to be notified at this moment, and has not stopped the category."""
    if notification_type.kind in list_stopped_categories(session, person.id):
        return False
    return notification_type.recipients.objection_to(build_actor(session, person), context) is None


def prepare_notification(session: ReadSession, notification: EmailNotification) -> PreparedNotification | None:
    """Prepare a notification from the current state; None if it is over, or the person may not know of it any more."""
    line, person = session.get_one(JournalLine, notification.line), session.get_one(Person, notification.person_id)
    notification_type = get_notification_type(line.event, notification.kind)
    context = notification_type.build_context(session, line)
    if context.is_over or not is_recipient(session, person, notification_type, context):
        return None
    body = session.get_one(Body, context.body_id)
    return PreparedNotification(
        notification, person, notification_type, context, body, notification_type.path.format(**line.facts)
    )
