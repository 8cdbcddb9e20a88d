"""The catalogue for programs: as JSON, and its files as a ZIP. It contains what the reader may see, and no more."""

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
AT_ONCE = 100  # outputs per chunk of the streamed list
COLUMNS = ("symbol", "language", "original", "adopted_on", "released_at", "size", "sha256", "name", "form")


@router.get("/outputs.json", name="outputs-json", dependencies=[Depends(Readers())])
async def listed(request: Request) -> Response:
    """Return every released output, or those that the query selects, latest first."""
    catalogue, outputs = await _selected_outputs(request)
    origin = library_of(request).settings.read_url
    return StreamingResponse(_iter_json(catalogue, outputs, origin), media_type="application/json")


@router.get("/outputs/{slug}.json", name="output-json", dependencies=[Depends(Readers())])
async def one(slug: Slug, request: Request) -> Response:
    """Return one output; 410 with its tombstone if it was withdrawn."""
    state = library_of(request)
    catalogue = await catalogue_of(request)
    try:
        output = catalogue.one(slug)
    except IsWithdrawn as error:
        content = told(error.withdrawn, catalogue.manifest(slug).number, state.settings.read_url)
        return JSONResponse(content, error.status)
    return JSONResponse(described(output, catalogue.manifest(slug).number, state.settings.read_url))


@router.get("/outputs.zip", name="outputs-zip", dependencies=[Depends(Readers())])
async def bundle(request: Request) -> Response:
    """Download the files of the outputs that the query selects, with a list of their digests."""
    catalogue, outputs = await _selected_outputs(request)
    state, (choice, _) = library_of(request), await asked(request)
    withdrawn = [
        told(output, catalogue.manifest(output.slug).number, state.settings.read_url)
        for output in chosen(catalogue.withdrawn, choice)
    ]
    return together(request, outputs, state.proof, "outputs.zip", withdrawn=withdrawn)


@router.get("/outputs/{slug}.zip", name="output-zip", dependencies=[Depends(Readers())])
async def bundle_of_one(slug: Slug, request: Request) -> Response:
    """Download one output in all its languages."""
    state = library_of(request)
    output = (await catalogue_of(request)).one(slug)
    return together(request, [output], state.proof, f"{output.slug}.zip")


def _iter_json(catalogue: Catalogue, outputs: Sequence[Released], origin: str) -> Iterator[bytes]:
    """Yield the list in chunks: little memory for any length, and other requests run in between."""
    separator = b"["
    for first in range(0, len(outputs), AT_ONCE):
        batch = outputs[first : first + AT_ONCE]
        yield separator + b",".join(
            canonical(described(output, catalogue.manifest(output.slug).number, origin)) for output in batch
        )
        separator = b","
    yield b"]" if outputs else b"[]"


async def _selected_outputs(request: Request) -> tuple[Catalogue, Sequence[Released]]:
    choice, _ = await asked(request)
    catalogue = await catalogue_of(request)
    return catalogue, catalogue.chosen(choice)


def described(output: Released, number: int, origin: str) -> dict[str, object]:
    """Describe an output with its files and its number in the catalogue; field names as in the database, instants in
    UTC."""
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
        "alone": _describe_sole_release(output),
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
        "statements": [_describe_statement(said) for said in output.statements],
    }


def form_of(output: Released) -> str:
    """Return the form of a release: `complete`, or `advance` for an advance, unedited version."""
    return "advance" if output.is_advance else "complete"


def _describe_sole_release(output: Released) -> dict[str, object] | None:
    """Describe why one person released it alone, and in which capacities; None if several people decided."""
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
    """Return files as one streamed ZIP, with descriptions of matching withdrawn outputs, whose files are not included.

    Raises BadRequest if it would exceed the limits of files or bytes.
    """
    files = [(output, text) for output in outputs for text in output.texts]
    if len(files) > MOST_FILES or sum(text.size for _, text in files) > MOST_BYTES:
        raise Unacceptable(
            say(
                "One ZIP holds at most %(files)s files and 4 GB. Filter the list, and take it in parts.",
                files=MOST_FILES,
            )
        )
    return archive(request, _zip_members(files, proof, withdrawn), name)


def _zip_members(
    files: Sequence[tuple[Released, Text]], proof: Proof, withdrawn: Sequence[Mapping[str, object]]
) -> Iterator[Member]:
    """Yield the manifest first, then every file under its name in the manifest."""
    names = Names()
    names.of("manifest", ".csv")
    names.of("statements", ".json")
    names.of("withdrawn", ".json")
    named = [(output, text, names.of(f"{output.slug}-{text.language}", f".{text.ending}")) for output, text in files]
    manifest = _manifest_csv(named)
    yield Member("manifest.csv", len(manifest), lambda: [manifest])
    if statements := _statements_json(output for output, _ in files):
        yield Member("statements.json", len(statements), lambda: [statements])
    if withdrawn:
        tombstones = json.dumps(withdrawn, ensure_ascii=False, indent=1).encode()
        yield Member("withdrawn.json", len(tombstones), lambda: [tombstones])
    for _, text, name in named:
        yield Member(name, text.size, partial(proof.pieces, text))


def _statements_json(outputs: Iterable[Released]) -> bytes:
    """Return the statements of States on these texts as JSON, by symbol; empty if there are none."""
    statements = {
        output.symbol: [_describe_statement(statement) for statement in output.statements]
        for output in outputs
        if output.statements
    }
    return json.dumps(statements, ensure_ascii=False, indent=1).encode() if statements else b""


def _describe_statement(statement: Said) -> dict[str, str]:
    return {name: str(value) for name, value in asdict(statement).items()} | {"put_at": statement.put_at.isoformat()}


def _manifest_csv(named: Sequence[tuple[Released, Text, str]]) -> bytes:
    """Return the list of files as CSV (RFC 4180); its headings are the same in every language."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for output, text, name in named:
        is_original = "yes" if text.language == output.original else "no"
        days = (output.adopted_on.isoformat(), output.released_at.isoformat())
        file = (text.size, text.sha256, name)
        writer.writerow([output.symbol, text.language, is_original, *days, *file, form_of(output)])
    return buffer.getvalue().encode()
