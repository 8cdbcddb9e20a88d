"""How the secretariat keeps clauses: new ones, what they say, and what is retired."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import BadRequest, DomainError
from app.core.i18n import lazy_gettext as _
from app.domain.mandates import actions, queries, rules
from app.domain.mandates.inputs import ClauseContent, NewClause
from app.domain.mandates.models import Clause, ClauseRhythm, Mandate
from app.domain.mandates.rules import format_designation
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import get_form_http_status, submit_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, VersionField
from app.web.views.mandates.forms import TextsForm, parse_retirement
from app.web.views.mandates.words import PARTY_LABELS, RHYTHM_LABELS

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("confirmed", "acts"))])
DONE = "done=mandate-kept"


class ClauseForm(TextsForm):
    """The fields of a clause."""

    acts: tuple[str, ...] = ()
    asks: str = ClauseRhythm.ALWAYS.value


class NewClauseForm(ClauseForm):
    """The fields of a new clause."""

    label: str = ""


@router.get("/mandates/{mandate}/clauses/new", dependencies=[Depends(SignedInGuard(rules.EDIT))])
def show_new_clause_form(context: ReadContext, mandate: str) -> Response:
    """Show the form for a new clause of the version in force."""
    rules.EDIT.require(context.actor, None)
    mandate_row = queries.get_mandate(context.session, mandate)
    rules.EDIT.require(context.actor, mandate_row)
    typed = NewClauseForm().typed | {"in_own_words": True}
    return _render_form(context, mandate_row, None, ParsedForm(typed, None, {}))


@router.post("/mandates/{mandate}/clauses/new", dependencies=[Depends(SignedInGuard(rules.EDIT))])
def add_clause(context: WriteContext, mandate: str, form: Annotated[NewClauseForm, Form()]) -> Response:
    """Add a clause to the version in force."""
    rules.EDIT.require(context.actor, None)
    mandate_row = queries.get_mandate(context.session, mandate, lock=True)
    rules.EDIT.require(context.actor, mandate_row)
    return submit_form(
        context,
        NewClause,
        form.typed,
        action=lambda new: actions.add_clause(context.session, context.actor, mandate_row, new),
        render=partial(_render_form, context, mandate_row, None),
        done=lambda clause: f"/mandates/{clause.code}?{DONE}",
        refusals=(BadRequest,),
        refusal_at="label",
        whole_form_errors_at=context.language,
    )


@router.get("/mandates/{mandate}/{clause}/edit", dependencies=[Depends(SignedInGuard(rules.EDIT))])
def show_clause_form(context: ReadContext, mandate: str, clause: str) -> Response:
    """Show the form that changes what the register says of a clause."""
    rules.EDIT.require(context.actor, None)
    clause_row = queries.get_clause(context.session, f"{mandate}/{clause}")
    rules.EDIT.require(context.actor, queries.get_mandate(context.session, mandate))
    rules.EDIT.require(context.actor, clause_row)
    typed = ClauseForm().typed | clause_row.words
    typed |= {name: getattr(clause_row, name) for name in ("confirmed", "in_own_words", "acts", "asks")}
    return _render_form(context, None, clause_row, ParsedForm(typed, None, {}))


@router.post("/mandates/{mandate}/{clause}/edit", dependencies=[Depends(SignedInGuard(rules.EDIT))])
def change_clause(
    context: WriteContext, mandate: str, clause: str, form: Annotated[ClauseForm, Form()], version: VersionField = 0
) -> Response:
    """Change what the register says of a clause."""
    rules.EDIT.require(context.actor, None)
    clause_row = queries.get_clause(context.session, f"{mandate}/{clause}", lock=True)
    rules.EDIT.require(context.actor, clause_row)
    return submit_form(
        context,
        ClauseContent,
        form.typed,
        action=lambda new: actions.change_clause(context.session, context.actor, clause_row, new, version=version),
        render=partial(_render_form, context, None, clause_row),
        done=f"/mandates/{clause_row.code}?{DONE}",
        refusals=(BadRequest,),
        refusal_at="en",
        whole_form_errors_at=context.language,
    )


@router.post("/mandates/{mandate}/{clause}/retire", dependencies=[Depends(SignedInGuard(rules.RETIRE))])
def retire_clause(context: WriteContext, mandate: str, clause: str, successor: Annotated[str, Form()] = "") -> Response:
    """Retire a clause."""
    rules.EDIT.require(context.actor, None)
    clause_row = queries.get_clause(context.session, f"{mandate}/{clause}", lock=True)
    actions.retire_clause(context.session, context.actor, clause_row, parse_retirement(successor))
    return context.redirect(f"/mandates/{clause_row.code}?{DONE}")


@router.post("/mandates/{mandate}/{clause}/restore", dependencies=[Depends(SignedInGuard(rules.RESTORE))])
def restore_clause(context: WriteContext, mandate: str, clause: str) -> Response:
    """Restore a retired clause."""
    rules.EDIT.require(context.actor, None)
    clause_row = queries.get_clause(context.session, f"{mandate}/{clause}", lock=True)
    actions.restore_clause(context.session, context.actor, clause_row)
    return context.redirect(f"/mandates/{clause_row.code}?{DONE}")


def _render_form(
    context: ReadContext,
    mandate: Mandate | None,
    clause: Clause | None,
    entry: ParsedForm[Any],
    refusal: DomainError | None = None,
) -> Response:
    """Render the form of a new clause of a mandate, or of a clause."""
    back = f"/mandates/{clause.code if clause else mandate.code if mandate else ''}"
    return context.render(
        "web/mandates/clause_edit.html",
        status=get_form_http_status(entry, refusal),
        heading=_("Change a clause") if clause else _("Add a clause"),
        clause=clause,
        name=clause.label if clause else format_designation(mandate) if mandate else "",
        back=back,
        action=f"{back}/edit" if clause else f"{back}/clauses/new",
        parties=list(PARTY_LABELS.items()),
        rhythms=list(RHYTHM_LABELS.items()),
        typed=entry.typed,
        errors=entry.errors,
    )
