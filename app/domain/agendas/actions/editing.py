"""Edit the items of an agenda draft. Every change names the version of the draft on which it was decided and is refused
as a whole if that version is stale. The draft before each change is kept, so that changes can be undone.

Only the chair and the chair's deputies see the draft; `release` copies it for everybody.
"""

from collections.abc import Callable, Collection, Mapping
from uuid import UUID, uuid4

from sqlalchemy import func, select

from app.core import journal
from app.core.db import WriteSession, lock_row
from app.core.errors import Conflict, NotFound
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.agendas import events, queries
from app.domain.agendas.actions import draft_lock
from app.domain.agendas.inputs import ItemSchedule, NewAgendaItem
from app.domain.agendas.models import AgendaItem, DraftAllocation
from app.domain.agendas.rules import agendas
from app.domain.agendas.rules.numbering import NUMBERING_STYLES
from app.domain.agendas.rules.tree import AgendaTree
from app.domain.meetings.models import Meeting, MeetingSession

LAST_POSITION = 10**6
"""A position after every other one."""

PLACES = ("before", "after", "into")
"""Where an item may be put in relation to another one."""


def add_agenda_item(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    content: NewAgendaItem,
    language: str,
    *,
    version: int,
    parent_id: UUID | None = None,
    position: int = LAST_POSITION,
) -> AgendaItem:
    """Add an item under another item or on the top level, at the end unless a position is given.

    Raises Forbidden; NotFound if the parent or the session is not of this meeting; Stale; Conflict if the agenda
    was adopted or would get too deep.
    """
    agendas.EDIT.require(actor, meeting)
    edit = draft_lock.begin_draft_edit(session, actor, meeting, version)
    items = _items(session, meeting)
    if parent_id is not None and parent_id not in items:
        raise NotFound()
    item = AgendaItem(id=uuid4(), meeting_id=meeting.id, titles={**(content.titles or {}), language: content.title})
    _set_content(session, meeting, item, content)
    tree = queries.build_agenda_tree(list(items.values())).with_item(item.id, parent_id, position)
    _arrange(items | {item.id: item}, tree)
    session.add(item)
    edit.record_change("added", item.id)
    return item


def change_agenda_item(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    item: AgendaItem,
    content: NewAgendaItem,
    language: str,
    *,
    version: int,
) -> None:
    """Change the content of an item: its title in one language, or in all languages where `content.titles` is given.

    Raises Forbidden, NotFound, Stale, Conflict.
    """
    agendas.EDIT.require(actor, meeting)
    edit = draft_lock.begin_draft_edit(session, actor, meeting, version)
    item.titles = {**(item.titles if content.titles is None else content.titles), language: content.title}
    _set_content(session, meeting, item, content)
    edit.record_change("changed", item.id)


def schedule_agenda_items(
    session: WriteSession, actor: Actor, meeting: Meeting, schedules: Mapping[UUID, ItemSchedule], *, version: int
) -> None:
    """Assign items to sessions of the meeting, with their minutes, as one change of the draft. Allowed after the agenda
    was adopted, too.

    Raises Forbidden, Stale; NotFound if an item or a session is not of this meeting.
    """
    agendas.EDIT.require(actor, meeting)
    edit = draft_lock.begin_draft_edit(session, actor, meeting, version, changes_items=False)
    items = _items(session, meeting)
    if not schedules.keys() <= items.keys():
        raise NotFound()
    for session_id in {schedule.session for schedule in schedules.values()}:
        _require_session_of_meeting(session, meeting, session_id)
    for item_id, schedule in schedules.items():
        items[item_id].session_id, items[item_id].minutes = schedule.session, schedule.minutes
    edit.record_change("planned", next(iter(schedules)) if len(schedules) == 1 else None)


def remove_agenda_item(
    session: WriteSession, actor: Actor, meeting: Meeting, item: AgendaItem, *, version: int
) -> None:
    """Remove an item from the draft.

    Raises Conflict if documents or other items are still under it; Forbidden, Stale.
    """
    agendas.EDIT.require(actor, meeting)
    edit = draft_lock.begin_draft_edit(session, actor, meeting, version)
    if session.scalar(select(func.count()).where(DraftAllocation.item_id == item.id)):
        raise Conflict(_("Documents are allocated to this item. Allocate them to another item first."))
    items = _items(session, meeting)
    remaining = queries.build_agenda_tree(list(items.values())).without_item(item.id)
    session.delete(items.pop(item.id))
    _arrange(items, remaining)
    edit.record_change("removed", item.id)


def move_agenda_item(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    item: AgendaItem,
    *,
    parent_id: UUID | None,
    position: int,
    version: int,
) -> None:
    """Move an item, with everything below it, to another place; `position` counts without the item itself.

    Raises Forbidden, NotFound, Stale; Conflict if it would come under itself or too deep.
    """
    agendas.EDIT.require(actor, meeting)
    if parent_id is not None:
        queries.get_draft_item(session, meeting, parent_id)
    _move(session, actor, meeting, item, lambda tree: tree.with_item_moved(item.id, parent_id, position), version)


def move_agenda_item_one_step(
    session: WriteSession, actor: Actor, meeting: Meeting, item: AgendaItem, direction: str, *, version: int
) -> None:
    """Move an item one step: `up`, `down`, `in` or `out`.

    Raises Forbidden, Stale; Conflict at the end of the agenda.
    """
    agendas.EDIT.require(actor, meeting)
    _move(session, actor, meeting, item, lambda tree: tree.with_item_stepped(item.id, direction), version)


def move_agenda_item_next_to(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    item: AgendaItem,
    neighbour: AgendaItem,
    *,
    place: str,
    version: int,
) -> None:
    """Move an item, with everything below it, to one of the PLACES relative to another item.

    Raises Forbidden, Stale; Conflict if it would come under itself or too deep.
    """
    agendas.EDIT.require(actor, meeting)
    _move(session, actor, meeting, item, lambda tree: tree.with_item_next_to(item.id, neighbour.id, place), version)


def set_numbering_style(session: WriteSession, actor: Actor, meeting: Meeting, style: str, *, version: int) -> None:
    """Number the items in another style. Raises Forbidden, Stale; NotFound for an unknown style."""
    agendas.EDIT.require(actor, meeting)
    if style not in NUMBERING_STYLES:
        raise NotFound()
    edit = draft_lock.begin_draft_edit(session, actor, meeting, version)
    meeting.numbering = style
    edit.record_change("renumbered", None)


def choose_deputy_offices(session: WriteSession, actor: Actor, meeting: Meeting, offices: Collection[str]) -> None:
    """Choose the offices whose holders work with the chair's tools, in addition to the chair.

    Raises Forbidden; NotFound for other offices.
    """
    agendas.CHOOSE_DEPUTIES.require(actor, meeting)
    if not set(offices) <= agendas.DEPUTY_OFFICES:
        raise NotFound()
    lock_row(session, meeting)
    meeting.deputies = sorted(offices)
    journal.record_event(
        session, actor, events.DeputiesChosen(meeting.id, tuple(meeting.deputies)), body=meeting.body_id
    )


def undo_last_change(session: WriteSession, actor: Actor, meeting: Meeting, *, version: int) -> None:
    """Restore the draft from before the latest change that was not undone yet.

    Raises Conflict if there is none, or if the agenda was adopted; a change of the time plan can be undone even then.
    Raises Forbidden, Stale.
    """
    agendas.EDIT.require(actor, meeting)
    # Read before the lock: if it is not the last change any more, the edit is refused as stale.
    last = queries.find_undoable_change(session, meeting)
    edit = draft_lock.begin_draft_edit(
        session, actor, meeting, version, changes_items=last is None or last.what != "planned"
    )
    if last is None:
        raise Conflict(_("There is nothing to undo."))
    last.undone = True
    draft_lock.restore_draft_snapshot(edit, last.before)
    edit.record_change("undone", last.item_id)


def _items(session: WriteSession, meeting: Meeting) -> dict[UUID, AgendaItem]:
    """Return the items of the draft by id."""
    return {item.id: item for item in queries.list_draft_items(session, meeting)}


def _set_content(session: WriteSession, meeting: Meeting, item: AgendaItem, new: NewAgendaItem) -> None:
    """Set everything about an item except its title and place."""
    _require_session_of_meeting(session, meeting, new.session)
    item.kind, item.minutes, item.responsible = new.kind, new.minutes, new.responsible
    item.notes, item.restricted, item.session_id = new.notes, new.restricted, new.session


def _require_session_of_meeting(session: WriteSession, meeting: Meeting, session_id: UUID | None) -> None:
    """Raise NotFound unless the session, if one is named, belongs to the meeting."""
    of_meeting = select(MeetingSession.id).where(
        MeetingSession.id == session_id, MeetingSession.meeting_id == meeting.id
    )
    if session_id is not None and session.scalar(of_meeting) is None:
        raise NotFound()


def _move(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    item: AgendaItem,
    move: Callable[[AgendaTree], AgendaTree],
    version: int,
) -> None:
    """Apply one move of the item tree to the draft."""
    edit = draft_lock.begin_draft_edit(session, actor, meeting, version)
    items = _items(session, meeting)
    _arrange(items, move(queries.build_agenda_tree(list(items.values()))))
    edit.record_change("moved", item.id)


def _arrange(items: dict[UUID, AgendaItem], tree: AgendaTree) -> None:
    """Write parents and positions from the tree to the items; unchanged rows are not written."""
    for item, parent, position in tree.iterate_item_positions():
        items[item].parent_id, items[item].position = parent, position
