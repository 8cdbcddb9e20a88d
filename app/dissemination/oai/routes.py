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
from app.dissemination.feeds import FeedKeyGuard
from app.dissemination.oai.records import XSI, add_element
from app.dissemination.oai.requests import OaiError, format_datestamp, parse_arguments
from app.dissemination.oai.responses import ANSWERS_BY_VERB, CatalogueBehind, OaiRequest
from app.dissemination.reader_sessions import PublicCatalogueGuard
from app.dissemination.refresh import STALE_AFTER
from app.dissemination.state import ReadPathState, get_catalogue, get_read_path_state

router = APIRouter()

OAI_NAMESPACE = "http://www.openarchives.org/OAI/2.0/"
FORM_MEDIA_TYPE = "application/x-www-form-urlencoded"
DATE_MARGIN: Final = timedelta(minutes=1)
"""Subtracted from the date of a response. A release is dated shortly before its transaction ends and appears here
shortly after it, or half a minute later if the notification was lost (`STALE_AFTER`); the margin is longer.
Harvesters next ask for everything since the date of a response, so it must be a time up to which all releases were
known.
"""
ERRORS_WITHOUT_ARGUMENTS = frozenset({"badVerb", "badArgument"})

FeedKeyParameter = Annotated[str, Path(max_length=500)]


@router.get("/oai/{key}", dependencies=[Depends(FeedKeyGuard())])
async def answer_get(key: FeedKeyParameter, request: Request) -> Response:
    """Answer a request in the query."""
    return await _answer(request, f"/oai/{key}", request.query_params.multi_items())


@router.post("/oai/{key}", dependencies=[Depends(FeedKeyGuard())])
async def answer_post(key: FeedKeyParameter, request: Request) -> Response:
    """Answer a request in a form; it changes nothing."""
    return await _answer(request, f"/oai/{key}", await _form_fields(request))


@router.get("/oai", dependencies=[Depends(PublicCatalogueGuard())])
async def answer_public_get(request: Request) -> Response:
    """Answer a request about public outputs."""
    return await _answer(request, "/oai", request.query_params.multi_items())


@router.post("/oai", dependencies=[Depends(PublicCatalogueGuard())])
async def answer_public_post(request: Request) -> Response:
    """Answer a request about public outputs in a form."""
    return await _answer(request, "/oai", await _form_fields(request))


async def _form_fields(request: Request) -> Sequence[tuple[str, str]]:
    if request.headers.get("Content-Type", "").partition(";")[0].strip() != FORM_MEDIA_TYPE:
        return []
    async with request.form() as form:
        return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


async def _answer(request: Request, path: str, pairs: Sequence[tuple[str, str]]) -> Response:
    state = get_read_path_state(request)
    catalogue = await get_catalogue(request)
    settings, base_url = state.settings, f"{state.settings.read_url}{path}"
    try:
        arguments = parse_arguments(pairs)
        oai_request = OaiRequest(arguments, catalogue, base_url, settings.read_url, settings.secretariat_mail)
        element = await run_in_threadpool(ANSWERS_BY_VERB[arguments["verb"]], oai_request)
    except OaiError as error:
        arguments = {} if error.code in ERRORS_WITHOUT_ARGUMENTS else dict(pairs)
        element = Xml.Element("error", code=error.code)
        element.text = error.message
    except CatalogueBehind:
        return Response(status_code=503, headers={"Retry-After": "2"})
    return Response(render_oai_document(element, arguments, base_url, _response_date(state)), media_type="text/xml")


def render_oai_document(answer: Xml.Element, arguments: Mapping[str, str], base_url: str, as_of: datetime) -> bytes:
    """Render the document around the element of a response."""
    root = Xml.Element(
        "OAI-PMH",
        {"xmlns": OAI_NAMESPACE, "xmlns:xsi": XSI, "xsi:schemaLocation": f"{OAI_NAMESPACE} {OAI_NAMESPACE}OAI-PMH.xsd"},
    )
    add_element(root, "responseDate", format_datestamp(int(as_of.timestamp())))
    add_element(root, "request", base_url, **arguments)
    root.append(answer)
    return cast("bytes", Xml.tostring(root, encoding="utf-8", xml_declaration=True))


def _response_date(state: ReadPathState) -> datetime:
    """Return the date of a response.

    While the database answers it follows the clock alone: the time of the last notification would reveal that something
    not for this audience was released.
    """
    known, now = state.refresher.confirmed_at, clock.now()
    return (now if known is None or now - known <= STALE_AFTER else known) - DATE_MARGIN
