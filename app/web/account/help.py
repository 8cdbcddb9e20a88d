"""Help pages, open to everybody: who may do what, how deadlines work, and the glossary."""

from dataclasses import dataclass

from fastapi import APIRouter, Depends, Response

from app.core.i18n import DEFAULT_LANGUAGE, LazyText
from app.core.terms import SOURCE_LABELS, TERMS
from app.domain.rights import COLUMNS, PERMISSIONS, ROWS, RightsRow, is_allowed
from app.http.page_context import OpenContext
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
def show_help_index(context: OpenContext) -> Response:
    """Show the list of help pages."""
    return context.render("web/help/list.html")


@router.get("/help/rights", dependencies=[Depends(AllowAnyone())])
def show_rights_table(context: OpenContext) -> Response:
    """Show the table of permissions by role, and the conditions under which each applies."""
    provided = [
        (permission.label, permission.state_rule.part_labels())
        for permission in PERMISSIONS.values()
        if permission.state_rule
    ]
    return context.render("web/help/rights.html", rights=[_permission_row(row) for row in ROWS], provided=provided)


@router.get("/help/deadlines", dependencies=[Depends(AllowAnyone())])
def show_deadlines_help(context: OpenContext) -> Response:
    """Show how deadlines and the grace period work."""
    return context.render("web/help/deadlines.html", grace=context.portal.settings.upload_grace_minutes)


@router.get("/help/glossary", dependencies=[Depends(AllowAnyone())])
def show_glossary(context: OpenContext) -> Response:
    """Show the glossary: the terms that have a definition, by their names in the reader's language."""
    language = context.localizer.language
    defined = sorted((term for term in TERMS if term.definition), key=lambda term: term.names[language].casefold())
    return context.render(
        "web/help/glossary.html",
        terms=[
            (
                term.names[language],
                term.names[DEFAULT_LANGUAGE] if language != DEFAULT_LANGUAGE else None,
                term.definition,
                SOURCE_LABELS[term.source],
            )
            for term in defined
        ],
    )


def _permission_row(row: RightsRow) -> PermissionRow:
    who = [column.words for column in COLUMNS if is_allowed(row, column)]
    return PermissionRow(row.permission.name, row.permission.label, row.situation, who)
