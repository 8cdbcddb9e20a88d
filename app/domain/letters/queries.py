"""What a person gets by mail, as they chose; what was sent to them; and how it stands with all letters, in numbers."""

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
"""So long what the server refused is reason for alarm: by then somebody has looked, or nobody will."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with all letters: those that wait, since when the oldest does, and those that failed lately."""

    waiting: int
    oldest: datetime | None
    failed: int


def stopped(session: ReadSession, person: UUID) -> frozenset[Kind]:
    """The kinds that a person does not want."""
    found = session.scalars(select(StoppedKind.kind).where(StoppedKind.person_id == person))
    return frozenset(Kind(each) for each in found)


def mine(session: ReadSession, actor: Actor, *, limit: int) -> Sequence[Row[Letter, JournalLine, str]]:
    """The last letters to the actor in the bodies where they sit, each with the line that it told of and the prefix of
    its body."""
    return session.execute(
        select(Letter, JournalLine, Body.prefix)
        .join(JournalLine, JournalLine.seq == Letter.line)
        .join(Body, Body.id == JournalLine.body)
        .where(Letter.person_id == actor.person, Body.id.in_(actor.bodies()))
        .order_by(Letter.written_at.desc(), Letter.id)
        .limit(limit)
    ).all()


def standing(session: ReadSession) -> Standing:
    """How it stands, without a word about whom."""
    waits = Letter.fate == Fate.WAITING
    lately = Letter.fate.in_((Fate.REFUSED, Fate.EXPIRED)) & (Letter.ended_at > clock.now() - LATELY)
    counted = select(func.count().filter(waits), func.min(Letter.written_at).filter(waits), func.count().filter(lately))
    waiting, oldest, failed = session.execute(counted.where(waits | lately)).one()
    return Standing(waiting, oldest, failed)
