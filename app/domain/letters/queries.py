"""Queries about notifications: a person's choice, what was sent to them, and statistics of all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, func, select

from app.core import clock
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.journal import JournalLine
from app.domain.bodies.models import Body
from app.domain.letters.models import Fate, Kind, Letter, StoppedKind

LATELY = timedelta(days=7)
"""Time for which failed notifications are reason for alarm."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Statistics of notifications: the number waiting, the creation time of the oldest, and the recently failed."""

    waiting: int
    oldest: datetime | None
    failed: int


def stopped(session: ReadSession, person: UUID) -> frozenset[Kind]:
    """List the categories that a person has stopped."""
    categories = session.scalars(select(StoppedKind.kind).where(StoppedKind.person_id == person))
    return frozenset(Kind(category) for category in categories)


def mine(session: ReadSession, actor: Actor, *, limit: int) -> Sequence[Row[Letter, JournalLine, str]]:
    """List the last notifications to the actor in bodies where they have a seat, with journal line and body prefix."""
    return session.execute(
        select(Letter, JournalLine, Body.prefix)
        .join(JournalLine, JournalLine.seq == Letter.line)
        .join(Body, Body.id == JournalLine.body)
        .where(Letter.person_id == actor.person, Body.id.in_(actor.bodies()))
        .order_by(Letter.written_at.desc(), Letter.id)
        .limit(limit)
    ).all()


def standing(session: ReadSession) -> Standing:
    """Return the statistics of all notifications."""
    is_waiting = Letter.fate == Fate.WAITING
    has_failed_recently = Letter.fate.in_((Fate.REFUSED, Fate.EXPIRED)) & (Letter.ended_at > clock.now() - LATELY)
    statement = select(
        func.count().filter(is_waiting),
        func.min(Letter.written_at).filter(is_waiting),
        func.count().filter(has_failed_recently),
    )
    waiting, oldest, failed = session.execute(statement.where(is_waiting | has_failed_recently)).one()
    return Standing(waiting, oldest, failed)
