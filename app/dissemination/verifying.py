"""Checking that something is what was released: manifests, the head of the catalogue, and the page that compares files.

The browser works out the digest of a file itself and looks for it in a list of all digests: nothing of it is sent.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from app.asgi.files import attachment
from app.asgi.forms import insist_single
from app.core.canonical import canonical
from app.dissemination import caching
from app.dissemination.catalogue import Catalogue
from app.dissemination.library import catalogue_of, library_of
from app.dissemination.outputs import Slug, address, title_in
from app.dissemination.readers import Readers
from app.dissemination.tombstones import at, tombstone
from app.domain.releases.queries import Released, Withdrawn

router = APIRouter(dependencies=[Depends(Readers())])

FORMAT = "cwg-catalogue/1"
SPACES, DIGEST = re.compile(r"[\s:-]"), re.compile("[0-9a-f]{64}")


@router.get("/outputs/{slug}.manifest.json", name="manifest")
async def manifest(slug: Slug, request: Request) -> Response:
    """What the house signed of an output, as a file to keep: of its release, or of its withdrawal."""
    library = library_of(request)
    catalogue = await catalogue_of(request)
    found = catalogue.either(slug)
    written = catalogue.manifest(slug).file(found, library.keeper.keys)
    return attachment(written, "application/json", f"{found.slug}.manifest.json")


@router.get("/catalogue.json", name="catalogue-json")
async def head(request: Request) -> Response:
    """The last manifest: it stands for all before it. `shown` is how many outputs can be read here."""
    catalogue = await catalogue_of(request)
    last = catalogue.head
    return JSONResponse(
        {
            "format": FORMAT,
            "number": last.number if last else 0,
            "sha256": last.digest.hex() if last else None,
            "shown": len(catalogue.outputs),
            "withdrawn": len(catalogue.withdrawn),
            "not_as_signed": sorted({fault.number for fault in catalogue.faults}),
        },
        headers={"Cache-Control": caching.of(catalogue), "Vary": "Cookie"},
    )


@router.get("/verify/digests.json", name="digests")
async def digests(request: Request) -> Response:
    """Every digest under which something was released, for the script of the page."""
    catalogue = await catalogue_of(request)
    # It grows with the archive: the first who asks after a release has it made, and nobody else waits for that.
    written, tag = await run_in_threadpool(catalogue.page, "digests", lambda: _digests(catalogue))
    headers = {"Cache-Control": caching.of(catalogue), "Vary": "Cookie", "ETag": tag.decode()}
    if headers["ETag"] in request.headers.get("If-None-Match", ""):
        return Response(status_code=304, headers=headers)
    return Response(written, media_type="application/json", headers=headers)


def _digests(catalogue: Catalogue) -> Sequence[bytes]:
    """The list, and its entity tag."""
    every = [*map(_listed, catalogue.outputs), *map(_listed, catalogue.withdrawn)]
    written = canonical(every)
    return [written, f'"{hashlib.sha256(written).hexdigest()[:32]}"'.encode()]


def _listed(output: Released | Withdrawn) -> dict[str, object]:
    """Of what was withdrawn it is said when."""
    said: dict[str, object] = {}
    if isinstance(output, Withdrawn):
        said["withdrawn_on"] = output.withdrawn_on.isoformat()
    return said | {
        "symbol": output.symbol,
        "href": at(output.slug),
        "released_on": output.released_on.isoformat(),
        "files": {text.sha256: text.language for text in output.texts},
    }


@router.get("/verify", name="verify")
async def verify(request: Request, sha256: Annotated[str, Query(max_length=200)] = "") -> Response:
    """The page; with a digest, what was released under it."""
    insist_single(request.query_params)
    library = library_of(request)
    catalogue = await catalogue_of(request)
    language = library.pages.language(request)
    digest = SPACES.sub("", sha256).lower()
    found = [
        (output, address(output), *title_in(output.titles, language, output.original), text)
        for output, text in catalogue.with_digest(digest)
    ]
    return library.pages.show(
        request,
        "dissemination/verify.html",
        keys=library.keeper.keys,
        typed=sha256,
        is_digest=bool(DIGEST.fullmatch(digest)),
        found=found,
        gone=[(tombstone(each, language), text) for each, text in catalogue.withdrawn_with_digest(digest)],
        portal=library.settings.portal_url,
        is_public=catalogue.is_public,
    )
