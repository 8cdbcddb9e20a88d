"""The register as its readers see it: the page of a document, and its files. Lists are in `document_lists`."""

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
    """The document with that symbol; the symbol of a revision or of a part leads to exactly that one."""
    found = queries.by_symbol(session, actor, symbol)
    document = session.get_one(Document, found.document_id)
    part = "" if document.symbol == " ".join(symbol.split()) else f"/{slug(found)}"
    return RedirectResponse(f"/documents/{document.id}{part}", 303)


@router.get("/documents/{document}", name="document", dependencies=[Depends(Asks(rules.SEE))])
def show(document: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Always the text in force."""
    found = queries.one_visible(session, actor, document)
    return document_page.show(house, request, session, seen_by(actor), found, queries.in_force(session, found))


@router.get("/documents/{document}/{edition:edition}", name="edition", dependencies=[Depends(Asks(rules.SEE))])
def show_edition(
    document: UUID, edition: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    """Always exactly that text."""
    found = queries.one_visible(session, actor, document)
    wanted = queries.one_edition(session, found, *named_by(edition))
    return document_page.show(house, request, session, seen_by(actor), found, wanted)


@router.get("/documents/{document}/files/{language}", name="document-file", dependencies=[Depends(Asks(rules.READ))])
def file(
    document: UUID, language: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    found = queries.one_visible(session, actor, document)
    rules.READ.require(actor, found)
    return document_page.give(house, request, session, queries.in_force(session, found), language, PRIVATE)


@router.get(
    "/documents/{document}/{edition:edition}/files/{language}",
    name="edition-file",
    dependencies=[Depends(Asks(rules.READ))],
)
def edition_file(
    document: UUID, edition: str, language: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    found = queries.one_visible(session, actor, document)
    rules.READ.require(actor, found)
    wanted = queries.one_edition(session, found, *named_by(edition))
    return document_page.give(house, request, session, wanted, language, PRIVATE)


def seen_by(actor: Actor) -> Audience:
    """For somebody signed in."""
    return Audience(queries.visible(actor), "/documents", actor)
