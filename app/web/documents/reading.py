"""Reading a file in the browser: its pages in the PDF viewer, its text for small screens, a picture of page one.

Guard and query are those of the document or contribution itself. The original file is always offered too.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.errors import NotFound
from app.core.inspection import PDF
from app.core.inspection.display_names import name_pdf
from app.core.long_texts import list_depths
from app.domain.contributions.models import Contribution, ContributionFile
from app.domain.contributions.queries import contributions
from app.domain.contributions.rules.permissions import SEE as SEE_CONTRIBUTION
from app.domain.documents.models import Document, Edition, LanguageVersion
from app.domain.documents.queries import documents
from app.domain.documents.rules import READ as READ_DOCUMENT
from app.http.authentication import SignedInGuard
from app.http.downloads import inline_response
from app.http.page_context import ReadContext
from app.web.views.documents import editions
from app.web.views.documents.reading import (
    PICTURE_TYPE,
    ReadableFile,
    ReadingMode,
    build_file_preview,
    find_file_rendition,
)
from app.web.views.documents.titles import localize_title

router = APIRouter()


def get_readable_document(context: ReadContext, document: UUID) -> Document:
    """Load a document that may be read. Raises NotFound, and Conflict for one that was withdrawn or is void."""
    document_row = documents.get_visible_document(context.session, context.actor, document)
    READ_DOCUMENT.require(context.actor, document_row)
    return document_row


def get_readable_version(
    context: ReadContext, document: UUID, language: str, edition: str = ""
) -> tuple[Edition, LanguageVersion]:
    """Load an edition of a document that may be read, and its text in one language. Raises NotFound, Conflict."""
    document_row = get_readable_document(context, document)
    edition_row = editions.get_edition(context.session, document_row, edition)
    return edition_row, documents.get_language_version(context.session, edition_row, language)


def get_readable_contribution_file(
    context: ReadContext, contribution: UUID, language: str
) -> tuple[Contribution, ContributionFile]:
    """Load a contribution that the actor may see, and its file in one language. Raises NotFound."""
    contribution_file = contributions.get_downloadable_file(context.session, context.actor, contribution, language)
    return context.session.get_one(Contribution, contribution), contribution_file


ReadableVersion = Annotated[tuple[Edition, LanguageVersion], Depends(get_readable_version)]
ReadableContributionFile = Annotated[tuple[Contribution, ContributionFile], Depends(get_readable_contribution_file)]


@router.get("/documents/{document}/read/{language}", dependencies=[Depends(SignedInGuard(READ_DOCUMENT))])
def show_document_text(
    context: ReadContext, edition_and_version: ReadableVersion, edition: str = "", mode: ReadingMode = ""
) -> Response:
    """Show the text or the pages of an edition."""
    edition_row, file = edition_and_version
    edition_slug = editions.format_edition_slug(edition_row) if edition else ""
    title = localize_title(edition_row.titles, file.language, edition_row.original)
    path = f"/documents/{edition_row.document_id}"
    return _render_page(context, path, file, mode, title, edition_slug=edition_slug, symbol=edition_row.symbol)


@router.get(
    "/contributions/{contribution}/read/{language}",
    dependencies=[Depends(SignedInGuard(SEE_CONTRIBUTION))],
)
def show_contribution_text(
    context: ReadContext, contribution_and_file: ReadableContributionFile, mode: ReadingMode = ""
) -> Response:
    """Show the text or the pages of a file of a contribution."""
    contribution, file = contribution_and_file
    title = (contribution.title, contribution.original)
    return _render_page(context, f"/contributions/{contribution.id}", file, mode, title)


def _render_page(
    context: ReadContext,
    path: str,
    file: ReadableFile,
    mode: str,
    title: tuple[str, str | None],
    *,
    edition_slug: str = "",
    symbol: str = "",
) -> Response:
    """Render the reading page; without a PDF it shows the text whatever `mode` says."""
    rendition = find_file_rendition(context.session, file)
    return context.render(
        "web/reading/read.html",
        preview=build_file_preview(path, file, rendition, edition_slug),
        paragraphs=(rendition.paragraphs if rendition else None) or [],
        depths=list_depths((rendition.heading_levels if rendition else None) or []),
        wanted=mode if rendition and rendition.pdf else "text",
        title=title[0],
        title_language=title[1] or file.language,
        symbol=symbol,
    )


@router.get("/documents/{document}/pages/{language}", dependencies=[Depends(SignedInGuard(READ_DOCUMENT))])
def view_document_pdf(context: ReadContext, edition_and_version: ReadableVersion) -> Response:
    """Send the PDF rendition of an edition."""
    edition_row, file = edition_and_version
    return _send_pdf(context, file, _format_pdf_name(edition_row.symbol, file.language))


@router.get(
    "/documents/{document}/picture/{language}",
    dependencies=[Depends(SignedInGuard(READ_DOCUMENT))],
)
def view_first_page_picture(context: ReadContext, edition_and_version: ReadableVersion) -> Response:
    """Send the picture of the first page of an edition."""
    return _send_picture(context, edition_and_version[1])


@router.get(
    "/contributions/{contribution}/pages/{language}",
    dependencies=[Depends(SignedInGuard(SEE_CONTRIBUTION))],
)
def view_contribution_pdf(context: ReadContext, contribution_and_file: ReadableContributionFile) -> Response:
    """Send the PDF rendition of a file of a contribution."""
    file = contribution_and_file[1]
    return _send_pdf(context, file, name_pdf(file.name))


@router.get(
    "/contributions/{contribution}/picture/{language}",
    dependencies=[Depends(SignedInGuard(SEE_CONTRIBUTION))],
)
def view_contribution_first_page_picture(
    context: ReadContext, contribution_and_file: ReadableContributionFile
) -> Response:
    """Send the picture of the first page of a file of a contribution."""
    return _send_picture(context, contribution_and_file[1])


def _send_pdf(context: ReadContext, file: ReadableFile, name: str) -> Response:
    """Send the PDF rendition. Raises NotFound if there is none."""
    rendition = find_file_rendition(context.session, file)
    if rendition is None or rendition.pdf is None:
        raise NotFound()
    return inline_response(context.request, context.portal.store, sha256=rendition.pdf, media_type=PDF, name=name)


def _send_picture(context: ReadContext, file: ReadableFile) -> Response:
    """Send the picture. Raises NotFound if there is none."""
    rendition = find_file_rendition(context.session, file)
    if rendition is None or rendition.picture is None:
        raise NotFound()
    return inline_response(
        context.request, context.portal.store, sha256=rendition.picture, media_type=PICTURE_TYPE, name="page-1.webp"
    )


def _format_pdf_name(symbol: str, language: str) -> str:
    """Return the file name of a PDF rendition."""
    return f"{symbol.replace('/', '-')}-{language.upper()}.pdf"
