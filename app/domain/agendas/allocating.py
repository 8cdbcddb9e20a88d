"""Putting documents under the items of a draft, in order, some of them together."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete

from app.core import journal
from app.core.access import Actor
from app.core.db import WriteSession
from app.core.errors import Conflict, Unknown
from app.core.i18n import say
from app.domain.agendas import events, queries, rules, turns
from app.domain.agendas.actions import LAST
from app.domain.agendas.models import AgendaItem, Allocation
from app.domain.documents.models import Document
from app.domain.meetings.models import Meeting


def allocate(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    document: Document,
    item: AgendaItem,
    *,
    version: int,
    position: int = LAST,
) -> None:
    """Put a document under an item, or move it there; at the end unless a position is given."""
    rules.KEEP.require(actor, meeting)
    allocate_all(session, actor, meeting, [document], item, version=version, position=position)


def allocate_all(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    documents: Sequence[Document],
    item: AgendaItem,
    *,
    version: int,
    position: int = LAST,
) -> None:
    """Put documents under an item, in this order; `position` counts without them."""
    rules.KEEP.require(actor, meeting)
    for document in documents:
        _insist_on_its_own(meeting, document)
    turn = turns.take(session, actor, meeting, version, items=False)
    stands = {each.document_id: each for each in queries.allocations(session, meeting)}
    put = [stands.get(document.id) or Allocation(document_id=document.id) for document in documents]
    beside = [each for each in stands.values() if each.item_id == item.id and each not in put]
    position = max(0, min(position, len(beside)))
    for each in put:
        if each.item_id != item.id:
            each.item_id, each.together = item.id, None
    for place, each in enumerate([*beside[:position], *put, *beside[position:]]):
        each.position = place
    session.add_all(put)
    turn.done("allocated", item.id)
    for document in documents:
        journal.record(session, actor, events.DocumentAllocated(document.id, item.id), body=meeting.body_id)


def step_document(
    session: WriteSession, actor: Actor, meeting: Meeting, document: Document, direction: str, *, version: int
) -> None:
    """Move a document one place `up` or `down`; at the end of its item, to the item before or behind it."""
    rules.KEEP.require(actor, meeting)
    stands = queries.allocations(session, meeting)
    item = next((each.item_id for each in stands if each.document_id == document.id), None)
    if item is None:
        raise Unknown()
    beside = [each.document_id for each in stands if each.item_id == item]
    place, step = beside.index(document.id), -1 if direction == "up" else 1
    if 0 <= place + step < len(beside):
        position = place + step
    else:
        order = [each.id for each, _ in queries.in_order(queries.draft(session, meeting))]
        beyond = order.index(item) + step
        if not 0 <= beyond < len(order):
            raise Conflict(say("The document is at that end of the agenda already."))
        item, position = order[beyond], LAST if step < 0 else 0
    there = queries.one_item(session, meeting, item)
    allocate_all(session, actor, meeting, [document], there, version=version, position=position)


def take_off(session: WriteSession, actor: Actor, meeting: Meeting, document: Document, *, version: int) -> None:
    """Take a document off the draft; it stays on the register, and waits in the tray."""
    rules.KEEP.require(actor, meeting)
    _insist_on_its_own(meeting, document)
    turn = turns.take(session, actor, meeting, version, items=False)
    session.execute(delete(Allocation).where(Allocation.document_id == document.id))
    turn.done("taken-off", None)
    journal.record(session, actor, events.DocumentTakenOff(document.id), body=meeting.body_id)


def discuss_together(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    item: AgendaItem,
    documents: Sequence[UUID],
    *,
    version: int,
) -> None:
    """Discuss these documents of an item jointly; one alone is taken out of its group. Raises Unknown."""
    rules.KEEP.require(actor, meeting)
    turn = turns.take(session, actor, meeting, version, items=False)
    under = [each for each in queries.allocations(session, meeting) if each.item_id == item.id]
    chosen = [each for each in under if each.document_id in documents]
    if len(chosen) != len(set(documents)):
        raise Unknown()
    group = max((each.together or 0 for each in under), default=0) + 1
    for each in chosen:
        each.together = group if len(chosen) > 1 else None
    turn.done("grouped", item.id)


def _insist_on_its_own(meeting: Meeting, document: Document) -> None:
    """A meeting allocates the documents of its own series. Raises Unknown."""
    if document.body_id != meeting.body_id or document.scope != str(meeting.number):
        raise Unknown()
