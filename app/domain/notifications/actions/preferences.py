"""Choice of when a person gets each category of notifications by e-mail."""

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.db import WriteSession
from app.core.permissions import Actor
from app.domain.identity.models.tables import Person
from app.domain.notifications import events
from app.domain.notifications.models import DeliveryChoice, NotificationCategory, NotificationPreference
from app.domain.notifications.queries import notifications as queries
from app.domain.notifications.rules import recipients

Subscription = NotificationCategory | Literal["digest"]
"""What an unsubscribe link stops: a category, or all that are in the daily digest."""


def choose_notifications(
    session: WriteSession, actor: Actor, choices: Mapping[NotificationCategory, DeliveryChoice]
) -> None:
    """Set when the actor gets the notifications of these categories; the others stay as they are."""
    recipients.CHOOSE_NOTIFICATIONS.require(actor, None)
    present = queries.list_choices(session, actor.person)
    for category, choice in choices.items():
        if choice is not present[category]:
            _store_choice(session, actor.person, category, choice)
            journal.record_event(session, actor, events.LettersChosen(actor.person, category, choice))


def unsubscribe_person(session: WriteSession, person_id: UUID, subscription: Subscription) -> None:
    """Stop what a person gets who used the unsubscribe link of an e-mail; the caller has checked its token.

    Does nothing if the person is unknown, which may happen after a restore.
    """
    if session.get(Person, person_id) is None:
        return
    for category, choice in queries.list_choices(session, person_id).items():
        is_in_digest = subscription == "digest" and choice is DeliveryChoice.DAILY
        if is_in_digest or (category == subscription and choice is not DeliveryChoice.NEVER):
            _store_choice(session, person_id, category, DeliveryChoice.NEVER)
            journal.record_event(session, None, events.LettersStopped(person_id, category))


def _store_choice(session: WriteSession, person: UUID, category: NotificationCategory, choice: DeliveryChoice) -> None:
    key = {"person_id": person, "category": category}
    statement = insert(NotificationPreference).values(**key, choice=choice, chosen_at=clock.now())
    given = {name: statement.excluded[name] for name in ("choice", "stopped_at")}
    session.execute(statement.on_conflict_do_update(index_elements=["person_id", "kind"], set_=given))
