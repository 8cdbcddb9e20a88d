"""Release the draft of an agenda to everybody, and record that the meeting adopted its agenda."""

from uuid import uuid4

from sqlalchemy import insert, update

from app.core import clock, journal
from app.core.db import WriteSession
from app.core.errors import Conflict, Stale, require_version
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.agendas import events
from app.domain.agendas.actions import draft_lock
from app.domain.agendas.inputs import NewAgendaRelease
from app.domain.agendas.models import AgendaRelease, ReleasedAgendaItem, ReleasedAllocation
from app.domain.agendas.queries import agenda_drafts, agenda_releases
from app.domain.agendas.rules import agendas
from app.domain.agendas.rules.numbering import format_item_number
from app.domain.meetings.actions.life_cycle import note_first_act
from app.domain.meetings.models import Meeting


def release_agenda(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    content: NewAgendaRelease,
    *,
    version: int,
    last_seen_number: int | None = None,
) -> AgendaRelease:
    """Copy the present draft into a release with the next number, which everybody sees. An adoption is carried over.

    `last_seen_number` is the release that the actor took for the last one, if they name it. Raises Forbidden;
    Stale if the draft or the last release is another one by now.
    """
    agendas.RELEASE.require(actor, meeting)
    draft_lock.lock_draft(session, meeting, version)
    previous = agenda_releases.find_current_release(session, meeting)
    if last_seen_number is not None:
        require_version(previous.number if previous else 0, last_seen_number, agendas.AGENDA_CHANGED)
    mark = update(AgendaRelease).where(AgendaRelease.meeting_id == meeting.id, AgendaRelease.is_current)
    session.execute(mark.values(is_current=False))
    agenda_release = AgendaRelease(
        id=uuid4(),
        meeting_id=meeting.id,
        number=previous.number + 1 if previous else 1,
        note=content.note,
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
    journal.record_event(
        session,
        actor,
        events.AgendaReleased(meeting.id, agenda_release.id, agenda_release.number),
        body=meeting.body_id,
    )
    return agenda_release


def adopt_agenda(session: WriteSession, actor: Actor, meeting: Meeting, *, number: int) -> None:
    """Record that the meeting adopted the current release. Its items are frozen from then on.

    Raises Forbidden; Stale if `number` is not the current release; Conflict if the draft is newer or it was
    adopted.
    """
    agendas.ADOPT.require(actor, meeting)
    draft_lock.lock_draft(session, meeting, meeting.agenda_version)
    current = agenda_releases.find_current_release(session, meeting)
    if current is None or current.number != number:
        raise Stale(agendas.AGENDA_CHANGED)
    if current.draft_version != meeting.agenda_version:
        raise Conflict(_("The draft has changes that have not been released. Release it first, or undo the changes."))
    if current.adopted_at is not None:
        raise Conflict(_("This agenda has already been adopted."))
    note_first_act(meeting)
    current.adopted_by, current.adopted_at = actor.person, clock.now()
    journal.record_event(session, actor, events.AgendaAdopted(meeting.id, current.id), body=meeting.body_id)


def _copy_draft(session: WriteSession, meeting: Meeting, agenda_release: AgendaRelease) -> None:
    """Copy items and allocations of the draft into the release."""
    items = [
        {
            "release_id": agenda_release.id,
            "item_id": item.id,
            "place": place,
            "depth": len(path),
            "label": format_item_number(meeting.numbering, path),
            **{name: getattr(item, name) for name in agenda_drafts.ITEM_COLUMNS},
        }
        for place, (item, path) in enumerate(
            agenda_drafts.order_draft_items(agenda_drafts.list_draft_items(session, meeting)), start=1
        )
    ]
    allocations = [
        {
            "release_id": agenda_release.id,
            **{name: getattr(allocation, name) for name in agenda_drafts.ALLOCATION_COLUMNS},
        }
        for allocation in agenda_drafts.list_draft_allocations(session, meeting)
    ]
    if items:
        session.execute(insert(ReleasedAgendaItem), items)
    if allocations:
        session.execute(insert(ReleasedAllocation), allocations)
