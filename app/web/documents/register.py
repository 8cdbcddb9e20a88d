"""The register as the secretariat checks it: runs of numbers, and every void or withdrawn number with its reason."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Depends, Response

from app.core.errors import NotFound
from app.core.i18n import LazyText
from app.domain.bodies.models import Office
from app.domain.documents import rules
from app.domain.documents.models import Document, DocumentEnding
from app.domain.documents.queries import documents
from app.domain.documents.queries.series import list_series_counters
from app.http.authentication import SignedInGuard
from app.http.labels import STATUS_LABELS
from app.http.page_context import ReadContext
from app.web.views.documents.languages import name_acting_side

router = APIRouter()


@dataclass(frozen=True, slots=True)
class WithdrawnOrVoidNumber:
    """A number whose document was withdrawn or declared void."""

    href: str
    symbol: str
    tag: tuple[str, LazyText]
    who: LazyText
    at: datetime
    because: str


@router.get("/register", dependencies=[Depends(SignedInGuard(rules.SEE_NUMBER_GAPS))])
def show_withdrawn_and_void_numbers(context: ReadContext) -> Response:
    """Show every number that leads to no text, with its reason. Raises NotFound for anybody but a secretary."""
    if not context.actor.bodies_with_role(Office.SECRETARY):
        raise NotFound()
    ended = documents.list_ended_documents(context.session, context.actor)
    return context.render(
        "web/documents/register.html",
        runs=list_series_counters(context.session, context.actor),
        gaps=[gap for document in ended if (gap := _build_gap(document))],
        void=sum(document.ended_as == DocumentEnding.VOID for document in ended),
    )


def _build_gap(document: Document) -> WithdrawnOrVoidNumber | None:
    """Build the line of an ended document; None for one that has not ended."""
    if not (document.ended_as and document.ended_at and document.ended_side and document.ended_because):
        return None
    tag, who = STATUS_LABELS[document.ended_as], name_acting_side(document, document.ended_side)
    return WithdrawnOrVoidNumber(
        f"/documents/{document.id}", document.symbol, tag, who, document.ended_at, document.ended_because
    )
