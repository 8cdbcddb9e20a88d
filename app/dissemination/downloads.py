"""Download of the released files and of their PDF, byte for byte as adopted."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.concurrency import run_in_threadpool

from app.core.errors import NotFound
from app.dissemination import cache_headers
from app.dissemination.catalogue import Catalogue, get_text
from app.dissemination.outputs import OutputSlug
from app.dissemination.reader_sessions import ReaderCatalogueGuard
from app.dissemination.state import ReadPathState, get_catalogue, get_read_path_state
from app.domain.releases.queries.catalogue_entries import CatalogueFile
from app.http.downloads import download_response

router = APIRouter()


@router.get("/outputs/{slug}/files/{language}", dependencies=[Depends(ReaderCatalogueGuard())])
async def download_file(slug: OutputSlug, language: Annotated[str, Path(max_length=2)], request: Request) -> Response:
    """Download the text in one language, named after its symbol.

    A file that nginx sends and that was verified before is answered without a worker thread, which would cost more than
    the answer. The bytes never change, but the right to read them may end with the session, the membership or a
    withdrawal.
    """
    catalogue = await get_catalogue(request)
    return await _send_verified_file(request, catalogue, get_text(catalogue.get_output(slug), language))


@router.get("/outputs/{slug}/files/{language}/pdf", dependencies=[Depends(ReaderCatalogueGuard())])
async def download_pdf(slug: OutputSlug, language: Annotated[str, Path(max_length=2)], request: Request) -> Response:
    """Download the PDF that was adopted or approved with the text in one language. Raises NotFound if it has none."""
    catalogue = await get_catalogue(request)
    text = get_text(catalogue.get_output(slug), language)
    if text.pdf is None:
        raise NotFound()
    return await _send_verified_file(request, catalogue, text.pdf)


async def _send_verified_file(request: Request, catalogue: Catalogue, file: CatalogueFile) -> Response:
    state, cache_control = get_read_path_state(request), cache_headers.cache_control_for(catalogue)
    if address := state.file_integrity.internal_address_if_verified(file):
        return _send_file(request, state, file, cache_control, address)
    return await run_in_threadpool(_send_file, request, state, file, cache_control)


def _send_file(
    request: Request, state: ReadPathState, text: CatalogueFile, cache_control: str, address: str | None = None
) -> Response:
    if address is None:
        state.file_integrity.require_intact(text)
    return download_response(
        request,
        state.store,
        sha256=text.sha256,
        media_type=text.media,
        name=text.name,
        cache_control=cache_control,
        internal_address=address,
    )
