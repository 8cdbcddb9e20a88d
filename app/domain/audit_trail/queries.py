"""Journal lines that an actor may see, derived from what they may see elsewhere. Nothing is about reading."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, and_, cast, false, func, or_, select, tuple_

from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.journal import JournalLine
from app.core.permissions import Actor
from app.domain.audit_trail.rules import (
    CONTRIBUTION_EVENT_PREFIX,
    EVENT_PREFIXES_BY_KIND,
    EVENTS_OPEN_TO_BODY,
    MEETING_EVENTS,
    OWN_DELEGATION_EVENTS,
    POSITION_EVENTS,
)
from app.domain.bodies.models import Office
from app.domain.bodies.rules import DELEGATES
from app.domain.contributions.models import Contribution
from app.domain.documents.models import Document
from app.domain.documents.queries import documents
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.silence import queries as silence
from app.domain.silence.models import SilencePosition


@dataclass(frozen=True, slots=True)
class AuditTrailFilter:
    """Filters of the audit trail: a kind of events, a period, and the symbol of a document."""

    kind: str = ""
    since: datetime | None = None
    until: datetime | None = None
    symbol: str = ""


def list_visible_lines(actor: Actor) -> Select[JournalLine]:
    """Select visible lines: all lines of its bodies for the secretariat; for others, lines of acts that have taken
    effect, and those of their own State. Lines without a body, such as sign-ins, are never visible.
    """
    return select(JournalLine).where(
        or_(
            JournalLine.body.in_(actor.bodies_with_role(Office.SECRETARY)),
            and_(
                JournalLine.body.in_(actor.bodies_with_role()),
                or_(
                    JournalLine.event.in_(EVENTS_OPEN_TO_BODY),
                    _is_of_visible_meeting(actor),
                    _is_of_visible_position(actor),
                    _is_of_own_delegation(actor),
                    _is_of_own_contribution(actor),
                ),
            ),
        )
    )


def _is_of_visible_meeting(actor: Actor) -> ColumnElement[bool]:
    meeting_ids = meetings.list_visible_meetings(actor).with_only_columns(cast(Meeting.id, String))
    return and_(JournalLine.event.in_(MEETING_EVENTS), JournalLine.facts["meeting"].astext.in_(meeting_ids))


def _is_of_visible_position(actor: Actor) -> ColumnElement[bool]:
    """Match the lines of positions that the page of their silence procedure shows to the actor now: not those of a
    position that its State has changed since."""
    positions = silence.select_visible_positions(actor).with_only_columns(
        cast(SilencePosition.procedure_id, String), SilencePosition.entity, cast(SilencePosition.version, String)
    )
    position = tuple_(*(JournalLine.facts[name].astext for name in ("procedure", "state", "version")))
    return and_(JournalLine.event.in_(POSITION_EVENTS), position.in_(positions))


def _is_of_own_delegation(actor: Actor) -> ColumnElement[bool]:
    return and_(
        JournalLine.event.in_(OWN_DELEGATION_EVENTS),
        JournalLine.entity == actor.entity,
        JournalLine.body.in_(actor.bodies_with_role(*DELEGATES)),
    )


def _is_of_own_contribution(actor: Actor) -> ColumnElement[bool]:
    contribution_ids = select(cast(Contribution.id, String)).where(
        Contribution.entity == actor.entity, Contribution.body_id.in_(actor.bodies_with_role(*DELEGATES))
    )
    return and_(
        JournalLine.event.startswith(CONTRIBUTION_EVENT_PREFIX, autoescape=True),
        JournalLine.facts["contribution"].astext.in_(contribution_ids),
    )


def select_lines(session: ReadSession, actor: Actor, filters: AuditTrailFilter) -> Select[JournalLine]:
    """Select the visible lines that fit the filters."""
    statement = list_visible_lines(actor)
    if filters.kind in EVENT_PREFIXES_BY_KIND:
        statement = statement.where(
            or_(*(JournalLine.event.startswith(prefix) for prefix in EVENT_PREFIXES_BY_KIND[filters.kind]))
        )
    if filters.since:
        statement = statement.where(JournalLine.at >= filters.since)
    if filters.until:
        statement = statement.where(JournalLine.at < filters.until)
    return statement.where(_is_about_document(session, actor, filters.symbol)) if filters.symbol else statement


def _is_about_document(session: ReadSession, actor: Actor, symbol: str) -> ColumnElement[bool]:
    """Match the lines of a visible document, from the submission of its contribution on."""
    document_ids = documents.list_visible_documents(actor).where(func.lower(Document.symbol) == symbol.strip().lower())
    document_id = session.scalar(document_ids.with_only_columns(Document.id))
    if document_id is None:
        return false()
    contribution_ids = select(JournalLine.facts["contribution"].astext).where(
        JournalLine.event == "contribution:registered", JournalLine.facts["document"].astext == str(document_id)
    )
    names_document = JournalLine.facts["document"].astext == str(document_id)
    return or_(names_document, JournalLine.facts["contribution"].astext.in_(contribution_ids))


def count_lines(session: ReadSession, statement: Select[JournalLine]) -> int:
    """Count the selected lines."""
    return session.scalar(select(func.count()).select_from(statement.subquery())) or 0


def list_lines(
    session: ReadSession, statement: Select[JournalLine], *, offset: int, limit: int
) -> Sequence[JournalLine]:
    """List a page of the selected lines, the latest first."""
    return session.scalars(statement.order_by(JournalLine.seq.desc()).offset(offset).limit(limit)).all()


def get_visible_line(session: ReadSession, actor: Actor, seq: int) -> JournalLine:
    """Return the journal line if the actor may see it. Raises NotFound."""
    line = session.scalar(list_visible_lines(actor).where(JournalLine.seq == seq))
    if line is None:
        raise NotFound()
    return line


def find_document_symbols(session: ReadSession, actor: Actor, lines: Sequence[JournalLine]) -> dict[UUID, str]:
    """Find the symbols of the documents that these lines name, by id, as far as the actor may see them."""
    names: set[Any] = {line.facts["document"] for line in lines if line.facts.get("document")}
    document_ids = {UUID(name) for name in names}
    statement = (
        documents.list_visible_documents(actor)
        .where(Document.id.in_(document_ids))
        .with_only_columns(Document.id, Document.symbol)
    )
    return {row.id: row.symbol for row in session.execute(statement)}
