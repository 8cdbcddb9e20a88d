"""Edit the draft of an agenda under its lock: check permission, merge with what others changed, keep a snapshot for
undo, record."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from app.core import clock, journal
from app.core.db import WriteSession, lock_row
from app.core.errors import Conflict, Stale, require_version
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.agendas import events
from app.domain.agendas.models import AgendaChange, AgendaItem, DraftAllocation
from app.domain.agendas.queries import agenda_drafts, agenda_releases
from app.domain.agendas.rules import agendas
from app.domain.agendas.rules.merging import DraftField, DraftSnapshot, find_changed_fields
from app.domain.meetings.models import Meeting

MAX_UNDO_STEPS = 50
"""Number of latest changes of a draft that can be undone, one after the other."""


@dataclass(frozen=True, slots=True)
class AgendaDraftEdit:
    """One change of a locked draft by an actor who may make it. The lock holds until the transaction ends.

    `base` is the draft that the actor saw, `snapshot` the draft as it is; `changed_meanwhile` is what differs.
    """

    session: WriteSession
    actor: Actor
    meeting: Meeting
    base: DraftSnapshot
    snapshot: DraftSnapshot
    changed_meanwhile: frozenset[DraftField]

    def require_unchanged(self, subject: UUID, *names: str) -> None:
        """Raise Stale if one of these fields of an item or a document was changed after the actor saw the draft, or if
        the item was added or removed."""
        if not self.changed_meanwhile.isdisjoint((str(subject), name) for name in ("existence", *names)):
            raise Stale(agendas.AGENDA_CHANGED)

    def require_untouched(self, item: UUID) -> None:
        """Raise Stale if anything about an item was changed after the actor saw the draft."""
        if any(key == str(item) for key, _name in self.changed_meanwhile):
            raise Stale(agendas.AGENDA_CHANGED)

    def record_change(self, what: str, item: UUID | None) -> None:
        """Store the change with its snapshot for undo, as the next version of the draft, and record it in the journal.
        Delete snapshots beyond MAX_UNDO_STEPS."""
        self.meeting.agenda_version += 1
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
    """Check permission, lock the draft, and compare it with the version that the actor saw.

    `changes_items` says that items themselves change, which an adopted agenda forbids; documents and time plan may
    change even then. Raises Forbidden; Stale if that version is no longer known; Conflict if the agenda was adopted.
    """
    agendas.EDIT.require(actor, meeting)
    lock_row(session, meeting)
    current = agenda_releases.find_current_release(session, meeting)
    if changes_items and current and current.adopted_at:
        raise Conflict(_("The meeting has adopted this agenda. Its items can no longer be changed."))
    now = agenda_drafts.snapshot_draft(session, meeting)
    base = now if version == meeting.agenda_version else agenda_drafts.find_former_draft(session, meeting, version)
    if base is None:
        raise Stale(agendas.AGENDA_CHANGED)
    return AgendaDraftEdit(session, actor, meeting, base, now, find_changed_fields(base, now))


def lock_draft(session: WriteSession, meeting: Meeting, version: int) -> None:
    """Lock the draft until the transaction ends. Raises Stale if it is not at that version."""
    lock_row(session, meeting)
    require_version(meeting.agenda_version, version, agendas.AGENDA_CHANGED)


def restore_draft_snapshot(edit: AgendaDraftEdit, snapshot: DraftSnapshot) -> None:
    """Restore the draft from a snapshot."""
    session, meeting = edit.session, edit.meeting
    item_ids = select(AgendaItem.id).where(AgendaItem.meeting_id == meeting.id)
    session.execute(delete(DraftAllocation).where(DraftAllocation.item_id.in_(item_ids)))
    session.execute(delete(AgendaItem).where(AgendaItem.meeting_id == meeting.id))
    session.add_all(AgendaItem(meeting_id=meeting.id, **_load_columns(values)) for values in snapshot["items"])
    session.add_all(DraftAllocation(**_load_columns(values)) for values in snapshot["documents"])
    meeting.numbering = snapshot["numbering"]


def _load_columns(values: dict[str, Any]) -> dict[str, Any]:
    """Return JSON values of a snapshot as column values."""
    return {name: UUID(value) if value and name.endswith("id") else value for name, value in values.items()}
