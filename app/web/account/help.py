"""Help pages, open to everybody: who may do what, how deadlines work, and the glossary."""

from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request, Response

from app.core.i18n import LazyText
from app.domain.rights import COLUMNS, PERMISSIONS, ROWS, RightsRow, is_allowed
from app.http.authentication import OptionalActor
from app.http.portal_state import Portal
from app.http.route_guards import AllowAnyone

router = APIRouter()


@dataclass(frozen=True, slots=True)
class PermissionRow:
    """One row of the table of permissions; every cell is the answer of the permission's own rule."""

    name: str
    words: LazyText
    situation: LazyText | None
    who: list[LazyText]


@router.get("/help", dependencies=[Depends(AllowAnyone())])
def show_help_index(_actor: OptionalActor, portal: Portal, request: Request) -> Response:
    """Show the list of help pages."""
    return portal.templates.render_response(request, "web/help/list.html")


@router.get("/help/rights", dependencies=[Depends(AllowAnyone())])
def show_rights_table(_actor: OptionalActor, portal: Portal, request: Request) -> Response:
    """Show the table of permissions by role, and the conditions under which each applies."""
    provided = [
        (permission.label, permission.state_rule.part_labels())
        for permission in PERMISSIONS.values()
        if permission.state_rule
    ]
    return portal.templates.render_response(
        request, "web/help/rights.html", rights=[_permission_row(row) for row in ROWS], provided=provided
    )


@router.get("/help/deadlines", dependencies=[Depends(AllowAnyone())])
def show_deadlines_help(_actor: OptionalActor, portal: Portal, request: Request) -> Response:
    """Show how deadlines and the grace period work."""
    return portal.templates.render_response(
        request, "web/help/deadlines.html", grace=portal.settings.upload_grace_minutes
    )


@router.get("/help/glossary", dependencies=[Depends(AllowAnyone())])
def show_glossary(_actor: OptionalActor, portal: Portal, request: Request) -> Response:
    """Show the glossary."""
    return portal.templates.render_response(request, "web/help/glossary.html")


def _permission_row(row: RightsRow) -> PermissionRow:
    who = [column.words for column in COLUMNS if is_allowed(row, column)]
    return PermissionRow(row.permission.name, row.permission.label, row.situation, who)
