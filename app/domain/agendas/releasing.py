"""Releasing the draft of an agenda as a version for everybody, and recording that the meeting adopted it."""

from uuid import uuid4

from sqlalchemy import insert, update

from app.core import clock, journal
from app.core.access import Actor
from app.core.db import WriteSession
from app.core.errors import Conflict
from app.core.i18n import say
from app.domain.agendas import events, queries, rules, turns
from app.domain.agendas.inputs import Release
from app.domain.agendas.models import AgendaRelease, ReleasedAllocation, ReleasedItem
from app.domain.agendas.numbering import label
from app.domain.meetings.models import Meeting


def release(
    session: WriteSession, actor: Actor, meeting: Meeting, new: Release, *, version: int, after: int | None = None
) -> AgendaRelease:
    """Copy the draft as it is for everybody, under the next number. What was adopted stays so.

    `after` is the number of the release that the actor saw as the last one, if they say so. Raises StaleAgenda.
    """
    rules.RELEASE.require(actor, meeting)
    turns.lock(session, meeting, version)
    before = queries.current(session, meeting)
    if after is not None and after != (before.number if before else 0):
        raise turns.StaleAgenda
    mine = update(AgendaRelease).where(AgendaRelease.meeting_id == meeting.id, AgendaRelease.is_current)
    session.execute(mine.values(is_current=False))
    made = AgendaRelease(
        id=uuid4(),
        meeting_id=meeting.id,
        number=before.number + 1 if before else 1,
        note=new.note,
        draft_version=version,
        is_current=True,
        released_by=actor.person,
        released_at=clock.now(),
        adopted_by=before.adopted_by if before else None,
        adopted_at=before.adopted_at if before else None,
    )
    session.add(made)
    session.flush()
    _copy(session, meeting, made)
    journal.record(session, actor, events.AgendaReleased(meeting.id, made.id, made.number), body=meeting.body_id)
    return made


def adopt(session: WriteSession, actor: Actor, meeting: Meeting, *, number: int) -> None:
    """Record that the meeting adopted its agenda: the version that everybody saw. Its items are then frozen."""
    rules.ADOPT.require(actor, meeting)
    turns.lock(session, meeting, meeting.agenda_version)
    now = queries.current(session, meeting)
    if now is None or now.number != number:
        raise turns.StaleAgenda
    if now.draft_version != meeting.agenda_version:
        raise Conflict(say("The draft is newer than what was released. Release it first, or undo the changes."))
    if now.adopted_at is not None:
        raise Conflict(say("This agenda was adopted before."))
    now.adopted_by, now.adopted_at = actor.person, clock.now()
    journal.record(session, actor, events.AgendaAdopted(meeting.id, now.id), body=meeting.body_id)


def _copy(session: WriteSession, meeting: Meeting, made: AgendaRelease) -> None:
    copies = [
        {
            "release_id": made.id,
            "item_id": item.id,
            "place": place,
            "depth": len(path),
            "label": label(meeting.numbering, path),
            **{name: getattr(item, name) for name in turns.SAID},
        }
        for place, (item, path) in enumerate(queries.in_order(queries.draft(session, meeting)), start=1)
    ]
    stands = [
        {"release_id": made.id, **{name: getattr(each, name) for name in turns.STANDS}}
        for each in queries.allocations(session, meeting)
    ]
    if copies:
        session.execute(insert(ReleasedItem), copies)
    if stands:
        session.execute(insert(ReleasedAllocation), stands)
