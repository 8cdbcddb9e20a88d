"""What is at the side of a released agenda: the documents of the reader's State on it, and its sessions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.core.db import ReadSession
from app.core.permissions import Actor
from app.domain.documents.queries import documents
from app.domain.meetings.models import Meeting
from app.web.views.agendas.items import AgendaItemLine, AgendaView
from app.web.views.agendas.time_plan import PlannedSession
from app.web.views.meetings.meetings import DocumentLine


@dataclass(frozen=True, slots=True)
class OwnDocument:
    """A document of the reader's State on the agenda: its item, and the instant at which that begins, if it is known.
    `is_cosponsored` if another State submitted it."""

    document: DocumentLine
    item: AgendaItemLine
    hour: datetime | None
    is_cosponsored: bool


@dataclass(frozen=True, slots=True)
class SessionLink:
    """A session with items: its place on the page, when it begins, and the numbers of its first and its last item."""

    place: int
    day: date
    starts_at: datetime
    first: str
    last: str


def list_session_links(planned: Sequence[PlannedSession]) -> list[SessionLink]:
    """List the sessions that have items; none where there is only one session, which the page begins with."""
    if len(planned) < 2:
        return []
    return [
        SessionLink(place, each.day, each.load.session.starts_at, each.slots[0].line.number, each.slots[-1].line.number)
        for place, each in enumerate(planned, start=1)
        if each.slots
    ]


def load_own_documents(
    session: ReadSession, actor: Actor, meeting: Meeting, agenda: AgendaView, planned: Sequence[PlannedSession]
) -> list[OwnDocument]:
    """Load the documents of the actor's State in the order of the agenda, in one SQL statement."""
    rows = documents.list_documents_of_state(session, actor, body_id=meeting.body_id, scope=str(meeting.number))
    own, hours = dict(rows), _index_hours(planned)
    return [
        OwnDocument(document, line, hours.get(line.id), own[document.id] != actor.entity)
        for line in agenda.items
        for document in line.documents
        if document.id in own
    ]


def _index_hours(planned: Sequence[PlannedSession]) -> Mapping[UUID, datetime | None]:
    return {slot.line.id: slot.time.hour for each in planned for slot in each.slots}
