"""Resumable uploads: a file is sent in chunks, across disconnections, days and devices. A form then names the upload.

Follows "Resumable Uploads for HTTP" (draft-ietf-httpbis-resumable-upload-12) with two stricter rules: the length is
announced at the beginning, and every chunk carries its digest (RFC 9530) and is stored whole or not at all.
A chunk is written to disk as it arrives, never collected in memory, and is durable before it is acknowledged.
"""

import re
from asyncio import Future, gather
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.requests import ClientDisconnect

from app.asgi.actors import Asks, SignedIn
from app.asgi.forms import insist_single
from app.asgi.house import House, MyTurn, Reading, TheHouse, Writing
from app.core.access import Actor
from app.core.db import WriteSession, let_go
from app.core.errors import TooMuch, Unacceptable
from app.core.i18n import say
from app.core.staging import MOST_PARTS, Arriving
from app.domain.uploads import actions, queries, rules
from app.domain.uploads.actions import NotThere, Piece
from app.domain.uploads.inputs import NewUpload
from app.domain.uploads.models import State, Upload
from app.web.entries import read


class Damaged(Unacceptable):
    """The chunk does not match its digest (400)."""

    def __init__(self) -> None:
        super().__init__(say("The piece was damaged on its way: it has another digest. Send it once more."))


router = APIRouter()

MOST_AT_ONCE = 64 * 1024 * 1024  # bytes of one chunk
BLOCK = 2 * 1024 * 1024  # bytes of one write
PIECE_OF_A_FILE = "application/partial-upload"
DIGEST = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):\s*(?:,|$)")


@router.get("/uploads", name="uploads", dependencies=[Depends(Asks(rules.SEE))])
def listed(actor: SignedIn, session: Reading) -> Response:
    """List unfinished uploads as JSON, for the script that looks for the chosen file among them."""
    unfinished = [
        {"address": f"/uploads/{upload.id}", "body": str(upload.body_id), "name": upload.name, "size": upload.size}
        for upload in queries.unfinished(session, actor)
    ]
    return JSONResponse(unfinished)


@router.post("/uploads", name="begin-upload", dependencies=[Depends(Asks(rules.BEGIN))])
async def begin(actor: SignedIn, session: Writing, house: TheHouse, turn: MyTurn, request: Request) -> Response:
    """Create an upload with its first chunk, which may be empty; a short file is one chunk.

    The query string announces body, name and size. Answers 201 with the path for the next chunk.
    Raises BadRequest, PayloadTooLarge, ChunkDigestMismatch.
    """
    insist_single(request.query_params)
    announced, (offset, expected_digest, digest_is_of_file) = (
        _parse_announcement(request.query_params),
        _parse_chunk_headers(request),
    )
    if offset:
        return _build_offset_conflict(0)
    await run_in_threadpool(_check_may_begin, session, actor, house, announced)
    turn.give_back()
    with await run_in_threadpool(house.staging.piece, 0, _get_content_length(request) or 0) as chunk:
        try:
            await received(request, chunk, min(MOST_AT_ONCE, announced.size))
        except ClientDisconnect:
            return Response(status_code=400)  # the client is gone
        if chunk.digest != expected_digest or (digest_is_of_file and chunk.length != announced.size):
            raise Damaged
        async with house.turns.taken(is_writer=True):
            return await run_in_threadpool(_create_upload, session, actor, house, request, announced, chunk)


@router.get("/uploads/{upload}", name="upload", dependencies=[Depends(Asks(rules.SEE))])
def standing(upload: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Answer how many bytes are stored; with `Want-Repr-Digest: sha-256` also their digest."""
    upload_row = queries.one_visible(session, actor, upload)
    headers = _build_status_headers(upload_row)
    if "sha-256" in request.headers.get("Want-Repr-Digest", "") and upload_row.received:
        let_go(session)
        headers["Repr-Digest"] = _format_digest_field(
            house.staging.digest(upload_row.id, upload_row.received).hexdigest()
        )
    return Response(status_code=204, headers=headers)


@router.patch("/uploads/{upload}", name="continue-upload", dependencies=[Depends(Asks(rules.CONTINUE))])
async def go_on(
    upload: UUID, actor: SignedIn, session: Writing, house: TheHouse, turn: MyTurn, request: Request
) -> Response:
    """Append the next chunk: Upload-Offset says where it begins, Content-Digest what it holds. 204 once it is durable.

    A wrong offset is answered 409 with the right one; of an interrupted chunk nothing is stored.
    Raises BadRequest, PayloadTooLarge, ChunkDigestMismatch.
    """
    offset, expected_digest, digest_is_of_file = _parse_chunk_headers(request)
    upload_row = await run_in_threadpool(_get_open_upload, session, actor, upload)
    if offset != upload_row.received:
        return _build_offset_conflict(upload_row.received)
    turn.give_back()  # the chunk may take minutes to arrive
    with await run_in_threadpool(
        _open_chunk, house, upload_row, _get_content_length(request), digest_is_of_file
    ) as chunk:
        try:
            await received(request, chunk, min(MOST_AT_ONCE, upload_row.size - offset))
            is_last = offset + chunk.length == upload_row.size
            if chunk.digest != expected_digest or (digest_is_of_file and not is_last):
                raise Damaged
            appended = Piece(offset, chunk.length, chunk.whole if is_last else None)
            async with house.turns.taken(is_writer=True):
                return await run_in_threadpool(_append_chunk, session, actor, house, upload_row.id, appended, chunk)
        except ClientDisconnect:
            return Response(status_code=400)  # the client is gone
        except NotThere as mismatch:
            return _build_offset_conflict(mismatch.received)


@router.delete("/uploads/{upload}", name="discard-upload", dependencies=[Depends(Asks(rules.DISCARD))])
def discard(upload: UUID, actor: SignedIn, session: Writing) -> Response:
    """Discard an upload; its bytes are deleted by the next clean-up."""
    actions.discard(session, actor, queries.one_visible(session, actor, upload, lock=True))
    return Response(status_code=204)


def _parse_announcement(parameters: Mapping[str, object]) -> NewUpload:
    """Parse the announcement of a file. Raises BadRequest."""
    entry = read(NewUpload, dict(parameters))
    if entry.made is None:
        raise Unacceptable(say("A file is announced by its body, its name and its size in bytes."))
    return entry.made


def _check_may_begin(session: WriteSession, actor: Actor, house: House, announced: NewUpload) -> None:
    """Check that the actor may begin this upload, and release the connection while the chunk arrives."""
    actions.may_begin(session, actor, announced, largest=house.settings.largest_file)
    let_go(session)


def _create_upload(
    session: WriteSession, actor: Actor, house: House, request: Request, announced: NewUpload, chunk: Arriving
) -> Response:
    """Create the upload with its first chunk; 201."""
    began_at = request.state.began_at
    upload = actions.begin(session, actor, announced, largest=house.settings.largest_file, began_at=began_at)
    appended = Piece(0, chunk.length, chunk.whole if chunk.length == upload.size else None)
    actions.append(session, actor, upload, appended, lambda: house.staging.append(upload.id, chunk))
    return Response(status_code=201, headers={"Location": f"/uploads/{upload.id}"} | _build_status_headers(upload))


def _get_open_upload(session: WriteSession, actor: Actor, upload: UUID) -> Upload:
    """Load an upload that can be continued, and release the connection while the chunk arrives."""
    upload_row = queries.one_visible(session, actor, upload)
    rules.CONTINUE.require(actor, upload_row)
    let_go(session)
    return upload_row


def _append_chunk(
    session: WriteSession, actor: Actor, house: House, upload_id: UUID, appended: Piece, chunk: Arriving
) -> Response:
    """Append a chunk. The row is loaded again and locked: another device may have sent the chunk meanwhile."""
    upload = queries.one_visible(session, actor, upload_id, lock=True)
    actions.append(session, actor, upload, appended, lambda: house.staging.append(upload_id, chunk))
    return Response(status_code=204, headers=_build_status_headers(upload))


def _parse_chunk_headers(request: Request) -> tuple[int, str, bool]:
    """Parse offset, digest, and whether it is the digest of the whole file, as a last chunk may carry instead.

    Raises BadRequest.
    """
    offset = request.headers.get("Upload-Offset", "0" if request.method == "POST" else "")
    digest_is_of_file = "Content-Digest" not in request.headers
    digest = DIGEST.search(request.headers.get("Repr-Digest" if digest_is_of_file else "Content-Digest", ""))
    media_type = request.headers.get("Content-Type", "")
    if (
        media_type != PIECE_OF_A_FILE
        or digest is None
        or not (offset.isascii() and offset.isdigit() and len(offset) < 12)
    ):
        raise Unacceptable(
            say("A piece comes as %(kind)s, with Upload-Offset and a SHA-256 in Content-Digest.", kind=PIECE_OF_A_FILE)
        )
    return int(offset), b64decode(digest[1]).hex(), digest_is_of_file


def _get_content_length(request: Request) -> int | None:
    """Return the length of the body in bytes; None if it is sent chunked."""
    length = request.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


def _open_chunk(house: House, upload: Upload, length: int | None, digest_is_of_file: bool) -> Arriving:
    """Open a temporary file for a chunk. If it may be the last one, hash the stored bytes first."""
    may_be_last = length is None or upload.received + length == upload.size
    digest_before = house.staging.digest(upload.id, upload.received) if may_be_last else None
    return house.staging.piece(upload.received, length or 0, before=digest_before, by_whole=digest_is_of_file)


async def received(request: Request, piece: Arriving, most: int) -> None:
    """Write the request body to `chunk` as it arrives; at most two blocks are in memory, one of them being written.

    Raises PayloadTooLarge beyond `max_length` bytes, and ClientDisconnect if the connection is cut.
    """
    length, buffered = 0, 0
    parts: list[bytes] = []
    pending_write: Future[tuple[None, None]] | None = None
    try:
        async for part in request.stream():
            length += len(part)
            if length > most:
                raise TooMuch(say("The piece is longer than what is left of the file, or than a piece may be."))
            parts.append(part)  # not joined, which would copy every byte once more
            buffered += len(part)
            if buffered >= BLOCK or len(parts) >= MOST_PARTS:  # many small parts take far more memory than their sizes
                if pending_write:
                    await pending_write
                pending_write, parts, buffered = _write_block(piece, parts), [], 0
    finally:
        if pending_write:
            await pending_write
    await _write_block(piece, parts)


def _write_block(chunk: Arriving, parts: Sequence[bytes]) -> Future[tuple[None, None]]:
    """Hash and write a block in two threads; each takes about as long as a block takes to arrive."""
    return gather(run_in_threadpool(chunk.see, parts), run_in_threadpool(chunk.write, parts))


def _build_status_headers(upload: Upload) -> dict[str, str]:
    """Build the headers of the draft that say how far an upload is."""
    return {
        "Upload-Offset": str(upload.received),
        "Upload-Complete": "?1" if upload.state == State.WHOLE else "?0",
        "Upload-Length": str(upload.size),
        "Upload-Limit": f"max-append-size={MOST_AT_ONCE}, max-age={int(actions.KEPT_FOR.total_seconds())}",
    }


def _build_offset_conflict(received_bytes: int) -> Response:
    """Build the 409 response that names the right offset."""
    response = PlainTextResponse("The piece does not begin where the file ends (Upload-Offset).\n", 409)
    response.headers["Upload-Offset"] = str(received_bytes)
    return response


def _format_digest_field(sha256: str) -> str:
    """Format a SHA-256 in hex as a digest field (RFC 9530)."""
    return f"sha-256=:{b64encode(bytes.fromhex(sha256)).decode()}:"
