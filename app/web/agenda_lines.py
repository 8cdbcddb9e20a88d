"""An agenda as pages show it: the released version for everybody, the draft for those who edit it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from app.asgi.words import ITEM_KINDS
from app.core.access import Actor
from app.core.db import ReadSession, Titles
from app.core.i18n import Text
from app.domain.agendas import queries
from app.domain.agendas.models import AgendaRelease
from app.domain.agendas.numbering import label
from app.domain.documents import queries as documents
from app.domain.meetings.models import Meeting
from app.web.meeting_pages import DocumentLine, document_lines
from app.web.titles import in_language

MOST = 2000
"""Upper bound of the documents of one meeting; no meeting has had more."""


@dataclass(frozen=True, slots=True)
class ItemLine:
    """An agenda item with its documents; `depth` is 1 on the top level. Hashable."""

    id: UUID
    parent: UUID | None
    number: str
    depth: int
    title: str
    lang: str | None
    kind: Text
    minutes: int | None
    responsible: str
    notes: str
    restricted: bool
    session: UUID | None
    documents: tuple[DocumentLine, ...]
    together: Mapping[UUID, int] = field(hash=False)

    @property
    def groups(self) -> list[list[DocumentLine]]:
        """Return the documents in order, those introduced together grouped at the first of them."""
        groups: dict[object, list[DocumentLine]] = {}
        for line in self.documents:
            groups.setdefault(self.together.get(line.id, line.id), []).append(line)
        return list(groups.values())


@dataclass(frozen=True, slots=True)
class Agenda:
    """The items from the top, and the documents of the meeting under no item."""

    items: list[ItemLine]
    unallocated: list[DocumentLine]


class Said(Protocol):
    """The content of an item, in the draft as in a release."""

    titles: Titles
    parent_id: UUID | None
    kind: str
    minutes: int | None
    responsible: str
    notes: str
    restricted: bool
    session_id: UUID | None


class Stands(Protocol):
    """The allocation of a document to an item."""

    document_id: UUID
    item_id: UUID
    together: int | None


def released(session: ReadSession, actor: Actor, meeting: Meeting, release: AgendaRelease, language: str) -> Agenda:
    """Load a released version as everybody sees it, in three SQL statements."""
    items = [(row.item_id, row.label, row.depth, row) for row in queries.items(session, release)]
    return _build_agenda(session, actor, meeting, items, queries.documents_under(session, release), language)


def draft(session: ReadSession, actor: Actor, meeting: Meeting, language: str) -> Agenda:
    """Load the draft, for those who edit it, in three SQL statements."""
    ordered = queries.in_order(queries.draft(session, meeting))
    items = [(item.id, label(meeting.numbering, path), len(path), item) for item, path in ordered]
    return _build_agenda(session, actor, meeting, items, queries.allocations(session, meeting), language)


def by_session(agenda: Agenda, sessions: Mapping[UUID, str]) -> list[tuple[UUID | None, str | None, list[ItemLine]]]:
    """Group the items by the session they are planned for; a sub-item without one follows its parent."""
    planned: dict[UUID | None, list[ItemLine]] = {key: [] for key in (*sessions, None)}
    chosen = sessions_of((line.id, line.parent, line.session) for line in agenda.items)
    for line in agenda.items:
        planned[chosen[line.id]].append(line)
    return [(key, sessions.get(key) if key else None, lines) for key, lines in planned.items()]


def sessions_of(items: Iterable[tuple[UUID, UUID | None, UUID | None]]) -> dict[UUID, UUID | None]:
    """Return the session of each item, given (item, parent, own session) with parents before children."""
    chosen: dict[UUID, UUID | None] = {}
    for item, parent, own in items:
        chosen[item] = own or (chosen[parent] if parent else None)
    return chosen


def _build_agenda(
    session: ReadSession,
    actor: Actor,
    meeting: Meeting,
    items: Iterable[tuple[UUID, str, int, Said]],
    allocations: Sequence[Stands],
    language: str,
) -> Agenda:
    rows = documents.listed(session, actor, body=meeting.body_id, scope=str(meeting.number), limit=MOST)
    lines = {line.id: line for line in document_lines(rows, language)}
    under: dict[UUID, list[DocumentLine]] = {}
    together: dict[UUID, dict[UUID, int]] = {}
    for each in allocations:
        if line := lines.pop(each.document_id, None):
            under.setdefault(each.item_id, []).append(line)
            if each.together is not None:
                together.setdefault(each.item_id, {})[line.id] = each.together
    return Agenda(
        [
            _item_line(item, number, depth, content, under.get(item, []), together.get(item, {}), language)
            for item, number, depth, content in items
        ],
        list(lines.values()),
    )


def _item_line(
    item: UUID,
    number: str,
    depth: int,
    content: Said,
    documents: list[DocumentLine],
    together: Mapping[UUID, int],
    language: str,
) -> ItemLine:
    title, lang = in_language(content.titles, language)
    return ItemLine(
        id=item,
        parent=content.parent_id,
        number=number,
        depth=depth,
        title=title,
        lang=lang,
        kind=ITEM_KINDS[content.kind],
        minutes=content.minutes,
        responsible=content.responsible,
        notes=content.notes,
        restricted=content.restricted,
        session=content.session_id,
        documents=tuple(documents),
        together=together,
    )
