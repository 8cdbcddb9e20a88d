"""Reading a file in the page: its pages in the browser's own viewer, its text for phones, a picture of its first page.

Under the same guard and from the same query as the document or contribution itself. What was handed in is always
offered beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.asgi.actors import Asks, SignedIn
from app.asgi.files import view
from app.asgi.house import House, Reading, TheHouse
from app.asgi.printing import is_available
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
from app.domain.renditions.models import Rendition, State
from app.domain.scans import queries as scans
from app.web import editions
from app.web.titles import in_language

router = APIRouter()

PICTURE = "image/webp"
File = LanguageVersion | ContributionFile
As = Annotated[Literal["", "text", "pages"], Query(alias="as")]


@dataclass(frozen=True, slots=True)
class Preview:
    """A file and what was made of it, as pages show them. `here` is the address of the document or contribution."""

    here: str
    edition: str
    language: str
    size: int
    state: str
    pages: int | None
    has_pdf: bool
    has_picture: bool

    @property
    def asked(self) -> str:
        return f"?edition={self.edition}" if self.edition else ""

    @property
    def read(self) -> str:
        return f"{self.here}/read/{self.language}{self.asked}"

    @property
    def original(self) -> str:
        return f"{self.here}{'/' if self.edition else ''}{self.edition}/files/{self.language}"

    @property
    def pdf(self) -> str:
        return f"{self.here}/pages/{self.language}{self.asked}"

    @property
    def picture(self) -> str:
        return f"{self.here}/picture/{self.language}{self.asked}"


def preview(here: str, file: File, made: Rendition | None, edition: str = "") -> Preview:
    return Preview(
        here,
        edition,
        file.language,
        file.size,
        made.state if made else State.WAITING,
        made.pages if made else None,
        bool(made and made.pdf),
        bool(made and made.picture),
    )


def previews(session: ReadSession, here: str, files: Sequence[File]) -> list[Preview]:
    """Of each file of a document or contribution that was found for the actor, but those in which a virus was found."""
    digests = [file.sha256 for file in files]
    made, infected = renditions.of_all(session, digests), scans.infected(session, digests)
    return [preview(here, file, made.get(file.sha256)) for file in files if file.sha256 not in infected]


@dataclass(frozen=True, slots=True)
class AboutReading:
    """What the page of a document needs for its part on reading."""

    first: Preview
    all: Sequence[Preview]
    texts: Sequence[Edition]
    prints: bool


def about(
    session: ReadSession, document: Document, versions: Sequence[LanguageVersion], language: str
) -> AboutReading | None:
    """Of the text in force, in the reader's language if there is one; `texts` are those that can be compared.

    None if there is nothing to read.
    """
    found = previews(session, f"/documents/{document.id}", versions)
    if not found:
        return None
    by_language = {each.language: each for each in found}
    first = by_language.get(language) or by_language.get(document.original) or found[0]
    texts = [each for each in documents.editions(session, document) if each.step in documents.TEXTS]
    return AboutReading(first, found, texts, is_available())


def one_readable(session: ReadSession, actor: Actor, document: UUID) -> Document:
    """A document that stands. Of one that ended there is the page that says so, and nothing to read: Conflict."""
    found = documents.one_visible(session, actor, document)
    READ_DOCUMENT.require(actor, found)
    return found


def of_document(
    document: UUID, language: str, actor: SignedIn, session: Reading, edition: str = ""
) -> tuple[Edition, LanguageVersion]:
    """An edition of a document that can be read, and its text in one language."""
    text = editions.one(session, one_readable(session, actor, document), edition)
    return text, documents.one_version(session, text, language)


def of_contribution(
    contribution: UUID, language: str, actor: SignedIn, session: Reading
) -> tuple[Contribution, ContributionFile]:
    """A contribution that the actor may see, and its file in one language, if that may be given."""
    file = contributions.one_given(session, actor, contribution, language)
    return session.get_one(Contribution, contribution), file


OfDocument = Annotated[tuple[Edition, LanguageVersion], Depends(of_document)]
OfContribution = Annotated[tuple[Contribution, ContributionFile], Depends(of_contribution)]


@router.get("/documents/{document}/read/{language}", name="read-document", dependencies=[Depends(Asks(READ_DOCUMENT))])
def read_document(
    found: OfDocument, session: Reading, house: TheHouse, request: Request, edition: str = "", wanted: As = ""
) -> Response:
    text, file = found
    named = editions.slug(text) if edition else ""
    title = in_language(text.titles, file.language, text.original)
    return _page(house, request, session, f"/documents/{text.document_id}", file, wanted, named, title, text.symbol)


@router.get(
    "/contributions/{contribution}/read/{language}",
    name="read-contribution",
    dependencies=[Depends(Asks(SEE_CONTRIBUTION))],
)
def read_contribution(
    found: OfContribution, session: Reading, house: TheHouse, request: Request, wanted: As = ""
) -> Response:
    contribution, file = found
    title = (contribution.title, contribution.original)
    return _page(house, request, session, f"/contributions/{contribution.id}", file, wanted, "", title, "")


def _page(
    house: House,
    request: Request,
    session: ReadSession,
    here: str,
    file: File,
    wanted: str,
    named: str,
    title: tuple[str, str | None],
    symbol: str,
) -> Response:
    made = renditions.of(session, file.sha256)
    return house.pages.show(
        request,
        "web/reading/read.html",
        preview=preview(here, file, made, named),
        paragraphs=(made.paragraphs if made else None) or [],
        wanted=wanted if made and made.pdf else "text",
        title=title[0],
        title_language=title[1] or file.language,
        symbol=symbol,
    )


@router.get(
    "/documents/{document}/pages/{language}", name="document-pages", dependencies=[Depends(Asks(READ_DOCUMENT))]
)
def document_pages(found: OfDocument, session: Reading, house: TheHouse, request: Request) -> Response:
    text, file = found
    return _pages(house, request, session, file, _name(text.symbol, file.language))


@router.get(
    "/documents/{document}/picture/{language}", name="document-picture", dependencies=[Depends(Asks(READ_DOCUMENT))]
)
def document_picture(found: OfDocument, session: Reading, house: TheHouse, request: Request) -> Response:
    return _picture(house, request, session, found[1])


@router.get(
    "/contributions/{contribution}/pages/{language}",
    name="contribution-pages",
    dependencies=[Depends(Asks(SEE_CONTRIBUTION))],
)
def contribution_pages(found: OfContribution, session: Reading, house: TheHouse, request: Request) -> Response:
    file = found[1]
    return _pages(house, request, session, file, f"{file.name.rpartition('.')[0] or file.name}.pdf")


@router.get(
    "/contributions/{contribution}/picture/{language}",
    name="contribution-picture",
    dependencies=[Depends(Asks(SEE_CONTRIBUTION))],
)
def contribution_picture(found: OfContribution, session: Reading, house: TheHouse, request: Request) -> Response:
    return _picture(house, request, session, found[1])


def _pages(house: House, request: Request, session: ReadSession, file: File, name: str) -> Response:
    made = renditions.of(session, file.sha256)
    if made is None or made.pdf is None:
        raise Unknown()
    return view(request, house.store, sha256=made.pdf, media=PDF, name=name)


def _picture(house: House, request: Request, session: ReadSession, file: File) -> Response:
    made = renditions.of(session, file.sha256)
    if made is None or made.picture is None:
        raise Unknown()
    return view(request, house.store, sha256=made.picture, media=PICTURE, name="page-1.webp")


def _name(symbol: str, language: str) -> str:
    return f"{symbol.replace('/', '-')}-{language.upper()}.pdf"
