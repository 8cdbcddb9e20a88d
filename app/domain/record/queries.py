"""Journal lines that an actor may see, derived from what they may see elsewhere. Nothing is about reading."""

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
    """Filters of the audit trail: a kind of events, a period, and the symbol of a document."""

    kind: str = ""
    since: datetime | None = None
    until: datetime | None = None
    symbol: str = ""


def visible(actor: Actor) -> Select[JournalLine]:
    """Select visible lines: all lines of its bodies for the secretariat; for others, lines of acts that have taken
    effect, and those of their own State. Lines without a body, such as sign-ins, are never visible.
    """
    return select(JournalLine).where(
        or_(
            JournalLine.body.in_(actor.bodies(Office.SECRETARY)),
            and_(
                JournalLine.body.in_(actor.bodies()),
                or_(
                    JournalLine.event.in_(OPEN),
                    _is_of_visible_meeting(actor),
                    _is_of_own_delegation(actor),
                    _is_of_own_contribution(actor),
                ),
            ),
        )
    )


def _is_of_visible_meeting(actor: Actor) -> ColumnElement[bool]:
    meeting_ids = meetings.visible(actor).with_only_columns(cast(Meeting.id, String))
    return and_(JournalLine.event.in_(OF_A_MEETING), JournalLine.facts["meeting"].astext.in_(meeting_ids))


def _is_of_own_delegation(actor: Actor) -> ColumnElement[bool]:
    return and_(
        JournalLine.event.in_(OWN),
        JournalLine.entity == actor.entity,
        JournalLine.body.in_(actor.bodies(*DELEGATES)),
    )


def _is_of_own_contribution(actor: Actor) -> ColumnElement[bool]:
    contribution_ids = select(cast(Contribution.id, String)).where(
        Contribution.entity == actor.entity, Contribution.body_id.in_(actor.bodies(*DELEGATES))
    )
    return and_(
        JournalLine.event.startswith(OF_A_CONTRIBUTION, autoescape=True),
        JournalLine.facts["contribution"].astext.in_(contribution_ids),
    )


def chosen(session: ReadSession, actor: Actor, wanted: Wanted) -> Select[JournalLine]:
    """Select the visible lines that fit the filters."""
    statement = visible(actor)
    if wanted.kind in KINDS:
        statement = statement.where(or_(*(JournalLine.event.startswith(prefix) for prefix in KINDS[wanted.kind])))
    if wanted.since:
        statement = statement.where(JournalLine.at >= wanted.since)
    if wanted.until:
        statement = statement.where(JournalLine.at < wanted.until)
    return statement.where(_is_about_document(session, actor, wanted.symbol)) if wanted.symbol else statement


def _is_about_document(session: ReadSession, actor: Actor, symbol: str) -> ColumnElement[bool]:
    """Match the lines of a visible document, from the submission of its contribution on."""
    document_ids = documents.visible(actor).where(func.lower(Document.symbol) == symbol.strip().lower())
    document_id = session.scalar(document_ids.with_only_columns(Document.id))
    if document_id is None:
        return false()
    contribution_ids = select(JournalLine.facts["contribution"].astext).where(
        JournalLine.event == "contribution:registered", JournalLine.facts["document"].astext == str(document_id)
    )
    names_document = JournalLine.facts["document"].astext == str(document_id)
    return or_(names_document, JournalLine.facts["contribution"].astext.in_(contribution_ids))


def how_many(session: ReadSession, among: Select[JournalLine]) -> int:
    """Count the selected lines."""
    return session.scalar(select(func.count()).select_from(among.subquery())) or 0


def page(session: ReadSession, among: Select[JournalLine], *, offset: int, size: int) -> Sequence[JournalLine]:
    """List a page of the selected lines, the latest first."""
    return session.scalars(among.order_by(JournalLine.seq.desc()).offset(offset).limit(size)).all()


def one_visible(session: ReadSession, actor: Actor, seq: int) -> JournalLine:
    """Return the journal line if the actor may see it. Raises NotFound."""
    line = session.scalar(visible(actor).where(JournalLine.seq == seq))
    if line is None:
        raise Unknown()
    return line


def symbols(session: ReadSession, actor: Actor, lines: Sequence[JournalLine]) -> dict[UUID, str]:
    """Find the symbols of the documents that these lines name, by id, as far as the actor may see them."""
    names: set[Any] = {line.facts["document"] for line in lines if line.facts.get("document")}
    document_ids = {UUID(name) for name in names}
    statement = (
        documents.visible(actor).where(Document.id.in_(document_ids)).with_only_columns(Document.id, Document.symbol)
    )
    return {row.id: row.symbol for row in session.execute(statement)}
