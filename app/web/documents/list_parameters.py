"""What the query string of a list of documents asks for: filters, order and columns.

Every choice is in it, so that a list can be bookmarked and sent to a colleague, who sees in it what they may see.
"""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query, Request

from app.core.errors import BadRequest
from app.core.validation import FALLBACK_MESSAGE
from app.domain.meetings.models import Meeting
from app.domain.search.inputs import DocumentListFilter, DocumentSearchScope
from app.web.forms.parsing import TypedForm, parse_form
from app.web.views.documents.filters import COLUMN_LABELS

FilterText = Annotated[str, Query(max_length=100)]


@dataclass(frozen=True, slots=True)
class DocumentListQuery:
    """What the query string asks for: filters with the sort order, and the columns to show."""

    filters: DocumentListFilter
    columns: frozenset[str]

    @property
    def query(self) -> str:
        """The query string without pages."""
        return urlencode(list_query_pairs(self.filters, self.columns))


def list_query_pairs(filters: DocumentListFilter, columns: frozenset[str]) -> list[tuple[str, str]]:
    """List the pairs of the query string."""
    chosen = [(name, str(value)) for name, value in filters if value is not None]
    return chosen + [("show", name) for name in COLUMN_LABELS if name in columns]


class DocumentListParameters(TypedForm):
    """The query string of a list: its filters as they were typed, and the columns to show."""

    words: FilterText = ""
    group: FilterText = ""
    type: FilterText = ""
    source: FilterText = ""
    region: FilterText = ""
    item: FilterText = ""
    topic: FilterText = ""
    mandate: FilterText = ""
    action_line: FilterText = ""
    question: FilterText = ""
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
