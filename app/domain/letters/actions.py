"""Choosing what comes by mail."""

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
    """From now on these kinds come to the actor, and no others."""
    rules.CHOOSE.require(actor, None)
    stopped = queries.stopped(session, actor.person)
    for kind in Kind:
        if kind not in wanted and kind not in stopped:
            _stop(session, actor, actor.person, kind)
        elif kind in wanted and kind in stopped:
            mine = StoppedKind.person_id == actor.person, StoppedKind.kind == kind
            session.execute(delete(StoppedKind).where(*mine))
            journal.record(session, actor, events.LettersWanted(actor.person, kind))


def stop_for(session: WriteSession, person: UUID, kind: Kind) -> None:
    """The same with the button of a mail program. Whoever asks holds the sealed key of a letter, and is asked no more.

    A record that was put back may not know the person any more: then nothing happens.
    """
    if session.get(Person, person):
        _stop(session, None, person, kind)


def _stop(session: WriteSession, actor: Actor | None, person: UUID, kind: Kind) -> None:
    new = insert(StoppedKind).values(person_id=person, kind=kind, stopped_at=clock.now())
    if session.scalar(new.on_conflict_do_nothing().returning(StoppedKind.kind)):
        journal.record(session, actor, events.LettersStopped(person, kind))
