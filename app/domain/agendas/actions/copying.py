"""Begin the agenda of a meeting with the items of another one."""

from collections.abc import Mapping
from uuid import UUID, uuid4

from app.core.db import WriteSession
from app.core.errors import Conflict, NotFound
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.agendas.actions import draft_lock
from app.domain.agendas.models import AgendaItem
from app.domain.agendas.queries import agenda_releases
from app.domain.agendas.rules import agendas
from app.domain.mandates.queries import list_citable_texts
from app.domain.meetings.models import Meeting


def copy_agenda(
    session: WriteSession,
    actor: Actor,
    meeting: Meeting,
    source: Meeting,
    *,
    version: int,
    session_of_source: Mapping[UUID, UUID],
) -> None:
    """Copy the items of the released agenda of another meeting of the body into an empty draft: their order, titles,
    purpose, minutes and notes, what of their citations can still be cited, and the sessions by `session_of_source`; no
    documents and no names of persons.

    What is copied is the release, since the draft of a meeting is seen by those alone who edit it.
    Raises Forbidden, Stale; NotFound if the meeting is of another body; Conflict if the draft has items, or if nothing
    was released.
    """
    agendas.EDIT.require(actor, meeting)
    agendas.SEE.require(actor, source)
    edit = draft_lock.begin_draft_edit(session, actor, meeting, version)
    release = agenda_releases.find_current_release(session, source)
    if source.body_id != meeting.body_id:
        raise NotFound()
    if edit.snapshot["items"]:
        raise Conflict(_("This agenda already has items. An agenda can be copied only into an empty one."))
    if release is None:
        raise Conflict(_("No agenda of that meeting has been released. Select another meeting."))
    rows = agenda_releases.list_release_items(session, release)
    copies = {row.item_id: uuid4() for row in rows}
    cited = {code for row in rows for code in row.mandates}
    citable = {text.code for text in list_citable_texts(session, cited) if not text.is_retired} if cited else set()
    counts: dict[UUID | None, int] = {}
    for row in rows:
        position = counts.get(row.parent_id, 0)
        counts[row.parent_id] = position + 1
        session.add(
            AgendaItem(
                id=copies[row.item_id],
                meeting_id=meeting.id,
                parent_id=copies[row.parent_id] if row.parent_id else None,
                position=position,
                titles=row.titles,
                kind=row.kind,
                minutes=row.minutes,
                notes=row.notes,
                restricted=row.restricted,
                session_id=session_of_source.get(row.session_id) if row.session_id else None,
                mandates=[code for code in row.mandates if code in citable],
                action_lines=row.action_lines,
            )
        )
    meeting.numbering = source.numbering
    edit.record_change("copied", None)
