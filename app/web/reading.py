"""Reading a file in the browser: its pages in the PDF viewer, its text for small screens, a picture of page one.

Guard and query are those of the document or contribution itself. The original file is always offered too.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from app.asgi.actors import Asks, SignedIn
from app.asgi.files import view
from app.asgi.house import House, Reading, TheHouse
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Unknown
from app.core.gate import PDF
from app.domain.contributions import queries as contributions
from app.domain.contributions.models import Contribution, ContributionFile
from app.domain.contributions.rules import SEE as SEE_CONTRIBUTION
from app.domain.documents import queries as documents
from app.domain.documents.models import Document, Edition, LanguageVersion
from app.domain.documents.rules import READ as READ_DOCUMENT
from app.domain.renditions import queries as renditions
from app.web import editions
from app.web.reading_view import PICTURE, As, File, preview
from app.web.titles import in_language

router = APIRouter()


def one_readable(session: ReadSession, actor: Actor, document: UUID) -> Document:
    """Load a document that may be read. Raises NotFound, and Conflict for one that was withdrawn or is void."""
    document_row = documents.one_visible(session, actor, document)
    READ_DOCUMENT.require(actor, document_row)
    return document_row


def of_document(
    document: UUID, language: str, actor: SignedIn, session: Reading, edition: str = ""
) -> tuple[Edition, LanguageVersion]:
    """Load an edition of a document that may be read, and its text in one language. Raises NotFound, Conflict."""
    edition_row = editions.one(session, one_readable(session, actor, document), edition)
    return edition_row, documents.one_version(session, edition_row, language)


def of_contribution(
    contribution: UUID, language: str, actor: SignedIn, session: Reading
) -> tuple[Contribution, ContributionFile]:
    """Load a contribution that the actor may see, and its file in one language. Raises NotFound."""
    contribution_file = contributions.one_given(session, actor, contribution, language)
    return session.get_one(Contribution, contribution), contribution_file


OfDocument = Annotated[tuple[Edition, LanguageVersion], Depends(of_document)]
OfContribution = Annotated[tuple[Contribution, ContributionFile], Depends(of_contribution)]


@router.get("/documents/{document}/read/{language}", name="read-document", dependencies=[Depends(Asks(READ_DOCUMENT))])
def read_document(
    found: OfDocument, session: Reading, house: TheHouse, request: Request, edition: str = "", wanted: As = ""
) -> Response:
    """Show the text or the pages of an edition."""
    edition_row, file = found
    edition_slug = editions.slug(edition_row) if edition else ""
    title = in_language(edition_row.titles, file.language, edition_row.original)
    return _render_page(
        house,
        request,
        session,
        f"/documents/{edition_row.document_id}",
        file,
        wanted,
        edition_slug,
        title,
        edition_row.symbol,
    )


@router.get(
    "/contributions/{contribution}/read/{language}",
    name="read-contribution",
    dependencies=[Depends(Asks(SEE_CONTRIBUTION))],
)
def read_contribution(
    found: OfContribution, session: Reading, house: TheHouse, request: Request, wanted: As = ""
) -> Response:
    """Show the text or the pages of a file of a contribution."""
    contribution, file = found
    title = (contribution.title, contribution.original)
    return _render_page(house, request, session, f"/contributions/{contribution.id}", file, wanted, "", title, "")


def _render_page(
    house: House,
    request: Request,
    session: ReadSession,
    path: str,
    file: File,
    mode: str,
    edition_slug: str,
    title: tuple[str, str | None],
    symbol: str,
) -> Response:
    """Render the reading page; without a PDF it shows the text whatever `mode` says."""
    rendition = renditions.of(session, file.sha256)
    return house.pages.show(
        request,
        "web/reading/read.html",
        preview=preview(path, file, rendition, edition_slug),
        paragraphs=(rendition.paragraphs if rendition else None) or [],
        wanted=mode if rendition and rendition.pdf else "text",
        title=title[0],
        title_language=title[1] or file.language,
        symbol=symbol,
    )


@router.get(
    "/documents/{document}/pages/{language}", name="document-pages", dependencies=[Depends(Asks(READ_DOCUMENT))]
)
def document_pages(found: OfDocument, session: Reading, house: TheHouse, request: Request) -> Response:
    """Send the PDF rendition of an edition."""
    edition_row, file = found
    return _send_pdf(house, request, session, file, _format_pdf_name(edition_row.symbol, file.language))


@router.get(
    "/documents/{document}/picture/{language}", name="document-picture", dependencies=[Depends(Asks(READ_DOCUMENT))]
)
def document_picture(found: OfDocument, session: Reading, house: TheHouse, request: Request) -> Response:
    """Send the picture of the first page of an edition."""
    return _send_picture(house, request, session, found[1])


@router.get(
    "/contributions/{contribution}/pages/{language}",
    name="contribution-pages",
    dependencies=[Depends(Asks(SEE_CONTRIBUTION))],
)
def contribution_pages(found: OfContribution, session: Reading, house: TheHouse, request: Request) -> Response:
    """Send the PDF rendition of a file of a contribution."""
    file = found[1]
    return _send_pdf(house, request, session, file, f"{file.name.rpartition('.')[0] or file.name}.pdf")


@router.get(
    "/contributions/{contribution}/picture/{language}",
    name="contribution-picture",
    dependencies=[Depends(Asks(SEE_CONTRIBUTION))],
)
def contribution_picture(found: OfContribution, session: Reading, house: TheHouse, request: Request) -> Response:
    """Send the picture of the first page of a file of a contribution."""
    return _send_picture(house, request, session, found[1])


def _send_pdf(house: House, request: Request, session: ReadSession, file: File, name: str) -> Response:
    """Send the PDF rendition. Raises NotFound if there is none."""
    rendition = renditions.of(session, file.sha256)
    if rendition is None or rendition.pdf is None:
        raise Unknown()
    return view(request, house.store, sha256=rendition.pdf, media=PDF, name=name)


def _send_picture(house: House, request: Request, session: ReadSession, file: File) -> Response:
    """Send the picture. Raises NotFound if there is none."""
    rendition = renditions.of(session, file.sha256)
    if rendition is None or rendition.picture is None:
        raise Unknown()
    return view(request, house.store, sha256=rendition.picture, media=PICTURE, name="page-1.webp")


def _format_pdf_name(symbol: str, language: str) -> str:
    """Return the file name of a PDF rendition."""
    return f"{symbol.replace('/', '-')}-{language.upper()}.pdf"
