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

from app.core.canonical_json import to_canonical_json
from app.dissemination import cache_headers
from app.dissemination.catalogue import Catalogue
from app.dissemination.outputs import OutputSlug, output_or_file_path
from app.dissemination.reader_sessions import ReaderCatalogueGuard
from app.dissemination.state import get_catalogue, get_read_path_state
from app.dissemination.tombstones import build_tombstone, output_path
from app.domain.releases.queries.catalogue_entries import CatalogueEntry, WithdrawnEntry, list_all_files
from app.http.csrf import require_single_fields
from app.http.downloads import attachment_response
from app.http.titles import localize_title

router = APIRouter(dependencies=[Depends(ReaderCatalogueGuard())])

CATALOGUE_FORMAT = "cwg-catalogue/1"
DIGEST_SEPARATORS, DIGEST_PATTERN = re.compile(r"[\s:-]"), re.compile("[0-9a-f]{64}")


@router.get("/outputs/{slug}.manifest.json")
async def download_manifest(slug: OutputSlug, request: Request) -> Response:
    """Download the signed manifest of an output: of its release, or of its withdrawal."""
    state = get_read_path_state(request)
    catalogue = await get_catalogue(request)
    output = catalogue.get_released_or_withdrawn(slug)
    content = catalogue.get_manifest(slug).render_file(output, state.public_keys.ledger)
    return attachment_response(content, "application/json", f"{output.slug}.manifest.json")


@router.get("/catalogue.json")
async def show_catalogue_head(request: Request) -> Response:
    """Return the last manifest, which covers all before it. `shown` is the number of outputs readable here."""
    catalogue = await get_catalogue(request)
    last = catalogue.head
    return JSONResponse(
        {
            "format": CATALOGUE_FORMAT,
            "number": last.number if last else 0,
            "sha256": last.digest.hex() if last else None,
            "shown": len(catalogue.outputs),
            "withdrawn": len(catalogue.withdrawn),
            "not_as_signed": sorted({fault.number for fault in catalogue.faults}),
        },
        headers={"Cache-Control": cache_headers.cache_control_for(catalogue), "Vary": "Cookie"},
    )


@router.get("/verify/digests.json")
async def list_digests(request: Request) -> Response:
    """Return the digest of every released file, for the script of the page."""
    catalogue = await get_catalogue(request)
    # It grows with the archive: built in a thread on the first request after a release, so that other requests go on.
    content, tag = await run_in_threadpool(catalogue.get_cached_page, "digests", lambda: _digests(catalogue))
    headers = {"Cache-Control": cache_headers.cache_control_for(catalogue), "Vary": "Cookie", "ETag": tag.decode()}
    if headers["ETag"] in request.headers.get("If-None-Match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="application/json", headers=headers)


def _digests(catalogue: Catalogue) -> Sequence[bytes]:
    """Return the list, and its entity tag."""
    entries = [*map(_digest_entry, catalogue.outputs), *map(_digest_entry, catalogue.withdrawn)]
    content = to_canonical_json(entries)
    return [content, f'"{hashlib.sha256(content).hexdigest()[:32]}"'.encode()]


def _digest_entry(output: CatalogueEntry | WithdrawnEntry) -> dict[str, object]:
    """Describe an output and its files; a withdrawn one with the date of its withdrawal."""
    withdrawal: dict[str, object] = {}
    if isinstance(output, WithdrawnEntry):
        withdrawal["withdrawn_on"] = output.withdrawn_on.isoformat()
    return withdrawal | {
        "symbol": output.symbol,
        "href": output_path(output.slug),
        "released_on": output.released_on.isoformat(),
        "files": {file.sha256: file.language for file in list_all_files(output.texts)},
    }


@router.get("/verify")
async def show_verify_page(request: Request, sha256: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Show the page; with a digest, the outputs released under it."""
    require_single_fields(request.query_params)
    state = get_read_path_state(request)
    catalogue = await get_catalogue(request)
    language = state.templates.negotiate_language(request)
    digest = DIGEST_SEPARATORS.sub("", sha256).lower()
    matches = [
        (output, output_or_file_path(output), *localize_title(output.titles, language, output.original), text)
        for output, text in catalogue.find_texts_by_digest(digest)
    ]
    return state.templates.render_response(
        request,
        "dissemination/verify.html",
        keys=state.public_keys,
        typed=sha256,
        is_digest=bool(DIGEST_PATTERN.fullmatch(digest)),
        found=matches,
        gone=[
            (build_tombstone(withdrawn, language), text)
            for withdrawn, text in catalogue.find_withdrawn_texts_by_digest(digest)
        ],
        portal=state.settings.portal_url,
        is_public=catalogue.is_public,
    )
