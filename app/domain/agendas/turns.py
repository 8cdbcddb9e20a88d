"""Edit the draft of an agenda under its lock: check permission and version, keep a snapshot for undo, record."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from app.core import clock, journal
from app.core.access import Actor
from app.core.db import WriteSession, hold
from app.core.errors import Conflict
from app.core.i18n import say
from app.domain.agendas import events, queries, rules
from app.domain.agendas.models import AgendaChange, AgendaItem, Allocation
from app.domain.meetings.models import Meeting

KEPT_CHANGES = 50
"""Number of latest changes of a draft that can be undone, one after the other."""

SAID = ("parent_id", "titles", "kind", "minutes", "responsible", "notes", "restricted", "session_id")
"""The columns of an item besides its place."""

STANDS = ("document_id", "item_id", "position", "together")
"""The columns of an allocation."""


class StaleAgenda(Conflict):
    """Fault of a change that was decided on an older version of the draft."""

    def __init__(self) -> None:
        super().__init__(
            say("Somebody changed the agenda meanwhile. Look at it as it is now, then make your change again.")
        )


@dataclass(frozen=True, slots=True)
class Turn:
    """One change of a locked draft by an actor who may make it. The lock holds until the transaction ends."""

    session: WriteSession
    actor: Actor
    meeting: Meeting
    before: dict[str, Any]

    def done(self, what: str, item: UUID | None) -> None:
        """Store the snapshot for undo and record the change in the journal. Delete snapshots beyond MAX_UNDO_STEPS."""
        self.session.add(
            AgendaChange(
                meeting_id=self.meeting.id,
                version=self.meeting.agenda_version,
                what=what,
                item_id=item,
                before=self.before,
                changed_by=self.actor.person,
                changed_at=clock.now(),
            )
        )
        self.session.flush()
        is_old = AgendaChange.version <= self.meeting.agenda_version - KEPT_CHANGES
        self.session.execute(delete(AgendaChange).where(AgendaChange.meeting_id == self.meeting.id, is_old))
        event = events.AgendaChanged(self.meeting.id, item, what, self.meeting.agenda_version)
        journal.record(self.session, self.actor, event, body=self.meeting.body_id)


def take(session: WriteSession, actor: Actor, meeting: Meeting, version: int, *, items: bool = True) -> Turn:
    """Check permission, lock the draft and move it from the version that the actor saw to the next one.

    `changes_items` says that items themselves change, which an adopted agenda forbids; documents and time plan may
    change even then. Raises Forbidden, StaleAgenda; Conflict if the agenda was adopted.
    """
    rules.KEEP.require(actor, meeting)
    lock(session, meeting, version)
    current = queries.current(session, meeting)
    if items and current and current.adopted_at:
        raise Conflict(say("The meeting adopted this agenda. Its items do not change any more."))
    meeting.agenda_version = version + 1
    return Turn(session, actor, meeting, _snapshot_draft(session, meeting))


def lock(session: WriteSession, meeting: Meeting, version: int) -> None:
    """Lock the draft until the transaction ends. Raises StaleAgenda if it is not at that version."""
    hold(session, meeting)
    if meeting.agenda_version != version:
        raise StaleAgenda


def put_back(turn: Turn, kept: dict[str, Any]) -> None:
    """Restore the draft from a snapshot."""
    session, meeting = turn.session, turn.meeting
    item_ids = select(AgendaItem.id).where(AgendaItem.meeting_id == meeting.id)
    session.execute(delete(Allocation).where(Allocation.item_id.in_(item_ids)))
    session.execute(delete(AgendaItem).where(AgendaItem.meeting_id == meeting.id))
    session.add_all(AgendaItem(meeting_id=meeting.id, **_load_columns(values)) for values in kept["items"])
    session.add_all(Allocation(**_load_columns(values)) for values in kept["documents"])
    meeting.numbering = kept["numbering"]


def _snapshot_draft(session: WriteSession, meeting: Meeting) -> dict[str, Any]:
    """Return a snapshot of the draft as JSON values."""
    return {
        "numbering": meeting.numbering,
        "items": [_dump_columns(item, ("id", "position", *SAID)) for item in queries.draft(session, meeting)],
        "documents": [_dump_columns(allocation, STANDS) for allocation in queries.allocations(session, meeting)],
    }


def _dump_columns(row: object, names: tuple[str, ...]) -> dict[str, Any]:
    """Return columns of a row as JSON values."""
    values = {name: getattr(row, name) for name in names}
    return {name: str(value) if isinstance(value, UUID) else value for name, value in values.items()}


def _load_columns(values: dict[str, Any]) -> dict[str, Any]:
    """Return JSON values of a snapshot as column values."""
    return {name: UUID(value) if value and name.endswith("id") else value for name, value in values.items()}
