"""The page that shows what became of what cites a clause, drawn from the clause downwards and as a nested list."""

from fastapi import APIRouter, Depends, Response

from app.domain.document_outcomes.queries.clauses import find_clause_trace
from app.domain.mandates import queries, rules
from app.domain.mandates.rules import format_designation
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext
from app.web.views.mandates.labels import name_clause
from app.web.views.mandates.traces import TraceBranch, build_trace_branches, build_trace_drawing

router = APIRouter()


@router.get("/mandates/{mandate}/{clause}/trace", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_clause_trace(context: ReadContext, mandate: str, clause: str) -> Response:
    """Show what became of all that cites a clause, as far as the reader may see it."""
    rules.SEE.require(context.actor, None)
    mandate_row = queries.get_mandate(context.session, mandate)
    clause_row = queries.get_clause(context.session, f"{mandate}/{clause}")
    trace, name = find_clause_trace(context.session, context.actor, clause_row.code), format_designation(mandate_row)
    branches = build_trace_branches(trace, context.localizer)
    words = context.localizer.translate_text(name)
    label = name_clause(mandate_row, clause_row)
    called = context.localizer.translate_text(label.text)
    top = TraceBranch("clause", called, words, None, f"/mandates/{clause_row.code}", None, ())
    return context.render(
        "web/mandates/trace.html",
        mandate=mandate_row,
        clause=clause_row,
        name=name,
        label=label,
        branches=branches,
        hidden=trace.total - len(trace.documents),
        drawing=build_trace_drawing(top, trace, branches, context.localizer),
    )
