"""Help pages, open to everybody: who may do what, how deadlines work, and the glossary."""

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
    """One row of the table of permissions; every cell is the answer of the permission's own rule."""

    name: str
    words: Text
    situation: Text | None
    who: list[Text]


@router.get("/help", name="help", dependencies=[Depends(Anyone())])
def overview(_actor: MaybeSignedIn, house: TheHouse, request: Request) -> Response:
    """Show the list of help pages."""
    return house.pages.show(request, "web/help/list.html")


@router.get("/help/rights", name="help-rights", dependencies=[Depends(Anyone())])
def rights(_actor: MaybeSignedIn, house: TheHouse, request: Request) -> Response:
    """Show the table of permissions by role, and the conditions under which each applies."""
    provided = [
        (permission.words, permission.when.sentences()) for permission in PERMISSIONS.values() if permission.when
    ]
    return house.pages.show(
        request, "web/help/rights.html", rights=[_permission_row(row) for row in ROWS], provided=provided
    )


@router.get("/help/deadlines", name="help-deadlines", dependencies=[Depends(Anyone())])
def deadlines(_actor: MaybeSignedIn, house: TheHouse, request: Request) -> Response:
    """Show how deadlines and the grace period work."""
    return house.pages.show(request, "web/help/deadlines.html", grace=house.settings.upload_grace_minutes)


@router.get("/help/glossary", name="help-glossary", dependencies=[Depends(Anyone())])
def glossary(_actor: MaybeSignedIn, house: TheHouse, request: Request) -> Response:
    """Show the glossary."""
    return house.pages.show(request, "web/help/glossary.html")


def _permission_row(row: Row) -> Right:
    who = [column.words for column in COLUMNS if may(row, column)]
    return Right(row.permission.name, row.permission.words, row.situation, who)
