"""Public documents for everybody: the list, the pages and the files. Signing in changes nothing of what is shown."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.i18n import LANGUAGES, LazyText
from app.domain.documents.queries import documents
from app.http.page_context import OpenContext
from app.http.pagination import ListPage, PageNumber
from app.http.route_guards import AllowAnyone
from app.web.views.documents import documents as document_page
from app.web.views.documents.audience import DocumentAudience
from app.web.views.documents.editions import parse_edition_slug
from app.web.views.documents.sources import name_source
from app.web.views.documents.titles import localize_title

# The actor in the context is only for the page header of people who are signed in.
router = APIRouter(prefix="/public/documents")

PAGE_SIZE = 100
PUBLIC_DOCUMENTS_PATH = "/public/documents"
PUBLIC_CACHING = "public, no-cache"
"""Caches revalidate every copy: a document may cease to be public."""


@dataclass(frozen=True, slots=True)
class PublicDocumentLine:
    """A public document in the list."""

    href: str
    symbol: str
    title: str
    lang: str | None
    entity: LazyText
    renditions: list[tuple[str, str]]
    original: str


@router.get("", dependencies=[Depends(AllowAnyone())])
def show_public_documents(context: OpenContext, page_number: PageNumber) -> Response:
    """Show the public documents, the latest first."""
    page = ListPage(page_number, PAGE_SIZE, documents.count_public_documents(context.session))
    rows = documents.list_public_documents(context.session, limit=page.size, offset=page.offset)
    language = context.language
    lines = [_build_line(row, language) for row in rows]
    return context.render("web/documents/public.html", lines=lines, page=page)


def _build_line(row: documents.ListedDocumentRow, language: str) -> PublicDocumentLine:
    """Build one line of the list."""
    title, lang = localize_title(row.titles, language, row.original)
    href = f"{PUBLIC_DOCUMENTS_PATH}/{row.id}"
    return PublicDocumentLine(
        href=href,
        symbol=row.symbol,
        title=title,
        lang=lang,
        entity=name_source(row.entity, row.at_request),
        renditions=[(code, f"{href}/files/{code}") for code in LANGUAGES if code in (row.languages or ())],
        original=row.original,
    )


@router.get("/{document}", dependencies=[Depends(AllowAnyone())])
def show_public_document(context: OpenContext, document: UUID, language: str = "") -> Response:
    """Show the edition in force of a public document, with its text in this language if it is there."""
    document_row = documents.get_document_among(context.session, documents.select_public_documents(), document)
    edition = documents.get_edition_in_force(context.session, document_row)
    return document_page.render_document_page(context, build_public_audience(), document_row, edition, language)


@router.get("/{document}/{edition:edition}", dependencies=[Depends(AllowAnyone())])
def show_public_edition(context: OpenContext, document: UUID, edition: str, language: str = "") -> Response:
    """Show an edition of a public document, with its text in this language if it is there."""
    document_row = documents.get_document_among(context.session, documents.select_public_documents(), document)
    edition_row = documents.get_edition(context.session, document_row, *parse_edition_slug(edition))
    return document_page.render_document_page(context, build_public_audience(), document_row, edition_row, language)


@router.get("/{document}/files/{language}", dependencies=[Depends(AllowAnyone())])
def download_public_document_file(context: OpenContext, document: UUID, language: str) -> Response:
    """Send the file of the edition in force in one language."""
    document_row = documents.get_document_among(context.session, documents.select_public_documents(), document)
    edition = documents.get_edition_in_force(context.session, document_row)
    return document_page.send_edition_file(context, edition, language, PUBLIC_CACHING)


@router.get("/{document}/{edition:edition}/files/{language}", dependencies=[Depends(AllowAnyone())])
def download_public_edition_file(context: OpenContext, document: UUID, edition: str, language: str) -> Response:
    """Send the file of an edition in one language."""
    document_row = documents.get_document_among(context.session, documents.select_public_documents(), document)
    edition_row = documents.get_edition(context.session, document_row, *parse_edition_slug(edition))
    return document_page.send_edition_file(context, edition_row, language, PUBLIC_CACHING)


def build_public_audience() -> DocumentAudience:
    """Build the audience of anybody, signed in or not."""
    return DocumentAudience(documents.select_public_documents(), PUBLIC_DOCUMENTS_PATH)
