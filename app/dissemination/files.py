"""The released files, byte for byte as they were adopted."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.concurrency import run_in_threadpool

from app.asgi.files import download
from app.dissemination.catalogue import text_in
from app.dissemination.library import Library, catalogue_of, library_of
from app.dissemination.outputs import Slug
from app.dissemination.readers import ReadersOnly
from app.domain.releases.queries import Text

router = APIRouter()
# The bytes never change, but the right to them may end, with the session or the membership: the browser may keep a
# copy, and asks each time whether it may still use it. No cache in between may keep one.
CACHING = "private, no-cache"


@router.get("/outputs/{slug}/files/{language}", name="file", dependencies=[Depends(ReadersOnly())])
async def file(slug: Slug, language: Annotated[str, Path(max_length=2)], request: Request) -> Response:
    """The text in one language, under a name made of its symbol. What nginx is to send, and was read once, is answered
    without a thread: that costs more than the answer."""
    library = library_of(request)
    text = text_in((await catalogue_of(library)).one(slug), language)
    if address := library.proof.at_hand(text):
        return _answer(request, library, text, address)
    return await run_in_threadpool(_answer, request, library, text)


def _answer(request: Request, library: Library, text: Text, address: str | None = None) -> Response:
    if address is None:
        library.proof.insist(text)
    return download(
        request,
        library.store,
        sha256=text.sha256,
        media=text.media,
        name=text.name,
        caching=CACHING,
        address=address,
    )
