"""Lists of documents: all that the reader may see, and those of one meeting; filtered, sorted and paged.

The same list as CSV and as ZIP is in `exports`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Response

from app.core.i18n import LazyText
from app.core.permissions import Actor
from app.domain import member_states
from app.domain.bodies.models import Office
from app.domain.bodies.rules import CHAIRS
from app.domain.documents import rules
from app.domain.identity.inputs import FilterableList
from app.domain.meetings import queries as meetings
from app.domain.search.inputs import DocumentListFilter, DocumentSearchScope
from app.domain.search.queries import document_counts, document_filters
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext
from app.http.pagination import ListPage, PageNumber
from app.web.documents.list_parameters import (
    DocumentListQuery,
    ListQueryParameters,
    build_meeting_scope,
    build_register_scope,
    choose_sort,
    list_query_pairs,
)
from app.web.forms.list_queries import FilteredList
from app.web.views.documents.filter_contents import (
    FilterContents,
    load_filter_contents,
    load_filter_contents_of_meeting,
)
from app.web.views.documents.filters import (
    COLUMN_LABELS,
    DEFAULT_COLUMNS,
    DOCUMENT_STATUS_LABELS,
    DOCUMENT_TYPE_LABELS,
    REGION_LABELS,
)
from app.web.views.documents.item_choices import ItemChoices
from app.web.views.documents.lines import DocumentListLine, get_count_limit, load_document_lines
from app.web.views.documents.topics import TopicNames
from app.web.views.mandates.citing import list_citation_filters
from app.web.views.meetings.meetings import build_meeting_frame
from app.web.views.saved_filters import show_saved_filters

router = APIRouter()
ALL_DOCUMENTS_PATH = "/documents"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentListing(FilteredList[DocumentListFilter]):
    """One page of a list, and the addresses that lead on from it.

    `counts` are the numbers of documents that the quick filters find, by their names; one that finds more than are
    counted has none.
    """

    lines: list[DocumentListLine]
    page: ListPage
    chosen_columns: frozenset[str]
    usual_columns: tuple[str, ...]
    counts: Mapping[str, int]

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The pairs of the query string: filters, and the chosen columns."""
        return list_query_pairs(self.filters, self.chosen_columns)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns in their fixed order: the chosen ones, or the default ones."""
        return tuple(name for name in COLUMN_LABELS if name in (self.chosen_columns or self.usual_columns))

    @property
    def common_prefix(self) -> str:
        """The group of most symbols of the page, which the head of their column names; empty without any."""
        prefixes = Counter(line.symbol.rpartition(" ")[0] for line in self.lines)
        return prefixes.most_common(1)[0][0] if prefixes else ""

    @property
    def meeting_folder(self) -> str:
        """The folder of the addresses of the meeting, which links of its page leave out; empty for all documents."""
        return "" if self.path == ALL_DOCUMENTS_PATH else self.path.removesuffix("documents")

    def export_url(self, extension: str) -> str:
        """Return the address of the whole list as a file: `csv` or `zip`."""
        return replace(self, path=f"{self.path}.{extension}").address


@dataclass(frozen=True, slots=True)
class FilterChoices:
    """Options of the filters: `items` by agenda, `own` is the reader's State, `of_meeting` for the list of one."""

    sources: tuple[tuple[str, str], ...]
    items: list[ItemChoices]
    of_meeting: bool
    topics: list[tuple[str, str]]
    mandates: list[tuple[str, LazyText | str]]
    action_lines: list[tuple[str, LazyText | str]]
    questions: list[tuple[str, str]]
    groups: Sequence[tuple[str, str]]
    came_before: bool
    own: str | None
    acts_for: LazyText | None
    types: list[tuple[str, LazyText]] = field(default_factory=lambda: list(DOCUMENT_TYPE_LABELS.items()))
    regions: list[tuple[str, LazyText]] = field(default_factory=lambda: list(REGION_LABELS.items()))
    statuses: list[tuple[str, LazyText]] = field(default_factory=lambda: list(DOCUMENT_STATUS_LABELS.items()))
    columns: list[tuple[str, LazyText]] = field(default_factory=lambda: list(COLUMN_LABELS.items()))


@router.get("/documents", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_document_list(context: ReadContext, list_query: ListQueryParameters, page: PageNumber) -> Response:
    """Show every registered document that the reader may see, the latest first."""
    scope = build_register_scope(context.request)
    contents = load_filter_contents(context, list_query.filters)
    return context.render(
        "web/documents/list.html",
        listing=build_document_listing(context, scope, list_query, page, ALL_DOCUMENTS_PATH, contents.topics),
        choices=_build_choices(context, scope, contents, list_query.filters),
        zone=ZoneInfo("UTC"),
        saved=show_saved_filters(contents.saved, FilterableList.DOCUMENTS, list_query.query),
        leads=bool(context.actor.bodies_with_role(*CHAIRS)),
        keeps_register=bool(context.actor.bodies_with_role(Office.SECRETARY)),
    )


@router.get("/meetings/{meeting}/documents", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_meeting_documents(
    context: ReadContext, meeting: UUID, list_query: ListQueryParameters, page: PageNumber
) -> Response:
    """Show the documents of a meeting in the order of their numbers, each with its agenda item."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    scope = build_meeting_scope(meeting_row, context.request)
    contents = load_filter_contents_of_meeting(context, meeting_row, scope, list_query.filters)
    path = f"/meetings/{meeting_row.id}/documents"
    return context.render(
        "web/meetings/documents.html",
        frame=build_meeting_frame(context.session, context.actor, meeting_row, "documents", context.language),
        listing=build_document_listing(context, scope, list_query, page, path, contents.topics),
        choices=_build_choices(context, scope, contents, list_query.filters),
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
    shown = {name: count for name, count in counts.items() if count <= get_count_limit(page_number)}
    return DocumentListing(
        path=path,
        filters=list_query.filters,
        default_sort=sort,
        lines=lines,
        page=page,
        chosen_columns=list_query.columns,
        usual_columns=usual,
        counts=shown,
    )


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
    wanted = {"all": DocumentListFilter()}
    if filters != wanted["all"]:
        wanted["listed"] = filters
    wanted |= {name: filters.model_copy(update=change) for name, change in changes.items()}
    counts = document_counts.count_by_filters(
        context.session, context.actor, scope, wanted, get_count_limit(page_number) + 1
    )
    return {"listed": counts["all"]} | counts


def _build_choices(
    context: ReadContext, scope: DocumentSearchScope, contents: FilterContents, filters: DocumentListFilter
) -> FilterChoices:
    """Build the options of the filters for this reader."""
    mandates, action_lines = list_citation_filters(
        context.session, filters.mandate, filters.action_line, context.language
    )
    return FilterChoices(
        sources=contents.sources,
        items=contents.items,
        of_meeting=scope.body is not None,
        topics=list(contents.topics.items()),
        mandates=mandates,
        action_lines=action_lines,
        questions=contents.questions,
        groups=contents.groups,
        came_before=scope.came_last_at is not None,
        own=_find_own_state(context.actor),
        acts_for=context.request.state.reader.acts_for,
    )
