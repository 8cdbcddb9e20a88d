"""Pages of registered documents and their files, for people who signed in. Lists are in `lists`."""

from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.permissions import Actor
from app.domain.documents import rules
from app.domain.documents.models import Document
from app.domain.documents.queries import documents
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext
from app.web.views.documents import documents as document_page
from app.web.views.documents.addresses import parse_symbol_slug
from app.web.views.documents.audience import DocumentAudience
from app.web.views.documents.editions import format_edition_slug, parse_edition_slug

router = APIRouter()

PRIVATE_CACHING = "private, no-cache"


@router.get("/documents/by-symbol/{symbol:path}", dependencies=[Depends(SignedInGuard(rules.SEE))])
def redirect_from_symbol(context: ReadContext, symbol: str) -> Response:
    """Redirect from a symbol to its document; the symbol of a revision or a part leads to exactly that edition."""
    edition = documents.get_edition_by_symbol(context.session, context.actor, symbol)
    document = context.session.get_one(Document, edition.document_id)
    path_suffix = "" if document.symbol == " ".join(symbol.split()) else f"/{format_edition_slug(edition)}"
    return context.redirect(f"/documents/{document.id}{path_suffix}")


@router.get("/documents/{slug:symbol}", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_document_by_symbol(context: ReadContext, slug: str, language: str = "") -> Response:
    """Show the page of a document under the address of its symbol."""
    document_row = documents.get_document_by_symbol(context.session, context.actor, parse_symbol_slug(slug))
    return _show_edition_in_force(context, document_row, language)


@router.get("/documents/{document}", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_document(context: ReadContext, document: UUID, language: str = "") -> Response:
    """Show the edition in force of a document, with its text in this language if it is there."""
    document_row = documents.get_visible_document(context.session, context.actor, document)
    return _show_edition_in_force(context, document_row, language)


def _show_edition_in_force(context: ReadContext, document_row: Document, language: str) -> Response:
    """Show the edition in force of a document that was loaded for the actor."""
    edition = documents.get_edition_in_force(context.session, document_row)
    return document_page.render_document_page(
        context, build_actor_audience(context.actor), document_row, edition, language
    )


@router.get("/documents/{document}/{edition:edition}", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_document_edition(context: ReadContext, document: UUID, edition: str, language: str = "") -> Response:
    """Show exactly that edition of a document, with its text in this language if it is there."""
    document_row = documents.get_visible_document(context.session, context.actor, document)
    edition_row = documents.get_edition(context.session, document_row, *parse_edition_slug(edition))
    return document_page.render_document_page(
        context, build_actor_audience(context.actor), document_row, edition_row, language
    )


@router.get("/documents/{slug:symbol}/files/{language}", dependencies=[Depends(SignedInGuard(rules.READ))])
def download_document_file_by_symbol(context: ReadContext, slug: str, language: str) -> Response:
    """Send the file of the edition in force in one language, under the address of the symbol."""
    document_row = documents.get_document_by_symbol(context.session, context.actor, parse_symbol_slug(slug))
    return _send_file_in_force(context, document_row, language)


@router.get("/documents/{document}/files/{language}", dependencies=[Depends(SignedInGuard(rules.READ))])
def download_document_file(context: ReadContext, document: UUID, language: str) -> Response:
    """Send the file of the edition in force in one language."""
    document_row = documents.get_visible_document(context.session, context.actor, document)
    return _send_file_in_force(context, document_row, language)


def _send_file_in_force(context: ReadContext, document_row: Document, language: str) -> Response:
    """Send a file of a document that was loaded for the actor. Raises Forbidden."""
    rules.READ.require(context.actor, document_row)
    edition = documents.get_edition_in_force(context.session, document_row)
    return document_page.send_edition_file(context, edition, language, PRIVATE_CACHING)


@router.get(
    "/documents/{document}/{edition:edition}/files/{language}",
    dependencies=[Depends(SignedInGuard(rules.READ))],
)
def download_edition_file(context: ReadContext, document: UUID, edition: str, language: str) -> Response:
    """Send the file of an edition in one language."""
    document_row = documents.get_visible_document(context.session, context.actor, document)
    rules.READ.require(context.actor, document_row)
    edition_row = documents.get_edition(context.session, document_row, *parse_edition_slug(edition))
    return document_page.send_edition_file(context, edition_row, language, PRIVATE_CACHING)


def build_actor_audience(actor: Actor) -> DocumentAudience:
    """Build the audience of somebody who signed in."""
    return DocumentAudience(documents.list_visible_documents(actor), "/documents", actor)
