"""Edit the items of an agenda draft. Every change names the version of the draft on which it was decided. It is merged
with what others changed since, and refused as a whole where they changed the same field of the same item. The draft
before each change is kept, so that changes can be undone.

Only the chair and the chair's deputies see the draft; `release` copies it for everybody.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select

from app.core import journal
from app.core.db import WriteSession, lock_row
from app.core.errors import Conflict, NotFound, Stale
from app.core.i18n import LANGUAGES
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.agendas import events
from app.domain.agendas.actions import draft_lock
from app.domain.agendas.inputs import ItemSchedule, NewAgendaItem
from app.domain.agendas.models import AgendaItem, DraftAllocation
from app.domain.agendas.queries import agenda_drafts
from app.domain.agendas.rules import agendas
from app.domain.agendas.rules.item_sessions import find_neighbour_after_move, find_sessions_after_move
from app.domain.agendas.rules.merging import CONTENT_FIELDS, NUMBERING, list_item_values
from app.domain.agendas.rules.numbering import NUMBERING_STYLES
from app.domain.agendas.rules.tree import AgendaTree
from app.domain.mandates.queries import require_action_lines, require_citable
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
    position: int | None = None,
) -> AgendaItem:
    """Add an item under another item or on the top level: at a position, or behind the items of its session, or at the
    end.

    Raises Forbidden; NotFound if the parent or the session is not of this meeting; Stale; Conflict if the agenda
    was adopted or would get too deep; BadRequest if something can no longer be cited.
    """
    agendas.EDIT.require(actor, meeting)
    edit = draft_lock.begin_draft_edit(session, actor, meeting, version)
    items = _items(session, meeting)
    if parent_id is not None:
        edit.require_unchanged(parent_id)
        if parent_id not in items:
            raise NotFound()
    item = AgendaItem(id=uuid4(), meeting_id=meeting.id, titles={**(content.titles or {}), language: content.title})
    _require_sessions_of_meeting(session, meeting, {content.session})
    _set_values(item, _content_values(session, content))
    tree = agenda_drafts.build_agenda_tree(list(items.values()))
    if position is None:
        position = _position_behind_session(items, tree.children_of(parent_id), content.session)
    arrange_items(items | {item.id: item}, tree.with_item(item.id, parent_id, position))
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

    Raises Forbidden, NotFound, Stale, Conflict; BadRequest if something can no longer be cited.
    """
    agendas.EDIT.require(actor, meeting)
    edit = draft_lock.begin_draft_edit(session, actor, meeting, version)
    _require_sessions_of_meeting(session, meeting, {content.session})
    titles = {code: (content.titles or {}).get(code, "") for code in LANGUAGES if content.titles is not None}
    titles = {f"title_{code}": title for code, title in (titles | {language: content.title}).items()}
    values = _content_values(session, content, already_cited=item.mandates)
    if _change_fields(edit, {item.id: titles | values}):
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
    _require_sessions_of_meeting(session, meeting, {schedule.session for schedule in schedules.values()})
    changed = _change_fields(
        edit,
        {
            item_id: {"minutes": schedule.minutes, "session_id": schedule.session}
            for item_id, schedule in schedules.items()
        },
    )
    if changed:
        edit.record_change("planned", changed[0] if len(changed) == 1 else None)


def remove_agenda_item(
    session: WriteSession, actor: Actor, meeting: Meeting, item: AgendaItem, *, version: int
) -> None:
    """Remove an item from the draft.

    Raises Conflict if documents or other items are still under it; Forbidden, Stale.
    """
    agendas.EDIT.require(actor, meeting)
    edit = draft_lock.begin_draft_edit(session, actor, meeting, version)
    edit.require_untouched(item.id)
    require_no_documents(session, item.id)
    items = _items(session, meeting)
    remaining = agenda_drafts.build_agenda_tree(list(items.values())).without_item(item.id)
    session.delete(items.pop(item.id))
    arrange_items(items, remaining)
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
    """Move an item, with everything below it, to another place; `position` counts without the item itself. It takes the
    session of the items that it comes between.

    Raises Forbidden, NotFound, Stale; Conflict if it would come under itself or too deep.
    """
    agendas.EDIT.require(actor, meeting)
    if parent_id is not None:
        agenda_drafts.get_draft_item(session, meeting, parent_id)
    edit = _begin_move(session, actor, meeting, item, version, relative_to=parent_id)
    items = _items(session, meeting)
    tree = agenda_drafts.build_agenda_tree(list(items.values()))
    moved = tree.with_item_moved(item.id, parent_id, position)
    sessions = {each.id: each.session_id for each in items.values()}
    neighbour = None if moved == tree else find_neighbour_after_move(moved, sessions, item.id)
    _arrange_moved_item(edit, items, tree, moved, item.id, neighbour)


def move_agenda_item_one_step(
    session: WriteSession, actor: Actor, meeting: Meeting, item: AgendaItem, direction: str, *, version: int
) -> None:
    """Move an item one step: `up`, `down`, `in` or `out`. It takes the session of the item that it passes.

    Raises Forbidden, Stale; Conflict at the end of the agenda.
    """
    agendas.EDIT.require(actor, meeting)
    edit = _begin_move(session, actor, meeting, item, version)
    tree = agenda_drafts.build_agenda_tree(list(_items(session, meeting).values()))
    _move_next_to(edit, item.id, *tree.find_step(item.id, direction))


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
    """Move an item, with everything below it, to one of the PLACES relative to another item. It takes the session of
    that one.

    Raises Forbidden, Stale; Conflict if it would come under itself or too deep.
    """
    agendas.EDIT.require(actor, meeting)
    edit = _begin_move(session, actor, meeting, item, version, relative_to=neighbour.id)
    _move_next_to(edit, item.id, neighbour.id, place)


def set_numbering_style(session: WriteSession, actor: Actor, meeting: Meeting, style: str, *, version: int) -> None:
    """Number the items in another style. Raises Forbidden, Stale; NotFound for an unknown style."""
    agendas.EDIT.require(actor, meeting)
    if style not in NUMBERING_STYLES:
        raise NotFound()
    edit = draft_lock.begin_draft_edit(session, actor, meeting, version)
    if NUMBERING in edit.changed_meanwhile:
        raise Stale(agendas.AGENDA_CHANGED)
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

    It is never merged: it would undo what another person did after the actor saw the draft. Raises Conflict if there is
    none, or if the agenda was adopted; a change of the time plan can be undone even then. Raises Forbidden, Stale.
    """
    agendas.EDIT.require(actor, meeting)
    draft_lock.lock_draft(session, meeting, version)
    last = agenda_drafts.find_undoable_change(session, meeting)
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
    return {item.id: item for item in agenda_drafts.list_draft_items(session, meeting)}


def _content_values(
    session: WriteSession, content: NewAgendaItem, *, already_cited: Collection[str] = ()
) -> dict[str, Any]:
    """Return everything about an item except its titles and its place, by column. Raises BadRequest if it cites what
    cannot be cited (any more)."""
    citations = {
        "mandates": require_citable(session, content.mandates, already_cited=already_cited),
        "action_lines": require_action_lines(session, content.action_lines),
    }
    return {"session_id": content.session} | content.model_dump(include=set(CONTENT_FIELDS)) | citations


def _change_fields(edit: draft_lock.AgendaDraftEdit, wanted: Mapping[UUID, Mapping[str, Any]]) -> list[UUID]:
    """Set the fields of items that differ from what the actor saw; return the items that changed.

    Raises NotFound if an item is not of this draft; Stale if one of these fields was changed to another value
    meanwhile.
    """
    items = _items(edit.session, edit.meeting)
    base = {item["id"]: list_item_values(item) for item in edit.base["items"]}
    changed = []
    for item_id, values in wanted.items():
        edit.require_unchanged(item_id)
        if item_id not in items:
            raise NotFound()
        was, now = base[str(item_id)], list_item_values(agenda_drafts.dump_item(items[item_id]))
        asked = {
            name: value
            for name, value in values.items()
            if agenda_drafts.to_snapshot_value(value) not in (was[name], now[name])
        }
        edit.require_unchanged(item_id, *asked)
        _set_values(items[item_id], asked)
        changed += [item_id] if asked else []
    return changed


def _set_values(item: AgendaItem, values: Mapping[str, Any]) -> None:
    """Set fields of an item, each named by its field; an empty title is removed."""
    titles = {name.removeprefix("title_"): value for name, value in values.items() if name.startswith("title_")}
    if titles:
        item.titles = {code: title for code, title in (item.titles | titles).items() if title}
    for name in CONTENT_FIELDS:
        if name in values:
            setattr(item, name, values[name])


def _require_sessions_of_meeting(session: WriteSession, meeting: Meeting, session_ids: Collection[UUID | None]) -> None:
    """Raise NotFound unless all sessions that are named belong to the meeting."""
    named = set(session_ids) - {None}
    of_meeting = select(MeetingSession.id).where(MeetingSession.id.in_(named), MeetingSession.meeting_id == meeting.id)
    if named and set(session.scalars(of_meeting)) != named:
        raise NotFound()


def _begin_move(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    item: AgendaItem,
    version: int,
    *,
    relative_to: UUID | None = None,
) -> draft_lock.AgendaDraftEdit:
    """Begin a move of an item. Raises Stale if the item was moved meanwhile, or the item that the move names was
    removed."""
    edit = draft_lock.begin_draft_edit(session, actor, meeting, version)
    edit.require_unchanged(item.id, "place")
    if relative_to is not None:
        edit.require_unchanged(relative_to)
    return edit


def _move_next_to(edit: draft_lock.AgendaDraftEdit, item: UUID, neighbour: UUID, place: str) -> None:
    """Move an item before, after or into its neighbour."""
    items = _items(edit.session, edit.meeting)
    tree = agenda_drafts.build_agenda_tree(list(items.values()))
    _arrange_moved_item(edit, items, tree, tree.with_item_next_to(item, neighbour, place), item, neighbour)


def _arrange_moved_item(
    edit: draft_lock.AgendaDraftEdit,
    items: dict[UUID, AgendaItem],
    before: AgendaTree,
    after: AgendaTree,
    item: UUID,
    neighbour: UUID | None,
) -> None:
    """Store the order after a move, and give the item the session of its neighbour, unless its session was changed
    meanwhile; what was changed meanwhile of its sub-items stays as well."""
    arrange_items(items, after)
    planned_meanwhile = {key for key, name in edit.changed_meanwhile if name == "session_id"}
    if neighbour is not None and str(item) not in planned_meanwhile:
        sessions = {each.id: each.session_id for each in items.values()}
        for each, session_id in find_sessions_after_move(before, after, sessions, item, neighbour).items():
            if str(each) not in planned_meanwhile:
                items[each].session_id = session_id
    edit.record_change("moved", item)


def _position_behind_session(items: Mapping[UUID, AgendaItem], siblings: Sequence[UUID], planned: UUID | None) -> int:
    """Return the position after the last sibling that is planned for a session; the last position if none is."""
    places = [place for place, each in enumerate(siblings, start=1) if planned and items[each].session_id == planned]
    return places[-1] if places else LAST_POSITION


def require_no_documents(session: WriteSession, item_id: UUID) -> None:
    """Raise Conflict if documents are allocated to an item of the draft."""
    if session.scalar(select(func.count()).where(DraftAllocation.item_id == item_id)):
        raise Conflict(_("Documents are allocated to this item. Allocate them to another item first."))


def arrange_items(items: dict[UUID, AgendaItem], tree: AgendaTree) -> None:
    """Write parents and positions from the tree to the items; unchanged rows are not written."""
    for item, parent, position in tree.iterate_item_positions():
        items[item].parent_id, items[item].position = parent, position
