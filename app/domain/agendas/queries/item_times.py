"""Read when released items begin, computed by the database as `rules.time_plan` computes it for a whole agenda."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Integer, Row, Select, Subquery, Uuid, and_, bindparam, case, cast, func, or_, select
from sqlalchemy.orm import aliased

from app.core.database.kept_statements import keep_statement
from app.core.db import ReadSession
from app.core.permissions import Actor
from app.domain.agendas.models import ReleasedAgendaItem, ReleasedAllocation
from app.domain.agendas.queries.agenda_releases import (
    ReleasedItemColumns,
    select_released_item_of_document,
    visible_agenda_placements,
)
from app.domain.agendas.rules.tree import MAX_DEPTH
from app.domain.documents.models import Document
from app.domain.meetings.models import Meeting, MeetingSession
from app.domain.meetings.queries import build_visible_meeting_condition


@dataclass(frozen=True, slots=True)
class DocumentPlacement:
    """The label of the released item that a document is under, when the session of that item begins, and the hour of
    the item itself."""

    label: str
    starts_at: datetime | None
    hour: datetime | None


def find_placements(
    session: ReadSession, actor: Actor, document_ids: Collection[UUID]
) -> dict[UUID, DocumentPlacement]:
    """Find where these documents are on the released agendas that the actor sees, by document."""
    found = session.execute(_select_placements(actor), {"documents": list(document_ids)})
    return {key: DocumentPlacement(label, starts_at, hour) for key, label, starts_at, hour in found}


@keep_statement
def _select_placements(actor: Actor) -> Select[UUID, str, datetime | None, datetime | None]:
    """Select where `documents` are on the released agendas that the actor sees."""
    placed = visible_agenda_placements(actor)
    is_listed = placed.c.document_id.in_(bindparam("documents", expanding=True, type_=Uuid))
    times = _item_times(select(placed.c.release_id).where(is_listed))
    return (
        select(placed.c.document_id, placed.c.label, times.c.starts_at, times.c.hour)
        .join(times, and_(times.c.release_id == placed.c.release_id, times.c.item_id == placed.c.item_id))
        .where(is_listed)
    )


def find_planned_item_of_document(
    session: ReadSession, actor: Actor, document: Document
) -> Row[*ReleasedItemColumns, Meeting, datetime | None] | None:
    """Find the released item that a document is under, with its meeting, which the actor may see, and its `hour`.
    Access to the document is checked by the caller."""
    return session.execute(_select_planned_item_of_document(actor), {"document": document.id}).first()


@keep_statement
def _select_planned_item_of_document(actor: Actor) -> Select[*ReleasedItemColumns, Meeting, datetime | None]:
    """Select the released item that `document` is under, with its meeting and its `hour`, if the actor may see that."""
    is_of_document = ReleasedAllocation.document_id == bindparam("document", type_=Uuid)
    times = _item_times(select(ReleasedAllocation.release_id).where(is_of_document))
    is_of_item = and_(
        times.c.release_id == ReleasedAgendaItem.release_id, times.c.item_id == ReleasedAgendaItem.item_id
    )
    visible = select_released_item_of_document().where(build_visible_meeting_condition(actor))
    return visible.join(times, is_of_item).add_columns(times.c.hour)


def _item_times(releases: Select[UUID]) -> Subquery:
    """Subquery of when the items of these releases begin: release_id, item_id, starts_at (of the session), hour.

    An item without a session is in that of the item above it; a cancelled session counts as none. An item begins after
    those before it in its session; a sub-item without minutes has no hour.
    """
    item, *above = (aliased(ReleasedAgendaItem) for _level in range(MAX_DEPTH))
    session_id = func.coalesce(*(each.session_id for each in (item, *above)))
    minutes_before = func.sum(item.minutes).over(
        partition_by=(item.release_id, session_id), order_by=item.place, rows=(None, -1)
    )
    wait = func.make_interval(0, 0, 0, 0, 0, cast(func.coalesce(minutes_before, 0), Integer))
    has_hour = or_(item.minutes > 0, item.parent_id.is_(None))
    rows = select(
        item.release_id,
        item.item_id,
        MeetingSession.starts_at,
        case((has_hour, MeetingSession.starts_at + wait)).label("hour"),
    )
    below = item
    for each in above:
        rows = rows.outerjoin(each, and_(each.release_id == below.release_id, each.item_id == below.parent_id))
        below = each
    is_session = and_(MeetingSession.id == session_id, ~MeetingSession.cancelled)
    return rows.outerjoin(MeetingSession, is_session).where(item.release_id.in_(releases)).subquery("item_times")
