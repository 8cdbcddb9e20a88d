"""Download of the released files, byte for byte as adopted."""

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
    """Download the text in one language, named after its symbol.

    A file that nginx sends and that was verified before is answered without a worker thread, which would cost more than
    the answer. The bytes never change, but the right to read them may end with the session, the membership or a
    withdrawal.
    """
    state, catalogue = library_of(request), await catalogue_of(request)
    text, cache_control = text_in(catalogue.one(slug), language), caching.of(catalogue)
    if address := state.proof.at_hand(text):
        return _send_file(request, state, text, cache_control, address)
    return await run_in_threadpool(_send_file, request, state, text, cache_control)


def _send_file(
    request: Request, state: Library, text: Text, cache_control: str, address: str | None = None
) -> Response:
    if address is None:
        state.proof.insist(text)
    return download(
        request,
        state.store,
        sha256=text.sha256,
        media=text.media,
        name=text.name,
        caching=cache_control,
        address=address,
    )
