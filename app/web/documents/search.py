"""Search: symbols in any spelling first, then full text, over what the reader may see."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Response
from sqlalchemy import Row

from app.core.db import ReadSession
from app.core.i18n import LANGUAGES, LazyText
from app.core.permissions import Actor
from app.core.search.highlighting import PassagePieces, find_passages, highlight_text
from app.core.search.query_parser import MAX_QUERY_LENGTH, ParsedQuery, parse_query
from app.core.search.spelling import correct_query
from app.core.search.tokenizer import WordFormMatcher
from app.domain.documents import rules
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.search import rules as symbols
from app.domain.search.queries import full_text, proposals
from app.http.authentication import SignedInGuard
from app.http.labels import KIND_LABELS
from app.http.page_context import COSTLY_TURN, ReadContext
from app.http.pagination import ListPage, PageNumber
from app.web.documents.proposals import build_proposal_line
from app.web.views.contributions.status import format_meeting_name
from app.web.views.documents.addresses import format_document_path
from app.web.views.documents.sources import name_source
from app.web.views.documents.titles import localize_title
from app.web.views.documents.topics import load_topic_names

router = APIRouter()

PAGE_SIZE = 20
MAX_PAGES = 50  # pages; further results are not ranked
NO_RESULTS = full_text.SearchResult((), 0, more=False)


@dataclass(frozen=True, slots=True)
class DocumentSearchHit:
    """A document that matches, with the passages that match."""

    href: str
    symbol: str
    title: PassagePieces
    lang: str | None
    entity: LazyText
    kind: LazyText | str
    scope: str
    language: str
    passages: list[PassagePieces]


@router.get("/search", dependencies=[Depends(SignedInGuard(rules.SEE)), COSTLY_TURN])
def show_search_results(
    context: ReadContext, page_number: PageNumber, q: str = "", language: str = "", meeting: str = "", topic: str = ""
) -> Response:
    """Show the results for any text. Filters with values that do not exist (any more) find nothing."""
    typed = " ".join(q[:MAX_QUERY_LENGTH].split())
    reader_language = context.language
    meeting_rows = meetings.list_meetings_with_bodies(context.session, context.actor)
    chosen_meeting = next((meeting_row for meeting_row, _ in meeting_rows if str(meeting_row.id) == meeting), None)
    parsed_question = parse_query(typed)
    topics = load_topic_names(context.session, reader_language)
    filters = {"language": language, "meeting": meeting, "topic": topic}
    is_valid = language in ("", *LANGUAGES) and topic in ("", *topics) and not (meeting and chosen_meeting is None)
    search = partial(_search_documents, context.session, context.actor, reader_language, filters, chosen_meeting)
    results = search(parsed_question, page_number) if is_valid else NO_RESULTS
    meant = "" if results.hits or not is_valid else _suggest_query(context.session, context.actor, typed, search)
    parsed_symbol = symbols.parse_symbol(typed)
    parsed_proposal = proposals.parse_proposal_symbol(typed)
    return context.render(
        "web/search.html",
        q=typed,
        language_chosen=language,
        meeting_chosen=meeting,
        topic_chosen=topic,
        topics=list(topics.items()),
        languages_offered=LANGUAGES,
        meetings=[
            (str(meeting_row.id), format_meeting_name(meeting_row, body), body.prefix)
            for meeting_row, body in meeting_rows
        ],
        named=[
            _build_symbol_hit(row, reader_language)
            for row in symbols.find_documents_by_symbol(context.session, context.actor, parsed_symbol)
        ]
        if parsed_symbol
        else [],
        proposed=[
            build_proposal_line(row, reader_language)
            for row in proposals.find_proposals_by_symbol(context.session, context.actor, parsed_proposal)
        ]
        if parsed_proposal
        else [],
        hits=[_build_hit(row, parsed_question, reader_language) for row in results.hits],
        page=ListPage(page_number, PAGE_SIZE, min(results.total, MAX_PAGES * PAGE_SIZE), results.more),
        query=_encode_query(typed, filters) + "&",
        meant=meant,
        meant_query=_encode_query(meant, filters),
    )


def _encode_query(typed: str, filters: Mapping[str, str]) -> str:
    return urlencode([(name, value) for name, value in {"q": typed, **filters}.items() if value])


def _suggest_query(
    session: ReadSession, actor: Actor, typed: str, search: Callable[[ParsedQuery, int], full_text.SearchResult]
) -> str:
    """Suggest a query without typing errors, from titles that the actor may see; "" unless it finds something."""
    meant = correct_query(typed, full_text.list_visible_titles(session, actor)) if typed else None
    return meant if meant and search(parse_query(meant), 1).total else ""


def _search_documents(
    session: ReadSession,
    actor: Actor,
    reader_language: str,
    filters: Mapping[str, str],
    chosen_meeting: Meeting | None,
    parsed_question: ParsedQuery,
    page: int,
) -> full_text.SearchResult:
    """Run the full-text search; no results for a question without words."""
    tsquery = parsed_question.to_tsquery()
    if tsquery is None:
        return NO_RESULTS
    body, scope = (chosen_meeting.body_id, str(chosen_meeting.number)) if chosen_meeting else (None, None)
    search_query = full_text.SearchQuery(tsquery, filters["language"] or None, body, scope, filters["topic"] or None)
    return full_text.search_documents(
        session, actor, search_query, reader_language, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE
    )


def _build_symbol_hit(row: Row[*symbols.NamedDocumentRow], reader_language: str) -> dict[str, object]:
    """Build the line of a document whose symbol was typed."""
    title, lang = localize_title(row.titles, reader_language, row.original)
    return {
        "href": format_document_path(row.id, row.symbol),
        "symbol": row.symbol,
        "title": title,
        "lang": lang,
        "entity": name_source(row.entity, row.at_request),
        "ended": row.ended_as,
    }


def _build_hit(
    row: Row[*full_text.SearchHitRow], parsed_question: ParsedQuery, reader_language: str
) -> DocumentSearchHit:
    """Build a result with matches marked in the title and in passages of the text, else of the abstract."""
    forms = parsed_question.required_forms()
    title, lang = localize_title(row.titles, reader_language, row.original)
    texts: Sequence[tuple[Sequence[str], str]] = ((row.paragraphs or (), row.language), ([row.abstract], row.original))
    candidates = (
        (find_passages(text, WordFormMatcher(text_language, forms)), text_language) for text, text_language in texts
    )
    matching, text_language = next((candidate for candidate in candidates if candidate[0]), ([], row.language))
    return DocumentSearchHit(
        href=format_document_path(row.id, row.symbol),
        symbol=row.symbol,
        title=highlight_text(title, WordFormMatcher(lang or reader_language, forms)),
        lang=lang,
        entity=name_source(row.entity, row.at_request),
        kind=KIND_LABELS.get(row.kind, row.kind),
        scope=row.scope,
        language=text_language,
        passages=matching,
    )
