"""Atom feeds (RFC 4287) of the latest releases, for programs that cannot sign in.

The URL of a members' feed contains an encrypted key created for a reader. It holds its expiry and the number of its
generation, by which all keys are revoked (`read_key_generation`), and nothing about the reader; it is stored nowhere.
Such a feed shows titles and languages, its links require a sign-in as usual, and it does not search: with a query its
holder could find out which words are in the texts. Public feeds have no key, and search.

A withdrawal appears as a newer state of the same entry (same `id`, new `updated`), which every program shows; so does
the version in all languages that replaces an advance one. Withdrawn outputs are no longer searched, so the feed of a
search contains all withdrawals that its facets do not exclude.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated, cast
from urllib.parse import urlencode
from xml.etree import ElementTree as Xml

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.concurrency import run_in_threadpool

from app.core.errors import NotFound
from app.core.i18n import LANGUAGES
from app.core.i18n import lazy_gettext as _
from app.dissemination.cache_headers import MEMBERS_CACHE_CONTROL, PUBLIC_CACHE_CONTROL
from app.dissemination.catalogue import Catalogue
from app.dissemination.facet_links import FACET_LABELS, describe_choice, list_facets, localized_topic_name
from app.dissemination.filters import NO_FILTER, FilterChoice, parse_choice_and_page
from app.dissemination.outputs import format_notices, list_file_paths
from app.dissemination.reader_sessions import PublicCatalogueGuard, ReaderCatalogueGuard
from app.dissemination.search.routes import find_latest_outputs, read_typed_text
from app.dissemination.state import ReadPathState, get_catalogue, get_read_path_state
from app.dissemination.tombstones import filter_withdrawn, output_path
from app.domain.releases.models import Audience
from app.domain.releases.queries.catalogue_entries import CatalogueEntry, WithdrawnEntry
from app.http.labels import KIND_LABELS
from app.http.localization import Localizer
from app.http.titles import localize_title

router = APIRouter()

ATOM_MEDIA_TYPE = "application/atom+xml; charset=utf-8"
ATOM_NAMESPACE = "http://www.w3.org/2005/Atom"
FEED_KEY_LIFETIME = timedelta(days=30)  # nothing says whose a key is, so none ends when a person leaves a member
MAX_ENTRIES = 50
FEED_TITLE = _("ITU groups, released outputs")
COMPLETED_NOTICE = _("All language versions are now available. This version replaces the advance version.")
OFFERED_FACETS = ("kind", "topic", "language")
LanguageParameter = Annotated[str, Path(max_length=2)]
EMPTY_FEED_UPDATED = "2026-01-01T00:00:00+00:00"


def create_feed_key(state: ReadPathState) -> str:
    """Create a key of the current generation for the address of a feed or a harvest."""
    return state.feed_key_sealer.seal({"generation": state.settings.read_key_generation}, FEED_KEY_LIFETIME)


class FeedKeyGuard:
    """Guard of a feed: the URL must contain a key of the current generation. Any other URL, or a query for words of the
    texts, is not found."""

    async def __call__(self, request: Request) -> None:
        """Set the members' audience. Raises NotFound for any invalid key, and for a query."""
        state = get_read_path_state(request)
        content = state.feed_key_sealer.unseal(request.path_params["key"])
        if content is None or content.get("generation") != state.settings.read_key_generation:
            raise NotFound()
        if "q" in request.query_params:
            raise NotFound()
        request.state.audience = Audience.MEMBERS


@router.get("/feeds", dependencies=[Depends(ReaderCatalogueGuard())])
async def show_feed_addresses(request: Request) -> Response:
    """Show a new personal feed key and the URLs that it opens, including that of the current list.

    Public feeds need no key, and there is one of the current search.
    """
    state = get_read_path_state(request)
    choice, _ignored = await parse_choice_and_page(request)
    catalogue = await get_catalogue(request)
    language, origin = state.templates.negotiate_language(request), state.settings.read_url
    typed = read_typed_text(request) if catalogue.is_public else ""
    key = "" if catalogue.is_public else f"/{create_feed_key(state)}"
    base = f"{origin}/feeds{key}/{language}.atom"

    def list_feeds(facet: str) -> list[tuple[str, str]]:
        return [
            (option.words, option.choice.page_address(base))
            for links in list_facets(catalogue, NO_FILTER, language)
            if links.name == facet
            for option in links.offers
        ]

    return state.templates.render_response(
        request,
        "dissemination/feeds.html",
        all=base,
        this=(_describe(catalogue, choice, typed, language), _url_with(base, choice, typed)),
        groups=[(FACET_LABELS[name], list_feeds(name)) for name in OFFERED_FACETS],
        oai=f"{origin}/oai{key}",
        days=FEED_KEY_LIFETIME.days,
        is_public=catalogue.is_public,
    )


@router.get("/feeds/{key}/{language}.atom", dependencies=[Depends(FeedKeyGuard())])
async def show_members_feed(
    key: Annotated[str, Path(max_length=500)], language: LanguageParameter, request: Request
) -> Response:
    """Return the latest outputs of a choice, titles in this language; 304 if unchanged."""
    return await _feed(request, f"/feeds/{key}", language, MEMBERS_CACHE_CONTROL)


@router.get("/feeds/{language}.atom", dependencies=[Depends(PublicCatalogueGuard())])
async def show_public_feed(language: LanguageParameter, request: Request) -> Response:
    """Return the latest public outputs of a choice or search."""
    return await _feed(request, "/feeds", language, PUBLIC_CACHE_CONTROL)


async def _feed(request: Request, where: str, language: str, caching: str) -> Response:
    """Build the feed of a choice or search for one audience. Raises NotFound for an unknown language."""
    if language not in LANGUAGES:
        raise NotFound()
    choice, _ignored = await parse_choice_and_page(request)
    state, typed = get_read_path_state(request), read_typed_text(request)
    catalogue, origin = await get_catalogue(request), state.settings.read_url
    if typed:
        outputs = await run_in_threadpool(find_latest_outputs, state, catalogue, typed, choice)
    else:
        outputs = [
            *catalogue.list_outputs(choice, stop=MAX_ENTRIES),
            *catalogue.list_outputs_replacing_advance_versions(choice),
        ]
    released = {output.slug: output for output in outputs}
    entries: list[CatalogueEntry | WithdrawnEntry] = [
        *released.values(),
        *filter_withdrawn(catalogue.withdrawn, choice),
    ]
    entries.sort(key=_changed_at, reverse=True)
    words = _describe(catalogue, choice, typed, language)
    document = AtomFeed(
        title=": ".join(part for part in (FEED_TITLE.translate(language), words) if part),
        self_url=_url_with(f"{origin}{where}/{language}.atom", choice, typed),
        page_url=_url_with(f"{origin}/search" if typed else f"{origin}/outputs", choice, typed),
        outputs=entries[:MAX_ENTRIES],
    )
    return feed_response(request, document, origin, language, caching)


@dataclass(frozen=True, slots=True)
class AtomFeed:
    """Content of a feed: title, own URL, URL of the page it follows, and the outputs, withdrawn ones included, latest
    change first."""

    title: str
    self_url: str
    page_url: str
    outputs: Sequence[CatalogueEntry | WithdrawnEntry]


def feed_response(request: Request, feed: AtomFeed, origin: str, language: str, caching: str) -> Response:
    """Return the feed as a response; 304 if the client has this version."""
    tag = _entity_tag(feed, language)
    headers = {"Cache-Control": caching, "ETag": tag, "Content-Language": language}
    if tag in request.headers.get("If-None-Match", ""):
        return Response(status_code=304, headers=headers)
    return Response(render_atom(feed, origin, language), media_type=ATOM_MEDIA_TYPE, headers=headers)


def render_atom(feed: AtomFeed, origin: str, language: str) -> bytes:
    """Render the Atom document. `updated` is the latest release, completion or withdrawal among its outputs."""
    Xml.register_namespace("", ATOM_NAMESPACE)
    text = Localizer(language).translate_text
    root = Xml.Element(f"{{{ATOM_NAMESPACE}}}feed", {"xml:lang": language})
    _add(root, "id", feed.page_url)
    _add(root, "title", feed.title)
    _add(root, "updated", _changed_at(feed.outputs[0]).isoformat() if feed.outputs else EMPTY_FEED_UPDATED)
    _add(root, "link", rel="self", type="application/atom+xml", href=feed.self_url)
    _add(root, "link", rel="alternate", type="text/html", href=feed.page_url)
    for output in feed.outputs:
        root.append(_entry(output, origin, language, text(KIND_LABELS.get(output.kind, output.kind))))
    return cast("bytes", Xml.tostring(root, encoding="utf-8", xml_declaration=True))


def _describe(catalogue: Catalogue, choice: FilterChoice, typed: str, language: str) -> str:
    """Describe search text and choice in words; empty for everything."""
    parts = (
        [f"“{typed}”"] if typed else [],
        [words] if (words := describe_choice(catalogue, choice, language)) else [],
    )
    return ", ".join(part for some in parts for part in some)


def _url_with(page: str, choice: FilterChoice, typed: str) -> str:
    query = urlencode([*([("q", typed)] if typed else []), *choice.query_pairs()])
    return f"{page}?{query}" if query else page


def _changed_at(output: CatalogueEntry | WithdrawnEntry) -> datetime:
    """Return when an output was last released, completed or withdrawn."""
    return output.withdrawn_at if isinstance(output, WithdrawnEntry) else output.changed_at


def _entry(output: CatalogueEntry | WithdrawnEntry, origin: str, language: str, kind: str) -> Xml.Element:
    entry = Xml.Element(f"{{{ATOM_NAMESPACE}}}entry")
    title, lang = localize_title(output.titles, language, output.original)
    href, shown_title = origin + output_path(output.slug), f"{output.symbol} {title}"
    if isinstance(output, WithdrawnEntry):
        shown_title, lang = _("Withdrawn: %(title)s", title=shown_title).translate(language), None
    elif output.is_advance:
        shown_title, lang = _("Advance, unedited version: %(title)s", title=shown_title).translate(language), None
    _add(entry, "id", href)
    _add(entry, "title", shown_title, **({"xml:lang": lang} if lang else {}))
    _add(entry, "updated", _changed_at(output).isoformat())
    _add(entry, "published", output.released_at.isoformat())
    _add(Xml.SubElement(entry, f"{{{ATOM_NAMESPACE}}}author"), "name", output.body_names.get(language) or output.body)
    _add(entry, "category", term=output.kind, label=kind)
    _add(entry, "link", rel="alternate", type="text/html", href=href)
    if isinstance(output, WithdrawnEntry):
        _add(entry, "summary", output.reason, **{"xml:lang": output.language})
    else:
        _add_files(entry, output, origin, language)
    return entry


def _add_files(entry: Xml.Element, output: CatalogueEntry, origin: str, language: str) -> None:
    completed = [COMPLETED_NOTICE.translate(language)] if output.completed_at else []
    if summary := " ".join([*completed, *filter(None, [format_notices(output, language)])]):
        _add(entry, "summary", summary)
    for topic in output.topics:
        _add(entry, "category", term=topic.code, label=localized_topic_name(topic.names, language))
    for file, path in list_file_paths(output):
        _add(
            entry,
            "link",
            rel="enclosure",
            type=file.media,
            hreflang=file.language,
            length=str(file.size),
            href=origin + path,
        )


def _add(parent: Xml.Element, name: str, text: str = "", **attributes: str) -> None:
    child = Xml.SubElement(parent, f"{{{ATOM_NAMESPACE}}}{name}", attributes)
    child.text = text or None


def _entity_tag(feed_content: AtomFeed, language: str) -> str:
    hasher = sha256(f"{language} {feed_content.title}\n".encode())
    for output in feed_content.outputs:
        topics = output.topics if isinstance(output, WithdrawnEntry) else [topic.code for topic in output.topics]
        hasher.update(f"{output.slug} {_changed_at(output).isoformat()} {output.titles} {topics}\n".encode())
    return f'"{hasher.hexdigest()[:32]}"'
