"""The list of withdrawn outputs, and the answer 410 with its tombstone to any request for such an output."""

from collections.abc import Sequence

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from app.core.errors import Gone
from app.dissemination.catalogue import Catalogue
from app.dissemination.choice import asked
from app.dissemination.library import catalogue_of, library_of
from app.dissemination.pages import shown
from app.dissemination.readers import Readers
from app.dissemination.tombstones import IsWithdrawn, chosen, told, tombstone
from app.domain.releases.queries import Withdrawn

router = APIRouter(dependencies=[Depends(Readers())])


@router.get("/withdrawn", name="withdrawn")
async def listed(request: Request) -> Response:
    """Show all withdrawn outputs, latest first."""
    state = library_of(request)
    catalogue = await catalogue_of(request)

    def values(language: str) -> dict[str, object]:
        return {"tombstones": [tombstone(withdrawn, language) for withdrawn in catalogue.withdrawn]}

    return shown(request, state, catalogue, "dissemination/withdrawn.html", values)


@router.get("/withdrawn.json", name="withdrawn-json")
async def for_programs(request: Request) -> Response:
    """Return the withdrawn outputs, or those that the query selects, as JSON."""
    choice, _ = await asked(request)
    state = library_of(request)
    catalogue = await catalogue_of(request)
    return JSONResponse(told_all(catalogue, chosen(catalogue.withdrawn, choice), state.settings.read_url))


def told_all(catalogue: Catalogue, those: Sequence[Withdrawn], origin: str) -> list[dict[str, object]]:
    """Describe withdrawn outputs for programs."""
    return [told(withdrawn, catalogue.manifest(withdrawn.slug).number, origin) for withdrawn in those]


async def stands_there(request: Request, fault: Exception) -> Response:
    """Return the tombstone in place of a page or file (RFC 9110, 410 Gone).

    It is not cached like other pages, which are answered with 200.
    """
    assert isinstance(fault, IsWithdrawn)
    state = library_of(request)
    catalogue = await catalogue_of(request)
    return state.pages.show(
        request,
        "dissemination/tombstone.html",
        status=Gone.status,
        tomb=tombstone(fault.withdrawn, state.pages.language(request)),
        files=fault.withdrawn.texts,
        number=catalogue.manifest(fault.withdrawn.slug).number,
        doubted=state.keeper.doubted_since(),
        is_public=catalogue.is_public,
    )
