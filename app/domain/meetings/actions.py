"""Convening meetings and keeping their agendas.

Whoever changes an agenda says on which version they worked; a stale change is refused and nothing of it happens.
"""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.core import journal
from app.core.access import Actor
from app.core.db import WriteSession
from app.core.errors import Conflict, Stale, Unacceptable, Unknown
from app.core.i18n import say
from app.domain.bodies.models import Body
from app.domain.bodies.rules import Place
from app.domain.documents.models import Document
from app.domain.meetings import events, queries, rules
from app.domain.meetings.inputs import ItemTitle, NewMeeting
from app.domain.meetings.models import AgendaItem, Allocation, Meeting


class StaleAgenda(Conflict):
    """The change was made on an older version of the agenda."""

    def __init__(self) -> None:
        super().__init__(
            say("Somebody changed the agenda meanwhile. Look at it as it is now, then make your change again.")
        )


def convene(session: WriteSession, actor: Actor, body: Body, new: NewMeeting, language: str) -> Meeting:
    """Call a meeting of a body."""
    rules.CONVENE.require(actor, Place(body.id))
    _refuse_a_taken_number(session, body.id, new.number)
    made = Meeting(
        body_id=body.id,
        number=new.number,
        place={language: new.place},
        zone=new.zone,
        opens_on=new.opens_on,
        closes_on=new.closes_on,
        contributions_due_at=new.due_at(body.deadline_days),
        version=1,
        agenda_version=0,
    )
    session.add(made)
    session.flush()
    journal.record(session, actor, events.MeetingConvened(made.id, made.number), body=body.id)
    return made


def change(
    session: WriteSession, actor: Actor, meeting: Meeting, new: NewMeeting, language: str, *, version: int
) -> None:
    """Change dates, place or deadline. The number stays: symbols are made of it. Raises Stale."""
    rules.CONVENE.require(actor, meeting)
    session.flush()
    session.refresh(meeting, with_for_update=True)
    if meeting.version != version:
        raise Stale()
    meeting.version += 1
    if new.number != meeting.number:
        raise Unacceptable(say("The number of a meeting cannot be changed: symbols are made of it."))
    body = session.get_one(Body, meeting.body_id)
    meeting.place = {**meeting.place, language: new.place}
    meeting.zone, meeting.opens_on, meeting.closes_on = new.zone, new.opens_on, new.closes_on
    was, meeting.contributions_due_at = meeting.contributions_due_at, new.due_at(body.deadline_days)
    if meeting.contributions_due_at != was:
        moved = events.DeadlineMoved(meeting.id, *map(_in_utc, (was, meeting.contributions_due_at)))
        journal.record(session, actor, moved, body=meeting.body_id)
    happened = events.MeetingChanged(
        meeting.id, str(new.opens_on), str(new.closes_on), meeting.contributions_due_at.isoformat()
    )
    journal.record(session, actor, happened, body=meeting.body_id)


def _in_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _refuse_a_taken_number(session: WriteSession, body: UUID, number: int) -> None:
    session.execute(select(Body.id).where(Body.id == body).with_for_update())
    taken = select(Meeting.id).where(Meeting.body_id == body, Meeting.number == number)
    if session.scalar(taken):
        raise Unacceptable(say("There is a meeting with that number already. Choose the next one."))


def add_item(
    session: WriteSession, actor: Actor, meeting: Meeting, new: ItemTitle, language: str, *, version: int
) -> AgendaItem:
    """Put an item at the end of the agenda."""
    now_at = _take_turn(session, actor, meeting, version)
    made = AgendaItem(
        meeting_id=meeting.id, position=queries.last_position(session, meeting) + 1, titles={language: new.title}
    )
    session.add(made)
    session.flush()
    _record(session, actor, meeting, made, "added", now_at)
    return made


def rename_item(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    item: AgendaItem,
    new: ItemTitle,
    language: str,
    *,
    version: int,
) -> None:
    """Change the title of an item in one language."""
    now_at = _take_turn(session, actor, meeting, version)
    item.titles = {**item.titles, language: new.title}
    _record(session, actor, meeting, item, "renamed", now_at)


def remove_item(session: WriteSession, actor: Actor, meeting: Meeting, item: AgendaItem, *, version: int) -> None:
    """Take an item away; those after it move up. Documents under it must be put elsewhere first."""
    now_at = _take_turn(session, actor, meeting, version)
    if session.scalar(select(func.count()).where(Allocation.item_id == item.id)):
        raise Conflict(say("Documents stand under this item. Put them under another one first."))
    _record(session, actor, meeting, item, "removed", now_at)
    session.delete(item)
    session.flush()
    session.execute(
        update(AgendaItem)
        .where(AgendaItem.meeting_id == meeting.id, AgendaItem.position > item.position)
        .values(position=AgendaItem.position - 1)
    )


def move_item(
    session: WriteSession, actor: Actor, meeting: Meeting, item: AgendaItem, *, up: bool, version: int
) -> None:
    """Exchange an item with the one before or after it."""
    now_at = _take_turn(session, actor, meeting, version)
    target = item.position + (-1 if up else 1)
    other = session.scalar(select(AgendaItem).where(AgendaItem.meeting_id == meeting.id, AgendaItem.position == target))
    if other is None:
        raise Conflict(say("The item is at that end of the agenda already."))
    item.position, other.position = other.position, item.position
    _record(session, actor, meeting, item, "moved", now_at)


def allocate(
    session: WriteSession, actor: Actor, meeting: Meeting, document: Document, item: AgendaItem, *, version: int
) -> None:
    """Put a document under an item, or move it there from another."""
    _take_turn(session, actor, meeting, version)
    if document.body_id != meeting.body_id or document.scope != str(meeting.number):
        raise Unknown()
    put = insert(Allocation).values(document_id=document.id, item_id=item.id)
    session.execute(put.on_conflict_do_update(index_elements=["document_id"], set_={"item_id": item.id}))
    journal.record(session, actor, events.DocumentAllocated(document.id, item.id), body=meeting.body_id)


def take_off(session: WriteSession, actor: Actor, meeting: Meeting, document: Document, *, version: int) -> None:
    """Take a document off the agenda; it stays on the register."""
    _take_turn(session, actor, meeting, version)
    if document.body_id != meeting.body_id or document.scope != str(meeting.number):
        raise Unknown()
    session.execute(delete(Allocation).where(Allocation.document_id == document.id))
    journal.record(session, actor, events.DocumentTakenOff(document.id), body=meeting.body_id)


def _take_turn(session: WriteSession, actor: Actor, meeting: Meeting, version: int) -> int:
    """Ask, then move the agenda from the version that the actor saw to the next; or refuse."""
    rules.KEEP_AGENDA.require(actor, meeting)
    mine = update(Meeting).where(Meeting.id == meeting.id, Meeting.agenda_version == version)
    if session.scalar(mine.values(agenda_version=version + 1).returning(Meeting.id)) is None:
        raise StaleAgenda
    return version + 1


def _record(session: WriteSession, actor: Actor, meeting: Meeting, item: AgendaItem, what: str, version: int) -> None:
    journal.record(session, actor, events.AgendaChanged(meeting.id, item.id, what, version), body=meeting.body_id)
