"""Atom feeds (RFC 4287) of the latest releases, for programs that cannot sign in.

The URL of a members' feed contains an encrypted key created for a reader. It holds its expiry and nothing about the
reader, and is stored nowhere; such a feed shows titles and languages, and its links require a sign-in as usual. Public
feeds have no key.

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

from app.asgi.formats import Formats
from app.asgi.words import KINDS
from app.core.errors import Unknown
from app.core.i18n import LANGUAGES, say
from app.dissemination.caching import FRESH, MEMBERS_ONLY
from app.dissemination.catalogue import Catalogue
from app.dissemination.choice import EVERYTHING, Choice, asked
from app.dissemination.library import catalogue_of, library_of
from app.dissemination.narrowing import LABELS, chosen_words, facets, topic_name
from app.dissemination.outputs import address, said_of, title_in
from app.dissemination.readers import Everybody, Readers
from app.dissemination.search import latest, typed_in
from app.dissemination.tombstones import at, chosen
from app.domain.releases.models import Audience
from app.domain.releases.queries import Released, Withdrawn

router = APIRouter()

ATOM = "http://www.w3.org/2005/Atom"
LIFETIME = timedelta(days=183)  # a key cannot be revoked when a person leaves a member
LATEST = 50
NAME = say("CWG-Internet, released outputs")
COMPLETED = say("All its languages are there now. It takes the place of the advance version.")
OFFERED = ("kind", "topic", "language")
Language = Annotated[str, Path(max_length=2)]
EPOCH = "2026-01-01T00:00:00+00:00"


class KeyHolders:
    """Guard of a feed: the URL must contain a key created by us. Any other URL is not found."""

    async def __call__(self, request: Request) -> None:
        """Set the members' audience. Raises NotFound for any invalid key."""
        if library_of(request).feeds.unseal(request.path_params["key"]) is None:
            raise Unknown()
        request.state.audience = Audience.MEMBERS


@router.get("/feeds", name="feeds", dependencies=[Depends(Readers())])
async def addresses(request: Request) -> Response:
    """Show a new personal feed key and the URLs that it opens, including that of the current list or search.

    Public feeds need no key.
    """
    state = library_of(request)
    choice, _ = await asked(request)
    catalogue = await catalogue_of(request)
    language, typed = state.pages.language(request), typed_in(request)
    origin = state.settings.read_url
    key = "" if catalogue.is_public else f"/{state.feeds.seal({}, LIFETIME)}"
    base = f"{origin}/feeds{key}/{language}.atom"

    def list_feeds(facet: str) -> list[tuple[str, str]]:
        return [
            (option.words, option.choice.address(base))
            for links in facets(catalogue, EVERYTHING, language)
            if links.name == facet
            for option in links.offers
        ]

    return state.pages.show(
        request,
        "dissemination/feeds.html",
        all=base,
        this=(_describe(catalogue, choice, typed, language), _url_with(base, choice, typed)),
        groups=[(LABELS[name], list_feeds(name)) for name in OFFERED],
        oai=f"{origin}/oai{key}",
        days=LIFETIME.days,
        is_public=catalogue.is_public,
    )


@router.get("/feeds/{key}/{language}.atom", name="feed", dependencies=[Depends(KeyHolders())])
async def feed(key: Annotated[str, Path(max_length=500)], language: Language, request: Request) -> Response:
    """Return the latest outputs of a choice or search, titles in this language; 304 if unchanged."""
    return await _feed(request, f"/feeds/{key}", language, MEMBERS_ONLY)


@router.get("/feeds/{language}.atom", name="public-feed", dependencies=[Depends(Everybody())])
async def public_feed(language: Language, request: Request) -> Response:
    """Return the latest public outputs of a choice or search."""
    return await _feed(request, "/feeds", language, FRESH)


async def _feed(request: Request, where: str, language: str, caching: str) -> Response:
    """Build the feed of a choice or search for one audience. Raises NotFound for an unknown language."""
    if language not in LANGUAGES:
        raise Unknown()
    choice, _ = await asked(request)
    state, typed = library_of(request), typed_in(request)
    catalogue, origin = await catalogue_of(request), state.settings.read_url
    if typed:
        outputs = await run_in_threadpool(latest, state, catalogue, typed, choice)
    else:
        outputs = [*catalogue.chosen(choice, upto=LATEST), *catalogue.completed(choice)]
    released = {output.slug: output for output in outputs}
    entries: list[Released | Withdrawn] = [*released.values(), *chosen(catalogue.withdrawn, choice)]
    entries.sort(key=_changed_at, reverse=True)
    words = _describe(catalogue, choice, typed, language)
    document = Feed(
        title=": ".join(part for part in (NAME.into(language), words) if part),
        own=_url_with(f"{origin}{where}/{language}.atom", choice, typed),
        page=_url_with(f"{origin}/search" if typed else f"{origin}/outputs", choice, typed),
        outputs=entries[:LATEST],
    )
    return sent(request, document, origin, language, caching)


@dataclass(frozen=True, slots=True)
class Feed:
    """Content of a feed: title, own URL, URL of the page it follows, and the outputs, withdrawn ones included, latest
    change first."""

    title: str
    own: str
    page: str
    outputs: Sequence[Released | Withdrawn]


def sent(request: Request, told: Feed, origin: str, language: str, caching: str) -> Response:
    """Return the feed as a response; 304 if the client has this version."""
    tag = _entity_tag(told, language)
    headers = {"Cache-Control": caching, "ETag": tag, "Content-Language": language}
    if tag in request.headers.get("If-None-Match", ""):
        return Response(status_code=304, headers=headers)
    return Response(written(told, origin, language), media_type="application/atom+xml", headers=headers)


def written(told: Feed, origin: str, language: str) -> bytes:
    """Render the Atom document. `updated` is the latest release, completion or withdrawal among its outputs."""
    Xml.register_namespace("", ATOM)
    text = Formats(language).text
    root = Xml.Element(f"{{{ATOM}}}feed", {"xml:lang": language})
    _add(root, "id", told.page)
    _add(root, "title", told.title)
    _add(root, "updated", _changed_at(told.outputs[0]).isoformat() if told.outputs else EPOCH)
    _add(root, "link", rel="self", type="application/atom+xml", href=told.own)
    _add(root, "link", rel="alternate", type="text/html", href=told.page)
    for output in told.outputs:
        root.append(_entry(output, origin, language, text(KINDS.get(output.kind, output.kind))))
    return cast("bytes", Xml.tostring(root, encoding="utf-8", xml_declaration=True))


def _describe(catalogue: Catalogue, choice: Choice, typed: str, language: str) -> str:
    """Describe search text and choice in words; empty for everything."""
    parts = (
        [f"“{typed}”"] if typed else [],
        [words] if (words := chosen_words(catalogue, choice, language)) else [],
    )
    return ", ".join(part for some in parts for part in some)


def _url_with(page: str, choice: Choice, typed: str) -> str:
    query = urlencode([*([("q", typed)] if typed else []), *choice.pairs()])
    return f"{page}?{query}" if query else page


def _changed_at(output: Released | Withdrawn) -> datetime:
    """Return when an output was last released, completed or withdrawn."""
    return output.withdrawn_at if isinstance(output, Withdrawn) else output.changed_at


def _entry(output: Released | Withdrawn, origin: str, language: str, kind: str) -> Xml.Element:
    entry = Xml.Element(f"{{{ATOM}}}entry")
    title, lang = title_in(output.titles, language, output.original)
    href, shown_title = origin + at(output.slug), f"{output.symbol} {title}"
    if isinstance(output, Withdrawn):
        shown_title, lang = say("Withdrawn: %(title)s", title=shown_title).into(language), None
    elif output.is_advance:
        shown_title, lang = say("Advance, unedited version: %(title)s", title=shown_title).into(language), None
    _add(entry, "id", href)
    _add(entry, "title", shown_title, **({"xml:lang": lang} if lang else {}))
    _add(entry, "updated", _changed_at(output).isoformat())
    _add(entry, "published", output.released_at.isoformat())
    _add(Xml.SubElement(entry, f"{{{ATOM}}}author"), "name", output.body_names.get(language) or output.body)
    _add(entry, "category", term=output.kind, label=kind)
    _add(entry, "link", rel="alternate", type="text/html", href=href)
    if isinstance(output, Withdrawn):
        _add(entry, "summary", output.reason, **{"xml:lang": output.language})
    else:
        _add_files(entry, output, origin, language)
    return entry


def _add_files(entry: Xml.Element, output: Released, origin: str, language: str) -> None:
    completed = [COMPLETED.into(language)] if output.completed_at else []
    if summary := " ".join([*completed, *filter(None, [said_of(output, language)])]):
        _add(entry, "summary", summary)
    for topic in output.topics:
        _add(entry, "category", term=topic.code, label=topic_name(topic.names, language))
    for text in output.texts:
        _add(
            entry,
            "link",
            rel="enclosure",
            type=text.media,
            hreflang=text.language,
            length=str(text.size),
            href=origin + address(output, text.language),
        )


def _add(parent: Xml.Element, name: str, text: str = "", **attributes: str) -> None:
    child = Xml.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
    child.text = text or None


def _entity_tag(feed_content: Feed, language: str) -> str:
    hasher = sha256(f"{language} {feed_content.title}\n".encode())
    for output in feed_content.outputs:
        topics = output.topics if isinstance(output, Withdrawn) else [topic.code for topic in output.topics]
        hasher.update(f"{output.slug} {_changed_at(output).isoformat()} {output.titles} {topics}\n".encode())
    return f'"{hasher.hexdigest()[:32]}"'
