"""Pages of the released outputs: the list, and a page for each output."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from urllib.parse import quote

from babel.lists import format_list
from fastapi import APIRouter, Depends, Path, Request, Response

from app.asgi.formats import Formats
from app.asgi.paging import Page
from app.asgi.words import ADDRESSEES, ADVANCE, KINDS, STATEMENTS, WAYS
from app.core.db import Titles
from app.core.i18n import DEFAULT, Text, say
from app.dissemination.catalogue import Catalogue
from app.dissemination.choice import EVERYTHING, Choice, asked
from app.dissemination.library import catalogue_of, library_of
from app.dissemination.narrowing import facets, topic_name
from app.dissemination.pages import shown
from app.dissemination.readers import Readers
from app.dissemination.tombstones import capacities, chosen, tombstone
from app.domain import member_states
from app.domain.releases.queries import Released, Said, Withdrawn
from app.domain.releases.queries import Text as File

router = APIRouter()
PAGE = 20
Slug = Annotated[str, Path(max_length=200)]


@dataclass(frozen=True, slots=True)
class Entry:
    """An output as lists show it. `lang` is the language of the title if it differs from the page."""

    symbol: str
    href: str
    title: str
    lang: str | None
    kind: Text | str
    released: date
    original: str
    languages: Sequence[tuple[str, str]]
    said: str
    tag: tuple[str, Text] | None


@dataclass(frozen=True, slots=True)
class Download:
    """The text in one language. `media` is its file type as people call it, such as PDF."""

    language: str
    href: str
    title: str | None
    media: str
    size: int
    sha256: str
    is_translation: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that a State attached to the text, in its own words."""

    state: str
    tag: tuple[str, Text]
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Alone:
    """Why one person released a text alone, in their words, and in which capacities."""

    reason: str
    language: str
    capacities: str


@router.get("/", name="home", dependencies=[Depends(Readers())])
async def home(request: Request) -> Response:
    """Show the latest outputs; public readers also see what this site is and how to sign in."""
    return await _show_list(request, *await asked(request))


@router.get("/outputs", name="outputs", dependencies=[Depends(Readers())])
async def outputs(request: Request) -> Response:
    """Show the list of outputs, latest first, filtered by the query."""
    return await _show_list(request, *await asked(request))


async def _show_list(request: Request, choice: Choice, number: int) -> Response:
    state = library_of(request)
    catalogue = await catalogue_of(request)

    def values(language: str) -> dict[str, object]:
        page = Page(number, PAGE, catalogue.how_many(choice))
        page_outputs = catalogue.chosen(choice, page.offset, page.offset + page.size)
        return {
            "entries": [_entry(output, language) for output in page_outputs],
            "facets": list(facets(catalogue, choice, language)),
            "narrowed": choice != EVERYTHING,
            "chosen": choice.pairs(),
            "page": page,
            "query": f"{query}&" if (query := choice.query()) else "",
            "withdrawn": len(catalogue.withdrawn),
            "portal": state.settings.portal_url,
            "tombstones": [tombstone(withdrawn, language) for withdrawn in _withdrawn_below(catalogue, choice, page)],
        }

    query = (*choice.pairs(), *((("page", str(number)),) if number > 1 else ()))
    return shown(request, state, catalogue, "dissemination/outputs.html", values, query=query)


def _withdrawn_below(catalogue: Catalogue, choice: Choice, page: Page) -> Sequence[Withdrawn]:
    """Return the withdrawn outputs shown below the first page of a filtered list; all of them have their own list."""
    return chosen(catalogue.withdrawn, choice) if choice != EVERYTHING and page.number == 1 else ()


@router.get("/outputs/{slug}", name="output", dependencies=[Depends(Readers())])
async def output(slug: Slug, request: Request) -> Response:
    """Show one output: what it is, how it was adopted, and its text in every language."""
    state = library_of(request)
    catalogue = await catalogue_of(request)
    released, number = catalogue.one(slug), catalogue.manifest(slug).number

    def values(language: str) -> dict[str, object]:
        return {
            "output": released,
            "entry": _entry(released, language),
            "body": released.body_names.get(language) or released.body_names.get(DEFAULT) or released.body,
            "files": [_download(released, text) for text in released.texts],
            "number": number,
            "addressees": addressees_of(released, language),
            "how": WAYS[released.adopted_how],
            "topics": [
                (topic_name(topic.names, language), Choice(topic=topic.code).address()) for topic in released.topics
            ],
            "statements": [_statement(said, language) for said in released.statements],
            "alone": alone(released, language),
        }

    return shown(request, state, catalogue, "dissemination/output.html", values)


def alone(output: Released, language: str) -> Alone | None:
    """Return the notice for the page of an output that one person released alone; None for others."""
    if output.alone_because is None or output.alone_language is None or output.alone_capacity is None:
        return None
    return Alone(output.alone_because, output.alone_language, capacities(output.alone_capacity, language))


def address(output: Released, language: str = "") -> str:
    """Return the path of an output, or of its text in one language."""
    path = f"/outputs/{quote(output.slug, safe='')}"
    return f"{path}/files/{language}" if language else path


def title_in(titles: Titles, language: str, original: str) -> tuple[str, str | None]:
    """Return the title in a language and None; without it, the original title and its language."""
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
        said=said_of(output, language),
        tag=mark(output),
    )


def mark(output: Released) -> tuple[str, Text] | None:
    """Return the tag of an advance version; None for complete versions."""
    return ADVANCE if output.is_advance else None


def _download(output: Released, text: File) -> Download:
    return Download(
        language=text.language,
        href=address(output, text.language),
        title=output.titles.get(text.language),
        media=text.ending.upper(),
        size=text.size,
        sha256=text.sha256,
        is_translation=text.language in output.translations,
    )


def addressees_of(output: Released, language: str) -> str:
    """Format the addressees of a release as a list in words."""
    formats = Formats(language)
    names = [formats.text(ADDRESSEES.get(code, code)) for code in output.addressees]
    return str(format_list(names, locale=formats.locale))


def _statement(statement: Said, language: str) -> Statement:
    return Statement(
        state_name(statement.state, language), ("info", STATEMENTS[statement.kind]), statement.text, statement.language
    )


def said_of(output: Released, language: str) -> str:
    """Format the notices that accompany the text everywhere: advance version, attached statements.

    Empty if there are none.
    """
    return " ".join(part for part in (advance_of(output, language), _format_statements(output, language)) if part)


def advance_of(output: Released, language: str) -> str:
    """Format the notice of an advance version with its missing languages; empty for a complete version."""
    if not output.is_advance:
        return ""
    missing = Formats(language).language_names(output.still_to_come)
    return say("Advance, unedited version. Still to come: %(languages)s.", languages=missing).into(language)


def _format_statements(output: Released, language: str) -> str:
    sources = [
        f"{state_name(statement.state, language)} ({STATEMENTS[statement.kind].into(language)})"
        for statement in output.statements
    ]
    states = format_list(sources, locale=language) if sources else ""
    return say("Statements of States: %(states)s", states=states).into(language) if states else ""


def state_name(code: str, language: str) -> str:
    """Return the name of a State in a language; an unknown code is returned as given."""
    return member_states.name(code, language) if member_states.is_known(code) else code
