"""Queries about notifications: a person's choices, what was sent to them, and statistics of all."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import Row, and_, func, or_, select

from app.core import clock
from app.core.db import Entity, ReadSession
from app.core.journal import JournalLine
from app.core.permissions import Actor
from app.domain.bodies.models import Body, Capacity, Office
from app.domain.bodies.queries.seats import (
    build_actor,
    list_actors,
    select_focal_points,
    select_holders_of_staff_office,
    select_people_with_seats,
    select_secretaries,
)
from app.domain.bodies.rules import has_seat
from app.domain.circulations.models import Comment
from app.domain.contributions.models import Contribution
from app.domain.documents.models import Document
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting
from app.domain.notifications.models import (
    DeliveryChoice,
    DeliveryStatus,
    EmailNotification,
    NotificationCategory,
    NotificationDigest,
    NotificationKind,
    NotificationPreference,
)
from app.domain.notifications.rules.catalogue import find_notification_type
from app.domain.notifications.rules.kinds import CHOICE_WITHOUT_PREFERENCE
from app.domain.notifications.rules.recipients import NotificationContext
from app.domain.notifications.rules.types import NotificationType
from app.domain.outputs.models import Output
from app.domain.silence.models import SilenceProcedure

FAILURE_WINDOW = timedelta(days=7)
"""Time for which failed notifications are reason for alarm."""

TABLES_BY_FACT: Mapping[str, type[Entity]] = MappingProxyType(
    {
        "contribution": Contribution,
        "document": Document,
        "meeting": Meeting,
        "output": Output,
        "procedure": SilenceProcedure,
        "comment": Comment,
    }
)
"""Tables of what journal lines are about, by the name of the fact."""

Choices = Mapping[NotificationCategory, DeliveryChoice]


@dataclass(frozen=True, slots=True)
class NotificationStatistics:
    """Statistics of notifications: the number waiting, the creation time of the oldest, and the recently failed."""

    waiting: int
    oldest: datetime | None
    failed: int


def list_choices(session: ReadSession, person_id: UUID) -> Choices:
    """List what a person gets of each category; choices that only a later version of the portal knows do not count."""
    return list_choices_of_people(session, [person_id])[person_id]


def list_choices_of_people(session: ReadSession, people: Iterable[UUID]) -> Mapping[UUID, Choices]:
    """List what each of these people gets of each category, as `list_choices`, by one statement."""
    found = {person: dict(CHOICE_WITHOUT_PREFERENCE) for person in people}
    rows = session.execute(
        select(NotificationPreference.person_id, NotificationPreference.category, NotificationPreference.choice).where(
            NotificationPreference.person_id.in_(found)
        )
    )
    for person, category, choice in rows:
        if category in NotificationCategory and choice in DeliveryChoice:
            found[person][NotificationCategory(category)] = DeliveryChoice(choice)
    return found


def list_own_notifications(
    session: ReadSession, actor: Actor, *, limit: int
) -> Sequence[Row[EmailNotification, JournalLine, Body]]:
    """List the last notifications to the actor in bodies where they have a seat, with journal line and body; to focal
    points also those of what other bodies released, to officers of a unit and secretaries
    those of what was sent to the unit or the body."""
    kinds = [NotificationKind.RELEASE] if actor.bodies_with_role(Capacity.FOCAL_POINT) else []
    kinds += [NotificationKind.DELIVERY] if any(seat.body is None for seat in actor.seats) else []
    kinds += [NotificationKind.DELIVERY_TO_BODY] if actor.bodies_with_role(Office.SECRETARY) else []
    is_readable = or_(Body.id.in_(actor.bodies_with_role()), EmailNotification.kind.in_(kinds))
    return session.execute(
        select(EmailNotification, JournalLine, Body)
        .join(JournalLine, JournalLine.seq == EmailNotification.line)
        .join(Body, Body.id == JournalLine.body)
        .where(EmailNotification.person_id == actor.person, is_readable)
        .order_by(EmailNotification.written_at.desc(), EmailNotification.id)
        .limit(limit)
    ).all()


def get_notification_statistics(session: ReadSession) -> NotificationStatistics:
    """Return the statistics of all notifications. What waits for a digest waits from the time of that on."""
    is_waiting = and_(
        EmailNotification.fate == DeliveryStatus.WAITING,
        or_(EmailNotification.digest_id.is_(None), NotificationDigest.planned_at <= clock.now()),
    )
    has_failed_recently = EmailNotification.fate.in_((DeliveryStatus.REFUSED, DeliveryStatus.EXPIRED)) & (
        EmailNotification.ended_at > clock.now() - FAILURE_WINDOW
    )
    waits_since = func.coalesce(NotificationDigest.planned_at, EmailNotification.written_at)
    statement = select(
        func.count().filter(is_waiting),
        func.min(waits_since).filter(is_waiting),
        func.count().filter(has_failed_recently),
    ).outerjoin_from(EmailNotification, NotificationDigest, NotificationDigest.id == EmailNotification.digest_id)
    waiting, oldest, failed = session.execute(statement.where(is_waiting | has_failed_recently)).one()
    return NotificationStatistics(waiting, oldest, failed)


@dataclass(frozen=True, slots=True)
class PreparedNotification:
    """The content of a notification that is to be sent now. `is_on_read_path` is where its page is."""

    notification: EmailNotification
    notification_type: NotificationType
    context: NotificationContext
    body: Body
    path: str
    is_on_read_path: bool = False


def list_recipients(
    session: ReadSession, line: JournalLine, notification_type: NotificationType, context: NotificationContext
) -> list[UUID]:
    """List the people who have the right to be notified of a line, whatever they chose. The number of statements does
    not depend on their number."""
    if context.person is not None:
        candidates = Person.id == context.person
    elif notification_type.kind == NotificationKind.FOLLOWED:
        candidates = Person.id.in_(context.followers)
    elif context.is_for_all_secretaries:
        candidates = Person.id.in_(select_secretaries())
    else:
        candidates = Person.id.in_(select_people_with_seats(context.body_id))
        if context.unit:
            candidates = Person.id.in_(select_holders_of_staff_office(context.unit))
        if context.released_as:
            candidates = or_(candidates, Person.id.in_(select_focal_points()))
    return [
        actor.person for actor in list_actors(session, candidates) if notification_type.is_for(actor, line, context)
    ]


def prepare_notifications(
    session: ReadSession, person: Person, notifications: Sequence[EmailNotification]
) -> list[PreparedNotification]:
    """Prepare notifications of one person from the current state, without those that are over, of which the person may
    not know any more, or does not want to. Raises LookupError if one is of a kind that only another version knows."""
    actor, choices = build_actor(session, person), list_choices(session, person.id)
    numbers = [each.line for each in notifications]
    lines = {line.seq: line for line in session.scalars(select(JournalLine).where(JournalLine.seq.in_(numbers)))}
    kept = _load_subjects(session, lines.values()) if len(notifications) > 1 else []
    prepared = (_prepare(session, actor, choices, each, lines[each.line]) for each in notifications)
    found = [each for each in prepared if each]
    kept.clear()
    return found


def _load_subjects(session: ReadSession, lines: Collection[JournalLine]) -> list[Entity]:
    """Load what these lines are about by one statement for each table, so that contexts find it in the session; it is
    there as long as the result is kept."""
    loaded: list[Entity] = []
    for fact, table in TABLES_BY_FACT.items():
        keys = {str(line.facts[fact]) for line in lines if line.facts.get(fact)}
        if keys:
            loaded += session.scalars(select(table).where(table.id.in_([UUID(key) for key in keys])))
    return loaded


def _prepare(
    session: ReadSession, actor: Actor, choices: Choices, notification: EmailNotification, line: JournalLine
) -> PreparedNotification | None:
    notification_type = find_notification_type(line, notification.kind)
    if notification_type is None:
        raise LookupError(f"no notification about {line.event} is of the kind {notification.kind}")
    if choices[notification_type.category] is DeliveryChoice.NEVER:
        return None
    context = notification_type.build_context(session, line)
    if context.is_over or not notification_type.is_for(actor, line, context):
        return None
    return prepare_content(session, actor, notification, notification_type, line, context)


def prepare_content(
    session: ReadSession,
    actor: Actor,
    notification: EmailNotification,
    notification_type: NotificationType,
    line: JournalLine,
    context: NotificationContext,
) -> PreparedNotification:
    """Prepare the content of a notification of a person, whether or not it is to be sent."""
    is_outside = bool(context.released_as) and has_seat.objection_to(actor, context) is not None
    body = session.get_one(Body, context.body_id)
    path = context.released_as if is_outside else notification_type.fill_path(line, body.code)
    return PreparedNotification(notification, notification_type, context, body, path, is_outside)
