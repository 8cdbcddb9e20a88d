"""The page that shows what became of a document, drawn and as a nested list."""

from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.domain.document_outcomes.queries.outcomes import find_document_outcomes
from app.domain.documents import rules
from app.domain.documents.models import Document
from app.domain.documents.queries import documents
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext
from app.web.views.documents import outcomes
from app.web.views.documents.addresses import parse_symbol_slug
from app.web.views.documents.titles import localize_title

router = APIRouter()


@router.get("/documents/{slug:symbol}/outcomes", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_document_outcomes_by_symbol(context: ReadContext, slug: str) -> Response:
    """Show what became of a document, under the address of its symbol."""
    return _show_outcomes(
        context, documents.get_document_by_symbol(context.session, context.actor, parse_symbol_slug(slug))
    )


@router.get("/documents/{document}/outcomes", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_document_outcomes(context: ReadContext, document: UUID) -> Response:
    """Show what became of a document, as far as the actor may see it."""
    return _show_outcomes(context, documents.get_visible_document(context.session, context.actor, document))


def _show_outcomes(context: ReadContext, document_row: Document) -> Response:
    """Show what became of a document that was loaded for the actor."""
    found = find_document_outcomes(context.session, context.actor, document_row.id)
    title, lang = localize_title(document_row.titles, context.language, document_row.original)
    return context.render(
        "web/documents/outcome_page.html",
        document=document_row,
        title=title,
        lang=lang,
        section=outcomes.build_outcome_section(document_row, found, context.localizer),
        branches=outcomes.build_outcome_branches(found, context.localizer),
        drawing=outcomes.build_outcome_drawing(document_row, found, context.localizer),
    )
