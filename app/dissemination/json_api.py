"""The catalogue for programs: as JSON, and its files as a ZIP. It contains what the reader may see, and no more."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from app.core.canonical_json import to_canonical_json
from app.core.errors import BadRequest
from app.core.i18n import lazy_gettext as _
from app.dissemination.catalogue import Catalogue
from app.dissemination.file_integrity import FileIntegrity
from app.dissemination.filters import parse_choice_and_page
from app.dissemination.outputs import OutputSlug, output_or_file_path, pdf_path
from app.dissemination.reader_sessions import ReaderCatalogueGuard
from app.dissemination.state import get_catalogue, get_read_path_state
from app.dissemination.tombstones import (
    WithdrawnOutputRequested,
    describe_file,
    describe_withdrawn_output,
    filter_withdrawn,
)
from app.domain.releases.queries.catalogue_entries import (
    CatalogueEntry,
    CatalogueFile,
    CatalogueStateStatement,
    list_all_files,
)
from app.http.exports.zip_export import UniqueFileNames, ZipMember, zip_response

router = APIRouter()
MAX_ZIP_FILES, MAX_ZIP_BYTES = 2_000, 4 * 10**9
OUTPUTS_PER_CHUNK = 100  # outputs per chunk of the streamed list
MANIFEST_COLUMNS = ("symbol", "language", "original", "adopted_on", "released_at", "size", "sha256", "name", "form")


@router.get("/outputs.json", dependencies=[Depends(ReaderCatalogueGuard())])
async def list_outputs_json(request: Request) -> Response:
    """Return every released output, or those that the query selects, latest first."""
    catalogue, outputs = await _selected_outputs(request)
    origin = get_read_path_state(request).settings.read_url
    return StreamingResponse(_iter_json(catalogue, outputs, origin), media_type="application/json")


@router.get("/outputs/{slug}.json", dependencies=[Depends(ReaderCatalogueGuard())])
async def show_output_json(slug: OutputSlug, request: Request) -> Response:
    """Return one output; 410 with its tombstone if it was withdrawn."""
    state = get_read_path_state(request)
    catalogue = await get_catalogue(request)
    try:
        output = catalogue.get_output(slug)
    except WithdrawnOutputRequested as error:
        content = describe_withdrawn_output(
            error.withdrawn, catalogue.get_manifest(slug).number, state.settings.read_url
        )
        return JSONResponse(content, error.status)
    return JSONResponse(describe_output(output, catalogue.get_manifest(slug).number, state.settings.read_url))


@router.get("/outputs.zip", dependencies=[Depends(ReaderCatalogueGuard())])
async def download_outputs_zip(request: Request) -> Response:
    """Download the files of the outputs that the query selects, with a list of their digests."""
    catalogue, outputs = await _selected_outputs(request)
    state, (choice, _ignored) = get_read_path_state(request), await parse_choice_and_page(request)
    withdrawn = [
        describe_withdrawn_output(output, catalogue.get_manifest(output.slug).number, state.settings.read_url)
        for output in filter_withdrawn(catalogue.withdrawn, choice)
    ]
    return files_zip_response(request, outputs, state.file_integrity, "outputs.zip", withdrawn=withdrawn)


@router.get("/outputs/{slug}.zip", dependencies=[Depends(ReaderCatalogueGuard())])
async def download_output_zip(slug: OutputSlug, request: Request) -> Response:
    """Download one output in all its languages."""
    state = get_read_path_state(request)
    output = (await get_catalogue(request)).get_output(slug)
    return files_zip_response(request, [output], state.file_integrity, f"{output.slug}.zip")


def _iter_json(catalogue: Catalogue, outputs: Sequence[CatalogueEntry], origin: str) -> Iterator[bytes]:
    """Yield the list in chunks: little memory for any length, and other requests run in between."""
    separator = b"["
    for first in range(0, len(outputs), OUTPUTS_PER_CHUNK):
        batch = outputs[first : first + OUTPUTS_PER_CHUNK]
        yield separator + b",".join(
            to_canonical_json(describe_output(output, catalogue.get_manifest(output.slug).number, origin))
            for output in batch
        )
        separator = b","
    yield b"]" if outputs else b"[]"


async def _selected_outputs(request: Request) -> tuple[Catalogue, Sequence[CatalogueEntry]]:
    choice, _ignored = await parse_choice_and_page(request)
    catalogue = await get_catalogue(request)
    return catalogue, catalogue.list_outputs(choice)


def describe_output(output: CatalogueEntry, number: int, origin: str) -> dict[str, object]:
    """Describe an output with its files and its number in the catalogue; field names as in the database, instants in
    UTC."""
    return {
        "symbol": output.symbol,
        "kind": output.kind,
        "body": output.body,
        "meeting": output.meeting,
        "topics": [{"code": topic.code, "names": topic.names} for topic in output.topics],
        "mandates": [{"code": cited.code, "names": cited.names} for cited in output.mandates],
        "action_lines": [{"code": cited.code, "names": cited.names} for cited in output.action_lines],
        "questions": [{"code": question.code, "names": question.names} for question in output.questions],
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
        "form": get_release_completeness(output),
        "still_to_come": list(output.still_to_come),
        "translations": list(output.translations),
        "completed_at": output.completed_at.isoformat() if output.completed_at else None,
        "completes": {"number": output.completes, "sha256": output.completes_digest} if output.completes else None,
        "url": origin + output_or_file_path(output),
        "number": number,
        "manifest": f"{origin}{output_or_file_path(output)}.manifest.json",
        "files": [_describe_text(output, text, origin) for text in output.texts],
        "statements": [_describe_statement(said) for said in output.statements],
    }


def _describe_text(output: CatalogueEntry, text: CatalogueFile, origin: str) -> dict[str, object]:
    """Describe the text in one language; `pdf` is there if it was released with a PDF."""
    described = describe_file(text) | {"url": origin + output_or_file_path(output, text.language)}
    if text.pdf:
        described["pdf"] = describe_file(text.pdf) | {"url": origin + pdf_path(output, text.language)}
    return described


def get_release_completeness(output: CatalogueEntry) -> str:
    """Return the form of a release: `complete`, or `advance` for an advance, unedited version."""
    return "advance" if output.is_advance else "complete"


def _describe_sole_release(output: CatalogueEntry) -> dict[str, object] | None:
    """Describe why one person released it alone, and in which capacities; None if several people decided."""
    if output.alone_because is None or output.alone_capacity is None:
        return None
    return {
        "reason": output.alone_because,
        "reason_language": output.alone_language,
        "capacities": output.alone_capacity.split(),
    }


def files_zip_response(
    request: Request,
    outputs: Sequence[CatalogueEntry],
    file_integrity: FileIntegrity,
    name: str,
    *,
    withdrawn: Sequence[Mapping[str, object]] = (),
) -> Response:
    """Return files and their PDF as one streamed ZIP, with descriptions of matching withdrawn outputs, whose files are
    not included.

    Raises BadRequest if it would exceed the limits of files or bytes.
    """
    files = [(output, file) for output in outputs for file in list_all_files(output.texts)]
    if len(files) > MAX_ZIP_FILES or sum(text.size for _ignored, text in files) > MAX_ZIP_BYTES:
        raise BadRequest(
            _(
                "One ZIP file holds at most %(files)s files and 4 GB. Filter the list and download it in parts.",
                files=MAX_ZIP_FILES,
            )
        )
    return zip_response(request, _zip_members(files, file_integrity, withdrawn), name)


def _zip_members(
    files: Sequence[tuple[CatalogueEntry, CatalogueFile]],
    proof: FileIntegrity,
    withdrawn: Sequence[Mapping[str, object]],
) -> Iterator[ZipMember]:
    """Yield the manifest first, then every file under its name in the manifest."""
    names = UniqueFileNames()
    names.unique_name("manifest", ".csv")
    names.unique_name("statements", ".json")
    names.unique_name("withdrawn", ".json")
    named = [
        (output, text, names.unique_name(f"{output.slug}-{text.language}", f".{text.file_extension}"))
        for output, text in files
    ]
    manifest = _manifest_csv(named)
    yield ZipMember.from_bytes("manifest.csv", manifest)
    if statements := _statements_json(output for output, _ignored in files):
        yield ZipMember.from_bytes("statements.json", statements)
    if withdrawn:
        tombstones = json.dumps(withdrawn, ensure_ascii=False, indent=1).encode()
        yield ZipMember.from_bytes("withdrawn.json", tombstones)
    for _ignored, text, name in named:
        yield ZipMember(name, text.size, partial(proof.verified_chunks, text))


def _statements_json(outputs: Iterable[CatalogueEntry]) -> bytes:
    """Return the statements of States on these texts as JSON, by symbol; empty if there are none."""
    statements = {
        output.symbol: [_describe_statement(statement) for statement in output.statements]
        for output in outputs
        if output.statements
    }
    return json.dumps(statements, ensure_ascii=False, indent=1).encode() if statements else b""


def _describe_statement(statement: CatalogueStateStatement) -> dict[str, object]:
    """Describe a statement; `names` are there if its party is no State."""
    values = {name: value for name, value in asdict(statement).items() if name != "names" or value}
    return values | {"put_at": statement.put_at.isoformat()}


def _manifest_csv(named: Sequence[tuple[CatalogueEntry, CatalogueFile, str]]) -> bytes:
    """Return the list of files as CSV (RFC 4180); its headings are the same in every language."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(MANIFEST_COLUMNS)
    for output, text, name in named:
        is_original = "yes" if text.language == output.original else "no"
        days = (output.adopted_on.isoformat(), output.released_at.isoformat())
        file = (text.size, text.sha256, name)
        writer.writerow([output.symbol, text.language, is_original, *days, *file, get_release_completeness(output)])
    return buffer.getvalue().encode()
