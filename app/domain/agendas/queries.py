"""The draft, for those who keep it; the released agenda, for everybody with a seat."""

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
"""What an item says beside its titles."""

Placed = tuple[UUID, int, int, str, Titles, UUID]
"""item_id, place, depth, label, titles, meeting_id."""

PlannedItem = Row[UUID, UUID | None, str, Titles, bool, UUID | None]
"""item_id, parent_id, label, titles, restricted, session_id."""

Released = Row[UUID, str, int, UUID | None, Titles, str, int | None, str, str, bool, UUID | None]
"""item_id, label, depth, then what `AgendaItem` says too."""


def draft(session: ReadSession, meeting: Meeting) -> Sequence[AgendaItem]:
    """Every item of the draft, in no order that means anything; `tree` has the order."""
    return session.scalars(select(AgendaItem).where(AgendaItem.meeting_id == meeting.id)).all()


def tree(items: Sequence[AgendaItem]) -> Tree:
    """The order of these items."""
    return Tree.of((item.id, item.parent_id, item.position) for item in items)


def in_order(items: Sequence[AgendaItem]) -> list[tuple[AgendaItem, tuple[int, ...]]]:
    """Items of a draft from the top, each with its path."""
    known = {item.id: item for item in items}
    return [(known[item], path) for item, path in tree(items).walk()]


def one_item(session: ReadSession, meeting: Meeting, item: UUID) -> AgendaItem:
    """That item of the draft of this meeting, or Unknown."""
    found = session.scalar(select(AgendaItem).where(AgendaItem.id == item, AgendaItem.meeting_id == meeting.id))
    if found is None:
        raise Unknown()
    return found


def allocations(session: ReadSession, meeting: Meeting) -> Sequence[Allocation]:
    """Which documents stand under the items of the draft, in order."""
    return session.scalars(
        select(Allocation)
        .join(AgendaItem, AgendaItem.id == Allocation.item_id)
        .where(AgendaItem.meeting_id == meeting.id)
        .order_by(Allocation.item_id, Allocation.position)
    ).all()


def last_change(session: ReadSession, meeting: Meeting) -> AgendaChange | None:
    """The latest change that was not undone: what undo goes back behind."""
    return session.scalar(
        select(AgendaChange)
        .where(AgendaChange.meeting_id == meeting.id, ~AgendaChange.undone, AgendaChange.what != "undone")
        .order_by(AgendaChange.version.desc())
        .limit(1)
    )


def changes_since(session: ReadSession, meeting: Meeting, version: int) -> Sequence[Row[AgendaChange, str]]:
    """Who changed the draft after that version, the latest first; as far back as changes are kept."""
    return session.execute(
        select(AgendaChange, Person.name)
        .join(Person, Person.id == AgendaChange.changed_by)
        .where(AgendaChange.meeting_id == meeting.id, AgendaChange.version > version)
        .order_by(AgendaChange.version.desc())
    ).all()


def as_version(session: ReadSession, meeting: Meeting, release: AgendaRelease | None) -> Version:
    """A release, or the draft, to be compared."""
    if release is not None:
        rows = [(row.item_id, row.label, row) for row in items(session, release)]
        return _version(rows, documents_under(session, release))
    ordered = in_order(draft(session, meeting))
    drafted = [(item.id, label(meeting.numbering, path), item) for item, path in ordered]
    return _version(drafted, allocations(session, meeting))


def _version(
    rows: Iterable[tuple[UUID, str, AgendaItem | Released]], stands: Iterable[Allocation | Row[UUID, UUID, int | None]]
) -> Version:
    return Version(
        [
            Item(key, number, row.parent_id, row.titles, tuple(getattr(row, name) for name in SAID))
            for key, number, row in rows
        ],
        [Stands(each.document_id, each.item_id, each.together) for each in stands],
    )


def releases(session: ReadSession, meeting: Meeting) -> Sequence[AgendaRelease]:
    """Every released version, the latest first."""
    ordered = select(AgendaRelease).where(AgendaRelease.meeting_id == meeting.id).order_by(AgendaRelease.number.desc())
    return session.scalars(ordered).all()


def current(session: ReadSession, meeting: Meeting) -> AgendaRelease | None:
    """The version that everybody sees now; None before the first release."""
    return session.scalar(select(AgendaRelease).where(AgendaRelease.meeting_id == meeting.id, AgendaRelease.is_current))


def one_release(session: ReadSession, meeting: Meeting, number: int) -> AgendaRelease:
    """That released version of this meeting, or Unknown."""
    wanted = select(AgendaRelease).where(AgendaRelease.meeting_id == meeting.id, AgendaRelease.number == number)
    found = session.scalar(wanted)
    if found is None:
        raise Unknown()
    return found


def items(session: ReadSession, release: AgendaRelease) -> Sequence[Released]:
    """The items of a release, from the top."""
    kept = select(
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
    return session.execute(kept.where(ReleasedItem.release_id == release.id).order_by(ReleasedItem.place)).all()


def documents_under(session: ReadSession, release: AgendaRelease) -> Sequence[Row[UUID, UUID, int | None]]:
    """Which documents stood under the items of a release, in order: document_id, item_id, together."""
    kept = select(ReleasedAllocation.document_id, ReleasedAllocation.item_id, ReleasedAllocation.together)
    ordered = kept.order_by(ReleasedAllocation.item_id, ReleasedAllocation.position)
    return session.execute(ordered.where(ReleasedAllocation.release_id == release.id)).all()


def on_agendas(actor: Actor) -> Subquery:
    """Under which item of a released agenda each document stands now, in the bodies where the actor has a seat.

    document_id, item_id, label, meeting_id. A document may be open to others; the agenda it stands on is not.
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
    """The items of the versions that everybody sees, of all meetings; to be narrowed or joined."""
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
    """The items of the agenda that everybody sees, from the top."""
    return session.execute(
        released_now().where(AgendaRelease.meeting_id == meeting.id).order_by(ReleasedItem.place)
    ).all()


def planned_items(session: ReadSession, meetings: Iterable[Meeting]) -> Sequence[PlannedItem]:
    """The items of the agendas that everybody sees, of these meetings, from the top, with what a time plan needs."""
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
        .where(AgendaRelease.is_current, AgendaRelease.meeting_id.in_([each.id for each in meetings]))
        .order_by(AgendaRelease.meeting_id, ReleasedItem.place)
    ).all()


def find_released_item(session: ReadSession, meeting: Meeting, item: UUID) -> Row[*Placed] | None:
    """That item of the agenda that everybody sees, if it is (still) on it."""
    wanted = released_now().where(AgendaRelease.meeting_id == meeting.id, ReleasedItem.item_id == item)
    return session.execute(wanted).one_or_none()


def one_released_item(session: ReadSession, meeting: Meeting, item: UUID) -> Row[*Placed]:
    """That item of the agenda that everybody sees, or Unknown."""
    found = find_released_item(session, meeting, item)
    if found is None:
        raise Unknown()
    return found


def place_of(session: ReadSession, document: Document) -> Row[*Placed] | None:
    """The released item under which a document that was found for the actor stands."""
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
    """What was proposed for a meeting: everything for whoever keeps the agenda, one's own State's for others."""
    wanted = select(ItemProposal).where(ItemProposal.meeting_id == meeting.id).order_by(ItemProposal.proposed_at)
    return session.scalars(wanted if keeps else wanted.where(ItemProposal.entity == actor.entity)).all()


def one_proposal(session: ReadSession, actor: Actor, meeting: Meeting, key: UUID, *, keeps: bool) -> ItemProposal:
    """That proposal for this meeting, if the actor may see it, or Unknown."""
    wanted = select(ItemProposal).where(ItemProposal.meeting_id == meeting.id, ItemProposal.id == key)
    found = session.scalar(wanted if keeps else wanted.where(ItemProposal.entity == actor.entity))
    if found is None:
        raise Unknown()
    return found


def unanswered(session: ReadSession, actor: Actor, *, limit: int) -> Sequence[Row[ItemProposal, Meeting]]:
    """Proposals that wait, in the bodies where the actor has a seat; who may answer them is asked of each meeting."""
    waits = ItemProposal.state == ProposalState.PROPOSED
    return session.execute(_with_meetings(actor).where(waits).limit(limit)).all()


def answered(
    session: ReadSession, actor: Actor, since: datetime, *, limit: int
) -> Sequence[Row[ItemProposal, Meeting]]:
    """What the chair said to proposals of the actor's State since then."""
    mine = (ItemProposal.entity == actor.entity) & (ItemProposal.answered_at >= since)
    return session.execute(_with_meetings(actor).where(mine).limit(limit)).all()


def _with_meetings(actor: Actor) -> Select[ItemProposal, Meeting]:
    return (
        select(ItemProposal, Meeting)
        .join(Meeting, Meeting.id == ItemProposal.meeting_id)
        .where(Meeting.body_id.in_(actor.bodies()))
        .order_by(ItemProposal.proposed_at)
    )


def last_release(session: ReadSession, meeting: Meeting) -> int:
    """The number of the latest release; 0 before the first."""
    return session.scalar(select(func.max(AgendaRelease.number)).where(AgendaRelease.meeting_id == meeting.id)) or 0
