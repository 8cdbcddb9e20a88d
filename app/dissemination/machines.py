"""The catalogue for programs: as JSON, and its files as one ZIP. What a reader may see, and no more."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from app.asgi.archive import Member, Names, archive
from app.core.canonical import canonical
from app.core.errors import Unacceptable
from app.core.i18n import say
from app.dissemination.catalogue import Catalogue
from app.dissemination.choice import asked
from app.dissemination.library import catalogue_of, library_of
from app.dissemination.outputs import Slug, address
from app.dissemination.proof import Proof
from app.dissemination.readers import Readers
from app.dissemination.tombstones import IsWithdrawn, chosen, told
from app.domain.releases.queries import Released, Said, Text

router = APIRouter()
MOST_FILES, MOST_BYTES = 2_000, 4 * 10**9
AT_ONCE = 100  # outputs in one piece of the list
COLUMNS = ("symbol", "language", "original", "adopted_on", "released_at", "size", "sha256", "name", "form")


@router.get("/outputs.json", name="outputs-json", dependencies=[Depends(Readers())])
async def listed(request: Request) -> Response:
    """Everything that was released, or what the same query chooses on the page; the latest first."""
    catalogue, found = await _chosen(request)
    origin = library_of(request).settings.read_url
    return StreamingResponse(_all(catalogue, found, origin), media_type="application/json")


@router.get("/outputs/{slug}.json", name="output-json", dependencies=[Depends(Readers())])
async def one(slug: Slug, request: Request) -> Response:
    """One output; 410 with what is left of one that was withdrawn."""
    library = library_of(request)
    catalogue = await catalogue_of(request)
    try:
        found = catalogue.one(slug)
    except IsWithdrawn as gone:
        said = told(gone.withdrawn, catalogue.manifest(slug).number, library.settings.read_url)
        return JSONResponse(said, gone.status)
    return JSONResponse(described(found, catalogue.manifest(slug).number, library.settings.read_url))


@router.get("/outputs.zip", name="outputs-zip", dependencies=[Depends(Readers())])
async def bundle(request: Request) -> Response:
    """The files of what the same query chooses on the page, with a manifest of their digests."""
    catalogue, found = await _chosen(request)
    library, (choice, _) = library_of(request), await asked(request)
    gone = [
        told(each, catalogue.manifest(each.slug).number, library.settings.read_url)
        for each in chosen(catalogue.withdrawn, choice)
    ]
    return together(request, found, library.proof, "outputs.zip", withdrawn=gone)


@router.get("/outputs/{slug}.zip", name="output-zip", dependencies=[Depends(Readers())])
async def bundle_of_one(slug: Slug, request: Request) -> Response:
    """All languages of one output."""
    library = library_of(request)
    found = (await catalogue_of(request)).one(slug)
    return together(request, [found], library.proof, f"{found.slug}.zip")


def _all(catalogue: Catalogue, chosen: Sequence[Released], origin: str) -> Iterator[bytes]:
    """The list in pieces: however long it is, little of it is there at once, and others are answered between."""
    begun = b"["
    for first in range(0, len(chosen), AT_ONCE):
        some = chosen[first : first + AT_ONCE]
        yield begun + b",".join(
            canonical(described(output, catalogue.manifest(output.slug).number, origin)) for output in some
        )
        begun = b","
    yield b"]" if chosen else b"[]"


async def _chosen(request: Request) -> tuple[Catalogue, Sequence[Released]]:
    choice, _ = await asked(request)
    catalogue = await catalogue_of(request)
    return catalogue, catalogue.chosen(choice)


def described(output: Released, number: int, origin: str) -> dict[str, object]:
    """An output with its files and its number in the catalogue; names as in the database, instants in UTC."""
    return {
        "symbol": output.symbol,
        "kind": output.kind,
        "body": output.body,
        "meeting": output.meeting,
        "topics": [{"code": topic.code, "names": topic.names} for topic in output.topics],
        "titles": output.titles,
        "original": output.original,
        "adopted_on": output.adopted_on.isoformat(),
        "adopted_how": output.adopted_how,
        "addressees": list(output.addressees),
        "for_action": list(output.for_action),
        "for_information": list(output.for_information),
        "reply_by": output.reply_by.isoformat() if output.reply_by else None,
        "alone": _alone(output),
        "released_at": output.released_at.isoformat(),
        "form": form_of(output),
        "still_to_come": list(output.still_to_come),
        "translations": list(output.translations),
        "completed_at": output.completed_at.isoformat() if output.completed_at else None,
        "completes": {"number": output.completes, "sha256": output.completes_digest} if output.completes else None,
        "url": origin + address(output),
        "number": number,
        "manifest": f"{origin}{address(output)}.manifest.json",
        "files": [
            {
                "language": text.language,
                "media": text.media,
                "size": text.size,
                "sha256": text.sha256,
                "url": origin + address(output, text.language),
            }
            for text in output.texts
        ],
        "statements": [_said(said) for said in output.statements],
    }


def form_of(output: Released) -> str:
    """`complete`, or `advance` for an advance, unedited version: what a plan of a release says."""
    return "advance" if output.is_advance else "complete"


def _alone(output: Released) -> dict[str, object] | None:
    """Why one person let it out alone, and as what; None where several people decided."""
    if output.alone_because is None or output.alone_capacity is None:
        return None
    return {
        "reason": output.alone_because,
        "reason_language": output.alone_language,
        "capacities": output.alone_capacity.split(),
    }


def together(
    request: Request,
    outputs: Sequence[Released],
    proof: Proof,
    name: str,
    *,
    withdrawn: Sequence[Mapping[str, object]] = (),
) -> Response:
    """The files as one ZIP, sent while it is made; with them what was withdrawn of that choice, without its files.

    Raises Unacceptable for too much at once.
    """
    files = [(output, text) for output in outputs for text in output.texts]
    if len(files) > MOST_FILES or sum(text.size for _, text in files) > MOST_BYTES:
        raise Unacceptable(
            say(
                "One ZIP holds at most %(files)s files and 4 GB. Filter the list, and take it in parts.",
                files=MOST_FILES,
            )
        )
    return archive(request, _members(files, proof, withdrawn), name)


def _members(
    files: Sequence[tuple[Released, Text]], proof: Proof, withdrawn: Sequence[Mapping[str, object]]
) -> Iterator[Member]:
    """The manifest first, then every file under the name that the manifest gives it."""
    names = Names()
    names.of("manifest", ".csv")
    names.of("statements", ".json")
    names.of("withdrawn", ".json")
    named = [(output, text, names.of(f"{output.slug}-{text.language}", f".{text.ending}")) for output, text in files]
    manifest = _manifest(named)
    yield Member("manifest.csv", len(manifest), lambda: [manifest])
    if said := _statements(output for output, _ in files):
        yield Member("statements.json", len(said), lambda: [said])
    if withdrawn:
        left = json.dumps(withdrawn, ensure_ascii=False, indent=1).encode()
        yield Member("withdrawn.json", len(left), lambda: [left])
    for _, text, name in named:
        yield Member(name, text.size, partial(proof.pieces, text))


def _statements(outputs: Iterable[Released]) -> bytes:
    """What States attached to these texts, by symbol; nothing if no State did. It travels with them."""
    said = {output.symbol: [_said(each) for each in output.statements] for output in outputs if output.statements}
    return json.dumps(said, ensure_ascii=False, indent=1).encode() if said else b""


def _said(said: Said) -> dict[str, str]:
    return {name: str(value) for name, value in asdict(said).items()} | {"put_at": said.put_at.isoformat()}


def _manifest(named: Sequence[tuple[Released, Text, str]]) -> bytes:
    """For people and programs alike: its headings are the same in every language (RFC 4180)."""
    page = io.StringIO()
    rows = csv.writer(page)
    rows.writerow(COLUMNS)
    for output, text, name in named:
        is_original = "yes" if text.language == output.original else "no"
        days = (output.adopted_on.isoformat(), output.released_at.isoformat())
        file = (text.size, text.sha256, name)
        rows.writerow([output.symbol, text.language, is_original, *days, *file, form_of(output)])
    return page.getvalue().encode()
