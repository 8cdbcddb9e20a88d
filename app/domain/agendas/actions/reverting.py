"""Undo one difference between the released agenda and its draft: what the difference is about gets the state again that
it has in the release. Everything else in the draft stays."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import delete

from app.core import journal
from app.core.db import WriteSession
from app.core.errors import Conflict
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.agendas import events
from app.domain.agendas.actions import draft_lock
from app.domain.agendas.actions.editing import arrange_items, require_no_documents
from app.domain.agendas.models import AgendaItem, DraftAllocation
from app.domain.agendas.queries import agenda_drafts, agenda_releases, agenda_versions
from app.domain.agendas.rules import agendas
from app.domain.agendas.rules.diff import (
    AgendaDifference,
    AgendaDifferenceKind,
    AgendaVersion,
    AgendaVersionItem,
    compare_agenda_versions,
)
from app.domain.agendas.rules.merging import CONTENT_FIELDS
from app.domain.meetings.models import Meeting

Draft = dict[UUID, AgendaItem]
"""The items of the draft by identifier."""


def revert_difference(
    session: WriteSession, actor: Actor, meeting: Meeting, kind: str, subject: UUID, *, version: int
) -> None:
    """Undo the difference of that kind of an item or a document between the current release and the draft.

    Raises Forbidden; Stale if the item or document was changed after the actor saw it; Conflict if there is no such
    difference any more, if the agenda was adopted, or if other items or documents are under an item that would go.
    """
    agendas.EDIT.require(actor, meeting)
    edit = draft_lock.begin_draft_edit(session, actor, meeting, version, changes_items=kind not in DOCUMENT_REVERSIONS)
    edit.require_untouched(subject)
    release = agenda_releases.find_current_release(session, meeting)
    old = agenda_versions.load_agenda_version(session, meeting, release) if release else AgendaVersion([], [])
    difference = next(
        (
            each
            for each in compare_agenda_versions(old, agenda_versions.load_agenda_version(session, meeting, None))
            if each.kind == kind and each.subject == subject
        ),
        None,
    )
    if difference is None or difference.kind == AgendaDifferenceKind.RENUMBERED:
        raise Conflict(_("This change is no longer there. Check the current list of changes."))
    if difference.kind in DOCUMENT_REVERSIONS:
        DOCUMENT_REVERSIONS[difference.kind](edit, old, difference)
        edit.record_change("reverted", None)
        return
    ITEM_REVERSIONS[difference.kind](edit, old, difference)
    edit.record_change("reverted", subject)


def _remove_item(edit: draft_lock.AgendaDraftEdit, _old: AgendaVersion, difference: AgendaDifference) -> None:
    """Remove an item that was added. Raises Conflict if documents or other items are under it."""
    items = _load_items(edit)
    require_no_documents(edit.session, difference.subject)
    tree = agenda_drafts.build_agenda_tree(list(items.values())).without_item(difference.subject)
    edit.session.delete(items.pop(difference.subject))
    arrange_items(items, tree)


def _restore_item(edit: draft_lock.AgendaDraftEdit, old: AgendaVersion, difference: AgendaDifference) -> None:
    """Bring an item back that was removed, to its place."""
    assert difference.old_item is not None
    items, was = _load_items(edit), difference.old_item
    tree = agenda_drafts.build_agenda_tree(list(items.values()))
    item = AgendaItem(id=was.id, meeting_id=edit.meeting.id, titles=was.titles)
    _set_details(item, was)
    arrange_items(items | {was.id: item}, tree.with_item(was.id, *_find_place(old, was, items)))
    edit.session.add(item)


def _rename_item(edit: draft_lock.AgendaDraftEdit, _old: AgendaVersion, difference: AgendaDifference) -> None:
    """Give an item its former titles."""
    assert difference.old_item is not None
    _load_items(edit)[difference.subject].titles = difference.old_item.titles


def _restore_details(edit: draft_lock.AgendaDraftEdit, _old: AgendaVersion, difference: AgendaDifference) -> None:
    """Give an item its former minutes, session, notes and so on."""
    assert difference.old_item is not None
    _set_details(_load_items(edit)[difference.subject], difference.old_item)


def _move_item(edit: draft_lock.AgendaDraftEdit, old: AgendaVersion, difference: AgendaDifference) -> None:
    """Move an item to its former place."""
    assert difference.old_item is not None
    items = _load_items(edit)
    tree = agenda_drafts.build_agenda_tree(list(items.values()))
    place = _find_place(old, difference.old_item, items)
    arrange_items(items, tree.with_item_moved(difference.subject, *place))


def _unallocate(edit: draft_lock.AgendaDraftEdit, _old: AgendaVersion, difference: AgendaDifference) -> None:
    """Take a document off the agenda that was not on it."""
    edit.session.execute(delete(DraftAllocation).where(DraftAllocation.document_id == difference.subject))
    journal.record_event(
        edit.session, edit.actor, events.DocumentTakenOff(difference.subject), body=edit.meeting.body_id
    )


def _allocate(edit: draft_lock.AgendaDraftEdit, old: AgendaVersion, difference: AgendaDifference) -> None:
    """Put a document under its former item, at its former place. Raises Conflict if the item is not on the draft."""
    assert difference.old_item is not None
    item, document = difference.old_item.id, difference.subject
    if item not in _load_items(edit):
        raise Conflict(_("The item of this document was removed. Undo its removal first."))
    rows = {row.document_id: row for row in agenda_drafts.list_draft_allocations(edit.session, edit.meeting)}
    row = rows.pop(document, None) or DraftAllocation(document_id=document)
    siblings = [each for each in rows.values() if each.item_id == item]
    former = [each.document_id for each in old.documents if each.item_id == item]
    siblings.insert(min(former.index(document), len(siblings)), row)
    for position, each in enumerate(siblings):
        each.position = position
    row.item_id, row.together = item, None
    edit.session.add(row)
    journal.record_event(edit.session, edit.actor, events.DocumentAllocated(document, item), body=edit.meeting.body_id)


def _regroup(edit: draft_lock.AgendaDraftEdit, old: AgendaVersion, difference: AgendaDifference) -> None:
    """Group the documents of an item as they were grouped."""
    assert difference.new_item is not None
    item = difference.new_item.id
    groups = {each.document_id: each.joint_group for each in old.documents if each.item_id == item}
    for row in agenda_drafts.list_draft_allocations(edit.session, edit.meeting):
        if row.item_id == item:
            row.together = groups.get(row.document_id)


Reversion = Callable[[draft_lock.AgendaDraftEdit, AgendaVersion, AgendaDifference], None]
ITEM_REVERSIONS: Mapping[str, Reversion] = MappingProxyType(
    {
        AgendaDifferenceKind.ADDED: _remove_item,
        AgendaDifferenceKind.REMOVED: _restore_item,
        AgendaDifferenceKind.RENAMED: _rename_item,
        AgendaDifferenceKind.CHANGED: _restore_details,
        AgendaDifferenceKind.MOVED: _move_item,
    }
)
DOCUMENT_REVERSIONS: Mapping[str, Reversion] = MappingProxyType(
    {
        AgendaDifferenceKind.PUT: _unallocate,
        AgendaDifferenceKind.PLACED: _allocate,
        AgendaDifferenceKind.REORDERED: _allocate,
        AgendaDifferenceKind.TAKEN_OFF: _allocate,
        AgendaDifferenceKind.GROUPED: _regroup,
    }
)


def _load_items(edit: draft_lock.AgendaDraftEdit) -> Draft:
    return {item.id: item for item in agenda_drafts.list_draft_items(edit.session, edit.meeting)}


def _set_details(item: AgendaItem, was: AgendaVersionItem) -> None:
    for name, value in zip(CONTENT_FIELDS, was.details, strict=True):
        setattr(item, name, value)


def _find_place(old: AgendaVersion, was: AgendaVersionItem, items: Draft) -> tuple[UUID | None, int]:
    """Return the former parent of an item, or the top level if that is not on the draft, and its place under it."""
    siblings = [each.id for each in old.items if each.parent_id == was.parent_id]
    return (was.parent_id if was.parent_id in items else None), siblings.index(was.id)
