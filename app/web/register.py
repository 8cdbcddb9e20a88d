"""The register for its keepers: the runs of numbers, and every number that is void or withdrawn, with the reason."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Depends, Request, Response

from app.asgi.actors import Asks, SignedIn
from app.asgi.house import Reading, TheHouse
from app.asgi.words import STANDINGS
from app.core.errors import Unknown
from app.core.i18n import Text
from app.domain.bodies.models import Office
from app.domain.documents import queries, rules
from app.domain.documents.models import Document, Ending
from app.web.document_languages import by

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Gap:
    """A number under which nothing is given out any more."""

    href: str
    symbol: str
    tag: tuple[str, Text]
    who: Text
    at: datetime
    because: str


@router.get("/register", name="register", dependencies=[Depends(Asks(rules.SEE_GAPS))])
def gaps(actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """What explains every number that leads to no text."""
    if not actor.bodies(Office.SECRETARY):
        raise Unknown()
    ended = queries.ended(session, actor)
    return house.pages.show(
        request,
        "web/documents/register.html",
        runs=queries.runs(session, actor),
        gaps=[gap for each in ended if (gap := _gap(each))],
        void=sum(each.ended_as == Ending.VOID for each in ended),
    )


def _gap(each: Document) -> Gap | None:
    if not (each.ended_as and each.ended_at and each.ended_side and each.ended_because):
        return None
    tag, who = STANDINGS[each.ended_as], by(each, each.ended_side)
    return Gap(f"/documents/{each.id}", each.symbol, tag, who, each.ended_at, each.ended_because)
