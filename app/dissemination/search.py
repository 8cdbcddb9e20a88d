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

from app.asgi.paging import Page
from app.asgi.words import KINDS
from app.core.i18n import LANGUAGES, Text
from app.core.search.passages import Passage, marked
from app.core.search.question import LONGEST, Question, question
from app.core.search.words import Sought
from app.dissemination.catalogue import Catalogue
from app.dissemination.choice import EVERYTHING, Choice, asked
from app.dissemination.library import Library, TheCatalogue, TheLibrary, index_of
from app.dissemination.machines import described, together
from app.dissemination.narrowing import options
from app.dissemination.outputs import address, said_of, state_name, title_in
from app.dissemination.readers import Readers
from app.dissemination.seeking import Found, Search
from app.dissemination.snippets import Quote, quotes
from app.domain.releases.queries import Released

router = APIRouter()

JOINERS = "\u200c\u200d"  # zero-width (non-)joiners occur inside words, and are no control characters
PAGE = 10
NOTHING = Found((), (), {}, more=False)

Asked = Annotated[tuple[Choice, int], Depends(asked)]


@dataclass(frozen=True, slots=True)
class Line:
    """A search result as the page shows it. `lang` is the language of the title if it differs from the page."""

    symbol: str
    href: str
    title: Passage
    lang: str | None
    kind: Text | str
    output: Released
    language: str
    quotes: Sequence[tuple[Passage, str | None]]
    said: str


@dataclass(frozen=True, slots=True)
class Looking:
    """A search: the typed text, the parsed question, a matcher per language, the filters, and the results."""

    typed: str
    asked: Question
    sought: Mapping[str, Sought]
    choice: Choice
    reads: str
    catalogue: Catalogue
    found: Found

    def query(self) -> str:
        """Return the question and the choice as an encoded query."""
        return urlencode([*((("q", self.typed),) if self.typed else ()), *self.choice.pairs()])


def typed_in(request: Request) -> str:
    """Return the typed text as one line of at most 300 characters, without control characters (XML allows none)."""
    line = " ".join(request.query_params.get("q", "")[:LONGEST].split())
    return "".join(character for character in line if character.isprintable() or character in JOINERS)


def look(request: Request, library: Library, catalogue: Catalogue, choice: Choice) -> Looking:
    """Run the search that the query describes. Raises Unavailable while the index is being built."""
    typed, page_language = typed_in(request), library.pages.language(request)
    parsed_question, hits = question(typed), NOTHING
    if typed:
        hits = Search(index_of(library, catalogue), catalogue).find(typed, parsed_question, choice)
    forms = parsed_question.forms()
    matchers = {language: Sought(language, forms) for language in LANGUAGES}
    return Looking(typed, parsed_question, matchers, choice, page_language, catalogue, hits)


def latest(library: Library, catalogue: Catalogue, typed: str, choice: Choice) -> Sequence[Released]:
    """List the outputs that a search finds, latest first. Raises Unavailable while the index is being built."""
    return Search(index_of(library, catalogue), catalogue).latest(question(typed), choice)


@router.get("/search", name="search", dependencies=[Depends(Readers())])
def find(request: Request, library: TheLibrary, catalogue: TheCatalogue, wanted: Asked) -> Response:
    """Show the results; any text is a valid question."""
    answer = look(request, library, catalogue, wanted[0])
    page = Page(wanted[1], PAGE, len(answer.found.hits), answer.found.more)
    query = answer.query()
    return library.pages.show(
        request,
        "dissemination/search.html",
        q=answer.typed,
        fields=options(answer.catalogue, answer.reads),
        chosen={name: str(value) for name, value in answer.choice.chosen().items()},
        narrowed=answer.choice != EVERYTHING,
        named=[_result_line(output, "", (), answer) for output in answer.found.named],
        hits=[_result_line(*result, answer) for result in _results_on(page, library, answer)],
        page=page,
        query=f"{query}&" if query else "",
        doubted=library.keeper.doubted_since(),
        is_public=catalogue.is_public,
    )


@router.get("/search.json", name="search-json", dependencies=[Depends(Readers())])
def find_for_programs(request: Request, library: TheLibrary, catalogue: TheCatalogue, wanted: Asked) -> Response:
    """Return the results page by page as JSON: each output as in `/outputs.json`, with passages as plain text."""
    answer = look(request, library, catalogue, wanted[0])
    page = Page(wanted[1], PAGE, len(answer.found.hits), answer.found.more)
    origin = library.settings.read_url
    url = f"{origin}/search.json?{answer.query()}"
    return JSONResponse(
        {
            "q": answer.typed,
            "total": page.total,
            "more": page.more,
            "page": page.number,
            "next": f"{url}&page={page.number + 1}" if page.number < page.last else None,
            "named": [
                described(output, catalogue.manifest(output.slug).number, origin) for output in answer.found.named
            ],
            "results": [
                described(output, catalogue.manifest(output.slug).number, origin)
                | {
                    "found_in": language,
                    "passages": ["".join(piece.text for piece in quote.pieces) for quote in passages],
                }
                for output, language, passages in _results_on(page, library, answer)
            ],
        }
    )


@router.get("/search.zip", name="search-zip", dependencies=[Depends(Readers())])
def bundle(request: Request, library: TheLibrary, catalogue: TheCatalogue, wanted: Asked) -> Response:
    """Download the files of all results."""
    hits = look(request, library, catalogue, wanted[0]).found
    outputs = {output.slug: output for output in (*hits.named, *hits.hits)}
    return together(request, list(outputs.values()), library.proof, "search.zip")


def _results_on(page: Page, state: Library, answer: Looking) -> Sequence[tuple[Released, str, Sequence[Quote]]]:
    """Return the results on a page: the output, the language in which it is shown, and its passages."""
    found = answer.found
    hits = [(hit, found.language(hit, answer.reads)) for hit in found.hits[page.offset : page.offset + page.size]]
    quotes_per_hit = quotes(index_of(state, answer.catalogue), hits, answer.asked, answer.sought) if hits else []
    return [
        (output, language, quotes_of_hit)
        for (output, language), quotes_of_hit in zip(hits, quotes_per_hit, strict=True)
    ]


def _result_line(output: Released, language: str, found_quotes: Sequence[Quote], answer: Looking) -> Line:
    title, lang = title_in(output.titles, answer.reads, output.original)
    return Line(
        symbol=output.symbol,
        href=address(output),
        title=marked(title, answer.sought[lang or answer.reads]),
        lang=lang,
        kind=KINDS.get(output.kind, output.kind),
        output=output,
        language=language,
        quotes=[(quote.pieces, quote.state and state_name(quote.state, answer.reads)) for quote in found_quotes],
        said=said_of(output, answer.reads),
    )
