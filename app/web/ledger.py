"""The ledger over HTTP, as C2SP tlog-tiles: heads, tiles and proofs. Hashes and signatures only, open to anybody.

Visitors who are not signed in get heads of earlier minutes only: the instant of a head would reveal that something has
just happened. Entries are not served here; a person gets those they may see from `record`.
"""

import re
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from app.asgi.actors import MaybeSignedIn
from app.asgi.files import SANDBOX
from app.asgi.guards import Anyone
from app.asgi.house import Reading
from app.core import clock
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Unknown
from app.domain.ledger import queries
from app.domain.ledger.models import LedgerHead
from app.domain.ledger.tree import HEIGHT, SIZE, WIDTH

router = APIRouter(dependencies=[Depends(Anyone())])

FOR_EVER = "public, max-age=31536000, immutable"
TEXT = "text/plain; charset=utf-8"
BINARY = "application/octet-stream"
INDEX = re.compile(r"(?P<over>(?:x[0-9]{3}/)*)(?P<last>[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?", re.ASCII)
Number = Annotated[str, Path(pattern="^(0|[1-9][0-9]{0,17})$")]
Level = Annotated[str, Path(pattern="^(0|[1-5][0-9]?|6[0-3]?|[7-9])$")]


@router.get("/ledger/checkpoint", name="checkpoint")
def checkpoint(actor: MaybeSignedIn, session: Reading) -> Response:
    """Return the latest head."""
    return PlainTextResponse(newest(session, actor).checkpoint, media_type=TEXT)


@router.get("/ledger/checkpoint/{size}", name="checkpoint-of-size")
def checkpoint_of(size: Number, actor: MaybeSignedIn, session: Reading) -> Response:
    """Return the head of a given size."""
    return PlainTextResponse(one(session, actor, int(size)).checkpoint, media_type=TEXT)


@router.get("/ledger/inclusion/{size}/{index}", name="inclusion")
def inclusion(size: Number, index: Number, actor: MaybeSignedIn, session: Reading) -> Response:
    """Return the proof that the head of this size holds the entry of this index (C2SP tlog-proof)."""
    inclusion_proof = queries.inclusion(session, int(index), one(session, actor, int(size)))
    return PlainTextResponse(inclusion_proof, media_type=TEXT)


@router.get("/ledger/consistency/{old}/{size}", name="consistency")
def consistency(old: Number, size: Number, actor: MaybeSignedIn, session: Reading) -> Response:
    """Return the proof that the head of the old size is a prefix of the other."""
    heads = (one(session, actor, int(each)) for each in (old, size))
    return JSONResponse(queries.consistency(session, *heads))


@router.get("/ledger/tile/{level}/{place:path}", name="tile")
def tile(level: Level, place: str, actor: MaybeSignedIn, session: Reading) -> Response:
    """Return a tile, full or partial; it never changes. Raises NotFound beyond the latest head."""
    index, width = read_place(place)
    head = newest(session, actor)
    if index * WIDTH + width > head.size >> int(level) * HEIGHT:
        raise Unknown()
    hashes = queries.tree(session, head.size).tile(int(level), index)[: width * SIZE]
    headers = {"Cache-Control": FOR_EVER, "Content-Security-Policy": SANDBOX}
    return Response(hashes, media_type=BINARY, headers=headers)


def read_place(place: str) -> tuple[int, int]:
    """Parse index and width of a tile from `x001/x234/067` or `000.p/17`. Raises NotFound if malformed."""
    match = INDEX.fullmatch(place)
    if match is None or len(place) > len("x000/") * 5:
        raise Unknown()
    digits = match["over"].replace("x", "").replace("/", "") + match["last"]
    width = int(match["width"] or WIDTH)
    if (
        (len(digits) > len("000") and digits.startswith("000"))
        or not 0 < width <= WIDTH
        or match["width"] == str(WIDTH)
    ):
        raise Unknown()
    return int(digits), width


def newest(session: ReadSession, actor: Actor | None) -> LedgerHead:
    """Return the latest head that the actor may see. Raises NotFound before the first."""
    head = queries.latest(session, None if actor else this_minute())
    if head is None:
        raise Unknown()
    return head


def one(session: ReadSession, actor: Actor | None, size: int) -> LedgerHead:
    """Return the head of that size. Raises NotFound if there is none or the actor may not see it yet."""
    head = queries.head(session, size)
    if actor is None and head.at >= this_minute():
        raise Unknown()
    return head


def this_minute() -> datetime:
    """Return the instant at which the current minute began."""
    return clock.now().replace(second=0, microsecond=0)
