"""Meetings, agendas and the documents under their items, as an actor may see them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, Select, String, cast, func, select, true

from app.core import clock
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Unknown
from app.core.journal import JournalLine
from app.domain.bodies.models import Body
from app.domain.documents.models import Document
from app.domain.meetings import events
from app.domain.meetings.models import AgendaItem, Allocation, Meeting


def visible(actor: Actor) -> Select[Meeting]:
    """Meetings of the bodies in which the actor has a seat."""
    return select(Meeting).where(Meeting.body_id.in_(actor.bodies()))


def one_visible(session: ReadSession, actor: Actor, meeting: UUID) -> Meeting:
    """That meeting, or Unknown."""
    found = session.scalar(visible(actor).where(Meeting.id == meeting))
    if found is None:
        raise Unknown()
    return found


def listed(session: ReadSession, actor: Actor) -> Sequence[Row[Meeting, Body]]:
    """All meetings with their bodies, the latest first."""
    return session.execute(
        visible(actor)
        .join(Body, Body.id == Meeting.body_id)
        .add_columns(Body)
        .order_by(Meeting.opens_on.desc(), Meeting.number.desc())
    ).all()


def agenda(session: ReadSession, meeting: Meeting) -> Sequence[AgendaItem]:
    """The items of a meeting that was found for the actor, in order."""
    return session.scalars(
        select(AgendaItem).where(AgendaItem.meeting_id == meeting.id).order_by(AgendaItem.position)
    ).all()


def one_item(session: ReadSession, meeting: Meeting, item: UUID) -> AgendaItem:
    """That item of this meeting, or Unknown."""
    found = session.scalar(select(AgendaItem).where(AgendaItem.id == item, AgendaItem.meeting_id == meeting.id))
    if found is None:
        raise Unknown()
    return found


def allocations(session: ReadSession, meeting: Meeting) -> dict[UUID, UUID]:
    """Under which item each allocated document of the meeting stands."""
    rows = session.execute(
        select(Allocation.document_id, Allocation.item_id)
        .join(AgendaItem, AgendaItem.id == Allocation.item_id)
        .where(AgendaItem.meeting_id == meeting.id)
    )
    return {row.document_id: row.item_id for row in rows}


def place_of(session: ReadSession, document: Document) -> Row[AgendaItem, Meeting] | None:
    """The item under which a document that was found for the actor stands, and its meeting."""
    return session.execute(
        select(AgendaItem, Meeting)
        .join(Allocation, Allocation.item_id == AgendaItem.id)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .where(Allocation.document_id == document.id)
    ).one_or_none()


def of_document(session: ReadSession, actor: Actor, document: Document) -> Meeting | None:
    """The meeting in whose series a document stands, if its numbers are a meeting's and the actor may see that."""
    return session.scalar(
        visible(actor).where(Meeting.body_id == document.body_id, cast(Meeting.number, String) == document.scope)
    )


def later(session: ReadSession, actor: Actor, meeting: Meeting) -> Sequence[Meeting]:
    """The meetings of the same body that open after this one and are not over, the next first."""
    return session.scalars(
        visible(actor)
        .where(Meeting.body_id == meeting.body_id, Meeting.opens_on > meeting.opens_on)
        .where(Meeting.closes_on >= clock.now().date())
        .order_by(Meeting.opens_on)
    ).all()


def deadline_moves(
    session: ReadSession, meetings: Iterable[Meeting], since: datetime | None = None
) -> dict[UUID, tuple[datetime, datetime]]:
    """The last move of the deadline of each of these meetings (since then): when it happened, what it was before."""
    moved = select(JournalLine.at, JournalLine.facts).where(
        JournalLine.event == events.DeadlineMoved.name,
        true() if since is None else JournalLine.at >= since,
        JournalLine.facts["meeting"].astext.in_([str(meeting.id) for meeting in meetings]),
    )
    rows = session.execute(moved.order_by(JournalLine.seq)).all()
    return {UUID(str(row.facts["meeting"])): (row.at, datetime.fromisoformat(str(row.facts["was"]))) for row in rows}


def last_position(session: ReadSession, meeting: Meeting) -> int:
    """How many items there are."""
    return session.scalar(select(func.max(AgendaItem.position)).where(AgendaItem.meeting_id == meeting.id)) or 0
