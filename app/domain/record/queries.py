"""Lines of the journal for a reader. All of it starts from what they may see elsewhere; nothing is about reading."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, and_, cast, false, func, or_, select

from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Unknown
from app.core.journal import JournalLine
from app.domain.bodies.models import Office
from app.domain.bodies.rules import DELEGATES
from app.domain.contributions.models import Contribution
from app.domain.documents import queries as documents
from app.domain.documents.models import Document
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.record.rules import KINDS, OF_A_CONTRIBUTION, OF_A_MEETING, OPEN, OWN


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody chose: a kind, the time from and before, a document by its symbol."""

    kind: str = ""
    since: datetime | None = None
    until: datetime | None = None
    symbol: str = ""


def visible(actor: Actor) -> Select[JournalLine]:
    """For the secretariat everything in its bodies, for others what has taken effect and what is their own State's.

    What concerns no body, such as signing in, is in no record.
    """
    return select(JournalLine).where(
        or_(
            JournalLine.body.in_(actor.bodies(Office.SECRETARY)),
            and_(
                JournalLine.body.in_(actor.bodies()),
                or_(JournalLine.event.in_(OPEN), _of_a_meeting(actor), _own(actor), _of_a_contribution(actor)),
            ),
        )
    )


def _of_a_meeting(actor: Actor) -> ColumnElement[bool]:
    seen = meetings.visible(actor).with_only_columns(cast(Meeting.id, String))
    return and_(JournalLine.event.in_(OF_A_MEETING), JournalLine.facts["meeting"].astext.in_(seen))


def _own(actor: Actor) -> ColumnElement[bool]:
    return and_(
        JournalLine.event.in_(OWN),
        JournalLine.entity == actor.entity,
        JournalLine.body.in_(actor.bodies(*DELEGATES)),
    )


def _of_a_contribution(actor: Actor) -> ColumnElement[bool]:
    ours = select(cast(Contribution.id, String)).where(
        Contribution.entity == actor.entity, Contribution.body_id.in_(actor.bodies(*DELEGATES))
    )
    return and_(
        JournalLine.event.startswith(OF_A_CONTRIBUTION, autoescape=True),
        JournalLine.facts["contribution"].astext.in_(ours),
    )


def chosen(session: ReadSession, actor: Actor, wanted: Wanted) -> Select[JournalLine]:
    """Those of the visible lines that fit."""
    found = visible(actor)
    if wanted.kind in KINDS:
        found = found.where(or_(*(JournalLine.event.startswith(each) for each in KINDS[wanted.kind])))
    if wanted.since:
        found = found.where(JournalLine.at >= wanted.since)
    if wanted.until:
        found = found.where(JournalLine.at < wanted.until)
    return found.where(_about(session, actor, wanted.symbol)) if wanted.symbol else found


def _about(session: ReadSession, actor: Actor, symbol: str) -> ColumnElement[bool]:
    """Lines of a document that the actor may see, from the submission of its contribution on."""
    named = documents.visible(actor).where(func.lower(Document.symbol) == symbol.strip().lower())
    key = session.scalar(named.with_only_columns(Document.id))
    if key is None:
        return false()
    registered = select(JournalLine.facts["contribution"].astext).where(
        JournalLine.event == "contribution:registered", JournalLine.facts["document"].astext == str(key)
    )
    of_it = JournalLine.facts["document"].astext == str(key)
    return or_(of_it, JournalLine.facts["contribution"].astext.in_(registered))


def how_many(session: ReadSession, among: Select[JournalLine]) -> int:
    return session.scalar(select(func.count()).select_from(among.subquery())) or 0


def page(session: ReadSession, among: Select[JournalLine], *, offset: int, size: int) -> Sequence[JournalLine]:
    """The latest first."""
    return session.scalars(among.order_by(JournalLine.seq.desc()).offset(offset).limit(size)).all()


def one_visible(session: ReadSession, actor: Actor, seq: int) -> JournalLine:
    """That line, or Unknown."""
    found = session.scalar(visible(actor).where(JournalLine.seq == seq))
    if found is None:
        raise Unknown()
    return found


def symbols(session: ReadSession, actor: Actor, lines: Sequence[JournalLine]) -> dict[UUID, str]:
    """Symbols of the documents that these lines name, for those that the actor may see."""
    named: set[Any] = {line.facts["document"] for line in lines if line.facts.get("document")}
    keys = {UUID(each) for each in named}
    seen = documents.visible(actor).where(Document.id.in_(keys)).with_only_columns(Document.id, Document.symbol)
    return {row.id: row.symbol for row in session.execute(seen)}
