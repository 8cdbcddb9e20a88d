"""Allocate documents to the items of an agenda draft: in order, and some of them for joint discussion."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import delete

from app.core import journal
from app.core.db import WriteSession
from app.core.errors import Conflict, NotFound
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.agendas import events
from app.domain.agendas.actions import draft_lock
from app.domain.agendas.actions.editing import LAST_POSITION
from app.domain.agendas.models import AgendaItem, DraftAllocation
from app.domain.agendas.queries import agenda_drafts
from app.domain.agendas.rules import agendas
from app.domain.documents.models import Document
from app.domain.documents.queries.documents import list_visible_documents
from app.domain.meetings.models import Meeting


def allocate_document(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    document: Document,
    item: AgendaItem,
    *,
    version: int,
    position: int = LAST_POSITION,
) -> None:
    """Put a document under an item, or move it there; at the end unless a position is given.

    Raises Forbidden, Stale; NotFound if the document is not of this meeting.
    """
    agendas.EDIT.require(actor, meeting)
    allocate_documents(session, actor, meeting, [document], item, version=version, position=position)


def allocate_documents(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    documents: Sequence[Document],
    item: AgendaItem,
    *,
    version: int,
    position: int = LAST_POSITION,
) -> None:
    """Put documents under an item, in the given order; `position` counts without these documents.

    Raises Forbidden, Stale; NotFound if a document is not of this meeting.
    """
    agendas.EDIT.require(actor, meeting)
    for document in documents:
        _require_document_of_meeting(meeting, document)
    edit = draft_lock.begin_draft_edit(session, actor, meeting, version, changes_items=False)
    edit.require_unchanged(item.id)
    for document in documents:
        edit.require_unchanged(document.id, "allocation")
    allocations = {
        allocation.document_id: allocation for allocation in agenda_drafts.list_draft_allocations(session, meeting)
    }
    chosen = [allocations.get(document.id) or DraftAllocation(document_id=document.id) for document in documents]
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
    edit.record_change("allocated", item.id)
    for document in documents:
        journal.record_event(session, actor, events.DocumentAllocated(document.id, item.id), body=meeting.body_id)


def allocate_documents_as_requested(
    session: WriteSession, actor: Actor, meeting: Meeting, requested: Mapping[UUID, UUID], *, version: int
) -> None:
    """Put every document that is under no item at the end of the item that was requested for it, in the order of the
    documents' numbers, as one change of the draft. `requested` maps documents to items.

    A document that was withdrawn or voided, or whose item is not on the draft, stays where it is.
    Raises Forbidden, Stale; Conflict if there is nothing to allocate.
    """
    agendas.EDIT.require(actor, meeting)
    edit = draft_lock.begin_draft_edit(session, actor, meeting, version, changes_items=False)
    items = {item.id for item in agenda_drafts.list_draft_items(session, meeting)}
    allocations = agenda_drafts.list_draft_allocations(session, meeting)
    allocated = {allocation.document_id for allocation in allocations}
    waiting = [key for key, item in requested.items() if item in items and key not in allocated]
    rows = session.scalars(
        list_visible_documents(actor)
        .where(Document.id.in_(waiting), Document.ended_as.is_(None))
        .where(Document.body_id == meeting.body_id, Document.scope == str(meeting.number))
        .order_by(Document.series_id, Document.number)
    ).all()
    if not rows:
        raise Conflict(_("There is no document to allocate as requested by its delegation."))
    next_position = {allocation.item_id: allocation.position + 1 for allocation in allocations}
    for row in rows:
        position = next_position.get(item_id := requested[row.id], 0)
        session.add(DraftAllocation(document_id=row.id, item_id=item_id, position=position))
        next_position[item_id] = position + 1
    edit.record_change("allocated-as-requested", None)
    for row in rows:
        journal.record_event(session, actor, events.DocumentAllocated(row.id, requested[row.id]), body=meeting.body_id)


def move_document_one_step(
    session: WriteSession, actor: Actor, meeting: Meeting, document: Document, direction: str, *, version: int
) -> None:
    """Move a document one place `up` or `down`; from the end of its item, to the item before or after it.

    Raises Forbidden, Stale; NotFound if the document is under no item; Conflict at the end of the agenda.
    """
    agendas.EDIT.require(actor, meeting)
    allocations = agenda_drafts.list_draft_allocations(session, meeting)
    item_id = next((entry.item_id for entry in allocations if entry.document_id == document.id), None)
    if item_id is None:
        raise NotFound()
    siblings = [entry.document_id for entry in allocations if entry.item_id == item_id]
    place, step = siblings.index(document.id), -1 if direction == "up" else 1
    if 0 <= place + step < len(siblings):
        position = place + step
    else:
        order = [
            entry.id
            for entry, _ignored in agenda_drafts.order_draft_items(agenda_drafts.list_draft_items(session, meeting))
        ]
        neighbour = order.index(item_id) + step
        if not 0 <= neighbour < len(order):
            raise Conflict(_("The document is already at that end of the agenda."))
        item_id, position = order[neighbour], LAST_POSITION if step < 0 else 0
    target = agenda_drafts.get_draft_item(session, meeting, item_id)
    allocate_documents(session, actor, meeting, [document], target, version=version, position=position)


def unallocate_document(
    session: WriteSession, actor: Actor, meeting: Meeting, document: Document, *, version: int
) -> None:
    """Remove a document from the draft; it stays registered and waits in the tray.

    Raises Forbidden, NotFound, Stale.
    """
    agendas.EDIT.require(actor, meeting)
    _require_document_of_meeting(meeting, document)
    edit = draft_lock.begin_draft_edit(session, actor, meeting, version, changes_items=False)
    edit.require_unchanged(document.id, "allocation")
    session.execute(delete(DraftAllocation).where(DraftAllocation.document_id == document.id))
    edit.record_change("taken-off", None)
    journal.record_event(session, actor, events.DocumentTakenOff(document.id), body=meeting.body_id)


def group_documents_for_discussion(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    item: AgendaItem,
    document_ids: Sequence[UUID],
    *,
    version: int,
) -> None:
    """Mark documents of one item for joint discussion; a single document is taken out of its group.

    Raises Forbidden, Stale; NotFound if a document is not under this item.
    """
    agendas.EDIT.require(actor, meeting)
    edit = draft_lock.begin_draft_edit(session, actor, meeting, version, changes_items=False)
    edit.require_unchanged(item.id)
    for key in document_ids:
        edit.require_unchanged(key, "allocation")
    allocations = [
        allocation
        for allocation in agenda_drafts.list_draft_allocations(session, meeting)
        if allocation.item_id == item.id
    ]
    chosen = [allocation for allocation in allocations if allocation.document_id in document_ids]
    if len(chosen) != len(set(document_ids)):
        raise NotFound()
    group = max((allocation.together or 0 for allocation in allocations), default=0) + 1
    for allocation in chosen:
        allocation.together = group if len(chosen) > 1 else None
    edit.record_change("grouped", item.id)


def _require_document_of_meeting(meeting: Meeting, document: Document) -> None:
    """Raise NotFound unless the document belongs to a series of this meeting."""
    if document.body_id != meeting.body_id or document.scope != str(meeting.number):
        raise NotFound()
