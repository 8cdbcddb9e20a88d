"""The outputs that were released: the list, and a page for each. What was not released is not here to be found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from urllib.parse import quote, urlencode

from babel.lists import format_list
from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.asgi.formats import Formats
from app.asgi.forms import insist_single
from app.asgi.guards import Anyone
from app.asgi.paging import NumberOf, Page
from app.asgi.words import ADDRESSEES, KINDS, STATEMENTS, WAYS
from app.core.db import Titles
from app.core.i18n import DEFAULT, Text, say
from app.dissemination.catalogue import Choice
from app.dissemination.library import catalogue_of, library_of
from app.dissemination.pages import shown
from app.dissemination.readers import ReadersOnly, who_is_reading
from app.domain import member_states
from app.domain.releases.queries import Released, Said
from app.domain.releases.queries import Text as File

router = APIRouter()
PAGE = 20
PAGE_NUMBER = NumberOf()
Chips = Sequence[tuple[str, str | Text, bool]]
Slug = Annotated[str, Path(max_length=200)]


@dataclass(frozen=True, slots=True)
class Entry:
    """An output as lists show it. `lang` is the language of the title where that is not the page's."""

    symbol: str
    href: str
    title: str
    lang: str | None
    kind: Text | str
    released: date
    original: str
    languages: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Download:
    """The text in one language. `media` is said in the word that people know."""

    language: str
    href: str
    title: str | None
    media: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What a State attached to the text, in its own words."""

    state: str
    tag: tuple[str, Text]
    text: str
    language: str


class Wish(BaseModel):
    """What a reader asks of the list."""

    model_config = ConfigDict(frozen=True)

    year: Annotated[int, Field(ge=1900, le=2999)] | None = None
    kind: Annotated[str, Field(pattern="^[a-z_]{1,40}$")] | None = None

    def pairs(self, **changes: object) -> tuple[tuple[str, str], ...]:
        """The choice as a query, with something else chosen."""
        chosen = {"year": self.year, "kind": self.kind} | changes
        return tuple((name, str(value)) for name, value in chosen.items() if value is not None)

    def query(self, **changes: object) -> str:
        """The same as part of an address."""
        return urlencode(self.pairs(**changes))

    def address(self, **changes: object) -> str:
        """The same list with something else chosen, from its first page."""
        return f"/outputs?{query}" if (query := self.query(**changes)) else "/outputs"


ANYTHING = Wish()


async def asked(request: Request) -> tuple[Wish, int]:
    """The choice and the page of the list in the address. Read here, since most addresses ask for neither.

    Raises RequestValidationError, Unacceptable.
    """
    query = request.query_params
    if not query:
        return ANYTHING, 1
    insist_single(query)
    try:
        wish = Wish.model_validate({name: query[name] for name in Wish.model_fields if name in query})
    except ValidationError as fault:
        raise RequestValidationError(fault.errors()) from fault
    return wish, await PAGE_NUMBER(request)


@router.get("/", name="home", dependencies=[Depends(Anyone())])
async def home(request: Request) -> Response:
    """The latest outputs for a reader; for everybody else what this place is and whom it is for."""
    library, reader = library_of(request), await who_is_reading(request)
    wanted = await asked(request)
    if reader is None:
        return library.pages.show(request, "dissemination/landing.html", portal=library.settings.portal_url)
    if not reader.may_read:
        return library.pages.show(request, "dissemination/stranger.html", portal=library.settings.portal_url)
    return await _list(request, *wanted)


@router.get("/outputs", name="outputs", dependencies=[Depends(ReadersOnly())])
async def outputs(request: Request) -> Response:
    """The latest first; by year and kind."""
    return await _list(request, *await asked(request))


async def _list(request: Request, wish: Wish, number: int) -> Response:
    library = library_of(request)
    catalogue, choice = await catalogue_of(library), Choice(wish.year, wish.kind)
    chosen = catalogue.chosen(choice)
    page = Page(number, PAGE, len(chosen))

    def values(language: str) -> dict[str, object]:
        return {
            "entries": [_entry(output, language) for output in chosen[page.offset : page.offset + page.size]],
            "years": _years(catalogue.years, wish),
            "kinds": _kinds(catalogue.kinds, wish),
            "narrowed": choice != Choice(),
            "page": page,
            "query": f"{query}&" if (query := wish.query()) else "",
        }

    query = (*wish.pairs(), *((("page", str(number)),) if number > 1 else ()))
    return shown(request, library, catalogue, "dissemination/outputs.html", values, query=query)


@router.get("/outputs/{slug}", name="output", dependencies=[Depends(ReadersOnly())])
async def output(slug: Slug, request: Request) -> Response:
    """One output: what it is, how it came here, and its text in every language."""
    library = library_of(request)
    catalogue = await catalogue_of(library)
    found, number = catalogue.one(slug), catalogue.manifest(slug).number

    def values(language: str) -> dict[str, object]:
        return {
            "output": found,
            "entry": _entry(found, language),
            "body": found.body_names.get(language) or found.body_names.get(DEFAULT) or found.body,
            "files": [_download(found, text) for text in found.texts],
            "number": number,
            "addressees": _addressees(found, language),
            "how": WAYS[found.adopted_how],
            "statements": [_statement(said, language) for said in found.statements],
        }

    return shown(request, library, catalogue, "dissemination/output.html", values)


def address(output: Released, language: str = "") -> str:
    """Where an output is found, or its text in one language."""
    place = f"/outputs/{quote(output.slug, safe='')}"
    return f"{place}/files/{language}" if language else place


def title_in(titles: Titles, language: str, original: str) -> tuple[str, str | None]:
    """The title in that language; where there is none, the original with its language."""
    return (titles[language], None) if language in titles else (titles[original], original)


def _entry(output: Released, language: str) -> Entry:
    title, lang = title_in(output.titles, language, output.original)
    return Entry(
        symbol=output.symbol,
        href=address(output),
        title=title,
        lang=lang,
        kind=KINDS.get(output.kind, output.kind),
        released=output.released_on,
        original=output.original,
        languages=[(text.language, address(output, text.language)) for text in output.texts],
    )


def _download(output: Released, text: File) -> Download:
    return Download(
        language=text.language,
        href=address(output, text.language),
        title=output.titles.get(text.language),
        media=text.ending.upper(),
        size=text.size,
        sha256=text.sha256,
    )


def _addressees(output: Released, language: str) -> str:
    formats = Formats(language)
    named = [formats.text(ADDRESSEES.get(each, each)) for each in output.addressees]
    return str(format_list(named, locale=formats.locale))


def _statement(said: Said, language: str) -> Statement:
    state = member_states.name(said.state, language) if member_states.is_known(said.state) else said.state
    return Statement(state, ("info", STATEMENTS[said.kind]), said.text, said.language)


def _years(years: Sequence[int], wish: Wish) -> Chips:
    every = (wish.address(year=None), say("All years"), wish.year is None)
    return [every, *((wish.address(year=year), str(year), wish.year == year) for year in years)]


def _kinds(kinds: Sequence[str], wish: Wish) -> Chips:
    every = (wish.address(kind=None), say("All kinds"), wish.kind is None)
    return [every, *((wish.address(kind=kind), KINDS.get(kind, kind), wish.kind == kind) for kind in kinds)]
