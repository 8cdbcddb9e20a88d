"""Statements that a State attaches to an adopted text: reservations, explanations of position, non-association."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.errors import Conflict
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import savepoint
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs
from app.domain.silence import queries, rules
from app.domain.silence.actions import statements
from app.domain.silence.inputs import NewStatement, StatementRewording
from app.domain.silence.models import OutputStatement
from app.http.authentication import EntityName, SignedInFor
from app.http.labels import STATEMENT_KIND_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.parsing import LANGUAGE_CHOICES, RejectRepeatedFields, TextField, VersionField, parse_form
from app.web.views.outputs.outputs import load_output_summary

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

PUT_STATEMENT_GUARDS, CHANGE_STATEMENT_GUARDS = (
    [Depends(SignedInFor(rules.ATTACH_STATEMENT))],
    [Depends(SignedInFor(rules.CHANGE_STATEMENT))],
)
STATEMENT_KIND_HINTS: Mapping[str, LazyText] = {
    "reservation": _("Your State accepts the text except for what you name."),
    "explanation": _("How your State understands the text, or why it let it pass."),
    "non_association": _("Your State does not stand in the way, and is no part of it."),
}
STATEMENTS_PATH = "/outputs/{output}/statements"


def statement_form_fields(kind: TextField = "", text: TextField = "", lang: TextField = "") -> dict[str, str]:
    """Return the form fields of a statement as typed."""
    return {"kind": kind, "text": text, "lang": lang}


StatementFormFields = Annotated[dict[str, str], Depends(statement_form_fields)]


@router.get(f"{STATEMENTS_PATH}/new", dependencies=PUT_STATEMENT_GUARDS)
def show_new_statement_form(context: ReadContext, output: UUID) -> Response:
    """Show the form of a new statement."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    rules.ATTACH_STATEMENT.require(
        context.actor, queries.get_silence_state(context.session, output_row, context.actor.entity)
    )
    typed = {"kind": "", "text": "", "lang": context.language}
    return _render_page(context, output_row, None, typed)


@router.post(STATEMENTS_PATH, dependencies=PUT_STATEMENT_GUARDS)
def put_output_statement(context: WriteContext, output: UUID, typed: StatementFormFields) -> Response:
    """Attach a statement of the actor's State."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    rules.ATTACH_STATEMENT.require_actor(
        context.actor, queries.get_silence_state(context.session, output_row, context.actor.entity)
    )
    entry = parse_form(NewStatement, typed)
    if entry.value is None:
        return _render_page(context, output_row, None, typed, errors=entry.errors)
    try:
        with savepoint(context.session):
            statements.attach_statement(context.session, context.actor, output_row, entry.value)
    except Conflict as error:
        return _render_page(context, output_row, None, typed, refused=error.reason)
    return context.redirect(f"/outputs/{output_row.id}?done=statement#statements")


@router.get(f"{STATEMENTS_PATH}/{{statement}}", dependencies=CHANGE_STATEMENT_GUARDS)
def show_statement_form(context: ReadContext, output: UUID, statement: UUID) -> Response:
    """Show the form of a statement to change."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    statement_row = queries.get_statement(context.session, output_row, statement)
    rules.CHANGE_STATEMENT.require(
        context.actor, queries.get_silence_state(context.session, output_row, statement_row.entity)
    )
    typed = {"kind": statement_row.kind, "text": statement_row.text, "lang": statement_row.lang}
    return _render_page(context, output_row, statement_row, typed)


@router.post(f"{STATEMENTS_PATH}/{{statement}}", dependencies=CHANGE_STATEMENT_GUARDS)
def change_output_statement(
    context: WriteContext, output: UUID, statement: UUID, typed: StatementFormFields, version: VersionField = 0
) -> Response:
    """Save a changed statement."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    statement_row = queries.get_statement(context.session, output_row, statement)
    rules.CHANGE_STATEMENT.require_actor(
        context.actor, queries.get_silence_state(context.session, output_row, statement_row.entity)
    )
    entry = parse_form(StatementRewording, {"text": typed["text"], "lang": typed["lang"]})
    if entry.value is None:
        return _render_page(context, output_row, statement_row, typed, errors=entry.errors)
    try:
        with savepoint(context.session):
            statements.change_statement(
                context.session, context.actor, output_row, statement_row, entry.value, version=version
            )
    except Conflict as error:
        return _render_page(context, output_row, statement_row, typed, refused=error.reason)
    return context.redirect(f"/outputs/{output_row.id}?done=statement#statements")


@router.post(f"{STATEMENTS_PATH}/{{statement}}/take-back", dependencies=CHANGE_STATEMENT_GUARDS)
def withdraw_output_statement(
    context: WriteContext, output: UUID, statement: UUID, version: VersionField = 0
) -> Response:
    """Withdraw a statement."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    statement_row = queries.get_statement(context.session, output_row, statement)
    rules.CHANGE_STATEMENT.require(
        context.actor, queries.get_silence_state(context.session, output_row, statement_row.entity)
    )
    typed = {"kind": statement_row.kind, "text": statement_row.text, "lang": statement_row.lang}
    try:
        with savepoint(context.session):
            statements.withdraw_statement(context.session, context.actor, output_row, statement_row, version=version)
    except Conflict as error:
        return _render_page(context, output_row, statement_row, typed, refused=error.reason)
    return context.redirect(f"/outputs/{output_row.id}?done=statement-back#statements")


def _render_page(
    context: ReadContext,
    output: Output,
    statement: OutputStatement | None,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, LazyText] | None = None,
    refused: LazyText | None = None,
) -> Response:
    """Render the form of a statement as typed; `statement` is the saved one that is changed."""
    return context.render(
        "web/silence/statement.html",
        status=409 if refused else 400 if errors else 200,
        about=load_output_summary(context.session, output, context.language),
        state=EntityName(context.actor.entity),
        statement=statement,
        kind=STATEMENT_KIND_LABELS[statement.kind] if statement else None,
        kinds=[(kind, words, STATEMENT_KIND_HINTS[kind]) for kind, words in STATEMENT_KIND_LABELS.items()],
        language_choices=LANGUAGE_CHOICES,
        typed=typed,
        errors=errors or {},
        refused=refused,
    )
