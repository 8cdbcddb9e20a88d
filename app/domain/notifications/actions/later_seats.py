"""Notifications about what a State is still asked, for people whose accreditation began only after it was announced."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Subquery, exists, func, literal, select

from app.core import clock
from app.core.db import ReadSession, WriteSession
from app.core.journal import JournalLine
from app.core.permissions import Actor, Seat
from app.domain.bodies.models import Accreditation
from app.domain.bodies.queries.seats import ACCREDITED_SINCE, build_accredited_condition
from app.domain.contributions.queries.confirmations import select_confirmation_requests
from app.domain.identity.models.tables import Person
from app.domain.notifications.actions.creation import insert_notifications
from app.domain.notifications.actions.delivery import RETENTION_PERIOD
from app.domain.notifications.models import (
    DeliveryChoice,
    DeliveryStatus,
    EmailNotification,
    NotificationKind,
    NotificationPreference,
)
from app.domain.notifications.rules.catalogue import NOTIFICATION_TYPES
from app.domain.notifications.rules.catalogue_contributions import CONFIRMATION_REQUEST
from app.domain.notifications.rules.digests import DigestHour
from app.domain.notifications.rules.kinds import CATEGORY_BY_KIND
from app.domain.notifications.rules.recipients import NotificationContext
from app.domain.notifications.rules.types import NotificationType
from app.domain.preservation import queries as preservation
from app.domain.silence.events import SilenceOpened
from app.domain.silence.queries.procedures import select_opening_requests

OPENED, _UNDER_WAY = NOTIFICATION_TYPES[SilenceOpened.name]


def create_notifications_for_later_seats(session: WriteSession, digests: DigestHour) -> int:
    """Create the notifications about what a State is still asked, for people who were not notified when it was
    announced, because their accreditation began only later; returns their number. Repeated, it adds none.

    Whom the portal notified before the last restore, or so long ago that the notification is deleted, is not known any
    more: who could be notified then is not notified again. A notification that was not needed any more when it was to
    be sent, since the person had lost the right, is made to be sent again.

    It is asked once a minute: with no one to notify, the number of statements depends on nothing.
    """
    known_since = clock.now() - RETENTION_PERIOD
    if restored_at := preservation.find_last_restoration_time(session):
        known_since = max(known_since, restored_at)
    waiting = _list_later_recipients(session, CONFIRMATION_REQUEST, select_confirmation_requests(), known_since)
    opened = list(_list_later_recipients(session, OPENED, select_opening_requests(), known_since))
    running = _find_running(session, {line for line, _person in opened})
    informed = [(line, person) for line, person in opened if line in running]
    asked = insert_notifications(session, CONFIRMATION_REQUEST.kind, list(waiting), digests, renews=True)
    return len(asked) + len(insert_notifications(session, OPENED.kind, informed, digests, renews=True))


def _list_later_recipients(
    session: ReadSession,
    notification_type: NotificationType,
    requests: Select[int, datetime, UUID, str],
    known_since: datetime,
) -> Iterator[tuple[int, UUID]]:
    """Yield line and person for everybody of the States asked who has the right to be notified, and was not."""
    asked = requests.subquery("asked")
    for line, person, category, body, entity, capacities in session.execute(
        _select_people_accredited_now(asked, known_since).where(*_is_without(asked.c.line, notification_type.kind))
    ):
        actor = Actor(person, "", category, entity, frozenset(Seat(each, body, entity) for each in capacities))
        context = NotificationContext(body, entity=entity, addressees=frozenset({entity}))
        if notification_type.recipients.objection_to(actor, context) is None:
            yield line, person


def _select_people_accredited_now(
    asked: Subquery, known_since: datetime
) -> Select[int, UUID, str, UUID, str, list[str]]:
    """Select who is accredited now of the States asked, and could not be asked before `known_since`: the line, the
    person with their category, the body, the State, and the capacities that they hold now.

    They could be asked since the time of the line, or since the first accreditation that they held from then on.
    """
    moment = literal(clock.now())
    is_accredited_now = build_accredited_condition(moment, moment)
    person = asked.c.line, Person.id, Person.membership, asked.c.body_id, asked.c.entity
    asked_since = func.greatest(asked.c.at, func.min(ACCREDITED_SINCE))
    return (
        select(*person, func.array_agg(Accreditation.capacity).filter(is_accredited_now))
        .where(
            Accreditation.body_id == asked.c.body_id,
            Accreditation.entity == asked.c.entity,
            build_accredited_condition(asked.c.at, moment),
        )
        .group_by(*person, asked.c.at)
        .having(func.bool_or(is_accredited_now), asked_since > known_since)
    )


def _is_without(line: ColumnElement[int], kind: NotificationKind) -> tuple[ColumnElement[bool], ...]:
    """SQL conditions: the person was not notified of the line, and has not stopped the category."""
    was_notified = exists().where(
        EmailNotification.line == line,
        EmailNotification.kind == kind,
        EmailNotification.person_id == Person.id,
        EmailNotification.fate != DeliveryStatus.NEEDLESS,
    )
    has_stopped = exists().where(
        NotificationPreference.person_id == Person.id,
        NotificationPreference.category == CATEGORY_BY_KIND[kind],
        NotificationPreference.choice == DeliveryChoice.NEVER,
    )
    return ~was_notified, ~has_stopped


def _find_running(session: ReadSession, lines: Iterable[int]) -> frozenset[int]:
    """Return those of these openings whose procedures are not void yet."""
    contexts = {line: OPENED.build_context(session, session.get_one(JournalLine, line)) for line in lines}
    return frozenset(line for line, context in contexts.items() if not context.is_over)
