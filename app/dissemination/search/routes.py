"""Search pages: a symbol in any spelling, or words in titles, texts and statements, in six languages. Also as JSON and
ZIP.

Answers are not cached: what somebody searched for must not show, not even by how fast a second search is answered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from app.core.i18n import LANGUAGES, LazyText
from app.core.search.highlighting import PassagePieces, highlight_text
from app.core.search.query_parser import MAX_QUERY_LENGTH, ParsedQuery, parse_query
from app.core.search.tokenizer import WordFormMatcher
from app.dissemination.catalogue import Catalogue
from app.dissemination.facet_links import list_facet_fields
from app.dissemination.filters import NO_FILTER, FilterChoice, parse_choice_and_page
from app.dissemination.json_api import describe_output, files_zip_response
from app.dissemination.outputs import format_notices, output_or_file_path
from app.dissemination.reader_sessions import ReaderCatalogueGuard
from app.dissemination.search.engine import SearchEngine, SearchHits
from app.dissemination.search.highlights import SearchQuote, find_quotes
from app.dissemination.state import CurrentCatalogue, ReadPath, ReadPathState, get_search_index
from app.domain import member_states
from app.domain.releases.queries.catalogue_entries import CatalogueEntry
from app.http.labels import KIND_LABELS
from app.http.pagination import ListPage
from app.http.titles import localize_title

router = APIRouter()

JOINERS = "\u200c\u200d"  # zero-width (non-)joiners occur inside words, and are no control characters
PAGE_SIZE = 10
NO_HITS = SearchHits((), (), {}, has_more=False)

ChoiceAndPage = Annotated[tuple[FilterChoice, int], Depends(parse_choice_and_page)]


@dataclass(frozen=True, slots=True)
class SearchResultLine:
    """A search result as the page shows it. `lang` is the language of the title if it differs from the page."""

    symbol: str
    href: str
    title: PassagePieces
    lang: str | None
    kind: LazyText | str
    output: CatalogueEntry
    language: str
    quotes: Sequence[tuple[PassagePieces, str | None]]
    said: str


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """A search: the typed text, the parsed question, a matcher per language, the filters, and the results."""

    typed_text: str
    question: ParsedQuery
    matchers: Mapping[str, WordFormMatcher]
    choice: FilterChoice
    page_language: str
    catalogue: Catalogue
    search_hits: SearchHits

    def query_string(self) -> str:
        """Return the question and the choice as an encoded query."""
        return urlencode([*((("q", self.typed_text),) if self.typed_text else ()), *self.choice.query_pairs()])


def read_typed_text(request: Request) -> str:
    """Return the typed text as one line of at most 300 characters, without control characters (XML allows none)."""
    line = " ".join(request.query_params.get("q", "")[:MAX_QUERY_LENGTH].split())
    return "".join(character for character in line if character.isprintable() or character in JOINERS)


def answer_search(request: Request, state: ReadPathState, catalogue: Catalogue, choice: FilterChoice) -> SearchAnswer:
    """Run the search that the query describes. Raises Unavailable while the index is being built."""
    typed, page_language = read_typed_text(request), state.templates.negotiate_language(request)
    parsed_question, hits = parse_query(typed), NO_HITS
    if typed:
        hits = SearchEngine(get_search_index(state, catalogue), catalogue).find_hits(typed, parsed_question, choice)
    forms = parsed_question.required_forms()
    matchers = {language: WordFormMatcher(language, forms) for language in LANGUAGES}
    return SearchAnswer(typed, parsed_question, matchers, choice, page_language, catalogue, hits)


def find_latest_outputs(
    state: ReadPathState, catalogue: Catalogue, typed_text: str, choice: FilterChoice
) -> Sequence[CatalogueEntry]:
    """List the outputs that a search finds, latest first. Raises Unavailable while the index is being built."""
    return SearchEngine(get_search_index(state, catalogue), catalogue).find_latest(parse_query(typed_text), choice)


@router.get("/search", dependencies=[Depends(ReaderCatalogueGuard())])
def show_search_page(
    request: Request, state: ReadPath, catalogue: CurrentCatalogue, choice_and_page: ChoiceAndPage
) -> Response:
    """Show the results; any text is a valid question."""
    answer = answer_search(request, state, catalogue, choice_and_page[0])
    page = ListPage(choice_and_page[1], PAGE_SIZE, len(answer.search_hits.hits), answer.search_hits.has_more)
    query, meant = answer.query_string(), _suggest_query(state, answer)
    return state.templates.render_response(
        request,
        "dissemination/search.html",
        q=answer.typed_text,
        fields=list_facet_fields(answer.catalogue, answer.page_language),
        chosen={name: str(value) for name, value in answer.choice.selected_values().items()},
        narrowed=answer.choice != NO_FILTER,
        named=[_result_line(output, "", (), answer) for output in answer.search_hits.symbol_hits],
        hits=[_result_line(*result, answer) for result in _results_on(page, state, answer)],
        page=page,
        query=f"{query}&" if query else "",
        meant=meant,
        meant_query=urlencode([("q", meant), *answer.choice.query_pairs()]),
        doubted=state.refresher.stale_since(),
        is_public=catalogue.is_public,
    )


def _suggest_query(state: ReadPathState, answer: SearchAnswer) -> str:
    """Suggest another query where this one finds nothing."""
    if not answer.typed_text or answer.search_hits.hits or answer.search_hits.symbol_hits:
        return ""
    engine = SearchEngine(get_search_index(state, answer.catalogue), answer.catalogue)
    return engine.suggest_query(answer.typed_text, answer.choice)


@router.get("/search.json", dependencies=[Depends(ReaderCatalogueGuard())])
def show_search_json(
    request: Request, state: ReadPath, catalogue: CurrentCatalogue, choice_and_page: ChoiceAndPage
) -> Response:
    """Return the results page by page as JSON: each output as in `/outputs.json`, with passages as plain text."""
    answer = answer_search(request, state, catalogue, choice_and_page[0])
    page = ListPage(choice_and_page[1], PAGE_SIZE, len(answer.search_hits.hits), answer.search_hits.has_more)
    origin = state.settings.read_url
    url = f"{origin}/search.json?{answer.query_string()}"
    return JSONResponse(
        {
            "q": answer.typed_text,
            "total": page.total,
            "more": page.more,
            "page": page.number,
            "next": f"{url}&page={page.number + 1}" if page.number < page.last else None,
            "named": [
                describe_output(output, catalogue.get_manifest(output.slug).number, origin)
                for output in answer.search_hits.symbol_hits
            ],
            "results": [
                describe_output(output, catalogue.get_manifest(output.slug).number, origin)
                | {
                    "found_in": language,
                    "passages": ["".join(piece.text for piece in quote.pieces) for quote in passages],
                }
                for output, language, passages in _results_on(page, state, answer)
            ],
        }
    )


@router.get("/search.zip", dependencies=[Depends(ReaderCatalogueGuard())])
def download_search_zip(
    request: Request, state: ReadPath, catalogue: CurrentCatalogue, choice_and_page: ChoiceAndPage
) -> Response:
    """Download the files of all results."""
    hits = answer_search(request, state, catalogue, choice_and_page[0]).search_hits
    outputs = {output.slug: output for output in (*hits.symbol_hits, *hits.hits)}
    return files_zip_response(request, list(outputs.values()), state.file_integrity, "search.zip")


def _results_on(
    page: ListPage, state: ReadPathState, answer: SearchAnswer
) -> Sequence[tuple[CatalogueEntry, str, Sequence[SearchQuote]]]:
    """Return the results on a page: the output, the language in which it is shown, and its passages."""
    found = answer.search_hits
    hits = [
        (hit, found.best_language(hit, answer.page_language))
        for hit in found.hits[page.offset : page.offset + page.size]
    ]
    quotes_per_hit = (
        find_quotes(get_search_index(state, answer.catalogue), hits, answer.question, answer.matchers) if hits else []
    )
    return [
        (output, language, quotes_of_hit)
        for (output, language), quotes_of_hit in zip(hits, quotes_per_hit, strict=True)
    ]


def _result_line(
    output: CatalogueEntry, language: str, found_quotes: Sequence[SearchQuote], answer: SearchAnswer
) -> SearchResultLine:
    title, lang = localize_title(output.titles, answer.page_language, output.original)
    return SearchResultLine(
        symbol=output.symbol,
        href=output_or_file_path(output),
        title=highlight_text(title, answer.matchers[lang or answer.page_language]),
        lang=lang,
        kind=KIND_LABELS.get(output.kind, output.kind),
        output=output,
        language=language,
        quotes=[
            (quote.pieces, quote.state and member_states.find_state_name(quote.state, answer.page_language))
            for quote in found_quotes
        ],
        said=format_notices(output, answer.page_language),
    )
