"""The ledger over HTTP, as C2SP tlog-tiles: heads, tiles and proofs. Hashes and signatures only, open to anybody.

Those who have no seat in a group get heads of earlier days only: how the ledger grows within a day would reveal when
something happens. Entries are not served here; a person gets those they may see from `record`.
"""

import re
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from app.core import clock
from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.permissions import Actor
from app.domain.ledger.models import LedgerHead
from app.domain.ledger.queries import ledger
from app.domain.ledger.rules.merkle_tree import HASH_SIZE, TILE_HEIGHT, TILE_WIDTH
from app.http.authentication import OptionalActor
from app.http.downloads import SANDBOX_POLICY
from app.http.portal_state import RequestReadSession
from app.http.route_guards import AllowAnyone

router = APIRouter(dependencies=[Depends(AllowAnyone())])

IMMUTABLE_CACHE_CONTROL = "public, max-age=31536000, immutable"
TEXT_MEDIA_TYPE = "text/plain; charset=utf-8"
BINARY_MEDIA_TYPE = "application/octet-stream"
TILE_INDEX_PATTERN = re.compile(
    r"(?P<over>(?:x[0-9]{3}/)*)(?P<last>[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?", re.ASCII
)
LedgerNumber = Annotated[str, Path(pattern="^(0|[1-9][0-9]{0,17})$")]
TileLevel = Annotated[str, Path(pattern="^(0|[1-5][0-9]?|6[0-3]?|[7-9])$")]


@router.get("/ledger/checkpoint")
def get_latest_checkpoint(actor: OptionalActor, session: RequestReadSession) -> Response:
    """Return the latest head."""
    return PlainTextResponse(get_latest_visible_head(session, actor).checkpoint, media_type=TEXT_MEDIA_TYPE)


@router.get("/ledger/checkpoint/{size}")
def get_checkpoint_of_size(size: LedgerNumber, actor: OptionalActor, session: RequestReadSession) -> Response:
    """Return the head of a given size."""
    return PlainTextResponse(get_visible_head(session, actor, int(size)).checkpoint, media_type=TEXT_MEDIA_TYPE)


@router.get("/ledger/inclusion/{size}/{index}")
def get_inclusion_proof(
    size: LedgerNumber, index: LedgerNumber, actor: OptionalActor, session: RequestReadSession
) -> Response:
    """Return the proof that the head of this size holds the entry of this index (C2SP tlog-proof)."""
    inclusion_proof = ledger.get_inclusion_proof_text(session, int(index), get_visible_head(session, actor, int(size)))
    return PlainTextResponse(inclusion_proof, media_type=TEXT_MEDIA_TYPE)


@router.get("/ledger/consistency/{old}/{size}")
def get_consistency_proof(
    old: LedgerNumber, size: LedgerNumber, actor: OptionalActor, session: RequestReadSession
) -> Response:
    """Return the proof that the head of the old size is a prefix of the other."""
    heads = (get_visible_head(session, actor, int(each)) for each in (old, size))
    return JSONResponse(ledger.get_consistency_proof(session, *heads))


@router.get("/ledger/tile/{level}/{place:path}")
def get_ledger_tile(level: TileLevel, place: str, actor: OptionalActor, session: RequestReadSession) -> Response:
    """Return a tile, full or partial; it never changes. Raises NotFound beyond the latest head."""
    index, width = parse_tile_path(place)
    head = get_latest_visible_head(session, actor)
    if index * TILE_WIDTH + width > head.size >> int(level) * TILE_HEIGHT:
        raise NotFound()
    hashes = ledger.build_tree(session, head.size).tile_hashes(int(level), index)[: width * HASH_SIZE]
    headers = {"Cache-Control": IMMUTABLE_CACHE_CONTROL, "Content-Security-Policy": SANDBOX_POLICY}
    return Response(hashes, media_type=BINARY_MEDIA_TYPE, headers=headers)


def parse_tile_path(path: str) -> tuple[int, int]:
    """Parse index and width of a tile from `x001/x234/067` or `000.p/17`. Raises NotFound if malformed."""
    match = TILE_INDEX_PATTERN.fullmatch(path)
    if match is None or len(path) > len("x000/") * 5:
        raise NotFound()
    digits = match["over"].replace("x", "").replace("/", "") + match["last"]
    width = int(match["width"] or TILE_WIDTH)
    if (
        (len(digits) > len("000") and digits.startswith("000"))
        or not 0 < width <= TILE_WIDTH
        or match["width"] == str(TILE_WIDTH)
    ):
        raise NotFound()
    return int(digits), width


def format_tile_path(index: int, width: int) -> str:
    """Format index and width of a tile as `parse_tile_path` reads them."""
    digits = str(index)
    padded = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [padded[start : start + 3] for start in range(0, len(padded), 3)]
    path = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return path if width == TILE_WIDTH else f"{path}.p/{width}"


def get_latest_visible_head(session: ReadSession, actor: Actor | None) -> LedgerHead:
    """Return the latest head that the actor may see. Raises NotFound before the first."""
    head = ledger.find_latest_head(session, None if has_seat(actor) else start_of_day())
    if head is None:
        raise NotFound()
    return head


def get_visible_head(session: ReadSession, actor: Actor | None, size: int) -> LedgerHead:
    """Return the head of that size. Raises NotFound if there is none or the actor may not see it yet."""
    head = ledger.get_head(session, size)
    if not has_seat(actor) and head.at >= start_of_day():
        raise NotFound()
    return head


def has_seat(actor: Actor | None) -> bool:
    """Return whether the actor has a seat in any group."""
    return actor is not None and bool(actor.seats)


def start_of_day() -> datetime:
    """Return the instant at which the current day began, in UTC."""
    return clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
