"""Release the draft of an agenda to everybody, and record that the meeting adopted its agenda."""

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
    """Copy the present draft into a release with the next number, which everybody sees. An adoption is carried over.

    `last_seen_number` is the release that the actor took for the last one, if they name it. Raises Forbidden;
    StaleAgenda if the draft or the last release is another one by now.
    """
    rules.RELEASE.require(actor, meeting)
    turns.lock(session, meeting, version)
    previous = queries.current(session, meeting)
    if after is not None and after != (previous.number if previous else 0):
        raise turns.StaleAgenda
    mark = update(AgendaRelease).where(AgendaRelease.meeting_id == meeting.id, AgendaRelease.is_current)
    session.execute(mark.values(is_current=False))
    agenda_release = AgendaRelease(
        id=uuid4(),
        meeting_id=meeting.id,
        number=previous.number + 1 if previous else 1,
        note=new.note,
        draft_version=version,
        is_current=True,
        released_by=actor.person,
        released_at=clock.now(),
        adopted_by=previous.adopted_by if previous else None,
        adopted_at=previous.adopted_at if previous else None,
    )
    session.add(agenda_release)
    session.flush()
    _copy_draft(session, meeting, agenda_release)
    journal.record(
        session,
        actor,
        events.AgendaReleased(meeting.id, agenda_release.id, agenda_release.number),
        body=meeting.body_id,
    )
    return agenda_release


def adopt(session: WriteSession, actor: Actor, meeting: Meeting, *, number: int) -> None:
    """Record that the meeting adopted the current release. Its items are frozen from then on.

    Raises Forbidden; StaleAgenda if `number` is not the current release; Conflict if the draft is newer or it was
    adopted.
    """
    rules.ADOPT.require(actor, meeting)
    turns.lock(session, meeting, meeting.agenda_version)
    current = queries.current(session, meeting)
    if current is None or current.number != number:
        raise turns.StaleAgenda
    if current.draft_version != meeting.agenda_version:
        raise Conflict(say("The draft is newer than what was released. Release it first, or undo the changes."))
    if current.adopted_at is not None:
        raise Conflict(say("This agenda was adopted before."))
    current.adopted_by, current.adopted_at = actor.person, clock.now()
    journal.record(session, actor, events.AgendaAdopted(meeting.id, current.id), body=meeting.body_id)


def _copy_draft(session: WriteSession, meeting: Meeting, agenda_release: AgendaRelease) -> None:
    """Copy items and allocations of the draft into the release."""
    items = [
        {
            "release_id": agenda_release.id,
            "item_id": item.id,
            "place": place,
            "depth": len(path),
            "label": label(meeting.numbering, path),
            **{name: getattr(item, name) for name in turns.SAID},
        }
        for place, (item, path) in enumerate(queries.in_order(queries.draft(session, meeting)), start=1)
    ]
    allocations = [
        {"release_id": agenda_release.id, **{name: getattr(allocation, name) for name in turns.STANDS}}
        for allocation in queries.allocations(session, meeting)
    ]
    if items:
        session.execute(insert(ReleasedItem), items)
    if allocations:
        session.execute(insert(ReleasedAllocation), allocations)
