"""Lists of documents: all that the reader may see, and those of one meeting; filtered, sorted and paged.

Every choice is in the query string, so that a list can be bookmarked and sent to a colleague, who sees in it what they
may see. The same list as CSV and as ZIP is in `exports`.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, NamedTuple
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Row, Select

from app.core.db import ReadSession
from app.core.errors import BadRequest
from app.core.i18n import LANGUAGES, NATIVE_NAMES, LazyText, text_direction
from app.core.permissions import Actor
from app.core.validation import FALLBACK_MESSAGE
from app.domain import member_states
from app.domain.bodies.models import Office
from app.domain.bodies.rules import CHAIRS
from app.domain.documents import rules
from app.domain.documents.models import Document
from app.domain.identity.inputs import FilterableList
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.search.inputs import DocumentListFilter, DocumentSearchScope
from app.domain.search.queries import document_counts, document_filters, listing
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext
from app.http.pagination import ListPage, PageNumber
from app.web.forms.parsing import TypedForm, parse_form
from app.web.views.documents.filters import (
    COLUMN_LABELS,
    DEFAULT_COLUMNS,
    DOCUMENT_STATUS_LABELS,
    DOCUMENT_TYPE_LABELS,
    REGION_LABELS,
    format_submitter_and_signatories,
    get_ending_tag,
    get_kind_label,
    list_entity_names,
    list_member_states,
)
from app.web.views.documents.item_choices import (
    ItemChoices,
    list_items_of_coming_meetings,
    list_items_of_meeting,
)
from app.web.views.documents.titles import localize_title
from app.web.views.documents.topics import TopicNames, filter_topics_by_codes, load_topic_names
from app.web.views.meetings.meetings import build_meeting_frame
from app.web.views.saved_filters import build_saved_filters

router = APIRouter()

PAGE_SIZE = 100
LANGUAGE_MARKS = [(code, code.upper(), NATIVE_NAMES[code]) for code in LANGUAGES]
ALL_DOCUMENTS_PATH = "/documents"
FilterText = Annotated[str, Query(max_length=100)]


class DocumentListLine(NamedTuple):
    """A document in a list, in the language of the page. Hashable: the rendered row is cached under it."""

    id: str
    href: str
    symbol: str
    scope: str
    title: str
    lang: str | None
    direction: str | None
    source: str
    kind: str
    is_contribution: bool
    posted: datetime
    revision: int
    ended: tuple[str, str] | None
    topics: tuple[tuple[str, str], ...]
    languages: tuple[tuple[str, str, str], ...]
    original: str
    item: str | None
    item_href: str

    @property
    def files(self) -> list[tuple[str, str]]:
        """Languages of the text, each with the path of its file."""
        return [(code, f"{self.href}/files/{code}") for code, _, _ in self.languages]


@dataclass(frozen=True, slots=True)
class DocumentListQuery:
    """What the query string asks for: filters with the sort order, and the columns to show."""

    filters: DocumentListFilter
    columns: frozenset[str]

    @property
    def query(self) -> str:
        """The query string without pages."""
        return urlencode(_query_pairs(self))


@dataclass(frozen=True, slots=True)
class DocumentListing:
    """One page of a list, and the addresses that lead on from it.

    `counts` are the numbers of documents that the quick filters find, by their names; one that finds more than are
    counted has none.
    """

    here: str
    lines: list[DocumentListLine]
    list_query: DocumentListQuery
    sort: str
    page: ListPage
    usual_columns: tuple[str, ...]
    counts: Mapping[str, int]

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns in their fixed order: the chosen ones, or the default ones."""
        return tuple(name for name in COLUMN_LABELS if name in (self.list_query.columns or self.usual_columns))

    @property
    def common_prefix(self) -> str:
        """The group of most symbols of the page, which the head of their column names; empty without any."""
        prefixes = Counter(line.symbol.rpartition(" ")[0] for line in self.lines)
        return prefixes.most_common(1)[0][0] if prefixes else ""

    @property
    def meeting_folder(self) -> str:
        """The folder of the addresses of the meeting, which links of its page leave out; empty for all documents."""
        return "" if self.here == ALL_DOCUMENTS_PATH else self.here.removesuffix("documents")

    @property
    def is_filtered(self) -> bool:
        """Whether any filter is set; the sort order is none."""
        return any(value is not None for name, value in self.list_query.filters if name != "sort")

    @property
    def query(self) -> str:
        """Query string that stays from page to page, ending in `&`, or empty."""
        encoded = self.list_query.query
        return f"{encoded}&" if encoded else ""

    def url_with(self, **changes: str | None) -> str:
        """Return the address of the first page of this list with other filters or another order."""
        filters = self.list_query.filters.model_copy(update=changes)
        encoded = DocumentListQuery(filters, self.list_query.columns).query
        return f"{self.here}?{encoded}" if encoded else self.here

    def export_url(self, extension: str) -> str:
        """Return the address of the whole list as a file: `csv` or `zip`."""
        encoded = self.list_query.query
        return f"{self.here}.{extension}" + (f"?{encoded}" if encoded else "")

    def sort_link(self, name: str) -> tuple[str, str | None]:
        """Return the link of a column head, and how the list is sorted by that column now (`aria-sort`)."""
        if self.sort == name:
            return self.url_with(sort=f"-{name}"), "ascending"
        return self.url_with(sort=name), "descending" if self.sort == f"-{name}" else None


@dataclass(frozen=True, slots=True)
class FilterChoices:
    """Options of the filters: `items` by agenda, `own` is the reader's State, `of_meeting` for the list of one."""

    sources: tuple[tuple[str, str], ...]
    items: list[ItemChoices]
    of_meeting: bool
    topics: list[tuple[str, str]]
    came_before: bool
    own: str | None
    acts_for: LazyText | None
    types: list[tuple[str, LazyText]] = field(default_factory=lambda: list(DOCUMENT_TYPE_LABELS.items()))
    regions: list[tuple[str, LazyText]] = field(default_factory=lambda: list(REGION_LABELS.items()))
    statuses: list[tuple[str, LazyText]] = field(default_factory=lambda: list(DOCUMENT_STATUS_LABELS.items()))
    columns: list[tuple[str, LazyText]] = field(default_factory=lambda: list(COLUMN_LABELS.items()))


def _query_pairs(list_query: DocumentListQuery) -> list[tuple[str, str]]:
    """List the pairs of the query string."""
    chosen = [(name, str(value)) for name, value in list_query.filters if value is not None]
    return chosen + [("show", name) for name in COLUMN_LABELS if name in list_query.columns]


class DocumentListParameters(TypedForm):
    """The query string of a list: its filters as they were typed, and the columns to show."""

    words: FilterText = ""
    type: FilterText = ""
    source: FilterText = ""
    region: FilterText = ""
    item: FilterText = ""
    topic: FilterText = ""
    language: FilterText = ""
    status: FilterText = ""
    since: FilterText = ""
    sort: FilterText = ""
    show: Annotated[tuple[str, ...], Query(max_length=len(COLUMN_LABELS))] = ()


async def read_list_query(parameters: Annotated[DocumentListParameters, Query()]) -> DocumentListQuery:
    """Parse the query string of a list. Raises BadRequest for values that no page offers."""
    entry = parse_form(DocumentListFilter, parameters.model_dump(exclude={"show"}))
    if entry.value is None:
        raise BadRequest(FALLBACK_MESSAGE)
    return DocumentListQuery(entry.value, frozenset(parameters.show) & frozenset(COLUMN_LABELS))


ListQueryParameters = Annotated[DocumentListQuery, Depends(read_list_query)]


def build_register_scope(request: Request) -> DocumentSearchScope:
    """Build the scope of all documents that the reader may see."""
    return DocumentSearchScope(came_last_at=request.state.came_last_at)


def build_meeting_scope(meeting: Meeting, request: Request) -> DocumentSearchScope:
    """Build the scope of the documents of a meeting that was loaded for the actor."""
    return DocumentSearchScope(meeting.body_id, str(meeting.number), request.state.came_last_at)


def choose_sort(scope: DocumentSearchScope, filters: DocumentListFilter) -> str:
    """Return the chosen order; by default the documents of a meeting by number, all others the latest first."""
    return filters.sort or ("-date" if scope.body is None else "number")


@router.get("/documents", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_document_list(context: ReadContext, list_query: ListQueryParameters, page: PageNumber) -> Response:
    """Show every registered document that the reader may see, the latest first."""
    scope = build_register_scope(context.request)
    language = context.language
    topics = load_topic_names(context.session, language)
    return context.render(
        "web/documents/list.html",
        listing=build_document_listing(context, scope, list_query, page, ALL_DOCUMENTS_PATH, topics),
        choices=_build_choices(
            context,
            scope,
            list_member_states(language),
            list_items_of_coming_meetings(context, list_query.filters.item),
            topics,
        ),
        zone=ZoneInfo("UTC"),
        saved=build_saved_filters(context, FilterableList.DOCUMENTS, list_query.query),
        leads=bool(context.actor.bodies_with_role(*CHAIRS)),
        keeps_register=bool(context.actor.bodies_with_role(Office.SECRETARY)),
    )


@router.get("/meetings/{meeting}/documents", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_meeting_documents(
    context: ReadContext, meeting: UUID, list_query: ListQueryParameters, page: PageNumber
) -> Response:
    """Show the documents of a meeting in the order of their numbers, each with its agenda item."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    language = context.language
    scope = build_meeting_scope(meeting_row, context.request)
    topics = load_topic_names(context.session, language)
    path = f"/meetings/{meeting_row.id}/documents"
    return context.render(
        "web/meetings/documents.html",
        frame=build_meeting_frame(context.session, context.actor, meeting_row, "documents", language),
        listing=build_document_listing(context, scope, list_query, page, path, topics),
        choices=_build_choices(
            context,
            scope,
            _list_sources(context.session, context.actor, scope, language),
            list_items_of_meeting(context, meeting_row),
            topics,
        ),
        zone=ZoneInfo(meeting_row.zone),
    )


def build_document_listing(
    context: ReadContext,
    scope: DocumentSearchScope,
    list_query: DocumentListQuery,
    page_number: int,
    path: str,
    topics: TopicNames,
) -> DocumentListing:
    """Build one page of a list; two statements, however it is filtered."""
    statement = document_filters.select_documents(context.actor, scope, list_query.filters)
    sort = choose_sort(scope, list_query.filters)
    counts = _count_quick_filters(context, scope, list_query.filters, page_number)
    lines, page = load_document_lines(context, statement, sort, page_number, topics, total=counts["listed"])
    place = "meeting" if path != ALL_DOCUMENTS_PATH else "everywhere"
    usual = DEFAULT_COLUMNS[place if context.actor.bodies_with_role() else "without-role"]
    shown = {name: count for name, count in counts.items() if count <= _get_count_limit(page_number)}
    return DocumentListing(path, lines, list_query, sort, page, usual, shown)


def _get_count_limit(page_number: int) -> int:
    """Return up to which number the documents of a list are counted on this page."""
    return page_number * PAGE_SIZE + document_counts.COUNT_AHEAD


def _find_own_state(actor: Actor) -> str | None:
    """Find the Member State for which the actor acts; None for others."""
    return actor.entity if member_states.is_known_state(actor.entity) else None


def _count_quick_filters(
    context: ReadContext, scope: DocumentSearchScope, filters: DocumentListFilter, page_number: int
) -> dict[str, int]:
    """Count what is `listed`, and what each quick filter finds, up to one more than the limit; one statement."""
    changes: dict[str, dict[str, object]] = {"item": {"item": "none"}} if scope.body else {}
    if own := _find_own_state(context.actor):
        changes["source"] = {"source": own}
    if scope.came_last_at:
        changes["since"] = {"since": "visit"}
    wanted = {"listed": filters, "all": DocumentListFilter()}
    wanted |= {name: filters.model_copy(update=change) for name, change in changes.items()}
    return document_counts.count_by_filters(
        context.session, context.actor, scope, wanted, _get_count_limit(page_number) + 1
    )


def load_document_lines(
    context: ReadContext,
    statement: Select[Document],
    sort: str,
    page_number: int,
    topics: TopicNames,
    *,
    total: int | None = None,
) -> tuple[list[DocumentListLine], ListPage]:
    """Load the lines of one page of a statement, and the page with the number of all rows.

    Rows are counted up to `COUNT_AHEAD` beyond the page, unless the `total` was counted already; the last field of the
    page says that there are others.
    """
    count_limit = _get_count_limit(page_number)
    if total is None:
        total = document_counts.count_documents(context.session, statement, count_limit + 1)
    page = ListPage(page_number, PAGE_SIZE, min(total, count_limit), total > count_limit)
    language = context.language
    rows = listing.list_documents(context.session, context.actor, statement, sort, language, page.size, page.offset)
    return [build_document_line(row, language, topics) for row in rows], page


def build_document_line(row: Row[*listing.DocumentRow], language: str, topics: TopicNames) -> DocumentListLine:
    """Build one line of a list of documents. Ended documents show neither topics nor languages."""
    title, lang = localize_title(row.titles, language, row.original)
    available = () if row.ended_as else row.languages or ()
    document_id = str(row.id)
    return DocumentListLine(
        id=document_id,
        href=f"/documents/{document_id}",
        symbol=row.symbol,
        scope=row.scope,
        title=title,
        lang=lang,
        direction=_find_other_direction(lang, language),
        source=format_submitter_and_signatories(
            row.entity, tuple(row.signed or ()), language, at_request=row.at_request
        ),
        kind=get_kind_label(row.kind, language),
        is_contribution=row.kind == "contribution",
        posted=row.registered_at,
        revision=row.revision,
        ended=get_ending_tag(row.ended_as, language) if row.ended_as else None,
        topics=() if row.ended_as else tuple(filter_topics_by_codes(topics, row.topics)),
        languages=tuple([mark for mark in LANGUAGE_MARKS if mark[0] in available]),
        original=row.original,
        item=row.label,
        item_href=f"/meetings/{row.meeting_id}/agenda#item-{row.item_id}" if row.label else "",
    )


def _find_other_direction(lang: str | None, language: str) -> str | None:
    """Return the direction of a text in another language, if the page has the other one."""
    direction = text_direction(lang or language)
    return None if direction == text_direction(language) else direction


def _build_choices(
    context: ReadContext,
    scope: DocumentSearchScope,
    sources: tuple[tuple[str, str], ...],
    items: list[ItemChoices],
    topics: TopicNames,
) -> FilterChoices:
    """Build the options of the filters for this reader."""
    return FilterChoices(
        sources=sources,
        items=items,
        of_meeting=scope.body is not None,
        topics=list(topics.items()),
        came_before=scope.came_last_at is not None,
        own=_find_own_state(context.actor),
        acts_for=context.request.state.reader.acts_for,
    )


def _list_sources(
    session: ReadSession, actor: Actor, scope: DocumentSearchScope, language: str
) -> tuple[tuple[str, str], ...]:
    """List the entities that submitted or signed documents of the meeting."""
    return list_entity_names(listing.list_document_sources(session, actor, scope), language)
