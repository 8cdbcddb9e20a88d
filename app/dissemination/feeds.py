"""Feeds (Atom, RFC 4287): what was released lately, for programs that cannot sign in.

The address of a feed for members holds a key that we sealed for a reader. It says until when it is good and nothing
about whose it is, and it is kept nowhere; such a feed tells of titles and languages, and its links ask for a sign-in as
ever. The feeds of what is public have no key.

A withdrawal is told as a newer state of the same entry (the same `id`, another `updated`), which every program shows;
so is the version in all languages that takes the place of an advance one.
In a search too: what was withdrawn is searched no more, so it is told in each that its facets do not rule out.
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
LIFETIME = timedelta(days=183)  # it cannot be taken back from whoever leaves a member
LATEST = 50
NAME = say("CWG-Internet, released outputs")
COMPLETED = say("All its languages are there now. It takes the place of the advance version.")
OFFERED = ("kind", "topic", "language")
Language = Annotated[str, Path(max_length=2)]
EPOCH = "2026-01-01T00:00:00+00:00"


class KeyHolders:
    """The guard of a feed: whoever has an address that we made for a reader. Any other address is unknown."""

    async def __call__(self, request: Request) -> None:
        """Pass, or raise Unknown, whatever is wrong with the key."""
        if library_of(request).feeds.unseal(request.path_params["key"]) is None:
            raise Unknown()
        request.state.audience = Audience.MEMBERS


@router.get("/feeds", name="feeds", dependencies=[Depends(Readers())])
async def addresses(request: Request) -> Response:
    """A key of one's own, made anew each time, with the addresses that it opens; that of a list or search too. What is
    public needs no key."""
    library = library_of(request)
    choice, _ = await asked(request)
    catalogue = await catalogue_of(request)
    language, typed = library.pages.language(request), typed_in(request)
    origin = library.settings.read_url
    key = "" if catalogue.is_public else f"/{library.feeds.seal({}, LIFETIME)}"
    base = f"{origin}/feeds{key}/{language}.atom"

    def offered(facet: str) -> list[tuple[str, str]]:
        found = facets(catalogue, EVERYTHING, language)
        return [(each.words, each.choice.address(base)) for one in found if one.name == facet for each in one.offers]

    return library.pages.show(
        request,
        "dissemination/feeds.html",
        all=base,
        this=(_words(catalogue, choice, typed, language), _at(base, choice, typed)),
        groups=[(LABELS[name], offered(name)) for name in OFFERED],
        oai=f"{origin}/oai{key}",
        days=LIFETIME.days,
        is_public=catalogue.is_public,
    )


@router.get("/feeds/{key}/{language}.atom", name="feed", dependencies=[Depends(KeyHolders())])
async def feed(key: Annotated[str, Path(max_length=500)], language: Language, request: Request) -> Response:
    """The latest outputs of a choice or a search with their titles in that language; asked again without news, 304."""
    return await _feed(request, f"/feeds/{key}", language, MEMBERS_ONLY)


@router.get("/feeds/{language}.atom", name="public-feed", dependencies=[Depends(Everybody())])
async def public_feed(language: Language, request: Request) -> Response:
    """The same of what is public."""
    return await _feed(request, "/feeds", language, FRESH)


async def _feed(request: Request, where: str, language: str, caching: str) -> Response:
    if language not in LANGUAGES:
        raise Unknown()
    choice, _ = await asked(request)
    library, typed = library_of(request), typed_in(request)
    catalogue, origin = await catalogue_of(request), library.settings.read_url
    if typed:
        outputs = await run_in_threadpool(latest, library, catalogue, typed, choice)
    else:
        outputs = [*catalogue.chosen(choice, upto=LATEST), *catalogue.completed(choice)]
    latest_of = {output.slug: output for output in outputs}
    news: list[Released | Withdrawn] = [*latest_of.values(), *chosen(catalogue.withdrawn, choice)]
    news.sort(key=_moment, reverse=True)
    words = _words(catalogue, choice, typed, language)
    told = Feed(
        title=": ".join(part for part in (NAME.into(language), words) if part),
        own=_at(f"{origin}{where}/{language}.atom", choice, typed),
        page=_at(f"{origin}/search" if typed else f"{origin}/outputs", choice, typed),
        outputs=news[:LATEST],
    )
    return sent(request, told, origin, language, caching)


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed tells of: its title, its own address, the page that it follows, and the outputs, also withdrawn ones,
    by the latest of what happened to them."""

    title: str
    own: str
    page: str
    outputs: Sequence[Released | Withdrawn]


def sent(request: Request, told: Feed, origin: str, language: str, caching: str) -> Response:
    """The feed as an answer; 304 to whoever has it already."""
    tag = _tag(told, language)
    headers = {"Cache-Control": caching, "ETag": tag, "Content-Language": language}
    if tag in request.headers.get("If-None-Match", ""):
        return Response(status_code=304, headers=headers)
    return Response(written(told, origin, language), media_type="application/atom+xml", headers=headers)


def written(told: Feed, origin: str, language: str) -> bytes:
    """The document. It was last changed when the latest of its outputs was released, completed or withdrawn."""
    Xml.register_namespace("", ATOM)
    text = Formats(language).text
    root = Xml.Element(f"{{{ATOM}}}feed", {"xml:lang": language})
    _add(root, "id", told.page)
    _add(root, "title", told.title)
    _add(root, "updated", _moment(told.outputs[0]).isoformat() if told.outputs else EPOCH)
    _add(root, "link", rel="self", type="application/atom+xml", href=told.own)
    _add(root, "link", rel="alternate", type="text/html", href=told.page)
    for output in told.outputs:
        root.append(_entry(output, origin, language, text(KINDS.get(output.kind, output.kind))))
    return cast("bytes", Xml.tostring(root, encoding="utf-8", xml_declaration=True))


def _words(catalogue: Catalogue, choice: Choice, typed: str, language: str) -> str:
    """What is looked for and chosen, in words; nothing for everything."""
    parts = ([f"“{typed}”"] if typed else [], [words] if (words := chosen_words(catalogue, choice, language)) else [])
    return ", ".join(part for some in parts for part in some)


def _at(page: str, choice: Choice, typed: str) -> str:
    query = urlencode([*([("q", typed)] if typed else []), *choice.pairs()])
    return f"{page}?{query}" if query else page


def _moment(output: Released | Withdrawn) -> datetime:
    """When it was last news."""
    return output.withdrawn_at if isinstance(output, Withdrawn) else output.changed_at


def _entry(output: Released | Withdrawn, origin: str, language: str, kind: str) -> Xml.Element:
    entry = Xml.Element(f"{{{ATOM}}}entry")
    title, lang = title_in(output.titles, language, output.original)
    href, titled = origin + at(output.slug), f"{output.symbol} {title}"
    if isinstance(output, Withdrawn):
        titled, lang = say("Withdrawn: %(title)s", title=titled).into(language), None
    elif output.is_advance:
        titled, lang = say("Advance, unedited version: %(title)s", title=titled).into(language), None
    _add(entry, "id", href)
    _add(entry, "title", titled, **({"xml:lang": lang} if lang else {}))
    _add(entry, "updated", _moment(output).isoformat())
    _add(entry, "published", output.released_at.isoformat())
    _add(Xml.SubElement(entry, f"{{{ATOM}}}author"), "name", output.body_names.get(language) or output.body)
    _add(entry, "category", term=output.kind, label=kind)
    _add(entry, "link", rel="alternate", type="text/html", href=href)
    if isinstance(output, Withdrawn):
        _add(entry, "summary", output.reason, **{"xml:lang": output.language})
    else:
        _tell_of_files(entry, output, origin, language)
    return entry


def _tell_of_files(entry: Xml.Element, output: Released, origin: str, language: str) -> None:
    completed = [COMPLETED.into(language)] if output.completed_at else []
    if said := " ".join([*completed, *filter(None, [said_of(output, language)])]):
        _add(entry, "summary", said)
    for topic in output.topics:
        _add(entry, "category", term=topic.code, label=topic_name(topic.names, language))
    for each in output.texts:
        _add(
            entry,
            "link",
            rel="enclosure",
            type=each.media,
            hreflang=each.language,
            length=str(each.size),
            href=origin + address(output, each.language),
        )


def _add(parent: Xml.Element, name: str, text: str = "", **attributes: str) -> None:
    child = Xml.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
    child.text = text or None


def _tag(told: Feed, language: str) -> str:
    seen = sha256(f"{language} {told.title}\n".encode())
    for output in told.outputs:
        about = output.topics if isinstance(output, Withdrawn) else [topic.code for topic in output.topics]
        seen.update(f"{output.slug} {_moment(output).isoformat()} {output.titles} {about}\n".encode())
    return f'"{seen.hexdigest()[:32]}"'
