"""The register as the secretariat checks it: runs of numbers, and every void or withdrawn number with its reason."""

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
    """A number whose document was withdrawn or declared void."""

    href: str
    symbol: str
    tag: tuple[str, Text]
    who: Text
    at: datetime
    because: str


@router.get("/register", name="register", dependencies=[Depends(Asks(rules.SEE_GAPS))])
def gaps(actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show every number that leads to no text, with its reason. Raises NotFound for anybody but a secretary."""
    if not actor.bodies(Office.SECRETARY):
        raise Unknown()
    ended = queries.ended(session, actor)
    return house.pages.show(
        request,
        "web/documents/register.html",
        runs=queries.runs(session, actor),
        gaps=[gap for document in ended if (gap := _build_gap(document))],
        void=sum(document.ended_as == Ending.VOID for document in ended),
    )


def _build_gap(document: Document) -> Gap | None:
    """Build the line of an ended document; None for one that has not ended."""
    if not (document.ended_as and document.ended_at and document.ended_side and document.ended_because):
        return None
    tag, who = STANDINGS[document.ended_as], by(document, document.ended_side)
    return Gap(f"/documents/{document.id}", document.symbol, tag, who, document.ended_at, document.ended_because)
