"""Choice of the notification categories that a person gets by e-mail."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.db import WriteSession
from app.core.permissions import Actor
from app.domain.identity.models.tables import Person
from app.domain.notifications import events, queries
from app.domain.notifications.models import NotificationCategory, StoppedCategory
from app.domain.notifications.rules import recipients


def choose_notification_categories(
    session: WriteSession, actor: Actor, categories: Collection[NotificationCategory]
) -> None:
    """Set the notification categories that the actor gets; all others are stopped."""
    recipients.CHOOSE_NOTIFICATIONS.require(actor, None)
    stopped = queries.list_stopped_categories(session, actor.person)
    for kind in NotificationCategory:
        if kind not in categories and kind not in stopped:
            _stop_category(session, actor, actor.person, kind)
        elif kind in categories and kind in stopped:
            own_row = StoppedCategory.person_id == actor.person, StoppedCategory.kind == kind
            session.execute(delete(StoppedCategory).where(*own_row))
            journal.record_event(session, actor, events.LettersWanted(actor.person, kind))


def unsubscribe_person(session: WriteSession, person_id: UUID, category: NotificationCategory) -> None:
    """Stop a category for a person who used the unsubscribe link of an e-mail; the caller has checked its token.

    Does nothing if the person is unknown, which may happen after a restore.
    """
    if session.get(Person, person_id):
        _stop_category(session, None, person_id, category)


def _stop_category(session: WriteSession, actor: Actor | None, person: UUID, kind: NotificationCategory) -> None:
    statement = insert(StoppedCategory).values(person_id=person, kind=kind, stopped_at=clock.now())
    if session.scalar(statement.on_conflict_do_nothing().returning(StoppedCategory.kind)):
        journal.record_event(session, actor, events.LettersStopped(person, kind))
