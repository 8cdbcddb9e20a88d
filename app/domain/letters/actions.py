"""Choice of the notification categories that a person gets by e-mail."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.access import Actor
from app.core.db import WriteSession
from app.domain.identity.models import Person
from app.domain.letters import events, queries, rules
from app.domain.letters.models import Kind, StoppedKind


def choose(session: WriteSession, actor: Actor, wanted: Collection[Kind]) -> None:
    """Set the notification categories that the actor gets; all others are stopped."""
    rules.CHOOSE.require(actor, None)
    stopped = queries.stopped(session, actor.person)
    for kind in Kind:
        if kind not in wanted and kind not in stopped:
            _stop_category(session, actor, actor.person, kind)
        elif kind in wanted and kind in stopped:
            own_row = StoppedKind.person_id == actor.person, StoppedKind.kind == kind
            session.execute(delete(StoppedKind).where(*own_row))
            journal.record(session, actor, events.LettersWanted(actor.person, kind))


def stop_for(session: WriteSession, person: UUID, kind: Kind) -> None:
    """Stop a category for a person who used the unsubscribe link of an e-mail; the caller has checked its token.

    Does nothing if the person is unknown, which may happen after a restore.
    """
    if session.get(Person, person):
        _stop_category(session, None, person, kind)


def _stop_category(session: WriteSession, actor: Actor | None, person: UUID, kind: Kind) -> None:
    statement = insert(StoppedKind).values(person_id=person, kind=kind, stopped_at=clock.now())
    if session.scalar(statement.on_conflict_do_nothing().returning(StoppedKind.kind)):
        journal.record(session, actor, events.LettersStopped(person, kind))
