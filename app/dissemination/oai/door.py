"""The addresses of the protocol. Harvesters cannot sign in: as with feeds, an address holds a key that says nothing
about whose it is (`app.dissemination.feeds`), and the texts themselves ask for a sign-in as ever. What is public needs
no key.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final, cast
from xml.etree import ElementTree as Xml

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.concurrency import run_in_threadpool

from app.core import clock
from app.dissemination.feeds import KeyHolders
from app.dissemination.keeper import DOUBT
from app.dissemination.library import Library, catalogue_of, library_of
from app.dissemination.oai.answers import ANSWERS, Asked, Behind
from app.dissemination.oai.asking import Wrong, read, written
from app.dissemination.oai.records import XSI, add
from app.dissemination.readers import Everybody

router = APIRouter()

OAI = "http://www.openarchives.org/OAI/2.0/"
FORM = "application/x-www-form-urlencoded"
MARGIN: Final = timedelta(minutes=1)
"""A release is dated a moment before its transaction ends and is seen here a moment after that, or half a minute if no
word of it came (`DOUBT`), all less than this. Harvesters ask next for what came since the date of an answer: so that is
a date of which all was known."""
NOTHING_SAID = frozenset({"badVerb", "badArgument"})

Key = Annotated[str, Path(max_length=500)]


@router.get("/oai/{key}", name="oai", dependencies=[Depends(KeyHolders())])
async def asked(key: Key, request: Request) -> Response:
    """A question in the address."""
    return await _answered(request, f"/oai/{key}", request.query_params.multi_items())


@router.post("/oai/{key}", name="oai-posted", dependencies=[Depends(KeyHolders())])
async def posted(key: Key, request: Request) -> Response:
    """The same question in a form, for programs that ask so; it changes nothing."""
    return await _answered(request, f"/oai/{key}", await _form(request))


@router.get("/oai", name="public-oai", dependencies=[Depends(Everybody())])
async def asked_publicly(request: Request) -> Response:
    """A question about what is public."""
    return await _answered(request, "/oai", request.query_params.multi_items())


@router.post("/oai", name="public-oai-posted", dependencies=[Depends(Everybody())])
async def posted_publicly(request: Request) -> Response:
    """The same in a form."""
    return await _answered(request, "/oai", await _form(request))


async def _form(request: Request) -> Sequence[tuple[str, str]]:
    if request.headers.get("Content-Type", "").partition(";")[0].strip() != FORM:
        return []
    async with request.form() as form:
        return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


async def _answered(request: Request, where: str, pairs: Sequence[tuple[str, str]]) -> Response:
    library = library_of(request)
    catalogue = await catalogue_of(request)
    settings, base = library.settings, f"{library.settings.read_url}{where}"
    try:
        given = read(pairs)
        question = Asked(given, catalogue, base, settings.read_url, settings.secretariat_mail)
        found = await run_in_threadpool(ANSWERS[given["verb"]], question)
    except Wrong as wrong:
        given = {} if wrong.code in NOTHING_SAID else dict(pairs)
        found = Xml.Element("error", code=wrong.code)
        found.text = wrong.words
    except Behind:
        return Response(status_code=503, headers={"Retry-After": "2"})
    return Response(whole(found, given, base, _as_of(library)), media_type="text/xml")


def whole(answer: Xml.Element, given: Mapping[str, str], base: str, as_of: datetime) -> bytes:
    """The document around an answer."""
    root = Xml.Element("OAI-PMH", {"xmlns": OAI, "xmlns:xsi": XSI, "xsi:schemaLocation": f"{OAI} {OAI}OAI-PMH.xsd"})
    add(root, "responseDate", written(int(as_of.timestamp())))
    add(root, "request", base, **given)
    root.append(answer)
    return cast("bytes", Xml.tostring(root, encoding="utf-8", xml_declaration=True))


def _as_of(library: Library) -> datetime:
    """While the database answers, by the clock alone: from when it told us of something, somebody could learn that
    there was something, which is not for them."""
    known, now = library.keeper.known_at, clock.now()
    return (now if known is None or now - known <= DOUBT else known) - MARGIN
