"""Edit the items of an agenda draft. Every change names the version of the draft on which it was decided and is refused
as a whole if that version is stale. The draft before each change is kept, so that changes can be undone.

Only the chair and the chair's deputies see the draft; `release` copies it for everybody.
"""

from collections.abc import Callable, Collection
from uuid import UUID, uuid4

from sqlalchemy import func, select

from app.core import journal
from app.core.access import Actor
from app.core.db import WriteSession
from app.core.errors import Conflict, Unknown
from app.core.i18n import say
from app.domain.agendas import events, queries, rules, turns
from app.domain.agendas.inputs import NewItem
from app.domain.agendas.models import AgendaItem, Allocation
from app.domain.agendas.numbering import STYLES
from app.domain.agendas.tree import Tree
from app.domain.meetings.models import Meeting, MeetingSession

LAST = 10**6
"""A position after every other one."""


def add_item(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    new: NewItem,
    language: str,
    *,
    version: int,
    under: UUID | None = None,
    position: int = LAST,
) -> AgendaItem:
    """Add an item under another item or on the top level, at the end unless a position is given.

    Raises Forbidden; NotFound if the parent or the session is not of this meeting; StaleAgenda; Conflict if the agenda
    was adopted or would get too deep.
    """
    rules.KEEP.require(actor, meeting)
    edit = turns.take(session, actor, meeting, version)
    items = _items(session, meeting)
    if under is not None and under not in items:
        raise Unknown()
    item = AgendaItem(id=uuid4(), meeting_id=meeting.id, titles={**(new.titles or {}), language: new.title})
    _set_content(session, meeting, item, new)
    tree = queries.tree(list(items.values())).put(item.id, under, position)
    _arrange(items | {item.id: item}, tree)
    session.add(item)
    edit.done("added", item.id)
    return item


def change_item(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    item: AgendaItem,
    new: NewItem,
    language: str,
    *,
    version: int,
) -> None:
    """Change the content of an item: its title in one language, or in all languages where `content.titles` is given.

    Raises Forbidden, NotFound, StaleAgenda, Conflict.
    """
    rules.KEEP.require(actor, meeting)
    edit = turns.take(session, actor, meeting, version)
    item.titles = {**(item.titles if new.titles is None else new.titles), language: new.title}
    _set_content(session, meeting, item, new)
    edit.done("changed", item.id)


def plan_item(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    item: AgendaItem,
    *,
    planned: UUID | None,
    minutes: int | None,
    version: int,
) -> None:
    """Assign an item to a session of the meeting, with its minutes. Allowed after the agenda was adopted, too.

    Raises Forbidden, StaleAgenda; NotFound if the session is not of this meeting.
    """
    rules.KEEP.require(actor, meeting)
    edit = turns.take(session, actor, meeting, version, items=False)
    _require_session_of_meeting(session, meeting, planned)
    item.session_id, item.minutes = planned, minutes
    edit.done("planned", item.id)


def remove_item(session: WriteSession, actor: Actor, meeting: Meeting, item: AgendaItem, *, version: int) -> None:
    """Remove an item from the draft.

    Raises Conflict if documents or other items are still under it; Forbidden, StaleAgenda.
    """
    rules.KEEP.require(actor, meeting)
    edit = turns.take(session, actor, meeting, version)
    if session.scalar(select(func.count()).where(Allocation.item_id == item.id)):
        raise Conflict(say("Documents stand under this item. Put them under another one first."))
    items = _items(session, meeting)
    remaining = queries.tree(list(items.values())).without(item.id)
    session.delete(items.pop(item.id))
    _arrange(items, remaining)
    edit.done("removed", item.id)


def move_item(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    item: AgendaItem,
    *,
    under: UUID | None,
    position: int,
    version: int,
) -> None:
    """Move an item, with everything below it, to another place; `position` counts without the item itself.

    Raises Forbidden, NotFound, StaleAgenda; Conflict if it would come under itself or too deep.
    """
    rules.KEEP.require(actor, meeting)
    if under is not None:
        queries.one_item(session, meeting, under)
    _move(session, actor, meeting, item, lambda tree: tree.moved(item.id, under, position), version)


def step_item(
    session: WriteSession, actor: Actor, meeting: Meeting, item: AgendaItem, direction: str, *, version: int
) -> None:
    """Move an item one step: `up`, `down`, `in` or `out`.

    Raises Forbidden, StaleAgenda; Conflict at the end of the agenda.
    """
    rules.KEEP.require(actor, meeting)
    _move(session, actor, meeting, item, lambda tree: tree.stepped(item.id, direction), version)


def renumber(session: WriteSession, actor: Actor, meeting: Meeting, style: str, *, version: int) -> None:
    """Number the items in another style. Raises Forbidden, StaleAgenda; NotFound for an unknown style."""
    rules.KEEP.require(actor, meeting)
    if style not in STYLES:
        raise Unknown()
    edit = turns.take(session, actor, meeting, version)
    meeting.numbering = style
    edit.done("renumbered", None)


def let_work(session: WriteSession, actor: Actor, meeting: Meeting, offices: Collection[str]) -> None:
    """Choose the offices whose holders work with the chair's tools, in addition to the chair.

    Raises Forbidden; NotFound for other offices.
    """
    rules.LET_WORK.require(actor, meeting)
    if not set(offices) <= rules.MAY_BE_LET:
        raise Unknown()
    session.refresh(meeting, with_for_update=True)
    meeting.deputies = sorted(offices)
    journal.record(session, actor, events.DeputiesChosen(meeting.id, tuple(meeting.deputies)), body=meeting.body_id)


def undo(session: WriteSession, actor: Actor, meeting: Meeting, *, version: int) -> None:
    """Restore the draft from before the latest change that was not undone yet.

    Raises Conflict if there is none, or if the agenda was adopted; a change of the time plan can be undone even then.
    Raises Forbidden, StaleAgenda.
    """
    rules.KEEP.require(actor, meeting)
    # Read before the lock: if it is not the last change any more, the edit is refused as stale.
    last = queries.last_change(session, meeting)
    edit = turns.take(session, actor, meeting, version, items=last is None or last.what != "planned")
    if last is None:
        raise Conflict(say("There is nothing to undo."))
    last.undone = True
    turns.put_back(edit, last.before)
    edit.done("undone", last.item_id)


def _items(session: WriteSession, meeting: Meeting) -> dict[UUID, AgendaItem]:
    """Return the items of the draft by id."""
    return {item.id: item for item in queries.draft(session, meeting)}


def _set_content(session: WriteSession, meeting: Meeting, item: AgendaItem, new: NewItem) -> None:
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
        raise Unknown()


def _move(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    item: AgendaItem,
    move: Callable[[Tree], Tree],
    version: int,
) -> None:
    """Apply one move of the item tree to the draft."""
    edit = turns.take(session, actor, meeting, version)
    items = _items(session, meeting)
    _arrange(items, move(queries.tree(list(items.values()))))
    edit.done("moved", item.id)


def _arrange(items: dict[UUID, AgendaItem], tree: Tree) -> None:
    """Write parents and positions from the tree to the items; unchanged rows are not written."""
    for item, parent, position in tree.rows():
        items[item].parent_id, items[item].position = parent, position
