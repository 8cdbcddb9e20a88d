"""Statements that a State attaches to an adopted text: reservations, explanations of position, non-association."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from pydantic import BaseModel

from app.core.errors import DomainError
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.bodies.models import StateAct
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs
from app.domain.silence import rules
from app.domain.silence.actions import statements
from app.domain.silence.inputs import NewStatement, StatementRewording
from app.domain.silence.models import OutputStatement
from app.domain.silence.queries.positions import get_statement
from app.domain.silence.queries.procedures import get_silence_rule_subject
from app.http.authentication import EntityName, SignedInGuard
from app.http.labels import STATEMENT_KIND_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import submit_form, try_action
from app.web.forms.messages import build_form_page_values, prefill_form
from app.web.forms.parsing import LANGUAGE_CHOICES, ParsedForm, RejectRepeatedFields, VersionField
from app.web.views.outputs.outputs import load_output_summary
from app.web.views.people.ask_head import render_page_to_ask_head

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

PUT_STATEMENT_GUARDS = [Depends(SignedInGuard(rules.ATTACH_STATEMENT))]
CHANGE_STATEMENT_GUARDS = [Depends(SignedInGuard(rules.CHANGE_STATEMENT))]
STATEMENT_KIND_HINTS: Mapping[str, LazyText] = {
    "reservation": _("Your delegation accepts the text except for the points that you specify."),
    "explanation": _("How your delegation understands the text, or why it did not object to it."),
    "non_association": _("Your delegation does not object to the text but dissociates itself from it."),
}
STATEMENTS_PATH = "/outputs/{output}/statements"


class StatementForm(BaseModel):
    """Form of a statement as typed."""

    kind: str = ""
    text: str = ""
    lang: str = ""


@router.get(f"{STATEMENTS_PATH}/new", dependencies=PUT_STATEMENT_GUARDS)
def show_new_statement_form(context: ReadContext, output: UUID) -> Response:
    """Show the form of a new statement."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    rules.ATTACH_STATEMENT.require(
        context.actor, get_silence_rule_subject(context.session, output_row, context.actor.entity)
    )
    if page := _render_page_to_ask_head(context, output_row):
        return page
    return _render_page(context, output_row, None, prefill_form(StatementForm(lang=context.language)))


@router.post(STATEMENTS_PATH, dependencies=PUT_STATEMENT_GUARDS)
def attach_statement_to_output(context: WriteContext, output: UUID, form: Annotated[StatementForm, Form()]) -> Response:
    """Attach a statement of the actor's State."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    rules.ATTACH_STATEMENT.require_rule_on_actor(
        context.actor, get_silence_rule_subject(context.session, output_row, context.actor.entity)
    )
    return submit_form(
        context,
        NewStatement,
        form.model_dump(),
        action=lambda new: statements.attach_statement(context.session, context.actor, output_row, new),
        render=partial(_render_page, context, output_row, None),
        done=f"/outputs/{output_row.id}?done=statement#statements",
    )


@router.get(f"{STATEMENTS_PATH}/{{statement}}", dependencies=CHANGE_STATEMENT_GUARDS)
def show_statement_form(context: ReadContext, output: UUID, statement: UUID) -> Response:
    """Show the form of a statement to change."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    statement_row = get_statement(context.session, output_row, statement)
    rules.CHANGE_STATEMENT.require(
        context.actor, get_silence_rule_subject(context.session, output_row, statement_row.entity)
    )
    if page := _render_page_to_ask_head(context, output_row):
        return page
    return _render_page(context, output_row, statement_row, _read_statement(statement_row))


@router.post(f"{STATEMENTS_PATH}/{{statement}}", dependencies=CHANGE_STATEMENT_GUARDS)
def change_output_statement(
    context: WriteContext,
    output: UUID,
    statement: UUID,
    form: Annotated[StatementForm, Form()],
    version: VersionField = 0,
) -> Response:
    """Save a changed statement."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    statement_row = get_statement(context.session, output_row, statement)
    rules.CHANGE_STATEMENT.require_rule_on_actor(
        context.actor, get_silence_rule_subject(context.session, output_row, statement_row.entity)
    )
    return submit_form(
        context,
        StatementRewording,
        form.model_dump(exclude={"kind"}),
        action=lambda rewording: statements.change_statement(
            context.session, context.actor, output_row, statement_row, rewording, version=version
        ),
        render=partial(_render_page, context, output_row, statement_row),
        done=f"/outputs/{output_row.id}?done=statement#statements",
    )


@router.post(f"{STATEMENTS_PATH}/{{statement}}/take-back", dependencies=CHANGE_STATEMENT_GUARDS)
def withdraw_output_statement(
    context: WriteContext, output: UUID, statement: UUID, version: VersionField = 0
) -> Response:
    """Withdraw a statement."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    statement_row = get_statement(context.session, output_row, statement)
    rules.CHANGE_STATEMENT.require(
        context.actor, get_silence_rule_subject(context.session, output_row, statement_row.entity)
    )
    entry = _read_statement(statement_row)
    refusal = try_action(
        context,
        lambda: statements.withdraw_statement(
            context.session, context.actor, output_row, statement_row, version=version
        ),
    )
    if refusal:
        return _render_page(context, output_row, statement_row, entry, refusal)
    return context.redirect(f"/outputs/{output_row.id}?done=statement-back#statements")


def _render_page_to_ask_head(context: ReadContext, output: Output) -> Response | None:
    """Render the page that says whom to ask, if the actor may not make the statement of their State."""
    about = load_output_summary(context.session, output, context.language)
    crumbs = [("/outputs", _("Outputs")), (f"/outputs/{output.id}", output.symbol or about.title)]
    heading = _("Statement of %(state)s", state=EntityName(context.actor.entity))
    return render_page_to_ask_head(context, output.body_id, StateAct.POSITION, heading, crumbs)


def _read_statement(statement: OutputStatement) -> ParsedForm[Any]:
    """Return the form with a statement as it is saved."""
    return prefill_form(StatementForm(kind=statement.kind, text=statement.text, lang=statement.lang))


def _render_page(
    context: ReadContext,
    output: Output,
    statement: OutputStatement | None,
    entry: ParsedForm[Any],
    refusal: DomainError | None = None,
) -> Response:
    """Render the form of a statement as typed; `statement` is the saved one that is changed."""
    return context.render(
        "web/silence/statement.html",
        about=load_output_summary(context.session, output, context.language),
        state=EntityName(context.actor.entity),
        statement=statement,
        kind=STATEMENT_KIND_LABELS[statement.kind] if statement else None,
        kinds=[(kind, words, STATEMENT_KIND_HINTS[kind]) for kind, words in STATEMENT_KIND_LABELS.items()],
        language_choices=LANGUAGE_CHOICES,
        **build_form_page_values(entry, refusal),
    )
