"""Help for everybody, signed in or not: who may do what, how deadlines work, what the words mean."""

from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request, Response

from app.asgi.actors import MaybeSignedIn
from app.asgi.guards import Anyone
from app.asgi.house import TheHouse
from app.core.i18n import Text
from app.domain.rights import COLUMNS, PERMISSIONS, ROWS, Row, may

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Right:
    """One line of the table of rights: everything in it is the answer of the permission's own rule."""

    name: str
    words: Text
    situation: Text | None
    who: list[Text]


@router.get("/help", name="help", dependencies=[Depends(Anyone())])
def overview(_actor: MaybeSignedIn, house: TheHouse, request: Request) -> Response:
    return house.pages.show(request, "web/help/list.html")


@router.get("/help/rights", name="help-rights", dependencies=[Depends(Anyone())])
def rights(_actor: MaybeSignedIn, house: TheHouse, request: Request) -> Response:
    provided = [
        (permission.words, permission.when.sentences()) for permission in PERMISSIONS.values() if permission.when
    ]
    return house.pages.show(request, "web/help/rights.html", rights=[_right(row) for row in ROWS], provided=provided)


@router.get("/help/deadlines", name="help-deadlines", dependencies=[Depends(Anyone())])
def deadlines(_actor: MaybeSignedIn, house: TheHouse, request: Request) -> Response:
    return house.pages.show(request, "web/help/deadlines.html", grace=house.settings.upload_grace_minutes)


@router.get("/help/glossary", name="help-glossary", dependencies=[Depends(Anyone())])
def glossary(_actor: MaybeSignedIn, house: TheHouse, request: Request) -> Response:
    return house.pages.show(request, "web/help/glossary.html")


def _right(row: Row) -> Right:
    who = [column.words for column in COLUMNS if may(row, column)]
    return Right(row.permission.name, row.permission.words, row.situation, who)
