"""Read the released agendas, which everybody with a seat sees: their items, and the documents under these."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from sqlalchemy import Row, Select, Subquery, and_, bindparam, exists, func, select
from sqlalchemy.orm import aliased

from app.core.database.kept_statements import keep_statement
from app.core.db import LocalizedText, ReadSession
from app.core.errors import NotFound
from app.core.permissions import Actor
from app.domain.agendas.models import AgendaRelease, ReleasedAgendaItem, ReleasedAllocation
from app.domain.agendas.rules.time_plan import PlannedItem
from app.domain.agendas.rules.tree import MAX_DEPTH
from app.domain.documents.models import Document
from app.domain.documents.queries.documents import list_visible_documents
from app.domain.meetings.models import Meeting, MeetingSession
from app.domain.meetings.queries import list_visible_meetings

ReleasedItemColumns = tuple[UUID, int, int, str, LocalizedText, UUID]
"""item_id, place, depth, label, titles, meeting_id."""

PlannedItemRow = Row[UUID, UUID | None, str, LocalizedText, bool, UUID | None]
"""item_id, parent_id, label, titles, restricted, session_id."""

ReleasedItemRow = Row[UUID, str, int, UUID | None, LocalizedText, str, int | None, str, str, bool, UUID | None]
"""item_id, label, depth, then columns that `AgendaItem` has too."""


@dataclass(frozen=True, slots=True)
class DocumentPlacement:
    """The label of the released item that a document is under, and when the session of that item begins."""

    label: str
    starts_at: datetime | None


def list_agenda_releases(session: ReadSession, meeting: Meeting) -> Sequence[AgendaRelease]:
    """List every release, the latest first."""
    ordered = select(AgendaRelease).where(AgendaRelease.meeting_id == meeting.id).order_by(AgendaRelease.number.desc())
    return session.scalars(ordered).all()


def find_current_release(session: ReadSession, meeting: Meeting) -> AgendaRelease | None:
    """Find the release that everybody sees now; None before the first one."""
    return session.scalar(select(AgendaRelease).where(AgendaRelease.meeting_id == meeting.id, AgendaRelease.is_current))


def list_meetings_with_release(session: ReadSession, actor: Actor, meeting: Meeting) -> Sequence[Meeting]:
    """List the other meetings of the same body that the actor may see and that have a released agenda, the latest
    first."""
    is_released = exists().where(AgendaRelease.meeting_id == Meeting.id)
    statement = list_visible_meetings(actor).where(
        Meeting.body_id == meeting.body_id, Meeting.id != meeting.id, is_released
    )
    return session.scalars(statement.order_by(Meeting.opens_on.desc())).all()


def get_agenda_release(session: ReadSession, meeting: Meeting, number: int) -> AgendaRelease:
    """Return the release of this meeting with that number. Raises NotFound."""
    statement = select(AgendaRelease).where(AgendaRelease.meeting_id == meeting.id, AgendaRelease.number == number)
    release = session.scalar(statement)
    if release is None:
        raise NotFound()
    return release


def list_release_items(session: ReadSession, release: AgendaRelease) -> Sequence[ReleasedItemRow]:
    """List the items of a release, from the top."""
    columns = select(
        ReleasedAgendaItem.item_id,
        ReleasedAgendaItem.label,
        ReleasedAgendaItem.depth,
        ReleasedAgendaItem.parent_id,
        ReleasedAgendaItem.titles,
        ReleasedAgendaItem.kind,
        ReleasedAgendaItem.minutes,
        ReleasedAgendaItem.responsible,
        ReleasedAgendaItem.notes,
        ReleasedAgendaItem.restricted,
        ReleasedAgendaItem.session_id,
    )
    return session.execute(
        columns.where(ReleasedAgendaItem.release_id == release.id).order_by(ReleasedAgendaItem.place)
    ).all()


def list_release_allocations(session: ReadSession, release: AgendaRelease) -> Sequence[Row[UUID, UUID, int | None]]:
    """List document_id, item_id and together of the documents in a release, in the order of each item."""
    columns = select(ReleasedAllocation.document_id, ReleasedAllocation.item_id, ReleasedAllocation.together)
    ordered = columns.order_by(ReleasedAllocation.item_id, ReleasedAllocation.position)
    return session.execute(ordered.where(ReleasedAllocation.release_id == release.id)).all()


def visible_agenda_placements(actor: Actor) -> Subquery:
    """Subquery of the released item that each document is under now, in bodies where the actor has a seat.

    Columns: document_id, release_id, item_id, label, meeting_id. A document may be open to others; the agenda
    that it is on is not.
    """
    return (
        select(
            ReleasedAllocation.document_id,
            ReleasedAgendaItem.release_id,
            ReleasedAgendaItem.item_id,
            ReleasedAgendaItem.label,
            AgendaRelease.meeting_id,
        )
        .join(AgendaRelease, AgendaRelease.id == ReleasedAllocation.release_id)
        .join(
            ReleasedAgendaItem,
            (ReleasedAgendaItem.release_id == AgendaRelease.id)
            & (ReleasedAgendaItem.item_id == ReleasedAllocation.item_id),
        )
        .join(Meeting, Meeting.id == AgendaRelease.meeting_id)
        .where(AgendaRelease.is_current, Meeting.body_id.in_(actor.bodies_with_role()))
        .subquery("on_agendas")
    )


def find_placements(
    session: ReadSession, actor: Actor, document_ids: Collection[UUID]
) -> dict[UUID, DocumentPlacement]:
    """Find where these documents are on the released agendas that the actor sees, by document."""
    found = session.execute(_select_placements(actor), {"documents": list(document_ids)})
    return {key: DocumentPlacement(label, starts_at) for key, label, starts_at in found}


@keep_statement
def _select_placements(actor: Actor) -> Select[UUID, str, datetime | None]:
    """Select where `documents` are on the released agendas that the actor sees.

    An item without a session is in that of the item above it; a cancelled session counts as none.
    """
    placed = visible_agenda_placements(actor)
    item, *above = (aliased(ReleasedAgendaItem) for _level in range(MAX_DEPTH))
    rows = select(placed.c.document_id, placed.c.label, MeetingSession.starts_at).join(
        item, and_(item.release_id == placed.c.release_id, item.item_id == placed.c.item_id)
    )
    below = item
    for each in above:
        rows = rows.outerjoin(each, and_(each.release_id == below.release_id, each.item_id == below.parent_id))
        below = each
    session_id = func.coalesce(*(each.session_id for each in (item, *above)))
    rows = rows.outerjoin(MeetingSession, and_(MeetingSession.id == session_id, ~MeetingSession.cancelled))
    return rows.where(placed.c.document_id.in_(bindparam("documents", expanding=True)))


def current_released_items() -> Select[*ReleasedItemColumns]:
    """Select the items of the current releases of all meetings; to be narrowed or joined."""
    return (
        select(
            ReleasedAgendaItem.item_id,
            ReleasedAgendaItem.place,
            ReleasedAgendaItem.depth,
            ReleasedAgendaItem.label,
            ReleasedAgendaItem.titles,
            AgendaRelease.meeting_id,
        )
        .join(AgendaRelease, AgendaRelease.id == ReleasedAgendaItem.release_id)
        .where(AgendaRelease.is_current)
    )


def list_current_released_items(session: ReadSession, meeting: Meeting) -> Sequence[Row[*ReleasedItemColumns]]:
    """List the items of the current release of a meeting, from the top."""
    return session.execute(
        current_released_items().where(AgendaRelease.meeting_id == meeting.id).order_by(ReleasedAgendaItem.place)
    ).all()


def list_items_of_current_releases(session: ReadSession, meetings: Iterable[Meeting]) -> Sequence[PlannedItemRow]:
    """List the items of the current releases of these meetings, from the top, with the columns of a time plan."""
    return session.execute(
        select(
            ReleasedAgendaItem.item_id,
            ReleasedAgendaItem.parent_id,
            ReleasedAgendaItem.label,
            ReleasedAgendaItem.titles,
            ReleasedAgendaItem.restricted,
            ReleasedAgendaItem.session_id,
        )
        .join(AgendaRelease, AgendaRelease.id == ReleasedAgendaItem.release_id)
        .where(AgendaRelease.is_current, AgendaRelease.meeting_id.in_([meeting.id for meeting in meetings]))
        .order_by(AgendaRelease.meeting_id, ReleasedAgendaItem.place)
    ).all()


def count_documents_by_item(session: ReadSession, actor: Actor, meeting: Meeting) -> dict[UUID, int]:
    """Count the documents under each item of the current release that the actor may see."""
    visible = list_visible_documents(actor).where(Document.ended_as.is_(None)).with_only_columns(Document.id)
    counted = (
        select(ReleasedAllocation.item_id, func.count())
        .join(AgendaRelease, AgendaRelease.id == ReleasedAllocation.release_id)
        .where(AgendaRelease.is_current, AgendaRelease.meeting_id == meeting.id)
        .where(ReleasedAllocation.document_id.in_(visible))
    )
    return dict(session.execute(counted.group_by(ReleasedAllocation.item_id)).all())


def list_released_item_plans(session: ReadSession, meeting: Meeting) -> list[PlannedItem]:
    """List the items of the current release of a meeting, from the top, as far as their time goes."""
    item = ReleasedAgendaItem
    rows = select(item.item_id, item.parent_id, item.session_id, item.minutes).join(
        AgendaRelease, AgendaRelease.id == item.release_id
    )
    current = rows.where(AgendaRelease.is_current, AgendaRelease.meeting_id == meeting.id)
    return [PlannedItem(*row) for row in session.execute(current.order_by(item.place))]


def find_released_item(session: ReadSession, meeting: Meeting, item_id: UUID) -> Row[*ReleasedItemColumns] | None:
    """Find an item in the current release; None if it is not (or no longer) on it."""
    statement = current_released_items().where(
        AgendaRelease.meeting_id == meeting.id, ReleasedAgendaItem.item_id == item_id
    )
    return session.execute(statement).one_or_none()


def get_released_item(session: ReadSession, meeting: Meeting, item_id: UUID) -> Row[*ReleasedItemColumns]:
    """Return an item of the current release. Raises NotFound."""
    row = find_released_item(session, meeting, item_id)
    if row is None:
        raise NotFound()
    return row


def find_released_item_of_document(
    session: ReadSession, document: Document
) -> Row[*ReleasedItemColumns, Meeting] | None:
    """Find the released item that a document is under, with its meeting. Access to the document is checked by the
    caller."""
    return session.execute(_select_released_item_of_document(), {"document": document.id}).first()


@cache
def _select_released_item_of_document() -> Select[*ReleasedItemColumns, Meeting]:
    """Select the released item that `document` is under, with its meeting."""
    return (
        current_released_items()
        .join(
            ReleasedAllocation,
            (ReleasedAllocation.release_id == ReleasedAgendaItem.release_id)
            & (ReleasedAllocation.item_id == ReleasedAgendaItem.item_id),
        )
        .join(Meeting, Meeting.id == AgendaRelease.meeting_id)
        .where(ReleasedAllocation.document_id == bindparam("document"))
        .add_columns(Meeting)
    )


def last_release_number(session: ReadSession, meeting: Meeting) -> int:
    """Return the number of the latest release; 0 before the first one."""
    return session.scalar(select(func.max(AgendaRelease.number)).where(AgendaRelease.meeting_id == meeting.id)) or 0
