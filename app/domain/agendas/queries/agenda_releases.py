"""Read the released agendas, which everybody with a seat sees: their items, and the documents under these."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, Select, exists, func, or_, select

from app.core.database.combined_lists import KeyParameter, list_of_thing, rows_of_thing
from app.core.database.kept_statements import keep_statement
from app.core.db import LocalizedText, ReadSession
from app.core.errors import NotFound
from app.core.permissions import Actor
from app.domain.agendas.models import AgendaRelease, ReleasedAgendaItem, ReleasedAllocation
from app.domain.agendas.rules.time_plan import PlannedItem
from app.domain.bodies.models import Body
from app.domain.documents.models import Document
from app.domain.documents.queries.documents import list_visible_documents
from app.domain.meetings.models import Meeting
from app.domain.meetings.queries import build_visible_meeting_condition, list_visible_meetings
from app.domain.meetings.rules import ENDED_LIVES

ReleasedItemColumns = tuple[UUID, int, int, str, LocalizedText, UUID]
"""item_id, place, depth, label, titles, meeting_id."""

PlannedItemRow = Row[UUID, UUID | None, str, LocalizedText, bool, UUID | None]
"""item_id, parent_id, label, titles, restricted, session_id."""

ReleasedContentColumns = tuple[
    UUID, str, int, UUID | None, LocalizedText, str, int | None, str, str, bool, UUID | None, list[str], list[str]
]
"""item_id, label, depth, then columns that `AgendaItem` has too."""

ReleasedItemRow = Row[*ReleasedContentColumns]


@list_of_thing
def list_agenda_releases(meeting_id: KeyParameter) -> Select[AgendaRelease]:
    """List every release of the agenda of a meeting, the latest first."""
    return select(AgendaRelease).where(AgendaRelease.meeting_id == meeting_id).order_by(AgendaRelease.number.desc())


@list_of_thing
def list_current_releases(meeting_id: KeyParameter) -> Select[AgendaRelease]:
    """List the release of a meeting that everybody sees now; none before the first one."""
    return select(AgendaRelease).where(AgendaRelease.meeting_id == meeting_id, AgendaRelease.is_current)


def list_current_releases_since(
    session: ReadSession, meetings: Sequence[Meeting], since: datetime
) -> Sequence[AgendaRelease]:
    """List the current releases of the agendas of these meetings, which the actor sees, that were made after `since`,
    the latest first."""
    return session.scalars(
        select(AgendaRelease)
        .where(
            AgendaRelease.meeting_id.in_([each.id for each in meetings]),
            AgendaRelease.is_current,
            AgendaRelease.released_at > since,
        )
        .order_by(AgendaRelease.released_at.desc(), AgendaRelease.id)
    ).all()


def find_current_release(session: ReadSession, meeting: Meeting) -> AgendaRelease | None:
    """Find the release that everybody sees now; None before the first one."""
    return next(iter(list_current_releases(session, meeting)), None)


def get_release_among(releases: Sequence[AgendaRelease], number: int | None) -> AgendaRelease:
    """Return the release with that number of these, the latest first; the latest one without a number. Raises
    NotFound."""
    release = next((each for each in releases if number in (None, each.number)), None)
    if release is None:
        raise NotFound()
    return release


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


@rows_of_thing
def list_release_items(release_id: KeyParameter) -> Select[*ReleasedContentColumns]:
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
        ReleasedAgendaItem.mandates,
        ReleasedAgendaItem.action_lines,
    )
    return columns.where(ReleasedAgendaItem.release_id == release_id).order_by(ReleasedAgendaItem.place)


@rows_of_thing
def list_release_allocations(release_id: KeyParameter) -> Select[UUID, UUID, int | None]:
    """List document_id, item_id and together of the documents in a release, in the order of each item."""
    columns = select(ReleasedAllocation.document_id, ReleasedAllocation.item_id, ReleasedAllocation.together)
    ordered = columns.order_by(ReleasedAllocation.item_id, ReleasedAllocation.position)
    return ordered.where(ReleasedAllocation.release_id == release_id)


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


@rows_of_thing
def list_current_released_items(meeting_id: KeyParameter) -> Select[*ReleasedItemColumns]:
    """List the items of the current release of a meeting, from the top."""
    of_meeting = current_released_items().where(AgendaRelease.meeting_id == meeting_id)
    return of_meeting.order_by(ReleasedAgendaItem.place)


@keep_statement
def select_items_of_coming_agendas(actor: Actor, chosen: UUID | None) -> Select[UUID, str, LocalizedText, str, int]:
    """Select the items of the current releases of all meetings that are not over, as far as the actor may see these,
    and the `chosen` item of any: item_id, label, titles, prefix, number of the meeting."""
    columns = current_released_items().with_only_columns(
        ReleasedAgendaItem.item_id, ReleasedAgendaItem.label, ReleasedAgendaItem.titles, Body.prefix, Meeting.number
    )
    is_coming = Meeting.life.not_in(ENDED_LIVES)
    return (
        columns.join(Meeting, Meeting.id == AgendaRelease.meeting_id)
        .join(Body, Body.id == Meeting.body_id)
        .where(build_visible_meeting_condition(actor))
        .where(or_(is_coming, ReleasedAgendaItem.item_id == chosen) if chosen else is_coming)
        .order_by(Meeting.opens_on, Meeting.id, ReleasedAgendaItem.place)
    )


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


@rows_of_thing
def list_released_item_times(meeting_id: KeyParameter) -> Select[UUID, UUID | None, UUID | None, int | None]:
    """List the times of the items of the current release of a meeting, from the top."""
    item = ReleasedAgendaItem
    rows = select(item.item_id, item.parent_id, item.session_id, item.minutes).join(
        AgendaRelease, AgendaRelease.id == item.release_id
    )
    return rows.where(AgendaRelease.is_current, AgendaRelease.meeting_id == meeting_id).order_by(item.place)


def list_released_item_plans(session: ReadSession, meeting: Meeting) -> list[PlannedItem]:
    """List the items of the current release of a meeting, from the top, as far as their time goes."""
    return [PlannedItem(*row) for row in list_released_item_times(session, meeting)]


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


def find_released_item_of_document(session: ReadSession, document: Document) -> Row[*ReleasedItemColumns] | None:
    """Find the released item that a document is under. Access to the document is checked by the caller."""
    is_of_item = (ReleasedAllocation.release_id == ReleasedAgendaItem.release_id) & (
        ReleasedAllocation.item_id == ReleasedAgendaItem.item_id
    )
    items = current_released_items().join(ReleasedAllocation, is_of_item)
    return session.execute(items.where(ReleasedAllocation.document_id == document.id)).first()
