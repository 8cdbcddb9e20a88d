"""A turn at the draft of an agenda: asked for, locked on the version that was seen, kept so that it can be undone."""

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
"""So many changes of a draft can be undone, one after the other."""

SAID = ("parent_id", "titles", "kind", "minutes", "responsible", "notes", "restricted", "session_id")
"""What an item is, beside its place."""

STANDS = ("document_id", "item_id", "position", "together")
"""How a document stands under an item."""


class StaleAgenda(Conflict):
    """The change was made on an older version of the draft."""

    def __init__(self) -> None:
        super().__init__(
            say("Somebody changed the agenda meanwhile. Look at it as it is now, then make your change again.")
        )


@dataclass(frozen=True, slots=True)
class Turn:
    """One change of a draft by somebody who may make it. Nobody else changes it until the transaction ends."""

    session: WriteSession
    actor: Actor
    meeting: Meeting
    before: dict[str, Any]

    def done(self, what: str, item: UUID | None) -> None:
        """The change was made: keep what was before, and note it. The oldest of many are let go."""
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
        old = AgendaChange.version <= self.meeting.agenda_version - KEPT_CHANGES
        self.session.execute(delete(AgendaChange).where(AgendaChange.meeting_id == self.meeting.id, old))
        happened = events.AgendaChanged(self.meeting.id, item, what, self.meeting.agenda_version)
        journal.record(self.session, self.actor, happened, body=self.meeting.body_id)


def take(session: WriteSession, actor: Actor, meeting: Meeting, version: int, *, items: bool = True) -> Turn:
    """Ask, and move the draft from the version that the actor saw to the next.

    `items` says that the items themselves change, which they do not once the agenda was adopted; documents and the
    time plan still may. Raises Forbidden, Conflict, StaleAgenda.
    """
    rules.KEEP.require(actor, meeting)
    lock(session, meeting, version)
    now = queries.current(session, meeting)
    if items and now and now.adopted_at:
        raise Conflict(say("The meeting adopted this agenda. Its items do not change any more."))
    meeting.agenda_version = version + 1
    return Turn(session, actor, meeting, _kept(session, meeting))


def lock(session: WriteSession, meeting: Meeting, version: int) -> None:
    """Nobody else changes this draft until the transaction ends. Raises StaleAgenda."""
    hold(session, meeting)
    if meeting.agenda_version != version:
        raise StaleAgenda


def put_back(turn: Turn, kept: dict[str, Any]) -> None:
    """The draft as it was kept."""
    session, meeting = turn.session, turn.meeting
    mine = select(AgendaItem.id).where(AgendaItem.meeting_id == meeting.id)
    session.execute(delete(Allocation).where(Allocation.item_id.in_(mine)))
    session.execute(delete(AgendaItem).where(AgendaItem.meeting_id == meeting.id))
    session.add_all(AgendaItem(meeting_id=meeting.id, **_typed(each)) for each in kept["items"])
    session.add_all(Allocation(**_typed(each)) for each in kept["documents"])
    meeting.numbering = kept["numbering"]


def _kept(session: WriteSession, meeting: Meeting) -> dict[str, Any]:
    """The draft as plain values."""
    return {
        "numbering": meeting.numbering,
        "items": [_plain(item, ("id", "position", *SAID)) for item in queries.draft(session, meeting)],
        "documents": [_plain(each, STANDS) for each in queries.allocations(session, meeting)],
    }


def _plain(row: object, names: tuple[str, ...]) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in names}
    return {name: str(value) if isinstance(value, UUID) else value for name, value in values.items()}


def _typed(kept: dict[str, Any]) -> dict[str, Any]:
    return {name: UUID(value) if value and name.endswith("id") else value for name, value in kept.items()}
