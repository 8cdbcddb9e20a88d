"""Verification of released files: manifests, the head of the catalogue, and the page that compares files.

The browser computes the digest of a file and looks it up in a list of all digests: nothing of the file is sent.
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
    """Download the signed manifest of an output: of its release, or of its withdrawal."""
    state = library_of(request)
    catalogue = await catalogue_of(request)
    output = catalogue.either(slug)
    content = catalogue.manifest(slug).file(output, state.keeper.keys)
    return attachment(content, "application/json", f"{output.slug}.manifest.json")


@router.get("/catalogue.json", name="catalogue-json")
async def head(request: Request) -> Response:
    """Return the last manifest, which covers all before it. `shown` is the number of outputs readable here."""
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
    """Return the digest of every released file, for the script of the page."""
    catalogue = await catalogue_of(request)
    # It grows with the archive: built in a thread on the first request after a release, so that other requests go on.
    content, tag = await run_in_threadpool(catalogue.page, "digests", lambda: _digests(catalogue))
    headers = {"Cache-Control": caching.of(catalogue), "Vary": "Cookie", "ETag": tag.decode()}
    if headers["ETag"] in request.headers.get("If-None-Match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="application/json", headers=headers)


def _digests(catalogue: Catalogue) -> Sequence[bytes]:
    """Return the list, and its entity tag."""
    entries = [*map(_digest_entry, catalogue.outputs), *map(_digest_entry, catalogue.withdrawn)]
    content = canonical(entries)
    return [content, f'"{hashlib.sha256(content).hexdigest()[:32]}"'.encode()]


def _digest_entry(output: Released | Withdrawn) -> dict[str, object]:
    """Describe an output and its files; a withdrawn one with the date of its withdrawal."""
    withdrawal: dict[str, object] = {}
    if isinstance(output, Withdrawn):
        withdrawal["withdrawn_on"] = output.withdrawn_on.isoformat()
    return withdrawal | {
        "symbol": output.symbol,
        "href": at(output.slug),
        "released_on": output.released_on.isoformat(),
        "files": {text.sha256: text.language for text in output.texts},
    }


@router.get("/verify", name="verify")
async def verify(request: Request, sha256: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Show the page; with a digest, the outputs released under it."""
    insist_single(request.query_params)
    state = library_of(request)
    catalogue = await catalogue_of(request)
    language = state.pages.language(request)
    digest = SPACES.sub("", sha256).lower()
    matches = [
        (output, address(output), *title_in(output.titles, language, output.original), text)
        for output, text in catalogue.with_digest(digest)
    ]
    return state.pages.show(
        request,
        "dissemination/verify.html",
        keys=state.keeper.keys,
        typed=sha256,
        is_digest=bool(DIGEST.fullmatch(digest)),
        found=matches,
        gone=[(tombstone(withdrawn, language), text) for withdrawn, text in catalogue.withdrawn_with_digest(digest)],
        portal=state.settings.portal_url,
        is_public=catalogue.is_public,
    )
