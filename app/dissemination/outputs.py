"""The outputs that were released: the list, and a page for each. What was not released is not here to be found."""

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
    """An output as lists show it. `lang` is the language of the title where that is not the page's."""

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
    """The text in one language. `media` is said in the word that people know."""

    language: str
    href: str
    title: str | None
    media: str
    size: int
    sha256: str
    is_translation: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """What a State attached to the text, in its own words."""

    state: str
    tag: tuple[str, Text]
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Alone:
    """Why one person let a text out alone, in their own words, and what they were in the body."""

    reason: str
    language: str
    capacities: str


@router.get("/", name="home", dependencies=[Depends(Readers())])
async def home(request: Request) -> Response:
    """The latest outputs; whoever reads what is public is also told what this place is, and how to sign in."""
    return await _list(request, *await asked(request))


@router.get("/outputs", name="outputs", dependencies=[Depends(Readers())])
async def outputs(request: Request) -> Response:
    """The latest first; by year and kind."""
    return await _list(request, *await asked(request))


async def _list(request: Request, choice: Choice, number: int) -> Response:
    library = library_of(request)
    catalogue = await catalogue_of(request)

    def values(language: str) -> dict[str, object]:
        page = Page(number, PAGE, catalogue.how_many(choice))
        there = catalogue.chosen(choice, page.offset, page.offset + page.size)
        return {
            "entries": [_entry(output, language) for output in there],
            "facets": list(facets(catalogue, choice, language)),
            "narrowed": choice != EVERYTHING,
            "chosen": choice.pairs(),
            "page": page,
            "query": f"{query}&" if (query := choice.query()) else "",
            "withdrawn": len(catalogue.withdrawn),
            "portal": library.settings.portal_url,
            "tombstones": [tombstone(each, language) for each in _gone(catalogue, choice, page)],
        }

    query = (*choice.pairs(), *((("page", str(number)),) if number > 1 else ()))
    return shown(request, library, catalogue, "dissemination/outputs.html", values, query=query)


def _gone(catalogue: Catalogue, choice: Choice, page: Page) -> Sequence[Withdrawn]:
    """What was withdrawn of a choice, such as a meeting, stands below what is left; all of it has a list of its own."""
    return chosen(catalogue.withdrawn, choice) if choice != EVERYTHING and page.number == 1 else ()


@router.get("/outputs/{slug}", name="output", dependencies=[Depends(Readers())])
async def output(slug: Slug, request: Request) -> Response:
    """One output: what it is, how it came here, and its text in every language."""
    library = library_of(request)
    catalogue = await catalogue_of(request)
    found, number = catalogue.one(slug), catalogue.manifest(slug).number

    def values(language: str) -> dict[str, object]:
        return {
            "output": found,
            "entry": _entry(found, language),
            "body": found.body_names.get(language) or found.body_names.get(DEFAULT) or found.body,
            "files": [_download(found, text) for text in found.texts],
            "number": number,
            "addressees": addressees_of(found, language),
            "how": WAYS[found.adopted_how],
            "topics": [
                (topic_name(topic.names, language), Choice(topic=topic.code).address()) for topic in found.topics
            ],
            "statements": [_statement(said, language) for said in found.statements],
            "alone": alone(found, language),
        }

    return shown(request, library, catalogue, "dissemination/output.html", values)


def alone(output: Released, language: str) -> Alone | None:
    """For the page of an output that one person let out alone."""
    if output.alone_because is None or output.alone_language is None or output.alone_capacity is None:
        return None
    return Alone(output.alone_because, output.alone_language, capacities(output.alone_capacity, language))


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
        said=said_of(output, language),
        tag=mark(output),
    )


def mark(output: Released) -> tuple[str, Text] | None:
    """The tag of an advance version."""
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
    """For whom it was released, as a list in words."""
    formats = Formats(language)
    named = [formats.text(ADDRESSEES.get(each, each)) for each in output.addressees]
    return str(format_list(named, locale=formats.locale))


def _statement(said: Said, language: str) -> Statement:
    return Statement(state_name(said.state, language), ("info", STATEMENTS[said.kind]), said.text, said.language)


def said_of(output: Released, language: str) -> str:
    """What travels with the text on every surface: that it is an advance version, and which statements States attached.
    Nothing where there is nothing of that."""
    return " ".join(part for part in (advance_of(output, language), _stated(output, language)) if part)


def advance_of(output: Released, language: str) -> str:
    """That an output is an advance version, and which languages it lacks; nothing if it lacks none."""
    if not output.is_advance:
        return ""
    lacks = Formats(language).language_names(output.still_to_come)
    return say("Advance, unedited version. Still to come: %(languages)s.", languages=lacks).into(language)


def _stated(output: Released, language: str) -> str:
    who = [f"{state_name(each.state, language)} ({STATEMENTS[each.kind].into(language)})" for each in output.statements]
    told = format_list(who, locale=language) if who else ""
    return say("Statements of States: %(states)s", states=told).into(language) if told else ""


def state_name(code: str, language: str) -> str:
    """The name of a State; a code that we do not know, as it is."""
    return member_states.name(code, language) if member_states.is_known(code) else code
