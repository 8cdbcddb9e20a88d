"""Routes of OAI-PMH.

Harvesters cannot sign in: as with feeds, the URL contains an encrypted key that reveals nothing about its reader
(`app.dissemination.feeds`), and the texts themselves require a sign-in. Public outputs need no key.
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
"""Subtracted from the date of a response. A release is dated shortly before its transaction ends and appears here
shortly after it, or half a minute later if the notification was lost (`STALE_AFTER`); the margin is longer.
Harvesters next ask for everything since the date of a response, so it must be a time up to which all releases were
known.
"""
NOTHING_SAID = frozenset({"badVerb", "badArgument"})

Key = Annotated[str, Path(max_length=500)]


@router.get("/oai/{key}", name="oai", dependencies=[Depends(KeyHolders())])
async def asked(key: Key, request: Request) -> Response:
    """Answer a request in the query."""
    return await _answer(request, f"/oai/{key}", request.query_params.multi_items())


@router.post("/oai/{key}", name="oai-posted", dependencies=[Depends(KeyHolders())])
async def posted(key: Key, request: Request) -> Response:
    """Answer a request in a form; it changes nothing."""
    return await _answer(request, f"/oai/{key}", await _form_fields(request))


@router.get("/oai", name="public-oai", dependencies=[Depends(Everybody())])
async def asked_publicly(request: Request) -> Response:
    """Answer a request about public outputs."""
    return await _answer(request, "/oai", request.query_params.multi_items())


@router.post("/oai", name="public-oai-posted", dependencies=[Depends(Everybody())])
async def posted_publicly(request: Request) -> Response:
    """Answer a request about public outputs in a form."""
    return await _answer(request, "/oai", await _form_fields(request))


async def _form_fields(request: Request) -> Sequence[tuple[str, str]]:
    if request.headers.get("Content-Type", "").partition(";")[0].strip() != FORM:
        return []
    async with request.form() as form:
        return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


async def _answer(request: Request, path: str, pairs: Sequence[tuple[str, str]]) -> Response:
    state = library_of(request)
    catalogue = await catalogue_of(request)
    settings, base_url = state.settings, f"{state.settings.read_url}{path}"
    try:
        arguments = read(pairs)
        oai_request = Asked(arguments, catalogue, base_url, settings.read_url, settings.secretariat_mail)
        element = await run_in_threadpool(ANSWERS[arguments["verb"]], oai_request)
    except Wrong as error:
        arguments = {} if error.code in NOTHING_SAID else dict(pairs)
        element = Xml.Element("error", code=error.code)
        element.text = error.words
    except Behind:
        return Response(status_code=503, headers={"Retry-After": "2"})
    return Response(whole(element, arguments, base_url, _response_date(state)), media_type="text/xml")


def whole(answer: Xml.Element, given: Mapping[str, str], base: str, as_of: datetime) -> bytes:
    """Render the document around the element of a response."""
    root = Xml.Element("OAI-PMH", {"xmlns": OAI, "xmlns:xsi": XSI, "xsi:schemaLocation": f"{OAI} {OAI}OAI-PMH.xsd"})
    add(root, "responseDate", written(int(as_of.timestamp())))
    add(root, "request", base, **given)
    root.append(answer)
    return cast("bytes", Xml.tostring(root, encoding="utf-8", xml_declaration=True))


def _response_date(state: Library) -> datetime:
    """Return the date of a response.

    While the database answers it follows the clock alone: the time of the last notification would reveal that something
    not for this audience was released.
    """
    known, now = state.keeper.known_at, clock.now()
    return (now if known is None or now - known <= DOUBT else known) - MARGIN
