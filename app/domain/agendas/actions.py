"""Keeping the items of an agenda. Whoever changes its draft says on which version they worked; a stale change is
refused whole. Each change is kept with the draft as it was before, so that it can be undone.

Nobody but those who keep the agenda sees anything of the draft; `releasing` copies it for everybody.
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
"""A position behind every other."""


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
    """Put an item under another one or on the top level, at the end unless a position is given."""
    rules.KEEP.require(actor, meeting)
    turn = turns.take(session, actor, meeting, version)
    items = _items(session, meeting)
    if under is not None and under not in items:
        raise Unknown()
    made = AgendaItem(id=uuid4(), meeting_id=meeting.id, titles={**(new.titles or {}), language: new.title})
    _fill(session, meeting, made, new)
    grown = queries.tree(list(items.values())).put(made.id, under, position)
    _arrange(items | {made.id: made}, grown)
    session.add(made)
    turn.done("added", made.id)
    return made


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
    """Change what an item says; its title in one language, or in all where `new` gives them."""
    rules.KEEP.require(actor, meeting)
    turn = turns.take(session, actor, meeting, version)
    item.titles = {**(item.titles if new.titles is None else new.titles), language: new.title}
    _fill(session, meeting, item, new)
    turn.done("changed", item.id)


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
    """Lay an item over a session, with its minutes. This may change after the agenda was adopted."""
    rules.KEEP.require(actor, meeting)
    turn = turns.take(session, actor, meeting, version, items=False)
    _insist_on_its_session(session, meeting, planned)
    item.session_id, item.minutes = planned, minutes
    turn.done("planned", item.id)


def remove_item(session: WriteSession, actor: Actor, meeting: Meeting, item: AgendaItem, *, version: int) -> None:
    """Take an item away. Documents and items under it must be put elsewhere first."""
    rules.KEEP.require(actor, meeting)
    turn = turns.take(session, actor, meeting, version)
    if session.scalar(select(func.count()).where(Allocation.item_id == item.id)):
        raise Conflict(say("Documents stand under this item. Put them under another one first."))
    items = _items(session, meeting)
    left = queries.tree(list(items.values())).without(item.id)
    session.delete(items.pop(item.id))
    _arrange(items, left)
    turn.done("removed", item.id)


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
    """Put an item, with everything below it, in another place; `position` counts without the item itself."""
    rules.KEEP.require(actor, meeting)
    if under is not None:
        queries.one_item(session, meeting, under)
    _move(session, actor, meeting, item, lambda tree: tree.moved(item.id, under, position), version)


def step_item(
    session: WriteSession, actor: Actor, meeting: Meeting, item: AgendaItem, direction: str, *, version: int
) -> None:
    """Move an item one step: up, down, in or out."""
    rules.KEEP.require(actor, meeting)
    _move(session, actor, meeting, item, lambda tree: tree.stepped(item.id, direction), version)


def renumber(session: WriteSession, actor: Actor, meeting: Meeting, style: str, *, version: int) -> None:
    """Number the items in another style. Raises Unknown for a style that is none."""
    rules.KEEP.require(actor, meeting)
    if style not in STYLES:
        raise Unknown()
    turn = turns.take(session, actor, meeting, version)
    meeting.numbering = style
    turn.done("renumbered", None)


def let_work(session: WriteSession, actor: Actor, meeting: Meeting, offices: Collection[str]) -> None:
    """Choose which offices work with the chair's tools beside the chair. Raises Unknown."""
    rules.LET_WORK.require(actor, meeting)
    if not set(offices) <= rules.MAY_BE_LET:
        raise Unknown()
    session.refresh(meeting, with_for_update=True)
    meeting.deputies = sorted(offices)
    journal.record(session, actor, events.DeputiesChosen(meeting.id, tuple(meeting.deputies)), body=meeting.body_id)


def undo(session: WriteSession, actor: Actor, meeting: Meeting, *, version: int) -> None:
    """Go back to the draft before the latest change that was not undone yet. Raises Conflict if there is none.

    What was planned can be undone after the agenda was adopted, as it can be done.
    """
    rules.KEEP.require(actor, meeting)
    last = queries.last_change(session, meeting)  # if it is not the last one any more, the turn is refused as stale
    turn = turns.take(session, actor, meeting, version, items=last is None or last.what != "planned")
    if last is None:
        raise Conflict(say("There is nothing to undo."))
    last.undone = True
    turns.put_back(turn, last.before)
    turn.done("undone", last.item_id)


def _items(session: WriteSession, meeting: Meeting) -> dict[UUID, AgendaItem]:
    return {item.id: item for item in queries.draft(session, meeting)}


def _fill(session: WriteSession, meeting: Meeting, item: AgendaItem, new: NewItem) -> None:
    """What an item says beside its title."""
    _insist_on_its_session(session, meeting, new.session)
    item.kind, item.minutes, item.responsible = new.kind, new.minutes, new.responsible
    item.notes, item.restricted, item.session_id = new.notes, new.restricted, new.session


def _insist_on_its_session(session: WriteSession, meeting: Meeting, planned: UUID | None) -> None:
    """The session, if one is named, is one of the meeting. Raises Unknown."""
    of_meeting = select(MeetingSession.id).where(MeetingSession.id == planned, MeetingSession.meeting_id == meeting.id)
    if planned is not None and session.scalar(of_meeting) is None:
        raise Unknown()


def _move(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    item: AgendaItem,
    move: Callable[[Tree], Tree],
    version: int,
) -> None:
    turn = turns.take(session, actor, meeting, version)
    items = _items(session, meeting)
    _arrange(items, move(queries.tree(list(items.values()))))
    turn.done("moved", item.id)


def _arrange(items: dict[UUID, AgendaItem], tree: Tree) -> None:
    """Put items where the tree says they are; what stays where it was is not written."""
    for item, parent, position in tree.rows():
        items[item].parent_id, items[item].position = parent, position
