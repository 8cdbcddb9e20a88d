"""Read where documents are on the released agendas that an actor sees, and when their items begin.

The database computes the hours of items as `rules.time_plan` computes them for a whole agenda.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, Subquery, and_, case, cast, func, or_, select
from sqlalchemy.orm import aliased

from app.core.permissions import Actor
from app.domain.agendas.models import AgendaRelease, ReleasedAgendaItem, ReleasedAllocation
from app.domain.agendas.rules.tree import MAX_DEPTH
from app.domain.meetings.models import Meeting, MeetingSession
from app.domain.meetings.queries import build_visible_meeting_condition


def select_placements(
    actor: Actor, is_listed_document: Callable[[ColumnElement[UUID]], ColumnElement[bool]]
) -> Select[*tuple[Any, ...]]:
    """Select where documents are on the released agendas that the actor sees: document_id, item_id, its label and
    titles, Meeting, starts_at of its session, and the hour of the item itself. Access to the documents is checked by
    the caller."""
    placed = visible_agenda_placements(actor)
    is_listed = is_listed_document(placed.c.document_id)
    times = _item_times(select(placed.c.release_id).where(is_listed))
    item = placed.c.item_id, placed.c.label, placed.c.titles
    return (
        select(placed.c.document_id, *item, Meeting, times.c.starts_at, times.c.hour)
        .join(times, and_(times.c.release_id == placed.c.release_id, times.c.item_id == placed.c.item_id))
        .join(Meeting, Meeting.id == placed.c.meeting_id)
        .where(is_listed)
    )


def visible_agenda_placements(actor: Actor) -> Subquery:
    """Subquery of the released item that each document is under now, of meetings that the actor may see.

    Columns: document_id, release_id, item_id, label, titles, meeting_id. A document may be open to others; the agenda
    that it is on is not.
    """
    return (
        select(
            ReleasedAllocation.document_id,
            ReleasedAgendaItem.release_id,
            ReleasedAgendaItem.item_id,
            ReleasedAgendaItem.label,
            ReleasedAgendaItem.titles,
            AgendaRelease.meeting_id,
        )
        .join(AgendaRelease, AgendaRelease.id == ReleasedAllocation.release_id)
        .join(
            ReleasedAgendaItem,
            (ReleasedAgendaItem.release_id == AgendaRelease.id)
            & (ReleasedAgendaItem.item_id == ReleasedAllocation.item_id),
        )
        .join(Meeting, Meeting.id == AgendaRelease.meeting_id)
        .where(AgendaRelease.is_current, build_visible_meeting_condition(actor))
        .subquery("on_agendas")
    )


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
