"""Allocate documents to the items of an agenda draft: in order, and some of them for joint discussion."""

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
    """Put a document under an item, or move it there; at the end unless a position is given.

    Raises Forbidden, StaleAgenda; NotFound if the document is not of this meeting.
    """
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
    """Put documents under an item, in the given order; `position` counts without these documents.

    Raises Forbidden, StaleAgenda; NotFound if a document is not of this meeting.
    """
    rules.KEEP.require(actor, meeting)
    for document in documents:
        _require_document_of_meeting(meeting, document)
    edit = turns.take(session, actor, meeting, version, items=False)
    allocations = {allocation.document_id: allocation for allocation in queries.allocations(session, meeting)}
    chosen = [allocations.get(document.id) or Allocation(document_id=document.id) for document in documents]
    others = [
        allocation for allocation in allocations.values() if allocation.item_id == item.id and allocation not in chosen
    ]
    position = max(0, min(position, len(others)))
    for allocation in chosen:
        if allocation.item_id != item.id:
            allocation.item_id, allocation.together = item.id, None
    for place, allocation in enumerate([*others[:position], *chosen, *others[position:]]):
        allocation.position = place
    session.add_all(chosen)
    edit.done("allocated", item.id)
    for document in documents:
        journal.record(session, actor, events.DocumentAllocated(document.id, item.id), body=meeting.body_id)


def step_document(
    session: WriteSession, actor: Actor, meeting: Meeting, document: Document, direction: str, *, version: int
) -> None:
    """Move a document one place `up` or `down`; from the end of its item, to the item before or after it.

    Raises Forbidden, StaleAgenda; NotFound if the document is under no item; Conflict at the end of the agenda.
    """
    rules.KEEP.require(actor, meeting)
    allocations = queries.allocations(session, meeting)
    item_id = next((entry.item_id for entry in allocations if entry.document_id == document.id), None)
    if item_id is None:
        raise Unknown()
    siblings = [entry.document_id for entry in allocations if entry.item_id == item_id]
    place, step = siblings.index(document.id), -1 if direction == "up" else 1
    if 0 <= place + step < len(siblings):
        position = place + step
    else:
        order = [entry.id for entry, _ in queries.in_order(queries.draft(session, meeting))]
        neighbour = order.index(item_id) + step
        if not 0 <= neighbour < len(order):
            raise Conflict(say("The document is at that end of the agenda already."))
        item_id, position = order[neighbour], LAST if step < 0 else 0
    target = queries.one_item(session, meeting, item_id)
    allocate_all(session, actor, meeting, [document], target, version=version, position=position)


def take_off(session: WriteSession, actor: Actor, meeting: Meeting, document: Document, *, version: int) -> None:
    """Remove a document from the draft; it stays registered and waits in the tray.

    Raises Forbidden, NotFound, StaleAgenda.
    """
    rules.KEEP.require(actor, meeting)
    _require_document_of_meeting(meeting, document)
    edit = turns.take(session, actor, meeting, version, items=False)
    session.execute(delete(Allocation).where(Allocation.document_id == document.id))
    edit.done("taken-off", None)
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
    """Mark documents of one item for joint discussion; a single document is taken out of its group.

    Raises Forbidden, StaleAgenda; NotFound if a document is not under this item.
    """
    rules.KEEP.require(actor, meeting)
    edit = turns.take(session, actor, meeting, version, items=False)
    allocations = [allocation for allocation in queries.allocations(session, meeting) if allocation.item_id == item.id]
    chosen = [allocation for allocation in allocations if allocation.document_id in documents]
    if len(chosen) != len(set(documents)):
        raise Unknown()
    group = max((allocation.together or 0 for allocation in allocations), default=0) + 1
    for allocation in chosen:
        allocation.together = group if len(chosen) > 1 else None
    edit.done("grouped", item.id)


def _require_document_of_meeting(meeting: Meeting, document: Document) -> None:
    """Raise NotFound unless the document belongs to a series of this meeting."""
    if document.body_id != meeting.body_id or document.scope != str(meeting.number):
        raise Unknown()
