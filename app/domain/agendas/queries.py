"""Read the draft of an agenda, for those who may edit it, and the released agenda, for everybody with a seat."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, Subquery, and_, case, exists, func, or_, select

from app.core.db import LocalizedText, ReadSession, lacks_a_language
from app.core.errors import NotFound
from app.core.permissions import Actor
from app.domain.agendas.models import (
    AgendaChange,
    AgendaItem,
    AgendaRelease,
    DraftAllocation,
    ItemProposal,
    ItemProposalState,
    ReleasedAgendaItem,
    ReleasedAllocation,
)
from app.domain.agendas.rules.diff import (
    AgendaDifference,
    AgendaVersion,
    AgendaVersionDocument,
    AgendaVersionItem,
    compare_agenda_versions,
)
from app.domain.agendas.rules.merging import CONTENT_FIELDS, DraftSnapshot
from app.domain.agendas.rules.numbering import format_item_number
from app.domain.agendas.rules.tree import AgendaTree
from app.domain.bodies.models import OFFICES_OF_A_BODY, Body, Office
from app.domain.documents.models import Document
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting
from app.domain.meetings.queries import list_visible_meetings
from app.domain.meetings.rules import ENDED_LIVES

ITEM_KEY = re.compile("[0-9a-f]{6,32}")
"""The first digits of the identifier of an item, or all of them, without hyphens."""

ITEM_DETAIL_COLUMNS = CONTENT_FIELDS
"""The columns of an item that two versions are compared by, besides titles and place."""

ITEM_COLUMNS = ("parent_id", "titles", *ITEM_DETAIL_COLUMNS)
"""The columns of an item besides its position."""

ALLOCATION_COLUMNS = ("document_id", "item_id", "position", "together")
"""The columns of an allocation."""

ReleasedItemColumns = tuple[UUID, int, int, str, LocalizedText, UUID]
"""item_id, place, depth, label, titles, meeting_id."""

PlannedItemRow = Row[UUID, UUID | None, str, LocalizedText, bool, UUID | None]
"""item_id, parent_id, label, titles, restricted, session_id."""

ReleasedItemRow = Row[UUID, str, int, UUID | None, LocalizedText, str, int | None, str, str, bool, UUID | None]
"""item_id, label, depth, then columns that `AgendaItem` has too."""


IS_ALLOCATED = exists().where(DraftAllocation.document_id == Document.id)
"""Condition on documents: under an item of a draft."""


def build_chair_tools_condition(actor: Actor) -> ColumnElement[bool]:
    """Build the condition on meetings that the actor works with the tools of the chair, as `rules.EDIT` has it."""
    return or_(
        Meeting.body_id.in_(actor.bodies_with_role(Office.CHAIR)),
        *(
            and_(Meeting.deputies.contains([office]), Meeting.body_id.in_(actor.bodies_with_role(office)))
            for office in OFFICES_OF_A_BODY
        ),
    )


def list_draft_items(session: ReadSession, meeting: Meeting) -> Sequence[AgendaItem]:
    """List every item of the draft, in no particular order; `build_agenda_tree` has the order."""
    return session.scalars(_select_draft_items(meeting)).all()


def _select_draft_items(meeting: Meeting) -> Select[AgendaItem]:
    return select(AgendaItem).where(AgendaItem.meeting_id == meeting.id)


def build_agenda_tree(items: Sequence[AgendaItem]) -> AgendaTree:
    """Build the tree of these items."""
    return AgendaTree.from_rows((item.id, item.parent_id, item.position) for item in items)


def order_draft_items(items: Sequence[AgendaItem]) -> list[tuple[AgendaItem, tuple[int, ...]]]:
    """Order items of a draft from the top, each with its path."""
    known = {item.id: item for item in items}
    return [(known[item], path) for item, path in build_agenda_tree(items).walk()]


def get_draft_item(session: ReadSession, meeting: Meeting, item_id: UUID) -> AgendaItem:
    """Return an item of the draft of this meeting. Raises NotFound."""
    agenda_item = session.scalar(
        select(AgendaItem).where(AgendaItem.id == item_id, AgendaItem.meeting_id == meeting.id)
    )
    if agenda_item is None:
        raise NotFound()
    return agenda_item


def find_draft_item_by_key(session: ReadSession, meeting: Meeting, key: str) -> AgendaItem | None:
    """Find the item of the draft whose identifier begins with these digits; None without one, or if several do."""
    digits = key.replace("-", "")
    if not ITEM_KEY.fullmatch(digits):
        return None
    found = [item for item in list_draft_items(session, meeting) if item.id.hex.startswith(digits)]
    return found[0] if len(found) == 1 else None


def list_draft_allocations(session: ReadSession, meeting: Meeting) -> Sequence[DraftAllocation]:
    """List the documents under the items of the draft, in the order of each item."""
    return session.scalars(_select_draft_allocations(meeting)).all()


def _select_draft_allocations(meeting: Meeting) -> Select[DraftAllocation]:
    return (
        select(DraftAllocation)
        .join(AgendaItem, AgendaItem.id == DraftAllocation.item_id)
        .where(AgendaItem.meeting_id == meeting.id)
        .order_by(DraftAllocation.item_id, DraftAllocation.position)
    )


def find_undoable_change(session: ReadSession, meeting: Meeting) -> AgendaChange | None:
    """Find the latest change that was not undone: the one that undo reverts."""
    return session.scalar(
        select(AgendaChange)
        .where(AgendaChange.meeting_id == meeting.id, ~AgendaChange.undone, AgendaChange.what != "undone")
        .order_by(AgendaChange.version.desc())
        .limit(1)
    )


def list_draft_changes_since(session: ReadSession, meeting: Meeting, version: int) -> Sequence[Row[AgendaChange, str]]:
    """List changes of the draft after that version with the names of their authors, the latest first."""
    return session.execute(
        select(AgendaChange, Person.name)
        .join(Person, Person.id == AgendaChange.changed_by)
        .where(AgendaChange.meeting_id == meeting.id, AgendaChange.version > version)
        .order_by(AgendaChange.version.desc())
    ).all()


def snapshot_draft(session: ReadSession, meeting: Meeting) -> DraftSnapshot:
    """Return the draft as JSON values, loaded again: rows may have been loaded before the draft was locked."""
    items, allocations = (
        session.scalars(statement.execution_options(populate_existing=True)).all()
        for statement in (_select_draft_items(meeting), _select_draft_allocations(meeting))
    )
    return {
        "numbering": meeting.numbering,
        "items": [dump_item(item) for item in items],
        "documents": [_dump_columns(allocation, ALLOCATION_COLUMNS) for allocation in allocations],
    }


def find_former_draft(session: ReadSession, meeting: Meeting, version: int) -> DraftSnapshot | None:
    """Find the draft as it was at an earlier version; None if that is too long ago, or there was none."""
    before = select(AgendaChange.before).where(
        AgendaChange.meeting_id == meeting.id, AgendaChange.version == version + 1
    )
    return session.scalar(before)


def load_draft_at(session: ReadSession, meeting: Meeting, version: int) -> DraftSnapshot | None:
    """Load the draft at a version, the present one among them; None if that is too long ago, or there was none."""
    if version == meeting.agenda_version:
        return snapshot_draft(session, meeting)
    return find_former_draft(session, meeting, version)


def dump_item(item: AgendaItem) -> dict[str, Any]:
    """Return an item as a snapshot of the draft has it."""
    return _dump_columns(item, ("id", "position", *ITEM_COLUMNS))


def to_snapshot_value(value: object) -> object:
    """Return the value of a column as JSON."""
    return str(value) if isinstance(value, UUID) else value


def _dump_columns(row: object, names: Iterable[str]) -> dict[str, Any]:
    """Return columns of a row as JSON values."""
    return {name: to_snapshot_value(getattr(row, name)) for name in names}


def list_recent_editors(
    session: ReadSession, actor: Actor, meeting: Meeting, since: datetime
) -> Sequence[Row[str, datetime]]:
    """List the names of the other people who changed the draft since an instant, each with the first of these
    changes."""
    statement = (
        select(Person.name, func.min(AgendaChange.changed_at))
        .join(Person, Person.id == AgendaChange.changed_by)
        .where(AgendaChange.meeting_id == meeting.id, AgendaChange.changed_at >= since, Person.id != actor.person)
    )
    return session.execute(statement.group_by(Person.id, Person.name).order_by(Person.name)).all()


def count_unreleased_changes() -> Select[int]:
    """Select how many changes of the draft of `Meeting` are not in its `AgendaRelease`, both of the statement around.

    Undoing a change is a change of its own: the two count for nothing, unless the first one was released.
    """
    weight = case((AgendaChange.what == "undone", 1), (AgendaChange.undone, -1), else_=1)
    return select(func.coalesce(func.sum(weight), 0)).where(
        AgendaChange.meeting_id == Meeting.id, AgendaChange.version > func.coalesce(AgendaRelease.draft_version, 0)
    )


def load_agenda_version(session: ReadSession, meeting: Meeting, release: AgendaRelease | None) -> AgendaVersion:
    """Load a release, or the draft if None, as a value that `compare_agenda_versions` takes."""
    if release is not None:
        rows = [(row.item_id, row.label, row) for row in list_release_items(session, release)]
        return _build_version(rows, list_release_allocations(session, release))
    ordered = order_draft_items(list_draft_items(session, meeting))
    drafted = [(item.id, format_item_number(meeting.numbering, path), item) for item, path in ordered]
    return _build_version(drafted, list_draft_allocations(session, meeting))


def list_unreleased_differences(
    session: ReadSession, meeting: Meeting, release: AgendaRelease | None
) -> list[AgendaDifference]:
    """List what differs between the current release and the draft; nothing before the first release."""
    if release is None or release.draft_version == meeting.agenda_version:
        return []
    return compare_agenda_versions(
        load_agenda_version(session, meeting, release), load_agenda_version(session, meeting, None)
    )


def _build_version(
    rows: Iterable[tuple[UUID, str, AgendaItem | ReleasedItemRow]],
    allocations: Iterable[DraftAllocation | Row[UUID, UUID, int | None]],
) -> AgendaVersion:
    """Build the comparable value from rows of items and allocations."""
    return AgendaVersion(
        [
            AgendaVersionItem(
                key, number, row.parent_id, row.titles, tuple(getattr(row, name) for name in ITEM_DETAIL_COLUMNS)
            )
            for key, number, row in rows
        ],
        [
            AgendaVersionDocument(allocation.document_id, allocation.item_id, allocation.together)
            for allocation in allocations
        ],
    )


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

    Columns: document_id, item_id, label, meeting_id. A document may be open to others; the agenda that it is on is not.
    """
    return (
        select(
            ReleasedAllocation.document_id,
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


def list_released_minutes(
    session: ReadSession, meeting: Meeting
) -> Sequence[Row[UUID, UUID | None, UUID | None, int | None]]:
    """List the items of the current release of a meeting, from the top, with the item above each, its session and its
    minutes."""
    item = ReleasedAgendaItem
    rows = select(item.item_id, item.parent_id, item.session_id, item.minutes).join(
        AgendaRelease, AgendaRelease.id == item.release_id
    )
    current = rows.where(AgendaRelease.is_current, AgendaRelease.meeting_id == meeting.id)
    return session.execute(current.order_by(item.place)).all()


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
    return session.execute(
        current_released_items()
        .join(
            ReleasedAllocation,
            (ReleasedAllocation.release_id == ReleasedAgendaItem.release_id)
            & (ReleasedAllocation.item_id == ReleasedAgendaItem.item_id),
        )
        .where(ReleasedAllocation.document_id == document.id)
    ).first()


def list_proposed_items(
    session: ReadSession, actor: Actor, meeting: Meeting, *, sees_all: bool
) -> Sequence[ItemProposal]:
    """List the proposals for a meeting: all of them with `sees_all`, otherwise those of the actor's own State."""
    statement = select(ItemProposal).where(ItemProposal.meeting_id == meeting.id).order_by(ItemProposal.proposed_at)
    return session.scalars(statement if sees_all else statement.where(ItemProposal.entity == actor.entity)).all()


def get_item_proposal(
    session: ReadSession, actor: Actor, meeting: Meeting, proposal_id: UUID, *, sees_all: bool
) -> ItemProposal:
    """Return a proposal for this meeting, of the actor's own State unless `sees_all`. Raises NotFound."""
    statement = select(ItemProposal).where(ItemProposal.meeting_id == meeting.id, ItemProposal.id == proposal_id)
    proposal = session.scalar(statement if sees_all else statement.where(ItemProposal.entity == actor.entity))
    if proposal is None:
        raise NotFound()
    return proposal


def list_unanswered_item_proposals(
    session: ReadSession, actor: Actor, *, limit: int
) -> Sequence[Row[ItemProposal, Meeting]]:
    """List unanswered proposals for meetings that are not over and whose agenda the actor may edit."""
    waits = ItemProposal.state == ItemProposalState.PROPOSED
    answered_by_actor = Meeting.life.not_in(ENDED_LIVES), build_chair_tools_condition(actor)
    return session.execute(_with_meetings(actor).where(waits, *answered_by_actor).limit(limit)).all()


def list_answered_item_proposals(
    session: ReadSession, actor: Actor, since: datetime, *, limit: int
) -> Sequence[Row[ItemProposal, Meeting]]:
    """List proposals of the actor's State that the chair answered since then."""
    is_own = (ItemProposal.entity == actor.entity) & (ItemProposal.answered_at >= since)
    return session.execute(_with_meetings(actor).where(is_own).limit(limit)).all()


def _with_meetings(actor: Actor) -> Select[ItemProposal, Meeting]:
    """Select proposals with their meetings, in bodies where the actor has a seat."""
    return (
        select(ItemProposal, Meeting)
        .join(Meeting, Meeting.id == ItemProposal.meeting_id)
        .where(Meeting.body_id.in_(actor.bodies_with_role()))
        .order_by(ItemProposal.proposed_at)
    )


def last_release_number(session: ReadSession, meeting: Meeting) -> int:
    """Return the number of the latest release; 0 before the first one."""
    return session.scalar(select(func.max(AgendaRelease.number)).where(AgendaRelease.meeting_id == meeting.id)) or 0


def list_draft_items_without_titles(
    session: ReadSession, actor: Actor, *, limit: int
) -> Sequence[Row[UUID, LocalizedText, UUID, int, str]]:
    """List items of draft agendas without a title in one of the six languages, for meetings that are not over and whose
    agenda the actor may edit: id, titles, id and number of the meeting, prefix of the body; the next meeting first."""
    statement = (
        select(AgendaItem.id, AgendaItem.titles, AgendaItem.meeting_id, Meeting.number, Body.prefix)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .join(Body, Body.id == Meeting.body_id)
        .where(
            build_chair_tools_condition(actor),
            Meeting.life.not_in(ENDED_LIVES),
            lacks_a_language(AgendaItem.titles),
        )
    )
    return session.execute(statement.order_by(Meeting.opens_on, AgendaItem.position, AgendaItem.id).limit(limit)).all()
