"""Read the draft of an agenda, for those who may edit it, and the released agenda, for everybody with a seat."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, Select, Subquery, func, select

from app.core.access import Actor
from app.core.db import ReadSession, Titles
from app.core.errors import Unknown
from app.domain.agendas.differences import Item, Stands, Version
from app.domain.agendas.models import (
    AgendaChange,
    AgendaItem,
    AgendaRelease,
    Allocation,
    ItemProposal,
    ProposalState,
    ReleasedAllocation,
    ReleasedItem,
)
from app.domain.agendas.numbering import label
from app.domain.agendas.tree import Tree
from app.domain.documents.models import Document
from app.domain.identity.models import Person
from app.domain.meetings.models import Meeting

SAID = ("kind", "minutes", "responsible", "notes", "restricted", "session_id")
"""The columns of an item that two versions are compared by, besides titles and place."""

Placed = tuple[UUID, int, int, str, Titles, UUID]
"""item_id, place, depth, label, titles, meeting_id."""

PlannedItem = Row[UUID, UUID | None, str, Titles, bool, UUID | None]
"""item_id, parent_id, label, titles, restricted, session_id."""

Released = Row[UUID, str, int, UUID | None, Titles, str, int | None, str, str, bool, UUID | None]
"""item_id, label, depth, then columns that `AgendaItem` has too."""


def draft(session: ReadSession, meeting: Meeting) -> Sequence[AgendaItem]:
    """List every item of the draft, in no particular order; `build_agenda_tree` has the order."""
    return session.scalars(select(AgendaItem).where(AgendaItem.meeting_id == meeting.id)).all()


def tree(items: Sequence[AgendaItem]) -> Tree:
    """Build the tree of these items."""
    return Tree.of((item.id, item.parent_id, item.position) for item in items)


def in_order(items: Sequence[AgendaItem]) -> list[tuple[AgendaItem, tuple[int, ...]]]:
    """Order items of a draft from the top, each with its path."""
    known = {item.id: item for item in items}
    return [(known[item], path) for item, path in tree(items).walk()]


def one_item(session: ReadSession, meeting: Meeting, item: UUID) -> AgendaItem:
    """Return an item of the draft of this meeting. Raises NotFound."""
    agenda_item = session.scalar(select(AgendaItem).where(AgendaItem.id == item, AgendaItem.meeting_id == meeting.id))
    if agenda_item is None:
        raise Unknown()
    return agenda_item


def allocations(session: ReadSession, meeting: Meeting) -> Sequence[Allocation]:
    """List the documents under the items of the draft, in the order of each item."""
    return session.scalars(
        select(Allocation)
        .join(AgendaItem, AgendaItem.id == Allocation.item_id)
        .where(AgendaItem.meeting_id == meeting.id)
        .order_by(Allocation.item_id, Allocation.position)
    ).all()


def last_change(session: ReadSession, meeting: Meeting) -> AgendaChange | None:
    """Find the latest change that was not undone: the one that undo reverts."""
    return session.scalar(
        select(AgendaChange)
        .where(AgendaChange.meeting_id == meeting.id, ~AgendaChange.undone, AgendaChange.what != "undone")
        .order_by(AgendaChange.version.desc())
        .limit(1)
    )


def changes_since(session: ReadSession, meeting: Meeting, version: int) -> Sequence[Row[AgendaChange, str]]:
    """List changes of the draft after that version with the names of their authors, the latest first."""
    return session.execute(
        select(AgendaChange, Person.name)
        .join(Person, Person.id == AgendaChange.changed_by)
        .where(AgendaChange.meeting_id == meeting.id, AgendaChange.version > version)
        .order_by(AgendaChange.version.desc())
    ).all()


def as_version(session: ReadSession, meeting: Meeting, release: AgendaRelease | None) -> Version:
    """Load a release, or the draft if None, as a value that `compare_agenda_versions` takes."""
    if release is not None:
        rows = [(row.item_id, row.label, row) for row in items(session, release)]
        return _build_version(rows, documents_under(session, release))
    ordered = in_order(draft(session, meeting))
    drafted = [(item.id, label(meeting.numbering, path), item) for item, path in ordered]
    return _build_version(drafted, allocations(session, meeting))


def _build_version(
    rows: Iterable[tuple[UUID, str, AgendaItem | Released]],
    allocations: Iterable[Allocation | Row[UUID, UUID, int | None]],
) -> Version:
    """Build the comparable value from rows of items and allocations."""
    return Version(
        [
            Item(key, number, row.parent_id, row.titles, tuple(getattr(row, name) for name in SAID))
            for key, number, row in rows
        ],
        [Stands(allocation.document_id, allocation.item_id, allocation.together) for allocation in allocations],
    )


def releases(session: ReadSession, meeting: Meeting) -> Sequence[AgendaRelease]:
    """List every release, the latest first."""
    ordered = select(AgendaRelease).where(AgendaRelease.meeting_id == meeting.id).order_by(AgendaRelease.number.desc())
    return session.scalars(ordered).all()


def current(session: ReadSession, meeting: Meeting) -> AgendaRelease | None:
    """Find the release that everybody sees now; None before the first one."""
    return session.scalar(select(AgendaRelease).where(AgendaRelease.meeting_id == meeting.id, AgendaRelease.is_current))


def one_release(session: ReadSession, meeting: Meeting, number: int) -> AgendaRelease:
    """Return the release of this meeting with that number. Raises NotFound."""
    statement = select(AgendaRelease).where(AgendaRelease.meeting_id == meeting.id, AgendaRelease.number == number)
    release = session.scalar(statement)
    if release is None:
        raise Unknown()
    return release


def items(session: ReadSession, release: AgendaRelease) -> Sequence[Released]:
    """List the items of a release, from the top."""
    columns = select(
        ReleasedItem.item_id,
        ReleasedItem.label,
        ReleasedItem.depth,
        ReleasedItem.parent_id,
        ReleasedItem.titles,
        ReleasedItem.kind,
        ReleasedItem.minutes,
        ReleasedItem.responsible,
        ReleasedItem.notes,
        ReleasedItem.restricted,
        ReleasedItem.session_id,
    )
    return session.execute(columns.where(ReleasedItem.release_id == release.id).order_by(ReleasedItem.place)).all()


def documents_under(session: ReadSession, release: AgendaRelease) -> Sequence[Row[UUID, UUID, int | None]]:
    """List document_id, item_id and together of the documents in a release, in the order of each item."""
    columns = select(ReleasedAllocation.document_id, ReleasedAllocation.item_id, ReleasedAllocation.together)
    ordered = columns.order_by(ReleasedAllocation.item_id, ReleasedAllocation.position)
    return session.execute(ordered.where(ReleasedAllocation.release_id == release.id)).all()


def on_agendas(actor: Actor) -> Subquery:
    """Subquery of the released item that each document is under now, in bodies where the actor has a seat.

    Columns: document_id, item_id, label, meeting_id. A document may be open to others; the agenda that it is on is not.
    """
    return (
        select(ReleasedAllocation.document_id, ReleasedItem.item_id, ReleasedItem.label, AgendaRelease.meeting_id)
        .join(AgendaRelease, AgendaRelease.id == ReleasedAllocation.release_id)
        .join(
            ReleasedItem,
            (ReleasedItem.release_id == AgendaRelease.id) & (ReleasedItem.item_id == ReleasedAllocation.item_id),
        )
        .join(Meeting, Meeting.id == AgendaRelease.meeting_id)
        .where(AgendaRelease.is_current, Meeting.body_id.in_(actor.bodies()))
        .subquery("on_agendas")
    )


def released_now() -> Select[*Placed]:
    """Select the items of the current releases of all meetings; to be narrowed or joined."""
    return (
        select(
            ReleasedItem.item_id,
            ReleasedItem.place,
            ReleasedItem.depth,
            ReleasedItem.label,
            ReleasedItem.titles,
            AgendaRelease.meeting_id,
        )
        .join(AgendaRelease, AgendaRelease.id == ReleasedItem.release_id)
        .where(AgendaRelease.is_current)
    )


def released_items(session: ReadSession, meeting: Meeting) -> Sequence[Row[*Placed]]:
    """List the items of the current release of a meeting, from the top."""
    return session.execute(
        released_now().where(AgendaRelease.meeting_id == meeting.id).order_by(ReleasedItem.place)
    ).all()


def planned_items(session: ReadSession, meetings: Iterable[Meeting]) -> Sequence[PlannedItem]:
    """List the items of the current releases of these meetings, from the top, with the columns of a time plan."""
    return session.execute(
        select(
            ReleasedItem.item_id,
            ReleasedItem.parent_id,
            ReleasedItem.label,
            ReleasedItem.titles,
            ReleasedItem.restricted,
            ReleasedItem.session_id,
        )
        .join(AgendaRelease, AgendaRelease.id == ReleasedItem.release_id)
        .where(AgendaRelease.is_current, AgendaRelease.meeting_id.in_([meeting.id for meeting in meetings]))
        .order_by(AgendaRelease.meeting_id, ReleasedItem.place)
    ).all()


def find_released_item(session: ReadSession, meeting: Meeting, item: UUID) -> Row[*Placed] | None:
    """Find an item in the current release; None if it is not (or no longer) on it."""
    statement = released_now().where(AgendaRelease.meeting_id == meeting.id, ReleasedItem.item_id == item)
    return session.execute(statement).one_or_none()


def one_released_item(session: ReadSession, meeting: Meeting, item: UUID) -> Row[*Placed]:
    """Return an item of the current release. Raises NotFound."""
    row = find_released_item(session, meeting, item)
    if row is None:
        raise Unknown()
    return row


def place_of(session: ReadSession, document: Document) -> Row[*Placed] | None:
    """Find the released item that a document is under. Access to the document is checked by the caller."""
    return session.execute(
        released_now()
        .join(
            ReleasedAllocation,
            (ReleasedAllocation.release_id == ReleasedItem.release_id)
            & (ReleasedAllocation.item_id == ReleasedItem.item_id),
        )
        .where(ReleasedAllocation.document_id == document.id)
    ).first()


def proposals(session: ReadSession, actor: Actor, meeting: Meeting, *, keeps: bool) -> Sequence[ItemProposal]:
    """List the proposals for a meeting: all of them with `sees_all`, otherwise those of the actor's own State."""
    statement = select(ItemProposal).where(ItemProposal.meeting_id == meeting.id).order_by(ItemProposal.proposed_at)
    return session.scalars(statement if keeps else statement.where(ItemProposal.entity == actor.entity)).all()


def one_proposal(session: ReadSession, actor: Actor, meeting: Meeting, key: UUID, *, keeps: bool) -> ItemProposal:
    """Return a proposal for this meeting, of the actor's own State unless `sees_all`. Raises NotFound."""
    statement = select(ItemProposal).where(ItemProposal.meeting_id == meeting.id, ItemProposal.id == key)
    proposal = session.scalar(statement if keeps else statement.where(ItemProposal.entity == actor.entity))
    if proposal is None:
        raise Unknown()
    return proposal


def unanswered(session: ReadSession, actor: Actor, *, limit: int) -> Sequence[Row[ItemProposal, Meeting]]:
    """List unanswered proposals in bodies where the actor has a seat. The caller checks who may answer them."""
    waits = ItemProposal.state == ProposalState.PROPOSED
    return session.execute(_with_meetings(actor).where(waits).limit(limit)).all()


def answered(
    session: ReadSession, actor: Actor, since: datetime, *, limit: int
) -> Sequence[Row[ItemProposal, Meeting]]:
    """List proposals of the actor's State that the chair answered since then."""
    is_own = (ItemProposal.entity == actor.entity) & (ItemProposal.answered_at >= since)
    return session.execute(_with_meetings(actor).where(is_own).limit(limit)).all()


def _with_meetings(actor: Actor) -> Select[ItemProposal, Meeting]:
    """Select proposals with their meetings, in bodies where the actor has a seat."""
    return (
        select(ItemProposal, Meeting)
        .join(Meeting, Meeting.id == ItemProposal.meeting_id)
        .where(Meeting.body_id.in_(actor.bodies()))
        .order_by(ItemProposal.proposed_at)
    )


def last_release(session: ReadSession, meeting: Meeting) -> int:
    """Return the number of the latest release; 0 before the first one."""
    return session.scalar(select(func.max(AgendaRelease.number)).where(AgendaRelease.meeting_id == meeting.id)) or 0
