"""Help pages, open to everybody: what to do step by step, whom to ask, who may do what, deadlines, and the glossary."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from app.core import clock
from app.core.errors import NotFound
from app.core.i18n import DEFAULT_LANGUAGE, LANGUAGES, LazyText
from app.core.inspection import DOCX
from app.core.terms import SOURCE_LABELS, TERMS
from app.domain.bodies.queries.bodies import list_visible_bodies
from app.domain.bodies.queries.roster import index_secretary_names, list_focal_points
from app.domain.identity.models.claims import MembershipCategory
from app.domain.rights import COLUMNS, ROWS, RightsColumn, RightsRow, is_allowed, list_columns_of_actor
from app.http.downloads import attachment_response
from app.http.page_context import OpenContext
from app.http.route_guards import AllowAnyone
from app.web.account.guides import CHAIRING, FIRST_CONTRIBUTION, GUIDES, PREPARING, Guide
from app.web.views.contributions.word_template import build_contribution_template

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
    return context.render("web/help/list.html", guides=GUIDES)


@router.get("/help/first-contribution", dependencies=[Depends(AllowAnyone())])
def show_first_contribution_guide(context: OpenContext) -> Response:
    """Show how to submit a first contribution."""
    return _render_guide(context, FIRST_CONTRIBUTION)


@router.get("/help/preparing", dependencies=[Depends(AllowAnyone())])
def show_preparing_guide(context: OpenContext) -> Response:
    """Show how to prepare a meeting."""
    return _render_guide(context, PREPARING)


@router.get("/help/chairing", dependencies=[Depends(AllowAnyone())])
def show_chairing_guide(context: OpenContext) -> Response:
    """Show how to chair a session."""
    return _render_guide(context, CHAIRING)


def _render_guide(context: OpenContext, guide: Guide) -> Response:
    return context.render("web/help/guide.html", guide=guide)


@router.get("/help/contribution-template-{language}.docx", dependencies=[Depends(AllowAnyone())])
def download_contribution_template(language: str) -> Response:
    """Download the Word template of a contribution in a language. Raises NotFound for another than the six."""
    if language not in LANGUAGES:
        raise NotFound
    return attachment_response(build_contribution_template(language), DOCX, f"contribution-template-{language}.docx")


@router.get("/help/contacts", dependencies=[Depends(AllowAnyone())])
def show_contacts(context: OpenContext) -> Response:
    """Show whom to ask: the focal points of the person's own State or member, and the secretaries of their groups."""
    actor, today = context.actor, clock.now().date()
    focal_points = list_focal_points(context.session, actor.entity, today) if actor and actor.entity else []
    bodies = context.session.scalars(list_visible_bodies(actor)).all() if actor else []
    names = index_secretary_names(context.session, [body.id for body in bodies], today)
    secretaries = [(body.prefix, names[body.id]) for body in bodies]
    return context.render(
        "web/help/contacts.html",
        is_signed_in=actor is not None,
        is_office=actor is not None and actor.category == MembershipCategory.ITU_STAFF,
        focal_points=sorted({(row.name, row.email) for row in focal_points}),
        secretaries=sorted((prefix, names) for prefix, names in secretaries if names),
    )


@router.get("/help/rights", dependencies=[Depends(AllowAnyone())])
def show_rights_table(
    context: OpenContext, show_all: Annotated[str, Query(alias="all", max_length=10)] = ""
) -> Response:
    """Show the table of permissions by role, and the conditions under which each applies: those of the person who is
    signed in, or all."""
    shows_all = bool(show_all) or context.actor is None
    columns = COLUMNS if shows_all or context.actor is None else list_columns_of_actor(context.actor)
    rows = [row for row in ROWS if shows_all or any(is_allowed(row, column) for column in columns)]
    permissions = {row.permission.name: row.permission for row in rows}
    provided = [
        (permission.label, permission.state_rule.part_labels())
        for permission in permissions.values()
        if permission.state_rule
    ]
    return context.render(
        "web/help/rights.html",
        rights=[_permission_row(row, columns) for row in rows],
        provided=provided,
        is_signed_in=context.actor is not None,
        shows_all=shows_all,
    )


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


def _permission_row(row: RightsRow, columns: Sequence[RightsColumn]) -> PermissionRow:
    who = [column.words for column in columns if is_allowed(row, column)]
    return PermissionRow(row.permission.name, row.permission.label, row.situation, who)
