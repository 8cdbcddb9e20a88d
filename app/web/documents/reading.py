"""Reading a file in the browser: its pages in the PDF viewer, its text for small screens, a picture of page one.

Guard and query are those of the document or contribution itself. The original file is always offered too.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.inspection import PDF
from app.core.permissions import Actor
from app.domain.contributions.models import Contribution, ContributionFile
from app.domain.contributions.queries import contributions
from app.domain.contributions.rules import SEE as SEE_CONTRIBUTION
from app.domain.documents.models import Document, Edition, LanguageVersion
from app.domain.documents.queries import documents
from app.domain.documents.rules import READ as READ_DOCUMENT
from app.domain.files import queries as file_queries
from app.http.authentication import SignedInActor, SignedInFor
from app.http.downloads import inline_response
from app.http.portal_state import Portal, PortalState, RequestReadSession
from app.web.views.documents import editions
from app.web.views.documents.reading import PICTURE_TYPE, ReadableFile, ReadingMode, build_file_preview
from app.web.views.documents.titles import localize_title

router = APIRouter()


def get_readable_document(session: ReadSession, actor: Actor, document: UUID) -> Document:
    """Load a document that may be read. Raises NotFound, and Conflict for one that was withdrawn or is void."""
    document_row = documents.get_visible_document(session, actor, document)
    READ_DOCUMENT.require(actor, document_row)
    return document_row


def get_readable_version(
    document: UUID, language: str, actor: SignedInActor, session: RequestReadSession, edition: str = ""
) -> tuple[Edition, LanguageVersion]:
    """Load an edition of a document that may be read, and its text in one language. Raises NotFound, Conflict."""
    edition_row = editions.get_edition(session, get_readable_document(session, actor, document), edition)
    return edition_row, documents.get_language_version(session, edition_row, language)


def get_readable_contribution_file(
    contribution: UUID, language: str, actor: SignedInActor, session: RequestReadSession
) -> tuple[Contribution, ContributionFile]:
    """Load a contribution that the actor may see, and its file in one language. Raises NotFound."""
    contribution_file = contributions.get_downloadable_file(session, actor, contribution, language)
    return session.get_one(Contribution, contribution), contribution_file


ReadableVersion = Annotated[tuple[Edition, LanguageVersion], Depends(get_readable_version)]
ReadableContributionFile = Annotated[tuple[Contribution, ContributionFile], Depends(get_readable_contribution_file)]


@router.get("/documents/{document}/read/{language}", dependencies=[Depends(SignedInFor(READ_DOCUMENT))])
def show_document_text(
    edition_and_version: ReadableVersion,
    session: RequestReadSession,
    portal: Portal,
    request: Request,
    edition: str = "",
    mode: ReadingMode = "",
) -> Response:
    """Show the text or the pages of an edition."""
    edition_row, file = edition_and_version
    edition_slug = editions.format_edition_slug(edition_row) if edition else ""
    title = localize_title(edition_row.titles, file.language, edition_row.original)
    return _render_page(
        portal,
        request,
        session,
        f"/documents/{edition_row.document_id}",
        file,
        mode,
        edition_slug,
        title,
        edition_row.symbol,
    )


@router.get(
    "/contributions/{contribution}/read/{language}",
    dependencies=[Depends(SignedInFor(SEE_CONTRIBUTION))],
)
def show_contribution_text(
    contribution_and_file: ReadableContributionFile,
    session: RequestReadSession,
    portal: Portal,
    request: Request,
    mode: ReadingMode = "",
) -> Response:
    """Show the text or the pages of a file of a contribution."""
    contribution, file = contribution_and_file
    title = (contribution.title, contribution.original)
    return _render_page(portal, request, session, f"/contributions/{contribution.id}", file, mode, "", title, "")


def _render_page(
    portal: PortalState,
    request: Request,
    session: ReadSession,
    path: str,
    file: ReadableFile,
    mode: str,
    edition_slug: str,
    title: tuple[str, str | None],
    symbol: str,
) -> Response:
    """Render the reading page; without a PDF it shows the text whatever `mode` says."""
    rendition = file_queries.find_rendition(session, file.sha256)
    return portal.templates.render_response(
        request,
        "web/reading/read.html",
        preview=build_file_preview(path, file, rendition, edition_slug),
        paragraphs=(rendition.paragraphs if rendition else None) or [],
        wanted=mode if rendition and rendition.pdf else "text",
        title=title[0],
        title_language=title[1] or file.language,
        symbol=symbol,
    )


@router.get("/documents/{document}/pages/{language}", dependencies=[Depends(SignedInFor(READ_DOCUMENT))])
def view_document_pdf(
    edition_and_version: ReadableVersion, session: RequestReadSession, portal: Portal, request: Request
) -> Response:
    """Send the PDF rendition of an edition."""
    edition_row, file = edition_and_version
    return _send_pdf(portal, request, session, file, _format_pdf_name(edition_row.symbol, file.language))


@router.get(
    "/documents/{document}/picture/{language}",
    dependencies=[Depends(SignedInFor(READ_DOCUMENT))],
)
def view_document_picture(
    edition_and_version: ReadableVersion, session: RequestReadSession, portal: Portal, request: Request
) -> Response:
    """Send the picture of the first page of an edition."""
    return _send_picture(portal, request, session, edition_and_version[1])


@router.get(
    "/contributions/{contribution}/pages/{language}",
    dependencies=[Depends(SignedInFor(SEE_CONTRIBUTION))],
)
def view_contribution_pdf(
    contribution_and_file: ReadableContributionFile, session: RequestReadSession, portal: Portal, request: Request
) -> Response:
    """Send the PDF rendition of a file of a contribution."""
    file = contribution_and_file[1]
    return _send_pdf(portal, request, session, file, f"{file.name.rpartition('.')[0] or file.name}.pdf")


@router.get(
    "/contributions/{contribution}/picture/{language}",
    dependencies=[Depends(SignedInFor(SEE_CONTRIBUTION))],
)
def view_contribution_picture(
    contribution_and_file: ReadableContributionFile, session: RequestReadSession, portal: Portal, request: Request
) -> Response:
    """Send the picture of the first page of a file of a contribution."""
    return _send_picture(portal, request, session, contribution_and_file[1])


def _send_pdf(portal: PortalState, request: Request, session: ReadSession, file: ReadableFile, name: str) -> Response:
    """Send the PDF rendition. Raises NotFound if there is none."""
    rendition = file_queries.find_rendition(session, file.sha256)
    if rendition is None or rendition.pdf is None:
        raise NotFound()
    return inline_response(request, portal.store, sha256=rendition.pdf, media_type=PDF, name=name)


def _send_picture(portal: PortalState, request: Request, session: ReadSession, file: ReadableFile) -> Response:
    """Send the picture. Raises NotFound if there is none."""
    rendition = file_queries.find_rendition(session, file.sha256)
    if rendition is None or rendition.picture is None:
        raise NotFound()
    return inline_response(request, portal.store, sha256=rendition.picture, media_type=PICTURE_TYPE, name="page-1.webp")


def _format_pdf_name(symbol: str, language: str) -> str:
    """Return the file name of a PDF rendition."""
    return f"{symbol.replace('/', '-')}-{language.upper()}.pdf"
