"""The address of the protocol. Harvesters cannot sign in: as with feeds, the address holds a key that says nothing
about whose it is (`app.dissemination.feeds`), and the texts themselves ask for a sign-in as ever.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final, cast
from xml.etree import ElementTree as Xml

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.concurrency import run_in_threadpool

from app.core import clock
from app.dissemination.feeds import KeyHolders
from app.dissemination.library import Library, catalogue_of, library_of
from app.dissemination.oai.answers import ANSWERS, Asked, Behind
from app.dissemination.oai.asking import Wrong, read, written
from app.dissemination.oai.records import XSI, add

router = APIRouter(dependencies=[Depends(KeyHolders())])

OAI = "http://www.openarchives.org/OAI/2.0/"
FORM = "application/x-www-form-urlencoded"
MARGIN: Final = timedelta(minutes=1)
"""A release is dated a moment before its transaction ends and is seen here a moment after that, both far less than
this. Harvesters ask next for what came since the date of an answer: so that is a date of which all was known."""
NOTHING_SAID = frozenset({"badVerb", "badArgument"})

Key = Annotated[str, Path(max_length=500)]


@router.get("/oai/{key}", name="oai")
async def asked(key: Key, request: Request) -> Response:
    """A question in the address."""
    return await _answered(request, key, request.query_params.multi_items())


@router.post("/oai/{key}", name="oai-posted")
async def posted(key: Key, request: Request) -> Response:
    """The same question in a form, for programs that ask so; it changes nothing."""
    pairs: list[tuple[str, str]] = []
    if request.headers.get("Content-Type", "").partition(";")[0].strip() == FORM:
        async with request.form() as form:
            pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    return await _answered(request, key, pairs)


async def _answered(request: Request, key: str, pairs: Sequence[tuple[str, str]]) -> Response:
    library = library_of(request)
    catalogue = await catalogue_of(library)
    settings, base = library.settings, f"{library.settings.read_url}/oai/{key}"
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
    return (library.keeper.known_at or clock.now()) - MARGIN
