"""The list of withdrawn outputs, and the answer 410 with its tombstone to any request for such an output."""

from collections.abc import Sequence

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from app.core.errors import Gone
from app.dissemination.catalogue import Catalogue
from app.dissemination.filters import parse_choice_and_page
from app.dissemination.page_cache import cached_page_response
from app.dissemination.reader_sessions import ReaderCatalogueGuard
from app.dissemination.state import get_catalogue, get_read_path_state
from app.dissemination.tombstones import (
    WithdrawnOutputRequested,
    build_tombstone,
    describe_withdrawn_output,
    filter_withdrawn,
)
from app.domain.releases.queries.catalogue_entries import WithdrawnEntry

router = APIRouter(dependencies=[Depends(ReaderCatalogueGuard())])


@router.get("/withdrawn")
async def list_withdrawn_page(request: Request) -> Response:
    """Show all withdrawn outputs, latest first."""
    state = get_read_path_state(request)
    catalogue = await get_catalogue(request)

    def values(language: str) -> dict[str, object]:
        return {"tombstones": [build_tombstone(withdrawn, language) for withdrawn in catalogue.withdrawn]}

    return cached_page_response(request, state, catalogue, "dissemination/withdrawn.html", values)


@router.get("/withdrawn.json")
async def list_withdrawn_json(request: Request) -> Response:
    """Return the withdrawn outputs, or those that the query selects, as JSON."""
    choice, _ = await parse_choice_and_page(request)
    state = get_read_path_state(request)
    catalogue = await get_catalogue(request)
    return JSONResponse(
        describe_withdrawn_outputs(catalogue, filter_withdrawn(catalogue.withdrawn, choice), state.settings.read_url)
    )


def describe_withdrawn_outputs(
    catalogue: Catalogue, withdrawn_outputs: Sequence[WithdrawnEntry], origin: str
) -> list[dict[str, object]]:
    """Describe withdrawn outputs for programs."""
    return [
        describe_withdrawn_output(withdrawn, catalogue.get_manifest(withdrawn.slug).number, origin)
        for withdrawn in withdrawn_outputs
    ]


async def tombstone_response(request: Request, error: Exception) -> Response:
    """Return the tombstone in place of a page or file (RFC 9110, 410 Gone).

    It is not cached like other pages, which are answered with 200.
    """
    assert isinstance(error, WithdrawnOutputRequested)
    state = get_read_path_state(request)
    catalogue = await get_catalogue(request)
    return state.templates.render_response(
        request,
        "dissemination/tombstone.html",
        status=Gone.status,
        tomb=build_tombstone(
            error.withdrawn, state.templates.negotiate_language(request), {each.slug for each in catalogue.withdrawn}
        ),
        files=error.withdrawn.texts,
        number=catalogue.get_manifest(error.withdrawn.slug).number,
        doubted=state.refresher.stale_since(),
        is_public=catalogue.is_public,
    )
