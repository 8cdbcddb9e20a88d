"""The register: mandates by source, the page of a mandate and of a clause, and the action lines."""

from typing import Any, Literal

from fastapi import APIRouter, Depends, Response

from app.core import clock
from app.core.i18n import LazyText
from app.core.permissions import Actor, Permission
from app.domain.citations.queries import CitedColumn, count_citing
from app.domain.mandates import queries, rules
from app.domain.mandates.models import Clause, Mandate
from app.domain.mandates.rules import format_designation
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext
from app.http.pagination import PageNumber
from app.web.views.mandates.citing_things import load_citing_things, total_counts
from app.web.views.mandates.focal_points import list_line_terms
from app.web.views.mandates.labels import format_dating, name_clause
from app.web.views.mandates.register import (
    build_action_line_line,
    build_clause_line,
    list_action_line_lines,
    list_facilitator_lines,
    list_mandates_by_source,
    list_version_sections,
)
from app.web.views.mandates.words import name_citation

router = APIRouter()


@router.get("/mandates", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_mandate_list(context: ReadContext, show: Literal["in-force", "all"] = "in-force") -> Response:
    """Show the mandates by source: those in force, or all."""
    rules.SEE.require(context.actor, None)
    return context.render(
        "web/mandates/list.html",
        show=show,
        groups=list_mandates_by_source(context.session, context.language, with_retired=show == "all"),
        may_keep=rules.EDIT.allows(context.actor, None),
    )


@router.get("/mandates/{mandate}", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_mandate(context: ReadContext, mandate: str) -> Response:
    """Show a mandate with its versions and clauses."""
    rules.SEE.require(context.actor, None)
    mandate_row = queries.get_mandate(context.session, mandate)
    versions = queries.list_versions(context.session, mandate_row)
    clauses = queries.list_clauses(context.session, mandate_row)
    counts = count_citing(context.session, context.actor, CitedColumn.MANDATES, mandate_row.code)
    moves = list_moves(context.actor, mandate_row)
    others = queries.list_citable_texts(context.session, {mandate_row.successor}) if mandate_row.successor else ()
    return context.render(
        "web/mandates/show.html",
        mandate=mandate_row,
        name=format_designation(mandate_row),
        sections=list_version_sections(mandate_row, versions, clauses, context.language),
        successor=name_citation(others[0], context.language) if others else None,
        counts=total_counts(counts),
        moves=moves,
        choices=_list_mandate_choices(context, mandate_row) if "retire" in moves else (),
    )


def _list_mandate_choices(context: ReadContext, mandate: Mandate) -> list[tuple[str, LazyText]]:
    """List the mandates that can continue one that is retired."""
    listed = queries.list_mandates(context.session, with_retired=False)
    return [(other.code, format_designation(other)) for other, _version in listed if other.code != mandate.code]


@router.get("/mandates/{mandate}/{clause}", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_clause(context: ReadContext, mandate: str, clause: str, page_number: PageNumber) -> Response:
    """Show a clause with all that cites it and that the reader may see."""
    rules.SEE.require(context.actor, None)
    mandate_row = queries.get_mandate(context.session, mandate)
    clauses = {each.code: each for each in queries.list_clauses(context.session, mandate_row)}
    clause_row = queries.get_clause(context.session, f"{mandate}/{clause}")
    versions = {version.year: version for version in queries.list_versions(context.session, mandate_row)}
    successor = clauses.get(clause_row.successor or "")
    return context.render(
        "web/mandates/clause.html",
        mandate=mandate_row,
        clause=clause_row,
        name=format_designation(mandate_row),
        dating=format_dating(versions[clause_row.year]),
        line=build_clause_line(mandate_row, clause_row, context.language),
        successor=successor,
        successor_label=name_clause(mandate_row, successor) if successor else None,
        citing=load_citing_things(context, CitedColumn.MANDATES, clause_row.code, page_number),
        moves=list_moves(context.actor, clause_row) if mandate_row.retired_at is None else {},
        choices=[
            (other.code, f"{context.localizer.translate_text(name_clause(mandate_row, other).text)} ({other.year})")
            for other in clauses.values()
            if other.code != clause_row.code and other.retired_at is None
        ],
    )


def list_moves(actor: Actor, subject: Mandate | Clause) -> dict[str, LazyText]:
    """Return what this actor may do with a mandate or a clause now, with labels."""
    permissions: dict[str, Permission[Any]] = {"edit": rules.EDIT, "retire": rules.RETIRE, "restore": rules.RESTORE}
    return {name: permission.label for name, permission in permissions.items() if permission.allows(actor, subject)}


@router.get("/action-lines", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_action_lines(context: ReadContext) -> Response:
    """Show the action lines of WSIS with who facilitates them."""
    rules.SEE.require(context.actor, None)
    return context.render(
        "web/mandates/action_lines.html", lines=list_action_line_lines(context.session, context.language)
    )


@router.get("/action-lines/{action_line}", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_action_line(context: ReadContext, action_line: str, page_number: PageNumber) -> Response:
    """Show an action line: who facilitates it, its focal points in ITU, and what cites it."""
    rules.SEE.require(context.actor, None)
    row = queries.get_action_line(context.session, action_line)
    facilitations = queries.list_facilitations(context.session, row.code)
    may_keep = rules.EDIT.allows(context.actor, None)
    units, terms = list_line_terms(context.session, context.actor, row.code, clock.now().date())
    return context.render(
        "web/mandates/action_line.html",
        line=build_action_line_line(row, facilitations, context.language),
        citing=load_citing_things(context, CitedColumn.ACTION_LINES, row.code, page_number),
        units=units,
        terms=terms if may_keep else (),
        may_keep=may_keep,
        facilitators=list_facilitator_lines(facilitations.get(row.code, ()), clock.now().date()),
    )
