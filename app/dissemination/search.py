"""Search: a symbol in any spelling, else words in titles, texts and statements, in six languages. Also for programs.

No answer is kept: what somebody looked for is nobody's business, not even by how soon it is answered the second time.
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

JOINERS = "\u200c\u200d"  # they part and join letters inside a word, and are no control characters
PAGE = 10
NOTHING = Found((), (), {}, more=False)

Asked = Annotated[tuple[Choice, int], Depends(asked)]


@dataclass(frozen=True, slots=True)
class Line:
    """An output that was found, as the page shows it. `lang` is that of the title where it is not the page's."""

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
    """What somebody looks for, in each language, where, and what there is of it."""

    typed: str
    asked: Question
    sought: Mapping[str, Sought]
    choice: Choice
    reads: str
    catalogue: Catalogue
    found: Found

    def query(self) -> str:
        """The question and the choice as parameters of an address."""
        return urlencode([*((("q", self.typed),) if self.typed else ()), *self.choice.pairs()])


def typed_in(request: Request) -> str:
    """What was typed, as one line; beyond 300 characters nothing is read, nor any control character (XML has none)."""
    line = " ".join(request.query_params.get("q", "")[:LONGEST].split())
    return "".join(each for each in line if each.isprintable() or each in JOINERS)


def look(request: Request, library: Library, catalogue: Catalogue, choice: Choice) -> Looking:
    """Answer the question in the address. Raises Unavailable while search is being prepared."""
    typed, reads = typed_in(request), library.pages.language(request)
    wanted, found = question(typed), NOTHING
    if typed:
        found = Search(index_of(library, catalogue), catalogue).find(typed, wanted, choice)
    forms = wanted.forms()
    sought = {language: Sought(language, forms) for language in LANGUAGES}
    return Looking(typed, wanted, sought, choice, reads, catalogue, found)


def latest(library: Library, catalogue: Catalogue, typed: str, choice: Choice) -> Sequence[Released]:
    """What a search finds, the latest first. Raises Unavailable while search is being prepared."""
    return Search(index_of(library, catalogue), catalogue).latest(question(typed), choice)


@router.get("/search", name="search", dependencies=[Depends(Readers())])
def find(request: Request, library: TheLibrary, catalogue: TheCatalogue, wanted: Asked) -> Response:
    """Whatever is typed is a question; nothing is an error."""
    looking = look(request, library, catalogue, wanted[0])
    page = Page(wanted[1], PAGE, len(looking.found.hits), looking.found.more)
    query = looking.query()
    return library.pages.show(
        request,
        "dissemination/search.html",
        q=looking.typed,
        fields=options(looking.catalogue, looking.reads),
        chosen={name: str(value) for name, value in looking.choice.chosen().items()},
        narrowed=looking.choice != EVERYTHING,
        named=[_line(output, "", (), looking) for output in looking.found.named],
        hits=[_line(*each, looking) for each in _on(page, library, looking)],
        page=page,
        query=f"{query}&" if query else "",
        doubted=library.keeper.doubted_since(),
        is_public=catalogue.is_public,
    )


@router.get("/search.json", name="search-json", dependencies=[Depends(Readers())])
def find_for_programs(request: Request, library: TheLibrary, catalogue: TheCatalogue, wanted: Asked) -> Response:
    """The same page by page, each output as it is in `/outputs.json`, with the passages as plain text."""
    looking = look(request, library, catalogue, wanted[0])
    page = Page(wanted[1], PAGE, len(looking.found.hits), looking.found.more)
    origin = library.settings.read_url
    here = f"{origin}/search.json?{looking.query()}"
    return JSONResponse(
        {
            "q": looking.typed,
            "total": page.total,
            "more": page.more,
            "page": page.number,
            "next": f"{here}&page={page.number + 1}" if page.number < page.last else None,
            "named": [
                described(output, catalogue.manifest(output.slug).number, origin) for output in looking.found.named
            ],
            "results": [
                described(output, catalogue.manifest(output.slug).number, origin)
                | {"found_in": language, "passages": ["".join(each.text for each in one.pieces) for one in said]}
                for output, language, said in _on(page, library, looking)
            ],
        }
    )


@router.get("/search.zip", name="search-zip", dependencies=[Depends(Readers())])
def bundle(request: Request, library: TheLibrary, catalogue: TheCatalogue, wanted: Asked) -> Response:
    """The files of everything that was found."""
    found = look(request, library, catalogue, wanted[0]).found
    outputs = {output.slug: output for output in (*found.named, *found.hits)}
    return together(request, list(outputs.values()), library.proof, "search.zip")


def _on(page: Page, library: Library, looking: Looking) -> Sequence[tuple[Released, str, Sequence[Quote]]]:
    """What is on a page: each output, the language in which it is shown, and passages."""
    found = looking.found
    hits = [(hit, found.language(hit, looking.reads)) for hit in found.hits[page.offset : page.offset + page.size]]
    said = quotes(index_of(library, looking.catalogue), hits, looking.asked, looking.sought) if hits else []
    return [(output, language, each) for (output, language), each in zip(hits, said, strict=True)]


def _line(output: Released, language: str, said: Sequence[Quote], looking: Looking) -> Line:
    title, lang = title_in(output.titles, looking.reads, output.original)
    return Line(
        symbol=output.symbol,
        href=address(output),
        title=marked(title, looking.sought[lang or looking.reads]),
        lang=lang,
        kind=KINDS.get(output.kind, output.kind),
        output=output,
        language=language,
        quotes=[(each.pieces, each.state and state_name(each.state, looking.reads)) for each in said],
        said=said_of(output, looking.reads),
    )
