"""Edit the draft of an agenda under its lock: check permission and version, keep a snapshot for undo, record."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from app.core import clock, journal
from app.core.db import WriteSession, lock_row
from app.core.errors import Conflict, require_version
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.agendas import events, queries
from app.domain.agendas.models import AgendaChange, AgendaItem, DraftAllocation
from app.domain.agendas.rules import agendas
from app.domain.meetings.models import Meeting

MAX_UNDO_STEPS = 50
"""Number of latest changes of a draft that can be undone, one after the other."""

ITEM_COLUMNS = ("parent_id", "titles", "kind", "minutes", "responsible", "notes", "restricted", "session_id")
"""The columns of an item besides its place."""

ALLOCATION_COLUMNS = ("document_id", "item_id", "position", "together")
"""The columns of an allocation."""


@dataclass(frozen=True, slots=True)
class AgendaDraftEdit:
    """One change of a locked draft by an actor who may make it. The lock holds until the transaction ends."""

    session: WriteSession
    actor: Actor
    meeting: Meeting
    snapshot: dict[str, Any]

    def record_change(self, what: str, item: UUID | None) -> None:
        """Store the snapshot for undo and record the change in the journal. Delete snapshots beyond MAX_UNDO_STEPS."""
        self.session.add(
            AgendaChange(
                meeting_id=self.meeting.id,
                version=self.meeting.agenda_version,
                what=what,
                item_id=item,
                before=self.snapshot,
                changed_by=self.actor.person,
                changed_at=clock.now(),
            )
        )
        self.session.flush()
        is_old = AgendaChange.version <= self.meeting.agenda_version - MAX_UNDO_STEPS
        self.session.execute(delete(AgendaChange).where(AgendaChange.meeting_id == self.meeting.id, is_old))
        event = events.AgendaChanged(self.meeting.id, item, what, self.meeting.agenda_version)
        journal.record_event(self.session, self.actor, event, body=self.meeting.body_id)


def begin_draft_edit(
    session: WriteSession, actor: Actor, meeting: Meeting, version: int, *, changes_items: bool = True
) -> AgendaDraftEdit:
    """Check permission, lock the draft and move it from the version that the actor saw to the next one.

    `changes_items` says that items themselves change, which an adopted agenda forbids; documents and time plan may
    change even then. Raises Forbidden, Stale; Conflict if the agenda was adopted.
    """
    agendas.EDIT.require(actor, meeting)
    lock_draft(session, meeting, version)
    current = queries.find_current_release(session, meeting)
    if changes_items and current and current.adopted_at:
        raise Conflict(_("The meeting has adopted this agenda. Its items can no longer be changed."))
    meeting.agenda_version = version + 1
    return AgendaDraftEdit(session, actor, meeting, _snapshot_draft(session, meeting))


def lock_draft(session: WriteSession, meeting: Meeting, version: int) -> None:
    """Lock the draft until the transaction ends. Raises Stale if it is not at that version."""
    lock_row(session, meeting)
    require_version(meeting.agenda_version, version, agendas.AGENDA_CHANGED)


def restore_draft_snapshot(edit: AgendaDraftEdit, snapshot: dict[str, Any]) -> None:
    """Restore the draft from a snapshot."""
    session, meeting = edit.session, edit.meeting
    item_ids = select(AgendaItem.id).where(AgendaItem.meeting_id == meeting.id)
    session.execute(delete(DraftAllocation).where(DraftAllocation.item_id.in_(item_ids)))
    session.execute(delete(AgendaItem).where(AgendaItem.meeting_id == meeting.id))
    session.add_all(AgendaItem(meeting_id=meeting.id, **_load_columns(values)) for values in snapshot["items"])
    session.add_all(DraftAllocation(**_load_columns(values)) for values in snapshot["documents"])
    meeting.numbering = snapshot["numbering"]


def _snapshot_draft(session: WriteSession, meeting: Meeting) -> dict[str, Any]:
    """Return a snapshot of the draft as JSON values."""
    return {
        "numbering": meeting.numbering,
        "items": [
            _dump_columns(item, ("id", "position", *ITEM_COLUMNS))
            for item in queries.list_draft_items(session, meeting)
        ],
        "documents": [
            _dump_columns(allocation, ALLOCATION_COLUMNS)
            for allocation in queries.list_draft_allocations(session, meeting)
        ],
    }


def _dump_columns(row: object, names: tuple[str, ...]) -> dict[str, Any]:
    """Return columns of a row as JSON values."""
    values = {name: getattr(row, name) for name in names}
    return {name: str(value) if isinstance(value, UUID) else value for name, value in values.items()}


def _load_columns(values: dict[str, Any]) -> dict[str, Any]:
    """Return JSON values of a snapshot as column values."""
    return {name: UUID(value) if value and name.endswith("id") else value for name, value in values.items()}
