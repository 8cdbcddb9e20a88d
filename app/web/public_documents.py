"""Public documents for everybody: the list, the pages and the files. Signing in changes nothing of what is shown."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from app.asgi.actors import EntityName, who_is_asking
from app.asgi.guards import Anyone
from app.asgi.house import Reading, TheHouse
from app.asgi.paging import Page, PageNumber
from app.core.i18n import LANGUAGES, Text
from app.domain.documents import queries
from app.web import document_page
from app.web.document_page import Audience
from app.web.editions import named_by
from app.web.titles import in_language

# The actor is only for the page header of people who are signed in.
router = APIRouter(prefix="/public/documents", dependencies=[Depends(who_is_asking)])

PAGE = 100
BASE = "/public/documents"
FRESH = "public, no-cache"
"""Caches revalidate every copy: a document may cease to be public."""


@dataclass(frozen=True, slots=True)
class Line:
    """A public document in the list."""

    href: str
    symbol: str
    title: str
    lang: str | None
    entity: Text
    renditions: list[tuple[str, str]]
    original: str


@router.get("", name="public-documents", dependencies=[Depends(Anyone())])
def listed(session: Reading, house: TheHouse, request: Request, number: PageNumber) -> Response:
    """Show the public documents, the latest first."""
    page = Page(number, PAGE, queries.how_many_public(session))
    rows = queries.public_ones(session, limit=page.size, offset=page.offset)
    language = house.pages.language(request)
    lines = [_build_line(row, language) for row in rows]
    return house.pages.show(request, "web/documents/public.html", lines=lines, page=page)


def _build_line(row: queries.Listed, language: str) -> Line:
    """Build one line of the list."""
    title, lang = in_language(row.titles, language, row.original)
    href = f"{BASE}/{row.id}"
    return Line(
        href=href,
        symbol=row.symbol,
        title=title,
        lang=lang,
        entity=EntityName(row.entity),
        renditions=[(code, f"{href}/files/{code}") for code in LANGUAGES if code in (row.languages or ())],
        original=row.original,
    )


@router.get("/{document}", name="public-document", dependencies=[Depends(Anyone())])
def show(document: UUID, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the edition in force of a public document."""
    document_row = queries.one_of(session, queries.public(), document)
    return document_page.show(house, request, session, anybody(), document_row, queries.in_force(session, document_row))


@router.get("/{document}/{edition:edition}", name="public-edition", dependencies=[Depends(Anyone())])
def show_edition(document: UUID, edition: str, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show an edition of a public document."""
    document_row = queries.one_of(session, queries.public(), document)
    edition_row = queries.one_edition(session, document_row, *named_by(edition))
    return document_page.show(house, request, session, anybody(), document_row, edition_row)


@router.get("/{document}/files/{language}", name="public-document-file", dependencies=[Depends(Anyone())])
def file(document: UUID, language: str, session: Reading, house: TheHouse, request: Request) -> Response:
    """Send the file of the edition in force in one language."""
    document_row = queries.one_of(session, queries.public(), document)
    return document_page.give(house, request, session, queries.in_force(session, document_row), language, FRESH)


@router.get("/{document}/{edition:edition}/files/{language}", name="public-file", dependencies=[Depends(Anyone())])
def edition_file(
    document: UUID, edition: str, language: str, session: Reading, house: TheHouse, request: Request
) -> Response:
    """Send the file of an edition in one language."""
    document_row = queries.one_of(session, queries.public(), document)
    edition_row = queries.one_edition(session, document_row, *named_by(edition))
    return document_page.give(house, request, session, edition_row, language, FRESH)


def anybody() -> Audience:
    """Build the audience of anybody, signed in or not."""
    return Audience(queries.public(), BASE)
