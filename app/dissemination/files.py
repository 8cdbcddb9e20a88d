"""The released files, byte for byte as they were adopted."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.concurrency import run_in_threadpool

from app.asgi.files import download
from app.dissemination import caching
from app.dissemination.catalogue import text_in
from app.dissemination.library import Library, catalogue_of, library_of
from app.dissemination.outputs import Slug
from app.dissemination.readers import Readers
from app.domain.releases.queries import Text

router = APIRouter()


@router.get("/outputs/{slug}/files/{language}", name="file", dependencies=[Depends(Readers())])
async def file(slug: Slug, language: Annotated[str, Path(max_length=2)], request: Request) -> Response:
    """The text in one language, under a name made of its symbol. What nginx is to send, and was read once, is answered
    without a thread: that costs more than the answer.

    The bytes never change, but the right to them may end, with the session, the membership, or a withdrawal.
    """
    library, catalogue = library_of(request), await catalogue_of(request)
    text, keep = text_in(catalogue.one(slug), language), caching.of(catalogue)
    if address := library.proof.at_hand(text):
        return _answer(request, library, text, keep, address)
    return await run_in_threadpool(_answer, request, library, text, keep)


def _answer(request: Request, library: Library, text: Text, keep: str, address: str | None = None) -> Response:
    if address is None:
        library.proof.insist(text)
    return download(
        request,
        library.store,
        sha256=text.sha256,
        media=text.media,
        name=text.name,
        caching=keep,
        address=address,
    )
