"""Resumable uploads: a file is sent in chunks, across disconnections, days and devices. A form then names the upload.

Follows "Resumable Uploads for HTTP" (draft-ietf-httpbis-resumable-upload-12) with two stricter rules: the length is
announced at the beginning, and every chunk carries its digest (RFC 9530) and is stored whole or not at all.
A chunk is written to disk as it arrives, never collected in memory, and is durable before it is acknowledged.
"""

import re
from asyncio import Future, gather
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.requests import ClientDisconnect

from app.core.db import release_connection
from app.core.errors import BadRequest, PayloadTooLarge
from app.core.files.ingest import FileRefused, require_known_kind
from app.core.files.partial_uploads import MAX_WRITE_PARTS, Chunk
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.uploads import actions, queries, rules
from app.domain.uploads.actions import OffsetMismatch, UploadChunk
from app.domain.uploads.inputs import NewUpload
from app.domain.uploads.models import Upload, UploadState
from app.http.authentication import SignedInGuard
from app.http.csrf import require_single_fields
from app.http.page_context import ReadContext, WriteContext
from app.http.portal_state import PortalState, RequestSlot
from app.web.forms.parsing import parse_form


class ChunkDigestMismatch(BadRequest):
    """The chunk does not match its digest (400)."""

    def __init__(self) -> None:
        super().__init__(_("This part was damaged in transmission: its digest is different. Send it again."))


router = APIRouter()

MAX_CHUNK_SIZE = 64 * 1024 * 1024  # bytes of one chunk
SIGNATURE_BYTES = 8  # by which the kind of a file is known
BLOCK_SIZE = 2 * 1024 * 1024  # bytes of one write
PARTIAL_UPLOAD_TYPE = "application/partial-upload"
SHA256_FIELD_PATTERN = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):\s*(?:,|$)")


@router.get("/uploads", dependencies=[Depends(SignedInGuard(rules.SEE))])
def list_unfinished_uploads(context: ReadContext) -> Response:
    """List unfinished uploads as JSON, for the script that looks for the chosen file among them."""
    unfinished = [
        {"address": f"/uploads/{upload.id}", "body": str(upload.body_id), "name": upload.name, "size": upload.size}
        for upload in queries.list_unfinished_uploads(context.session, context.actor)
    ]
    return JSONResponse(unfinished)


@router.post("/uploads", dependencies=[Depends(SignedInGuard(rules.BEGIN))], max_body_size=MAX_CHUNK_SIZE)
async def begin_upload(context: WriteContext, slot: RequestSlot) -> Response:
    """Create an upload with its first chunk, which may be empty; a short file is one chunk.

    The query string announces body, name and size. Answers 201 with the path for the next chunk.
    What is neither PDF nor DOCX is refused at its first bytes, not after the last ones: 415 with the reason.
    Raises BadRequest, PayloadTooLarge, ChunkDigestMismatch.
    """
    require_single_fields(context.request.query_params)
    announced = _parse_announcement(context.request.query_params)
    offset, expected_digest, digest_is_of_file = _parse_chunk_headers(context.request)
    if offset:
        return _build_offset_conflict(0)
    await run_in_threadpool(_check_may_begin, context, announced)
    slot.release()
    with await run_in_threadpool(
        context.portal.partial_uploads.begin_receiving_chunk, 0, _get_content_length(context.request) or 0
    ) as chunk:
        try:
            await receive_chunk_body(context.request, chunk, min(MAX_CHUNK_SIZE, announced.size))
        except ClientDisconnect:
            return Response(status_code=400)  # the client is gone
        if chunk.digest != expected_digest or (digest_is_of_file and chunk.length != announced.size):
            raise ChunkDigestMismatch
        if refusal := await run_in_threadpool(_find_kind_refusal, chunk):
            return PlainTextResponse(f"{refusal.translate(context.language)}\n", 415)
        async with context.portal.limiter.acquire_slot(is_writer=True):
            return await run_in_threadpool(_create_upload, context, announced, chunk)


@router.get("/uploads/{upload}", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_upload_status(context: ReadContext, upload: UUID) -> Response:
    """Answer how many bytes are stored; with `Want-Repr-Digest: sha-256` also their digest."""
    upload_row = queries.get_visible_upload(context.session, context.actor, upload)
    headers = _build_status_headers(upload_row)
    if "sha-256" in context.request.headers.get("Want-Repr-Digest", "") and upload_row.received:
        release_connection(context.session)
        headers["Repr-Digest"] = _format_digest_field(
            context.portal.partial_uploads.hash_prefix(
                upload_row.id, upload_row.received, upload_row.pieces
            ).hexdigest()
        )
    return Response(status_code=204, headers=headers)


@router.patch("/uploads/{upload}", dependencies=[Depends(SignedInGuard(rules.CONTINUE))], max_body_size=MAX_CHUNK_SIZE)
async def append_to_upload(context: WriteContext, upload: UUID, slot: RequestSlot) -> Response:
    """Append the next chunk: Upload-Offset says where it begins, Content-Digest what it holds. 204 once it is durable.

    A wrong offset is answered 409 with the right one; of an interrupted chunk nothing is stored.
    Raises BadRequest, PayloadTooLarge, ChunkDigestMismatch.
    """
    offset, expected_digest, digest_is_of_file = _parse_chunk_headers(context.request)
    upload_row = await run_in_threadpool(_get_open_upload, context, upload)
    if offset != upload_row.received:
        return _build_offset_conflict(upload_row.received)
    slot.release()  # the chunk may take minutes to arrive
    with await run_in_threadpool(
        _open_chunk, context.portal, upload_row, _get_content_length(context.request), digest_is_of_file
    ) as chunk:
        try:
            await receive_chunk_body(context.request, chunk, min(MAX_CHUNK_SIZE, upload_row.size - offset))
            is_last = offset + chunk.length == upload_row.size
            if chunk.digest != expected_digest or (digest_is_of_file and not is_last):
                raise ChunkDigestMismatch
            appended = UploadChunk(offset, chunk.length, chunk.whole_file_digest if is_last else None)
            async with context.portal.limiter.acquire_slot(is_writer=True):
                return await run_in_threadpool(_append_chunk, context, upload_row.id, appended, chunk)
        except ClientDisconnect:
            return Response(status_code=400)  # the client is gone
        except OffsetMismatch as mismatch:
            return _build_offset_conflict(mismatch.received)


@router.delete("/uploads/{upload}", dependencies=[Depends(SignedInGuard(rules.DISCARD))])
def discard_upload(context: WriteContext, upload: UUID) -> Response:
    """Discard an upload; its bytes are deleted by the next clean-up."""
    actions.discard_upload(
        context.session, context.actor, queries.get_visible_upload(context.session, context.actor, upload, lock=True)
    )
    return Response(status_code=204)


def _parse_announcement(parameters: Mapping[str, object]) -> NewUpload:
    """Parse the announcement of a file. Raises BadRequest."""
    entry = parse_form(NewUpload, dict(parameters))
    if entry.value is None:
        raise BadRequest(_("To announce a file, give its body, its name and its size in bytes."))
    return entry.value


def _check_may_begin(context: WriteContext, announced: NewUpload) -> None:
    """Check that the actor may begin this upload, and release the connection while the chunk arrives."""
    actions.check_new_upload(context.session, context.actor, announced, max_size=context.portal.settings.largest_file)
    release_connection(context.session)


def _find_kind_refusal(chunk: Chunk) -> LazyText | None:
    """Return why a file whose first chunk this is is not taken; None if it begins as PDF or DOCX do, or is too short to
    tell."""
    if chunk.length < SIGNATURE_BYTES:
        return None
    try:
        require_known_kind(chunk.read_head(SIGNATURE_BYTES))
    except FileRefused as refusal:
        return refusal.reason
    return None


def _create_upload(context: WriteContext, announced: NewUpload, chunk: Chunk) -> Response:
    """Create the upload with its first chunk; 201."""
    upload = actions.begin_upload(
        context.session,
        context.actor,
        announced,
        max_size=context.portal.settings.largest_file,
        began_at=context.request.state.began_at,
    )
    whole_file_digest = chunk.whole_file_digest if chunk.length == upload.size else None
    _store_chunk(context, upload, UploadChunk(0, chunk.length, whole_file_digest), chunk)
    return Response(status_code=201, headers={"Location": f"/uploads/{upload.id}"} | _build_status_headers(upload))


def _get_open_upload(context: WriteContext, upload: UUID) -> Upload:
    """Load an upload that can be continued, and release the connection while the chunk arrives."""
    upload_row = queries.get_visible_upload(context.session, context.actor, upload)
    rules.CONTINUE.require(context.actor, upload_row)
    release_connection(context.session)
    return upload_row


def _append_chunk(context: WriteContext, upload_id: UUID, appended: UploadChunk, chunk: Chunk) -> Response:
    """Append a chunk. The row is loaded again and locked: another device may have sent the chunk meanwhile."""
    upload = queries.get_visible_upload(context.session, context.actor, upload_id, lock=True)
    _store_chunk(context, upload, appended, chunk)
    return Response(status_code=204, headers=_build_status_headers(upload))


def _store_chunk(context: WriteContext, upload: Upload, appended: UploadChunk, chunk: Chunk) -> None:
    """Append a chunk to the row and to the bytes of the upload."""
    write = partial(context.portal.partial_uploads.append, upload.id, chunk, upload.pieces)
    actions.append_chunk(context.session, context.actor, upload, appended, write)


def _parse_chunk_headers(request: Request) -> tuple[int, str, bool]:
    """Parse offset, digest, and whether it is the digest of the whole file, as a last chunk may carry instead.

    Raises BadRequest.
    """
    offset = request.headers.get("Upload-Offset", "0" if request.method == "POST" else "")
    digest_is_of_file = "Content-Digest" not in request.headers
    digest = SHA256_FIELD_PATTERN.search(
        request.headers.get("Repr-Digest" if digest_is_of_file else "Content-Digest", "")
    )
    media_type = request.headers.get("Content-Type", "")
    if (
        media_type != PARTIAL_UPLOAD_TYPE
        or digest is None
        or not (offset.isascii() and offset.isdigit() and len(offset) < 12)
    ):
        raise BadRequest(
            _(
                "A part must be sent as %(kind)s, with Upload-Offset and a SHA-256 digest in Content-Digest.",
                kind=PARTIAL_UPLOAD_TYPE,
            )
        )
    return int(offset), b64decode(digest[1]).hex(), digest_is_of_file


def _get_content_length(request: Request) -> int | None:
    """Return the length of the body in bytes; None if it is sent chunked."""
    length = request.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


def _open_chunk(portal: PortalState, upload: Upload, length: int | None, digest_is_of_file: bool) -> Chunk:
    """Open a temporary file for a chunk. If it may be the last one, hash the stored bytes first."""
    may_be_last = length is None or upload.received + length == upload.size
    partial_uploads, prefix_hash = portal.partial_uploads, None
    if may_be_last:
        prefix_hash = partial_uploads.hash_prefix(upload.id, upload.received, upload.pieces)
    return partial_uploads.begin_receiving_chunk(
        upload.received, length or 0, prefix_hash=prefix_hash, compare_whole_file=digest_is_of_file
    )


async def receive_chunk_body(request: Request, chunk: Chunk, max_length: int) -> None:
    """Write the request body to `chunk` as it arrives; at most two blocks are in memory, one of them being written.

    Raises PayloadTooLarge beyond `max_length` bytes, and ClientDisconnect if the connection is cut.
    """
    length, buffered = 0, 0
    parts: list[bytes] = []
    pending_write: Future[tuple[None, None]] | None = None
    try:
        async for part in request.stream():
            length += len(part)
            if length > max_length:
                raise PayloadTooLarge(
                    _("This part is longer than the rest of the file or than the maximum length of a part.")
                )
            parts.append(part)  # not joined, which would copy every byte once more
            buffered += len(part)
            if (
                buffered >= BLOCK_SIZE or len(parts) >= MAX_WRITE_PARTS
            ):  # many small parts take far more memory than their sizes
                if pending_write:
                    await pending_write
                pending_write, parts, buffered = _write_block(chunk, parts), [], 0
    finally:
        if pending_write:
            await pending_write
    await _write_block(chunk, parts)


def _write_block(chunk: Chunk, parts: Sequence[bytes]) -> Future[tuple[None, None]]:
    """Hash and write a block in two threads; each takes about as long as a block takes to arrive."""
    return gather(run_in_threadpool(chunk.update_digest, parts), run_in_threadpool(chunk.write, parts))


def _build_status_headers(upload: Upload) -> dict[str, str]:
    """Build the headers of the draft that say how far an upload is."""
    return {
        "Upload-Offset": str(upload.received),
        "Upload-Complete": "?1" if upload.state == UploadState.WHOLE else "?0",
        "Upload-Length": str(upload.size),
        "Upload-Limit": f"max-append-size={MAX_CHUNK_SIZE}, max-age={int(actions.UPLOAD_LIFETIME.total_seconds())}",
    }


def _build_offset_conflict(received_bytes: int) -> Response:
    """Build the 409 response that names the right offset."""
    response = PlainTextResponse("The piece does not begin where the file ends (Upload-Offset).\n", 409)
    response.headers["Upload-Offset"] = str(received_bytes)
    return response


def _format_digest_field(sha256: str) -> str:
    """Format a SHA-256 in hex as a digest field (RFC 9530)."""
    return f"sha-256=:{b64encode(bytes.fromhex(sha256)).decode()}:"
