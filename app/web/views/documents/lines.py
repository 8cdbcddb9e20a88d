"""Lines of lists of documents, page by page."""

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Row, Select

from app.core.i18n import LANGUAGES, NATIVE_NAMES, text_direction
from app.domain.documents.models import Document
from app.domain.search.queries import document_counts, listing
from app.http.page_context import ReadContext
from app.http.pagination import ListPage
from app.web.views.documents.addresses import format_document_path
from app.web.views.documents.filters import format_submitter_and_signatories, get_ending_tag, get_kind_label
from app.web.views.documents.titles import localize_title
from app.web.views.documents.topics import TopicNames, filter_topics_by_codes

PAGE_SIZE = 100
KEPT_LINES = 5_000


class DocumentListLine(NamedTuple):
    """A document in a list, in the language of the page. Hashable: the rendered row is cached under it."""

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
    def key(self) -> str:
        """The last segment of its address."""
        return self.href.rpartition("/")[2]

    @property
    def files(self) -> list[tuple[str, str]]:
        """Languages of the text, each with the path of its file."""
        return [(code, f"{self.href}/files/{code}") for code, _, _ in self.languages]


def get_count_limit(page_number: int) -> int:
    """Return up to which number the documents of a list are counted on this page."""
    return page_number * PAGE_SIZE + document_counts.COUNT_AHEAD


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
    count_limit = get_count_limit(page_number)
    if total is None:
        total = document_counts.count_documents(context.session, statement, count_limit + 1)
    page = ListPage(page_number, PAGE_SIZE, min(total, count_limit), total > count_limit)
    language = context.language
    rows = listing.list_documents(context.session, context.actor, statement, sort, language, page.size, page.offset)
    return [build_document_line(row, language, topics) for row in rows], page


def build_document_line(row: Row[*listing.DocumentRow], language: str, topics: TopicNames) -> DocumentListLine:
    """Build one line of a list of documents. Ended documents show neither topics nor languages."""
    return _build_line(
        language,
        row.id,
        row.symbol,
        row.scope,
        localize_title(row.titles, language, row.original),
        format_submitter_and_signatories(row.entity, tuple(row.signed or ()), language, at_request=row.at_request),
        row.kind,
        row.registered_at,
        row.revision,
        row.ended_as,
        tuple(filter_topics_by_codes(topics, row.topics)) if row.topics and not row.ended_as else (),
        tuple(row.languages) if row.languages and not row.ended_as else (),
        row.original,
        (row.label, row.meeting_id, row.item_id),
    )


@lru_cache(KEPT_LINES)
def _build_line(
    language: str,
    document: UUID,
    symbol: str,
    scope: str,
    localized_title: tuple[str, str | None],
    source: str,
    kind: str,
    registered_at: datetime,
    revision: int,
    ended_as: str | None,
    topics: tuple[tuple[str, str], ...],
    available: tuple[str, ...],
    original: str,
    placement: tuple[str | None, UUID | None, UUID | None],
) -> DocumentListLine:
    """Build a line from all that it shows, which was read for this request: a list is mostly the same for all."""
    title, lang = localized_title
    label, meeting, item = placement
    return DocumentListLine(
        href=format_document_path(document, symbol),
        symbol=symbol,
        scope=scope,
        title=title,
        lang=lang,
        direction=_find_other_direction(lang, language),
        source=source,
        kind=get_kind_label(kind, language),
        is_contribution=kind == "contribution",
        posted=registered_at,
        revision=revision,
        ended=get_ending_tag(ended_as, language) if ended_as else None,
        topics=topics,
        languages=tuple([(code, code.upper(), NATIVE_NAMES[code]) for code in LANGUAGES if code in available]),
        original=original,
        item=label,
        item_href=f"/meetings/{meeting}/agenda#item-{item}" if label else "",
    )


def _find_other_direction(lang: str | None, language: str) -> str | None:
    """Return the direction of a text in another language, if the page has the other one."""
    direction = text_direction(lang or language)
    return None if direction == text_direction(language) else direction
