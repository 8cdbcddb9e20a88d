"""An agenda as pages show it: the released version for everybody, the draft for those who edit it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from app.core.database.combined_lists import read_together
from app.core.db import LocalizedText
from app.core.i18n import LANGUAGES, LazyText
from app.core.i18n import lazy_pgettext as _p
from app.domain.agendas.models import AgendaItemKind, AgendaRelease
from app.domain.agendas.queries import agenda_drafts, agenda_releases, agenda_versions
from app.domain.agendas.queries.agenda_releases import ReleasedItemRow
from app.domain.agendas.rules.diff import AgendaDifference, AgendaDifferenceKind
from app.domain.agendas.rules.merging import CITATION_FIELDS
from app.domain.agendas.rules.numbering import format_item_number
from app.domain.agendas.rules.time_plan import PlannedItem, resolve_item_sessions
from app.domain.documents.queries import documents
from app.domain.meetings.models import Meeting
from app.http.labels import ITEM_KIND_LABELS
from app.http.page_context import ReadContext
from app.web.views.documents.titles import localize_title
from app.web.views.mandates.citing import Citations, name_citations
from app.web.views.meetings.meetings import DocumentLine, build_document_lines

CHANGE_LABELS: Mapping[AgendaDifferenceKind, LazyText] = MappingProxyType(
    {
        AgendaDifferenceKind.ADDED: _p("agenda item", "New"),
        AgendaDifferenceKind.MOVED: _p("agenda item", "Moved"),
        AgendaDifferenceKind.RENAMED: _p("agenda item", "Title changed"),
        AgendaDifferenceKind.CHANGED: _p("agenda item", "Details changed"),
    }
)
"""What is marked at an item; a number that is another one only because of other items is not."""
MAX_AGENDA_DOCUMENTS = 2000
"""Upper bound of the documents of one meeting; no meeting has had more."""


@dataclass(frozen=True, slots=True)
class AgendaItemLine:
    """An agenda item with its documents; `depth` is 1 on the top level, `missing_titles` the number of
    languages without a title, `purpose` the kind if it is not a discussion, as most are; `citations` what it cites, in
    a released version; `changes` how it differs from the version before that. Hashable."""

    id: UUID
    parent: UUID | None
    number: str
    depth: int
    title: str
    lang: str | None
    kind: LazyText
    minutes: int | None
    responsible: str
    notes: str
    restricted: bool
    session: UUID | None
    documents: tuple[DocumentLine, ...]
    together: Mapping[UUID, int] = field(hash=False)
    missing_titles: int = 0
    purpose: LazyText | None = None
    citations: Citations | None = None
    changes: tuple[LazyText, ...] = ()

    @property
    def titles_of_six(self) -> str:
        """Return how many of the six languages have a title, such as `4/6`."""
        return f"{len(LANGUAGES) - self.missing_titles}/{len(LANGUAGES)}"

    @property
    def document_groups(self) -> list[list[DocumentLine]]:
        """Return the documents in order, those introduced together grouped at the first of them."""
        groups: dict[object, list[DocumentLine]] = {}
        for line in self.documents:
            groups.setdefault(self.together.get(line.id, line.id), []).append(line)
        return list(groups.values())


@dataclass(frozen=True, slots=True)
class AgendaView:
    """The items from the top, and the documents of the meeting under no item."""

    items: list[AgendaItemLine]
    unallocated: list[DocumentLine]


class ItemContent(Protocol):
    """The content of an item, in the draft as in a release."""

    titles: LocalizedText
    parent_id: UUID | None
    kind: str
    minutes: int | None
    responsible: str
    notes: str
    restricted: bool
    session_id: UUID | None
    mandates: list[str]
    action_lines: list[str]


class DocumentAllocation(Protocol):
    """The allocation of a document to an item."""

    document_id: UUID
    item_id: UUID
    together: int | None


def load_released_agenda(context: ReadContext, meeting: Meeting, release: AgendaRelease) -> AgendaView:
    """Load a released version as everybody sees it, in two SQL statements; in three if its items cite anything."""
    list_items, list_allocations = agenda_releases.list_release_items, agenda_releases.list_release_allocations
    read_together(context.session, release, list_items, list_allocations)
    items = [(row.item_id, row.label, row.depth, row) for row in list_items(context.session, release)]
    agenda = _build_agenda(context, meeting, items, list_allocations(context.session, release))
    cited = _name_citations(context, [row for *_place, row in items])
    if not cited:
        return agenda
    return replace(agenda, items=[replace(line, citations=cited.get(line.id)) for line in agenda.items])


def _name_citations(context: ReadContext, rows: Sequence[ReleasedItemRow]) -> Mapping[UUID, Citations]:
    """Name what the items of a release cite, by item; only those that cite something."""
    mandates, lines = ({code for row in rows for code in getattr(row, name)} for name in CITATION_FIELDS)
    named = name_citations(context.session, mandates, lines, context.language)
    return {
        row.item_id: Citations(
            tuple(each for each in named.mandates if each.code in row.mandates),
            tuple(each for each in named.action_lines if each.code in row.action_lines),
        )
        for row in rows
        if row.mandates or row.action_lines
    }


def load_agenda_with_change_count(
    context: ReadContext, meeting: Meeting, release: AgendaRelease
) -> tuple[AgendaView, int]:
    """Load a released version with the changes of each item since the one before, and the number of all changes that
    the reader sees."""
    differences = agenda_versions.list_differences_from_previous(context.session, meeting, release)
    agenda = load_released_agenda(context, meeting, release)
    visible = {line.id for item in agenda.items for line in item.documents} | {line.id for line in agenda.unallocated}
    changes = _name_changes(differences)
    marked = [replace(line, changes=changes.get(line.id, ())) for line in agenda.items]
    count = sum(1 for each in differences if each.document_id is None or each.document_id in visible)
    return replace(agenda, items=marked), count


def _name_changes(differences: Iterable[AgendaDifference]) -> dict[UUID, tuple[LazyText, ...]]:
    """Name what changed of each item itself, in the order of `CHANGE_LABELS`."""
    kinds: dict[UUID, set[AgendaDifferenceKind]] = {}
    for each in differences:
        if each.document_id is None:
            kinds.setdefault(each.subject, set()).add(each.kind)
    return {item: tuple(label for kind, label in CHANGE_LABELS.items() if kind in of) for item, of in kinds.items()}


def load_current_agenda(context: ReadContext, meeting: Meeting) -> AgendaView:
    """Load the current release; before the first one, an agenda without items with all documents of the meeting."""
    release = agenda_releases.find_current_release(context.session, meeting)
    return load_released_agenda(context, meeting, release) if release else _build_agenda(context, meeting, (), ())


def load_draft_agenda(context: ReadContext, meeting: Meeting) -> AgendaView:
    """Load the draft, for those who edit it, in three SQL statements."""
    ordered = agenda_drafts.order_draft_items(agenda_drafts.list_draft_items(context.session, meeting))
    items = [(item.id, format_item_number(meeting.numbering, path), len(path), item) for item, path in ordered]
    return _build_agenda(context, meeting, items, agenda_drafts.list_draft_allocations(context.session, meeting))


def list_planned_items(agenda: AgendaView) -> list[PlannedItem]:
    """List the items from the top, as far as their time goes."""
    return [PlannedItem(line.id, line.parent, line.session, line.minutes) for line in agenda.items]


def group_items_by_session(
    agenda: AgendaView, sessions: Mapping[UUID, str]
) -> list[tuple[UUID | None, str | None, list[AgendaItemLine]]]:
    """Group the items by the session they are planned for; a sub-item without one follows its parent."""
    planned: dict[UUID | None, list[AgendaItemLine]] = {key: [] for key in (*sessions, None)}
    chosen = resolve_item_sessions((line.id, line.parent, line.session) for line in agenda.items)
    for line in agenda.items:
        planned[chosen[line.id]].append(line)
    return [(key, sessions.get(key) if key else None, lines) for key, lines in planned.items()]


def _build_agenda(
    context: ReadContext,
    meeting: Meeting,
    items: Iterable[tuple[UUID, str, int, ItemContent]],
    allocations: Sequence[DocumentAllocation],
) -> AgendaView:
    language = context.language
    rows = documents.list_documents(
        context.session,
        context.actor,
        body_id=meeting.body_id,
        scope=str(meeting.number),
        limit=MAX_AGENDA_DOCUMENTS,
    )
    lines = {line.id: line for line in build_document_lines(rows, language)}
    under: dict[UUID, list[DocumentLine]] = {}
    together: dict[UUID, dict[UUID, int]] = {}
    for each in allocations:
        if line := lines.pop(each.document_id, None):
            under.setdefault(each.item_id, []).append(line)
            if each.together is not None:
                together.setdefault(each.item_id, {})[line.id] = each.together
    return AgendaView(
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
    content: ItemContent,
    documents: list[DocumentLine],
    together: Mapping[UUID, int],
    language: str,
) -> AgendaItemLine:
    title, lang = localize_title(content.titles, language)
    return AgendaItemLine(
        id=item,
        parent=content.parent_id,
        number=number,
        depth=depth,
        title=title,
        lang=lang,
        kind=ITEM_KIND_LABELS[content.kind],
        minutes=content.minutes,
        responsible=content.responsible,
        notes=content.notes,
        restricted=content.restricted,
        session=content.session_id,
        documents=tuple(documents),
        together=together,
        purpose=None if content.kind == AgendaItemKind.DISCUSSION else ITEM_KIND_LABELS[content.kind],
        missing_titles=sum(1 for code in LANGUAGES if not content.titles.get(code)),
    )
