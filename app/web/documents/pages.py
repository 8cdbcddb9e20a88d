"""Pages of registered documents and their files, for people who signed in. Lists are in `document_lists`."""

from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.core.permissions import Actor
from app.domain.documents import rules
from app.domain.documents.models import Document
from app.domain.documents.queries import documents
from app.http.authentication import SignedInActor, SignedInFor
from app.http.portal_state import Portal, RequestReadSession
from app.web.views.documents import documents as document_page
from app.web.views.documents.documents import DocumentAudience
from app.web.views.documents.editions import format_edition_slug, parse_edition_slug

router = APIRouter()

PRIVATE_CACHING = "private, no-cache"


@router.get(
    "/documents/by-symbol/{symbol:path}", name="document-by-symbol", dependencies=[Depends(SignedInFor(rules.SEE))]
)
def redirect_from_symbol(symbol: str, actor: SignedInActor, session: RequestReadSession) -> Response:
    """Redirect from a symbol to its document; the symbol of a revision or a part leads to exactly that edition."""
    edition = documents.get_edition_by_symbol(session, actor, symbol)
    document = session.get_one(Document, edition.document_id)
    path_suffix = "" if document.symbol == " ".join(symbol.split()) else f"/{format_edition_slug(edition)}"
    return RedirectResponse(f"/documents/{document.id}{path_suffix}", 303)


@router.get("/documents/{document}", name="document", dependencies=[Depends(SignedInFor(rules.SEE))])
def show_document(
    document: UUID, actor: SignedInActor, session: RequestReadSession, house: Portal, request: Request
) -> Response:
    """Show the edition in force of a document."""
    document_row = documents.get_visible_document(session, actor, document)
    return document_page.render_document_page(
        house,
        request,
        session,
        build_actor_audience(actor),
        document_row,
        documents.get_edition_in_force(session, document_row),
    )


@router.get("/documents/{document}/{edition:edition}", name="edition", dependencies=[Depends(SignedInFor(rules.SEE))])
def show_document_edition(
    document: UUID, edition: str, actor: SignedInActor, session: RequestReadSession, house: Portal, request: Request
) -> Response:
    """Show exactly that edition of a document."""
    document_row = documents.get_visible_document(session, actor, document)
    edition_row = documents.get_edition(session, document_row, *parse_edition_slug(edition))
    return document_page.render_document_page(
        house, request, session, build_actor_audience(actor), document_row, edition_row
    )


@router.get(
    "/documents/{document}/files/{language}", name="document-file", dependencies=[Depends(SignedInFor(rules.READ))]
)
def download_document_file(
    document: UUID, language: str, actor: SignedInActor, session: RequestReadSession, house: Portal, request: Request
) -> Response:
    """Send the file of the edition in force in one language."""
    document_row = documents.get_visible_document(session, actor, document)
    rules.READ.require(actor, document_row)
    return document_page.send_edition_file(
        house, request, session, documents.get_edition_in_force(session, document_row), language, PRIVATE_CACHING
    )


@router.get(
    "/documents/{document}/{edition:edition}/files/{language}",
    name="edition-file",
    dependencies=[Depends(SignedInFor(rules.READ))],
)
def download_edition_file(
    document: UUID,
    edition: str,
    language: str,
    actor: SignedInActor,
    session: RequestReadSession,
    house: Portal,
    request: Request,
) -> Response:
    """Send the file of an edition in one language."""
    document_row = documents.get_visible_document(session, actor, document)
    rules.READ.require(actor, document_row)
    edition_row = documents.get_edition(session, document_row, *parse_edition_slug(edition))
    return document_page.send_edition_file(house, request, session, edition_row, language, PRIVATE_CACHING)


def build_actor_audience(actor: Actor) -> DocumentAudience:
    """Build the audience of somebody who signed in."""
    return DocumentAudience(documents.list_visible_documents(actor), "/documents", actor)
