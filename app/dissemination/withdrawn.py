"""The list of what was withdrawn; and the answer, 410 with its tombstone, to whatever is asked of such an output."""

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
    """All of it, the latest first."""
    library = library_of(request)
    catalogue = await catalogue_of(request)

    def values(language: str) -> dict[str, object]:
        return {"tombstones": [tombstone(each, language) for each in catalogue.withdrawn]}

    return shown(request, library, catalogue, "dissemination/withdrawn.html", values)


@router.get("/withdrawn.json", name="withdrawn-json")
async def for_programs(request: Request) -> Response:
    """The same, or what of it the query of a list would have chosen."""
    choice, _ = await asked(request)
    library = library_of(request)
    catalogue = await catalogue_of(request)
    return JSONResponse(told_all(catalogue, chosen(catalogue.withdrawn, choice), library.settings.read_url))


def told_all(catalogue: Catalogue, those: Sequence[Withdrawn], origin: str) -> list[dict[str, object]]:
    """Each as programs read it."""
    return [told(each, catalogue.manifest(each.slug).number, origin) for each in those]


async def stands_there(request: Request, fault: Exception) -> Response:
    """The tombstone, in the place of a page or a file (RFC 9110, 410 Gone). It is not among the written pages: those
    are given out with 200."""
    assert isinstance(fault, IsWithdrawn)
    library = library_of(request)
    catalogue = await catalogue_of(request)
    return library.pages.show(
        request,
        "dissemination/tombstone.html",
        status=Gone.status,
        tomb=tombstone(fault.withdrawn, library.pages.language(request)),
        files=fault.withdrawn.texts,
        number=catalogue.manifest(fault.withdrawn.slug).number,
        doubted=library.keeper.doubted_since(),
        is_public=catalogue.is_public,
    )
