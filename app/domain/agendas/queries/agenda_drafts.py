"""Read the draft of an agenda, its changes and their authors. Who may edit it is checked by the caller."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, case, exists, func, or_, select

from app.core.database.combined_lists import KeyParameter, list_of_thing
from app.core.db import LocalizedText, ReadSession, lacks_a_language
from app.core.errors import NotFound
from app.core.permissions import Actor
from app.domain.agendas.models import AgendaChange, AgendaItem, AgendaRelease, DraftAllocation
from app.domain.agendas.rules.merging import CONTENT_FIELDS, DraftSnapshot
from app.domain.agendas.rules.tree import AgendaTree
from app.domain.bodies.models import OFFICES_OF_A_BODY, Body, Office
from app.domain.documents.models import Document
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting
from app.domain.meetings.rules import ENDED_LIVES

ITEM_KEY = re.compile("[0-9a-f]{6,32}")
"""The first digits of the identifier of an item, or all of them, without hyphens."""

ITEM_COLUMNS = ("parent_id", "titles", *CONTENT_FIELDS)
"""The columns of an item besides its position."""

ALLOCATION_COLUMNS = ("document_id", "item_id", "position", "together")
"""The columns of an allocation."""

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


@list_of_thing
def list_draft_items(meeting_id: KeyParameter) -> Select[AgendaItem]:
    """List every item of the draft, in no particular order; `build_agenda_tree` has the order."""
    return select(AgendaItem).where(AgendaItem.meeting_id == meeting_id)


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


@list_of_thing
def list_draft_allocations(meeting_id: KeyParameter) -> Select[DraftAllocation]:
    """List the documents under the items of the draft, in the order of each item."""
    allocations = select(DraftAllocation).join(AgendaItem, AgendaItem.id == DraftAllocation.item_id)
    of_meeting = allocations.where(AgendaItem.meeting_id == meeting_id)
    return of_meeting.order_by(DraftAllocation.item_id, DraftAllocation.position)


@list_of_thing
def list_undoable_changes(meeting_id: KeyParameter) -> Select[AgendaChange]:
    """List the latest change of the draft that was not undone, if there is one."""
    changes = select(AgendaChange).where(
        AgendaChange.meeting_id == meeting_id, ~AgendaChange.undone, AgendaChange.what != "undone"
    )
    return changes.order_by(AgendaChange.version.desc()).limit(1)


def find_undoable_change(session: ReadSession, meeting: Meeting) -> AgendaChange | None:
    """Find the latest change that was not undone: the one that undo reverts."""
    return next(iter(list_undoable_changes(session, meeting)), None)


def list_draft_changes_since(session: ReadSession, meeting: Meeting, version: int) -> Sequence[Row[AgendaChange, str]]:
    """List changes of the draft after that version with the names of their authors, the latest first."""
    return session.execute(
        select(AgendaChange, Person.name)
        .join(Person, Person.id == AgendaChange.changed_by)
        .where(AgendaChange.meeting_id == meeting.id, AgendaChange.version > version)
        .order_by(AgendaChange.version.desc())
    ).all()


def snapshot_draft(session: ReadSession, meeting: Meeting) -> DraftSnapshot:
    """Return the draft as JSON values; for an act, loaded again: rows may have been loaded before the draft was
    locked."""
    items = list_draft_items.read_again(session, meeting)
    allocations = list_draft_allocations.read_again(session, meeting)
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


def select_unreleased_change_count() -> Select[int]:
    """Select how many changes of the draft of `Meeting` are not in its `AgendaRelease`, both of the statement around.

    Undoing a change is a change of its own: the two count for nothing, unless the first one was released.
    """
    weight = case((AgendaChange.what == "undone", 1), (AgendaChange.undone, -1), else_=1)
    return select(func.coalesce(func.sum(weight), 0)).where(
        AgendaChange.meeting_id == Meeting.id, AgendaChange.version > func.coalesce(AgendaRelease.draft_version, 0)
    )


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
