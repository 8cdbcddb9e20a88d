"""The outputs that were released: the list, and a page for each. What was not released is not here to be found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from app.asgi.forms import insist_single
from app.asgi.guards import Anyone
from app.asgi.paging import Page, PageNumber
from app.asgi.words import KINDS, STATEMENTS, WAYS
from app.core.db import ReadSession, Titles
from app.core.i18n import DEFAULT, LANGUAGES, Text, say
from app.dissemination.library import Library, Reading, TheLibrary
from app.dissemination.readers import MaybeReader, ReadersOnly
from app.domain import member_states
from app.domain.releases import queries
from app.domain.releases.models import ReleasedFile, ReleasedOutput, ReleasedStatement
from app.domain.releases.queries import Choice

router = APIRouter()
PAGE = 20
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


@dataclass(frozen=True, slots=True)
class Wish:
    """What a reader asks of the list."""

    year: Annotated[int, Query(ge=1900, le=2999)] | None = None
    kind: Annotated[str, Query(pattern="^[a-z_]{1,40}$")] | None = None

    def query(self, **changes: object) -> str:
        """The choice as part of an address, with something else chosen."""
        chosen = {"year": self.year, "kind": self.kind} | changes
        return urlencode({name: value for name, value in chosen.items() if value is not None})

    def address(self, **changes: object) -> str:
        """The same list with something else chosen, from its first page."""
        return f"/outputs?{query}" if (query := self.query(**changes)) else "/outputs"


@router.get("/", name="home", dependencies=[Depends(Anyone())])
def home(
    request: Request,
    library: TheLibrary,
    session: Reading,
    reader: MaybeReader,
    wish: Annotated[Wish, Depends()],
    number: PageNumber,
) -> Response:
    """The latest outputs for a reader; for everybody else what this place is and whom it is for."""
    if reader is None:
        return library.pages.show(request, "dissemination/landing.html", portal=library.settings.portal_url)
    if not reader.may_read:
        return library.pages.show(request, "dissemination/stranger.html", portal=library.settings.portal_url)
    return _list(request, library, session, wish, number)


@router.get("/outputs", name="outputs", dependencies=[Depends(ReadersOnly())])
def outputs(
    request: Request, library: TheLibrary, session: Reading, wish: Annotated[Wish, Depends()], number: PageNumber
) -> Response:
    """The latest first; by year and kind."""
    return _list(request, library, session, wish, number)


def _list(request: Request, library: Library, session: ReadSession, wish: Wish, number: int) -> Response:
    insist_single(request.query_params)
    choice = Choice(year=wish.year, kind=wish.kind)
    page = Page(number, PAGE, queries.how_many(session, choice))
    found = queries.listed(session, choice, limit=page.size, offset=page.offset)
    files = queries.files(session, [output.id for output in found])
    language = library.pages.language(request)
    return library.pages.show(
        request,
        "dissemination/outputs.html",
        entries=[_entry(output, files[output.id], language) for output in found],
        years=_years(queries.years(session), wish),
        kinds=_kinds(queries.kinds(session), wish),
        narrowed=choice != Choice(),
        page=page,
        query=f"{query}&" if (query := wish.query()) else "",
    )


@router.get("/outputs/{slug}", name="output", dependencies=[Depends(ReadersOnly())])
def output(slug: Slug, request: Request, library: TheLibrary, session: Reading) -> Response:
    """One output: what it is, how it came here, and its text in every language."""
    found = queries.one(session, slug)
    texts = _ordered(queries.files(session, [found.id])[found.id])
    language = library.pages.language(request)
    return library.pages.show(
        request,
        "dissemination/output.html",
        output=found,
        entry=_entry(found, texts, language),
        body=found.body_names.get(language) or found.body_names.get(DEFAULT) or found.body,
        files=[_download(found, text) for text in texts],
        how=WAYS[found.adopted_how],
        statements=[_statement(each, language) for each in queries.statements(session, found)],
    )


def address(output: ReleasedOutput, language: str = "") -> str:
    """Where an output is found, or its text in one language."""
    place = f"/outputs/{quote(output.slug, safe='')}"
    return f"{place}/files/{language}" if language else place


def title_in(titles: Titles, language: str, original: str) -> tuple[str, str | None]:
    """The title in that language; where there is none, the original with its language."""
    return (titles[language], None) if language in titles else (titles[original], original)


def _entry(output: ReleasedOutput, texts: Sequence[ReleasedFile], language: str) -> Entry:
    title, lang = title_in(output.titles, language, output.original)
    return Entry(
        symbol=output.symbol,
        href=address(output),
        title=title,
        lang=lang,
        kind=KINDS.get(output.kind, output.kind),
        released=output.released_at.astimezone(ZoneInfo(queries.ZONE)).date(),
        original=output.original,
        languages=[(text.language, address(output, text.language)) for text in _ordered(texts)],
    )


def _download(output: ReleasedOutput, text: ReleasedFile) -> Download:
    return Download(
        language=text.language,
        href=address(output, text.language),
        title=output.titles.get(text.language),
        media=text.name.rpartition(".")[2].upper(),
        size=text.size,
        sha256=text.sha256,
    )


def _statement(said: ReleasedStatement, language: str) -> Statement:
    state = member_states.name(said.state, language) if member_states.is_known(said.state) else said.state
    return Statement(state, ("info", STATEMENTS[said.kind]), said.text, said.language)


def _ordered(texts: Sequence[ReleasedFile]) -> list[ReleasedFile]:
    """In the order in which the United Nations name their languages."""
    return sorted(texts, key=lambda text: LANGUAGES.index(text.language))


def _years(years: Sequence[int], wish: Wish) -> Chips:
    every = (wish.address(year=None), say("All years"), wish.year is None)
    return [every, *((wish.address(year=year), str(year), wish.year == year) for year in years)]


def _kinds(kinds: Sequence[str], wish: Wish) -> Chips:
    every = (wish.address(kind=None), say("All kinds"), wish.kind is None)
    return [every, *((wish.address(kind=kind), KINDS.get(kind, kind), wish.kind == kind) for kind in kinds)]
