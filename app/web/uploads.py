"""Sending a file in pieces, over as many cuts, days and machines as it takes. A form then names the upload.

In the manner of "Resumable Uploads for HTTP" (draft-ietf-httpbis-resumable-upload-12), with two narrower rules: the
length is said at the beginning, and every piece carries its digest (RFC 9530) and is kept whole or not at all.
A piece is written to the disk as it comes in, never gathered in memory, and is durable before it is acknowledged.
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
    """What came is not what its digest says."""

    def __init__(self) -> None:
        super().__init__(say("The piece was damaged on its way: it has another digest. Send it once more."))


router = APIRouter()

MOST_AT_ONCE = 64 * 1024 * 1024
BLOCK = 2 * 1024 * 1024
PIECE_OF_A_FILE = "application/partial-upload"
DIGEST = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):\s*(?:,|$)")


@router.get("/uploads", name="uploads", dependencies=[Depends(Asks(rules.SEE))])
def listed(actor: SignedIn, session: Reading) -> Response:
    """What is under way and may be gone on with: for the script, which looks for the file that was chosen."""
    found = [
        {"address": f"/uploads/{each.id}", "body": str(each.body_id), "name": each.name, "size": each.size}
        for each in queries.unfinished(session, actor)
    ]
    return JSONResponse(found)


@router.post("/uploads", name="begin-upload", dependencies=[Depends(Asks(rules.BEGIN))])
async def begin(actor: SignedIn, session: Writing, house: TheHouse, turn: MyTurn, request: Request) -> Response:
    """Begin a file with its first piece: the address says which, of what size and for which body. 201, and where the
    next piece goes. A short file is one piece; a first piece may also be empty."""
    insist_single(request.query_params)
    new, (offset, promised, by_whole) = _announced(request.query_params), _what_comes(request)
    if offset:
        return _not_there(0)
    await run_in_threadpool(_may_begin, session, actor, house, new)
    turn.give_back()
    with await run_in_threadpool(house.staging.piece, 0, _length(request) or 0) as piece:
        try:
            await received(request, piece, min(MOST_AT_ONCE, new.size))
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        if piece.digest != promised or (by_whole and piece.length != new.size):
            raise Damaged
        async with house.turns.taken(is_writer=True):
            return await run_in_threadpool(_begin, session, actor, house, request, new, piece)


@router.get("/uploads/{upload}", name="upload", dependencies=[Depends(Asks(rules.SEE))])
def standing(upload: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """How much is there; and if asked (Want-Repr-Digest), its digest, so that another machine knows its own file."""
    found = queries.one_visible(session, actor, upload)
    headers = _standing(found)
    if "sha-256" in request.headers.get("Want-Repr-Digest", "") and found.received:
        let_go(session)
        headers["Repr-Digest"] = _digest_field(house.staging.digest(found.id, found.received).hexdigest())
    return Response(status_code=204, headers=headers)


@router.patch("/uploads/{upload}", name="continue-upload", dependencies=[Depends(Asks(rules.CONTINUE))])
async def go_on(
    upload: UUID, actor: SignedIn, session: Writing, house: TheHouse, turn: MyTurn, request: Request
) -> Response:
    """Take the next piece: Upload-Offset says where it begins, Content-Digest what it is. 204 once it is durable.

    A piece that begins elsewhere is answered 409 with the right offset; of one that is cut off nothing is kept.
    """
    offset, promised, by_whole = _what_comes(request)
    found = await run_in_threadpool(_open, session, actor, upload)
    if offset != found.received:
        return _not_there(found.received)
    turn.give_back()  # the piece may take minutes to come
    with await run_in_threadpool(_room, house, found, _length(request), by_whole) as piece:
        try:
            await received(request, piece, min(MOST_AT_ONCE, found.size - offset))
            is_last = offset + piece.length == found.size
            if piece.digest != promised or (by_whole and not is_last):
                raise Damaged
            made = Piece(offset, piece.length, piece.whole if is_last else None)
            async with house.turns.taken(is_writer=True):
                return await run_in_threadpool(_put, session, actor, house, found.id, made, piece)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        except NotThere as elsewhere:
            return _not_there(elsewhere.received)


@router.delete("/uploads/{upload}", name="discard-upload", dependencies=[Depends(Asks(rules.DISCARD))])
def discard(upload: UUID, actor: SignedIn, session: Writing) -> Response:
    """Give it up. Its bytes go with the next sweep."""
    actions.discard(session, actor, queries.one_visible(session, actor, upload, lock=True))
    return Response(status_code=204)


def _announced(said: Mapping[str, object]) -> NewUpload:
    entry = read(NewUpload, dict(said))
    if entry.made is None:
        raise Unacceptable(say("A file is announced by its body, its name and its size in bytes."))
    return entry.made


def _may_begin(session: WriteSession, actor: Actor, house: House, new: NewUpload) -> None:
    """No connection is held while the first piece comes in."""
    actions.may_begin(session, actor, new, largest=house.settings.largest_file)
    let_go(session)


def _begin(
    session: WriteSession, actor: Actor, house: House, request: Request, new: NewUpload, first: Arriving
) -> Response:
    began_at = request.state.began_at
    made = actions.begin(session, actor, new, largest=house.settings.largest_file, began_at=began_at)
    piece = Piece(0, first.length, first.whole if first.length == made.size else None)
    actions.append(session, actor, made, piece, lambda: house.staging.append(made.id, first))
    return Response(status_code=201, headers={"Location": f"/uploads/{made.id}"} | _standing(made))


def _open(session: WriteSession, actor: Actor, upload: UUID) -> Upload:
    """The upload, if it can be gone on with; no connection is held while the piece comes in."""
    found = queries.one_visible(session, actor, upload)
    rules.CONTINUE.require(actor, found)
    let_go(session)
    return found


def _put(session: WriteSession, actor: Actor, house: House, key: UUID, made: Piece, piece: Arriving) -> Response:
    """Another machine may have sent the same piece meanwhile: look again, and hold it."""
    found = queries.one_visible(session, actor, key, lock=True)
    actions.append(session, actor, found, made, lambda: house.staging.append(key, piece))
    return Response(status_code=204, headers=_standing(found))


def _what_comes(request: Request) -> tuple[int, str, bool]:
    """Offset and digest of the piece; with the last one the whole file's may come instead. Raises Unacceptable."""
    offset = request.headers.get("Upload-Offset", "0" if request.method == "POST" else "")
    by_whole = "Content-Digest" not in request.headers
    digest = DIGEST.search(request.headers.get("Repr-Digest" if by_whole else "Content-Digest", ""))
    kind = request.headers.get("Content-Type", "")
    if kind != PIECE_OF_A_FILE or digest is None or not (offset.isascii() and offset.isdigit() and len(offset) < 12):
        raise Unacceptable(
            say("A piece comes as %(kind)s, with Upload-Offset and a SHA-256 in Content-Digest.", kind=PIECE_OF_A_FILE)
        )
    return int(offset), b64decode(digest[1]).hex(), by_whole


def _length(request: Request) -> int | None:
    """How long the piece is said to be; one that is sent in chunks does not say."""
    length = request.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


def _room(house: House, upload: Upload, length: int | None, by_whole: bool) -> Arriving:
    """Where the piece goes. If it may be the last one, what is there is read first, for the digest of the whole."""
    may_be_last = length is None or upload.received + length == upload.size
    before = house.staging.digest(upload.id, upload.received) if may_be_last else None
    return house.staging.piece(upload.received, length or 0, before=before, by_whole=by_whole)


async def received(request: Request, piece: Arriving, most: int) -> None:
    """Write the body to `piece` as it comes.

    Two blocks are held at most: one is kept while the next comes in. Raises TooMuch beyond `most` bytes,
    and ClientDisconnect if the connection is cut.
    """
    length, held = 0, 0
    block: list[bytes] = []
    keeping: Future[tuple[None, None]] | None = None
    try:
        async for part in request.stream():
            length += len(part)
            if length > most:
                raise TooMuch(say("The piece is longer than what is left of the file, or than a piece may be."))
            block.append(part)  # as it came: to join them would copy every byte once more
            held += len(part)
            if held >= BLOCK or len(block) >= MOST_PARTS:  # many small parts take far more memory than they say
                if keeping:
                    await keeping
                keeping, block, held = _kept(piece, block), [], 0
    finally:
        if keeping:
            await keeping
    await _kept(piece, block)


def _kept(piece: Arriving, block: Sequence[bytes]) -> Future[tuple[None, None]]:
    """Read for the digest by one thread, while another one writes: each takes about as long as the block to come in."""
    return gather(run_in_threadpool(piece.see, block), run_in_threadpool(piece.write, block))


def _standing(upload: Upload) -> dict[str, str]:
    """How it stands, in the draft's own fields."""
    return {
        "Upload-Offset": str(upload.received),
        "Upload-Complete": "?1" if upload.state == State.WHOLE else "?0",
        "Upload-Length": str(upload.size),
        "Upload-Limit": f"max-append-size={MOST_AT_ONCE}, max-age={int(actions.KEPT_FOR.total_seconds())}",
    }


def _not_there(received_so_far: int) -> Response:
    answer = PlainTextResponse("The piece does not begin where the file ends (Upload-Offset).\n", 409)
    answer.headers["Upload-Offset"] = str(received_so_far)
    return answer


def _digest_field(sha256: str) -> str:
    return f"sha-256=:{b64encode(bytes.fromhex(sha256)).decode()}:"
