"""The ledger by address, as C2SP tlog-tiles has it: heads, tiles, proofs. Hashes and signatures only, for anybody.

Whoever is not signed in sees heads of the minutes before: the instant of a head would tell that something has just
happened. Entries are not here: a Member gets those that it may see (`record`).
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
    """The last head."""
    return PlainTextResponse(newest(session, actor).checkpoint, media_type=TEXT)


@router.get("/ledger/checkpoint/{size}", name="checkpoint-of-size")
def checkpoint_of(size: Number, actor: MaybeSignedIn, session: Reading) -> Response:
    """An earlier head."""
    return PlainTextResponse(one(session, actor, int(size)).checkpoint, media_type=TEXT)


@router.get("/ledger/inclusion/{size}/{index}", name="inclusion")
def inclusion(size: Number, index: Number, actor: MaybeSignedIn, session: Reading) -> Response:
    """That the head of this size holds the entry of this index (C2SP tlog-proof)."""
    found = queries.inclusion(session, int(index), one(session, actor, int(size)))
    return PlainTextResponse(found, media_type=TEXT)


@router.get("/ledger/consistency/{old}/{size}", name="consistency")
def consistency(old: Number, size: Number, actor: MaybeSignedIn, session: Reading) -> Response:
    """That the head of the old size went on to become the other."""
    heads = (one(session, actor, int(each)) for each in (old, size))
    return JSONResponse(queries.consistency(session, *heads))


@router.get("/ledger/tile/{level}/{place:path}", name="tile")
def tile(level: Level, place: str, actor: MaybeSignedIn, session: Reading) -> Response:
    """A tile, whole or its beginning: it never changes."""
    index, width = read_place(place)
    head = newest(session, actor)
    if index * WIDTH + width > head.size >> int(level) * HEIGHT:
        raise Unknown()
    hashes = queries.tree(session, head.size).tile(int(level), index)[: width * SIZE]
    headers = {"Cache-Control": FOR_EVER, "Content-Security-Policy": SANDBOX}
    return Response(hashes, media_type=BINARY, headers=headers)


def read_place(place: str) -> tuple[int, int]:
    """Index and width of a tile, from `x001/x234/067` or `000.p/17`. Raises Unknown."""
    found = INDEX.fullmatch(place)
    if found is None or len(place) > len("x000/") * 5:
        raise Unknown()
    digits = found["over"].replace("x", "").replace("/", "") + found["last"]
    width = int(found["width"] or WIDTH)
    if (
        (len(digits) > len("000") and digits.startswith("000"))
        or not 0 < width <= WIDTH
        or found["width"] == str(WIDTH)
    ):
        raise Unknown()
    return int(digits), width


def newest(session: ReadSession, actor: Actor | None) -> LedgerHead:
    """The last head that may be seen. Raises Unknown before the first."""
    found = queries.latest(session, None if actor else this_minute())
    if found is None:
        raise Unknown()
    return found


def one(session: ReadSession, actor: Actor | None, size: int) -> LedgerHead:
    """The head of that size, if it may be seen. Raises Unknown."""
    found = queries.head(session, size)
    if actor is None and found.at >= this_minute():
        raise Unknown()
    return found


def this_minute() -> datetime:
    """The instant at which it began."""
    return clock.now().replace(second=0, microsecond=0)
