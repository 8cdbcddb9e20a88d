"""Pages of the released outputs: the list, and a page for each output."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated
from urllib.parse import quote

from babel.lists import format_list
from fastapi import APIRouter, Depends, Path, Request, Response

from app.core.i18n import DEFAULT_LANGUAGE, LazyText
from app.core.i18n import lazy_gettext as _
from app.core.long_texts import MAX_CHARACTERS_READ, TextBeginning, take_beginning
from app.dissemination.catalogue import Catalogue, NotInCatalogue, get_text
from app.dissemination.facet_links import format_facet_value, list_facet_charts, list_facets, localized_topic_name
from app.dissemination.filters import NO_FILTER, FilterChoice, parse_choice_and_page
from app.dissemination.openings import find_opening
from app.dissemination.page_cache import cached_page_response
from app.dissemination.reader_sessions import ReaderCatalogueGuard
from app.dissemination.search.indexer import Indexer
from app.dissemination.state import get_catalogue, get_read_path_state
from app.dissemination.tombstones import build_tombstone, filter_withdrawn, format_capacities
from app.domain import member_states
from app.domain.releases.queries.catalogue_entries import (
    CatalogueEntry,
    CatalogueStateStatement,
    WithdrawnEntry,
    list_all_files,
)
from app.domain.releases.queries.catalogue_entries import CatalogueFile as File
from app.http.labels import (
    ADOPTION_METHOD_LABELS,
    ADVANCE_VERSION_LABEL,
    KIND_LABELS,
    STATEMENT_KIND_LABELS,
    name_addressees,
)
from app.http.localization import Localizer
from app.http.pagination import ListPage
from app.http.titles import localize_title

router = APIRouter()
PAGE_SIZE = 20
OutputSlug = Annotated[str, Path(max_length=200)]


@dataclass(frozen=True, slots=True)
class OutputEntry:
    """An output as lists show it. `lang` is the language of the title if it differs from the page; `opening` is how its
    text begins, and the language of that."""

    symbol: str
    href: str
    title: str
    lang: str | None
    kind: LazyText | str
    released: date
    original: str
    languages: Sequence[tuple[str, str]]
    said: str
    tag: tuple[str, LazyText] | None
    opening: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class OutputDownload:
    """The text in one language. `media` is its file type as people call it, such as PDF; `pdf` is the PDF that was
    released with a text of another type."""

    language: str
    href: str
    title: str | None
    media: str
    size: int
    sha256: str
    is_translation: bool
    pdf: "OutputDownload | None" = None


@dataclass(frozen=True, slots=True)
class OutputText:
    """The beginning of the signed text that a page shows in one language.

    `languages` are all that there are, each with the path of its text; until it `is_prepared`, paragraphs may be
    missing.
    """

    language: str
    languages: Sequence[tuple[str, str]]
    beginning: TextBeginning
    is_prepared: bool


@dataclass(frozen=True, slots=True)
class AttachedStatement:
    """A statement that a State attached to the text, in its own words."""

    state: str
    tag: tuple[str, LazyText]
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class SoleReleaseNotice:
    """Why one person released a text alone, in their words, and in which capacities."""

    reason: str
    language: str
    capacities: str


@router.get("/", dependencies=[Depends(ReaderCatalogueGuard())])
async def show_home(request: Request) -> Response:
    """Show the latest outputs; public readers also see what this site is and how to sign in."""
    return await _show_list(request, *await parse_choice_and_page(request))


@router.get("/outputs", dependencies=[Depends(ReaderCatalogueGuard())])
async def list_outputs(request: Request) -> Response:
    """Show the list of outputs, latest first, filtered by the query."""
    return await _show_list(request, *await parse_choice_and_page(request))


@router.get("/mandates/{mandate}", dependencies=[Depends(ReaderCatalogueGuard())])
async def show_mandate(mandate: Annotated[str, Path(max_length=40)], request: Request) -> Response:
    """Show the outputs that cite a mandate or one of its clauses. Raises NotInCatalogue if there are none."""
    return await _show_cited(request, "mandate", mandate)


@router.get("/action-lines/{action_line}", dependencies=[Depends(ReaderCatalogueGuard())])
async def show_action_line(action_line: Annotated[str, Path(max_length=20)], request: Request) -> Response:
    """Show the outputs that cite an action line. Raises NotInCatalogue if there are none."""
    return await _show_cited(request, "action_line", action_line)


async def _show_cited(request: Request, facet: str, code: str) -> Response:
    """Show the list of the outputs that cite this; its name is the heading."""
    catalogue = await get_catalogue(request)
    if code not in catalogue.count_facet_values(NO_FILTER, facet):
        raise NotInCatalogue()
    _choice, number = await parse_choice_and_page(request)
    return await _show_list(request, NO_FILTER.with_changes(**{facet: code}), number, heading=facet)


async def _show_list(request: Request, choice: FilterChoice, number: int, *, heading: str = "") -> Response:
    state = get_read_path_state(request)
    catalogue = await get_catalogue(request)
    indexer = state.indexers[catalogue.audience]

    def values(language: str) -> dict[str, object]:
        page = ListPage(number, PAGE_SIZE, catalogue.count_outputs(choice))
        page_outputs = catalogue.list_outputs(choice, page.offset, page.offset + page.size)
        facets = list(list_facets(catalogue, choice, language))
        return {
            "entries": [
                replace(_entry(output, language), opening=find_opening(output, indexer, language))
                for output in page_outputs
            ],
            "facets": facets,
            "charts": list_facet_charts(facets, language),
            "narrowed": choice != NO_FILTER,
            "heading": format_facet_value(catalogue, heading, getattr(choice, heading), language) if heading else None,
            "chosen": choice.query_pairs(),
            "page": page,
            "query": f"{query}&" if (query := choice.query_string()) else "",
            "withdrawn": len(catalogue.withdrawn),
            "portal": state.settings.portal_url,
            "tombstones": [
                build_tombstone(withdrawn, language) for withdrawn in _withdrawn_below(catalogue, choice, page)
            ],
        }

    query = (*choice.query_pairs(), *((("page", str(number)),) if number > 1 else ()))
    return cached_page_response(
        request, state, catalogue, "dissemination/outputs.html", values, query=query, is_final=indexer.is_ready
    )


def _withdrawn_below(catalogue: Catalogue, choice: FilterChoice, page: ListPage) -> Sequence[WithdrawnEntry]:
    """Return the withdrawn outputs shown below the first page of a filtered list; all of them have their own list."""
    return filter_withdrawn(catalogue.withdrawn, choice) if choice != NO_FILTER and page.number == 1 else ()


@router.get("/outputs/{slug}", dependencies=[Depends(ReaderCatalogueGuard())])
async def show_output(slug: OutputSlug, request: Request) -> Response:
    """Show one output, with its text in the reader's language, else in the original one: what it is, and how it was
    adopted."""
    return await _show_output(request, slug)


@router.get("/outputs/{slug}/text/{language}", dependencies=[Depends(ReaderCatalogueGuard())])
async def show_output_text(
    slug: OutputSlug, language: Annotated[str, Path(max_length=2)], request: Request
) -> Response:
    """Show one output with its text in this language. Raises NotFound if there is none."""
    return await _show_output(request, slug, language)


def list_cited(catalogue: Catalogue, output: CatalogueEntry, language: str) -> list[tuple[str, str]]:
    """List the names of what an output cites, with the page of each; a mandate only if none of its clauses is cited."""
    codes = [cited.code for cited in output.mandates]
    mandates = [
        (localized_topic_name(cited.names, language), f"/mandates/{cited.code.partition('/')[0]}")
        for cited in output.mandates
        if not any(code.startswith(f"{cited.code}/") for code in codes)
    ]
    lines = (cited.code for cited in output.action_lines)
    return [
        *mandates,
        *((format_facet_value(catalogue, "action_line", code, language), f"/action-lines/{code}") for code in lines),
    ]


async def _show_output(request: Request, slug: str, wanted: str = "") -> Response:
    state = get_read_path_state(request)
    catalogue = await get_catalogue(request)
    released, number = catalogue.get_output(slug), catalogue.get_manifest(slug).number
    if wanted:
        get_text(released, wanted)
    indexer = state.indexers[catalogue.audience]

    def values(language: str) -> dict[str, object]:
        return {
            "output": released,
            "entry": _entry(released, language),
            "text": _find_text(released, indexer, [wanted] if wanted else [language, released.original]),
            "body": released.body_names.get(language) or released.body_names.get(DEFAULT_LANGUAGE) or released.body,
            "files": [_download(released, text) for text in released.texts],
            "number": number,
            "addressees": format_addressees(released, language),
            "how": ADOPTION_METHOD_LABELS[released.adopted_how],
            "topics": [
                (localized_topic_name(topic.names, language), FilterChoice(topic=topic.code).page_address())
                for topic in released.topics
            ],
            "questions": [
                (
                    format_facet_value(catalogue, "question", each.code, language),
                    FilterChoice(question=each.code).page_address(),
                )
                for each in released.questions
            ],
            "cited": list_cited(catalogue, released, language),
            "statements": [build_attached_statement(said, language) for said in released.statements],
            "alone": sole_release_notice(released, language),
        }

    return cached_page_response(
        request, state, catalogue, "dissemination/output.html", values, is_final=indexer.is_ready
    )


def _find_text(output: CatalogueEntry, indexer: Indexer, preferred: Sequence[str]) -> OutputText | None:
    """Find the text of an output in the first of these languages in which it was released, else in its first one; None
    for an output without files."""
    languages = [text.language for text in output.texts]
    if not languages:
        return None
    language = next((each for each in preferred if each in languages), languages[0])
    return OutputText(
        language,
        [(each, _text_path(output, each)) for each in languages],
        take_beginning(*indexer.read_text(output, language, MAX_CHARACTERS_READ)),
        is_prepared=indexer.is_ready,
    )


def sole_release_notice(output: CatalogueEntry, language: str) -> SoleReleaseNotice | None:
    """Return the notice for the page of an output that one person released alone; None for others."""
    if output.alone_because is None or output.alone_language is None or output.alone_capacity is None:
        return None
    return SoleReleaseNotice(
        output.alone_because, output.alone_language, format_capacities(output.alone_capacity, language)
    )


def output_or_file_path(output: CatalogueEntry, language: str = "") -> str:
    """Return the path of an output, or of its text in one language."""
    path = f"/outputs/{quote(output.slug, safe='')}"
    return f"{path}/files/{language}" if language else path


def pdf_path(output: CatalogueEntry, language: str) -> str:
    """Return the path of the PDF that was released with the text in one language."""
    return f"{output_or_file_path(output, language)}/pdf"


def list_file_paths(output: CatalogueEntry) -> list[tuple[File, str]]:
    """List the files of an output with their paths: each text, and after it its PDF if it has one."""
    return [
        (file, output_or_file_path(output, file.language) if file is text else pdf_path(output, file.language))
        for text in output.texts
        for file in list_all_files([text])
    ]


def _text_path(output: CatalogueEntry, language: str) -> str:
    """Return the path of the page of an output with its text in a language."""
    return f"{output_or_file_path(output)}/text/{language}"


def _entry(output: CatalogueEntry, language: str) -> OutputEntry:
    title, lang = localize_title(output.titles, language, output.original)
    return OutputEntry(
        symbol=output.symbol,
        href=output_or_file_path(output),
        title=title,
        lang=lang,
        kind=KIND_LABELS.get(output.kind, output.kind),
        released=output.released_on,
        original=output.original,
        languages=[(text.language, _text_path(output, text.language)) for text in output.texts],
        said=format_notices(output, language),
        tag=advance_version_label(output),
    )


def advance_version_label(output: CatalogueEntry) -> tuple[str, LazyText] | None:
    """Return the tag of an advance version; None for complete versions."""
    return ADVANCE_VERSION_LABEL if output.is_advance else None


def _download(output: CatalogueEntry, text: File) -> OutputDownload:
    download = OutputDownload(
        language=text.language,
        href=output_or_file_path(output, text.language),
        title=output.titles.get(text.language),
        media=text.file_extension.upper(),
        size=text.size,
        sha256=text.sha256,
        is_translation=text.language in output.translations,
    )
    if (pdf := text.pdf) is None:
        return download
    media, href = pdf.file_extension.upper(), pdf_path(output, text.language)
    return replace(download, pdf=replace(download, href=href, media=media, size=pdf.size, sha256=pdf.sha256))


def format_addressees(output: CatalogueEntry, language: str) -> str:
    """Format the addressees of a release as a list in words."""
    formats = Localizer(language)
    names = [formats.translate_text(name) for name in name_addressees(output.addressees)]
    return str(format_list(names, locale=formats.locale))


def name_party(statement: CatalogueStateStatement, language: str) -> str:
    """Name the party of a statement: a State in this language, any other as it was named at the release."""
    return localized_topic_name(statement.names, language) or member_states.find_state_name(statement.state, language)


def build_attached_statement(statement: CatalogueStateStatement, language: str) -> AttachedStatement:
    """Build a statement as pages show it."""
    return AttachedStatement(
        name_party(statement, language),
        ("info", STATEMENT_KIND_LABELS[statement.kind]),
        statement.text,
        statement.language,
    )


def format_notices(output: CatalogueEntry, language: str) -> str:
    """Format the notices that accompany the text everywhere: advance version, attached statements.

    Empty if there are none.
    """
    return " ".join(
        part for part in (format_advance_notice(output, language), _format_statements(output, language)) if part
    )


def format_advance_notice(output: CatalogueEntry, language: str) -> str:
    """Format the notice of an advance version with its missing languages; empty for a complete version."""
    if not output.is_advance:
        return ""
    missing = Localizer(language).format_language_names(output.still_to_come)
    return _("Advance, unedited version. Languages to follow: %(languages)s.", languages=missing).translate(language)


def _format_statements(output: CatalogueEntry, language: str) -> str:
    labels = {kind: label.translate(language) for kind, label in STATEMENT_KIND_LABELS.items()}
    sources = [f"{name_party(statement, language)} ({labels[statement.kind]})" for statement in output.statements]
    states = format_list(sources, locale=language) if sources else ""
    return _("Statements of States: %(states)s", states=states).translate(language) if states else ""
