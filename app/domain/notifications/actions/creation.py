"""Creation of notifications: one for each person and journal line, at once or as a part of that person's next digest.

The system acts here, without an actor. The number of statements does not depend on the number of people.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import RowLockStrength, WriteSession, add_row_lock
from app.core.journal import JournalLine
from app.domain.notifications.models import (
    DeliveryChoice,
    DeliveryStatus,
    EmailNotification,
    NotificationDigest,
    NotificationKind,
)
from app.domain.notifications.queries import notifications as queries
from app.domain.notifications.rules.catalogue import list_notification_types
from app.domain.notifications.rules.digests import DigestHour
from app.domain.notifications.rules.kinds import CATEGORY_BY_KIND
from app.domain.notifications.rules.types import NotificationType

Recipient = tuple[int, UUID]
"""A journal line, and a person who is to be notified of it."""


def create_notifications(session: WriteSession, line: int, digests: DigestHour) -> int:
    """Create the notifications about a journal line; returns their number. Repeated, it adds none."""
    journal_line = session.get_one(JournalLine, line)
    return create_notifications_of_types(session, journal_line, list(list_notification_types(journal_line)), digests)


def create_notifications_of_types(
    session: WriteSession, line: JournalLine, notification_types: Sequence[NotificationType], digests: DigestHour
) -> int:
    """Create notifications about a line: for each person of the first type of which they are a recipient and whose
    category they want."""
    notified = set(
        session.scalars(
            select(EmailNotification.person_id).where(
                EmailNotification.line == line.seq,
                EmailNotification.kind.in_({each.kind for each in notification_types}),
            )
        )
    )
    created = 0
    for notification_type in notification_types:
        context = notification_type.build_context(session, line)
        if context.is_over:
            continue
        recipients = queries.list_recipients(session, line, notification_type, context)
        added = insert_notifications(
            session,
            notification_type.kind,
            [(line.seq, person) for person in recipients if person not in notified],
            digests,
            until=context.until,
        )
        notified.update(added)
        created += len(added)
    return created


def insert_notifications(
    session: WriteSession,
    kind: NotificationKind,
    recipients: Sequence[Recipient],
    digests: DigestHour,
    *,
    until: datetime | None = None,
    renews: bool = False,
) -> list[UUID]:
    """Insert a notification for each line and person that have none, unless the person does not want its category;
    returns the people. For those who want it daily it is a part of their next digest, unless that is sent only at
    `until` or later. With `renews`, one that was not needed any more is made to be sent, as if it was inserted now."""
    choices = queries.list_choices_of_people(session, {person for _line, person in recipients}) if recipients else {}
    category, moment = CATEGORY_BY_KIND[kind], clock.now()
    wanted = [each for each in recipients if choices[each[1]][category] is not DeliveryChoice.NEVER]
    if not wanted:
        return []
    daily = {person for _line, person in wanted if choices[person][category] is DeliveryChoice.DAILY}
    is_in_time = until is None or digests.find_next(moment) < until
    parts = _plan_digests(session, daily, digests.find_next, moment) if daily and is_in_time else {}
    state: dict[str, Any] = {"written_at": moment, "tries": 0, "fate": DeliveryStatus.WAITING, "ended_at": None}
    rows = [
        state
        | {"line": line, "kind": kind, "person_id": person}
        | dict(zip(("digest_id", "due_at"), parts.get(person, (None, moment)), strict=True))
        for line, person in wanted
    ]
    return _insert_rows(session, rows, renewed_columns=[*state, "digest_id", "due_at"] if renews else ())


def _insert_rows(
    session: WriteSession, rows: Sequence[dict[str, Any]], *, renewed_columns: Collection[str]
) -> list[UUID]:
    """Insert rows of notifications where there are none, in one statement; returns the people."""
    statement, columns = insert(EmailNotification), ["line", "kind", "person_id"]
    if renewed_columns:
        is_needless = EmailNotification.fate == DeliveryStatus.NEEDLESS
        renewed = {name: statement.excluded[name] for name in renewed_columns}
        statement = statement.on_conflict_do_update(index_elements=columns, set_=renewed, where=is_needless)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=columns)
    return list(session.scalars(statement.returning(EmailNotification.person_id), rows).all())


def _plan_digests(
    session: WriteSession, people: Iterable[UUID], find_next: Callable[[datetime], datetime], moment: datetime
) -> dict[UUID, tuple[UUID, datetime]]:
    """Return the next digest of each person that was not sent yet, and its time. Its row stays locked until the commit:
    the digest is not sent before what was added to it can be seen."""
    planned: dict[UUID, tuple[UUID, datetime]] = {}
    missing = sorted(people)  # the order of rows everywhere
    while missing:
        moment = find_next(moment)
        digests = _lock_waiting_digests(session, missing, moment)
        if new := [person for person in missing if person not in digests]:
            digests |= _insert_digests(session, new, moment)
        if new := [person for person in missing if person not in digests]:  # of another transaction, or sent already
            digests |= _lock_waiting_digests(session, new, moment)
        planned |= {person: (digest, moment) for person, digest in digests.items()}
        missing = [person for person in missing if person not in planned]
    return planned


def _lock_waiting_digests(session: WriteSession, people: Collection[UUID], planned_at: datetime) -> dict[UUID, UUID]:
    """Lock the digests of these people that wait for an instant, so that they are not sent; returns them by person."""
    waiting = select(NotificationDigest).where(
        NotificationDigest.person_id.in_(people),
        NotificationDigest.planned_at == planned_at,
        NotificationDigest.fate == DeliveryStatus.WAITING,
    )
    locked = session.scalars(add_row_lock(waiting, strength=RowLockStrength.SHARE))
    return {digest.person_id: digest.id for digest in locked}


def _insert_digests(session: WriteSession, people: Collection[UUID], planned_at: datetime) -> dict[UUID, UUID]:
    """Insert a digest for each of these people that has none for an instant; returns those inserted by person."""
    common = {"planned_at": planned_at, "due_at": planned_at, "tries": 0, "fate": DeliveryStatus.WAITING}
    statement = insert(NotificationDigest).on_conflict_do_nothing(index_elements=["person_id", "planned_at"])
    returned = statement.returning(NotificationDigest.person_id, NotificationDigest.id)
    rows = [common | {"id": uuid4(), "person_id": person} for person in people]
    return {person: digest for person, digest in session.execute(returned, rows)}  # noqa: C416 - mypy sees no pairs
