"""Pages of registered documents and their files, for people who signed in. Lists are in `document_lists`."""

from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.house import Reading, TheHouse
from app.core.access import Actor
from app.domain.documents import queries, rules
from app.domain.documents.models import Document
from app.web import document_page
from app.web.document_page import Audience
from app.web.editions import named_by, slug

router = APIRouter()

PRIVATE = "private, no-cache"


@router.get("/documents/by-symbol/{symbol:path}", name="document-by-symbol", dependencies=[Depends(Asks(rules.SEE))])
def by_symbol(symbol: str, actor: SignedIn, session: Reading) -> Response:
    """Redirect from a symbol to its document; the symbol of a revision or a part leads to exactly that edition."""
    edition = queries.by_symbol(session, actor, symbol)
    document = session.get_one(Document, edition.document_id)
    path_suffix = "" if document.symbol == " ".join(symbol.split()) else f"/{slug(edition)}"
    return RedirectResponse(f"/documents/{document.id}{path_suffix}", 303)


@router.get("/documents/{document}", name="document", dependencies=[Depends(Asks(rules.SEE))])
def show(document: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the edition in force of a document."""
    document_row = queries.one_visible(session, actor, document)
    return document_page.show(
        house, request, session, seen_by(actor), document_row, queries.in_force(session, document_row)
    )


@router.get("/documents/{document}/{edition:edition}", name="edition", dependencies=[Depends(Asks(rules.SEE))])
def show_edition(
    document: UUID, edition: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    """Show exactly that edition of a document."""
    document_row = queries.one_visible(session, actor, document)
    edition_row = queries.one_edition(session, document_row, *named_by(edition))
    return document_page.show(house, request, session, seen_by(actor), document_row, edition_row)


@router.get("/documents/{document}/files/{language}", name="document-file", dependencies=[Depends(Asks(rules.READ))])
def file(
    document: UUID, language: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    """Send the file of the edition in force in one language."""
    document_row = queries.one_visible(session, actor, document)
    rules.READ.require(actor, document_row)
    return document_page.give(house, request, session, queries.in_force(session, document_row), language, PRIVATE)


@router.get(
    "/documents/{document}/{edition:edition}/files/{language}",
    name="edition-file",
    dependencies=[Depends(Asks(rules.READ))],
)
def edition_file(
    document: UUID, edition: str, language: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    """Send the file of an edition in one language."""
    document_row = queries.one_visible(session, actor, document)
    rules.READ.require(actor, document_row)
    edition_row = queries.one_edition(session, document_row, *named_by(edition))
    return document_page.give(house, request, session, edition_row, language, PRIVATE)


def seen_by(actor: Actor) -> Audience:
    """Build the audience of somebody who signed in."""
    return Audience(queries.visible(actor), "/documents", actor)
