"""Public documents, for anybody: a list, their pages and their files. It makes no difference who is signed in."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.asgi.actors import who_is_asking
from app.asgi.guards import Anyone
from app.asgi.house import Reading, TheHouse
from app.domain.documents import queries
from app.web import document_page
from app.web.document_page import Audience
from app.web.documents import PAGE, line
from app.web.editions import named_by

# Whoever is signed in still sees their masthead; what is shown does not depend on it.
router = APIRouter(prefix="/public/documents", dependencies=[Depends(who_is_asking)])

BASE = "/public/documents"
FRESH = "public, no-cache"
"""Every copy is asked about before it is used again: a document may cease to be public."""


@router.get("", name="public-documents", dependencies=[Depends(Anyone())])
def listed(
    session: Reading, house: TheHouse, request: Request, page: Annotated[int, Query(ge=1, le=10_000)] = 1
) -> Response:
    """The latest first."""
    total, language = queries.how_many_public(session), house.pages.language(request)
    rows = queries.public_ones(session, limit=PAGE, offset=(page - 1) * PAGE)
    return house.pages.show(
        request,
        "web/documents/public.html",
        lines=[line(row, language, BASE) for row in rows],
        page=page,
        last=max(1, -(-total // PAGE)),
        first_row=(page - 1) * PAGE + 1,
        last_row=(page - 1) * PAGE + len(rows),
        total=total,
    )


@router.get("/{document}", name="public-document", dependencies=[Depends(Anyone())])
def show(document: UUID, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_of(session, queries.public(), document)
    return document_page.show(house, request, session, anybody(), found, queries.in_force(session, found))


@router.get("/{document}/{edition:edition}", name="public-edition", dependencies=[Depends(Anyone())])
def show_edition(document: UUID, edition: str, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_of(session, queries.public(), document)
    wanted = queries.one_edition(session, found, *named_by(edition))
    return document_page.show(house, request, session, anybody(), found, wanted)


@router.get("/{document}/files/{language}", name="public-document-file", dependencies=[Depends(Anyone())])
def file(document: UUID, language: str, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_of(session, queries.public(), document)
    return document_page.give(house, request, session, queries.in_force(session, found), language, FRESH)


@router.get("/{document}/{edition:edition}/files/{language}", name="public-file", dependencies=[Depends(Anyone())])
def edition_file(
    document: UUID, edition: str, language: str, session: Reading, house: TheHouse, request: Request
) -> Response:
    found = queries.one_of(session, queries.public(), document)
    wanted = queries.one_edition(session, found, *named_by(edition))
    return document_page.give(house, request, session, wanted, language, FRESH)


def anybody() -> Audience:
    """For whoever comes."""
    return Audience(queries.public(), BASE)
