"""The register as its readers see it: the list, the page of a document, and its files."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, EntityName, SignedIn
from app.asgi.house import Reading, TheHouse
from app.asgi.words import KINDS, STANDINGS
from app.core.access import Actor
from app.core.i18n import LANGUAGES, Text
from app.domain.bodies.models import Office
from app.domain.documents import queries, rules
from app.domain.documents.models import Document
from app.web import document_page
from app.web.document_page import Audience
from app.web.editions import named_by, slug
from app.web.titles import in_language

router = APIRouter()

PAGE = 100
PRIVATE = "private, no-cache"


@dataclass(frozen=True, slots=True)
class Line:
    """A document in a list."""

    href: str
    symbol: str
    title: str
    lang: str | None
    entity: Text
    kind: Text | str
    renditions: list[tuple[str, str]]
    original: str
    ended: tuple[str, Text] | None


@router.get("/documents", name="documents", dependencies=[Depends(Asks(rules.SEE))])
def listed(
    actor: SignedIn,
    session: Reading,
    house: TheHouse,
    request: Request,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """Everything on the register that the actor may see, the latest first."""
    total = queries.how_many(session, actor)
    rows = queries.listed(session, actor, limit=PAGE, offset=(page - 1) * PAGE)
    language = house.pages.language(request)
    lines = [line(row, language) for row in rows]
    return house.pages.show(
        request,
        "web/documents/list.html",
        lines=lines,
        page=page,
        last=max(1, -(-total // PAGE)),
        first_row=(page - 1) * PAGE + 1,
        last_row=(page - 1) * PAGE + len(lines),
        total=total,
        keeps_register=bool(actor.bodies(Office.SECRETARY)),
    )


def line(row: queries.Listed, language: str, base: str = "/documents") -> Line:
    """One line of a list of documents that stand under `base`."""
    document, symbol, kind, entity, original, titles, ended, languages = row
    title, lang = in_language(titles, language, original)
    href = f"{base}/{document}"
    there = () if ended else languages or ()
    return Line(
        href=href,
        symbol=symbol,
        title=title,
        lang=lang,
        entity=EntityName(entity),
        kind=KINDS.get(kind, kind),
        renditions=[(code, f"{href}/files/{code}") for code in LANGUAGES if code in there],
        original=original,
        ended=STANDINGS[ended] if ended else None,
    )


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
