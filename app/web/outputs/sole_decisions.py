"""Sole decisions: releasing an adopted output, or withdrawing a released one, without a second person.

Each has its own page. It says who will be notified, names the exact text, and asks for a reason that everybody can
read.
"""

from collections.abc import Callable, Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.errors import Conflict
from app.core.i18n import LazyText
from app.core.journal import savepoint
from app.core.permissions import Actor
from app.domain.outputs.actions import release
from app.domain.outputs.inputs import SoleDecision
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs, translations
from app.domain.outputs.rules import outputs as rules
from app.domain.releases.actions import withdrawal
from app.http.authentication import SignedInFor
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.parsing import LANGUAGE_CHOICES, RejectRepeatedFields, TextField, parse_form
from app.web.views.outputs.outputs import load_output_summary

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

RELEASE_ALONE_GUARDS, WITHDRAW_ALONE_GUARDS = (
    [Depends(SignedInFor(each))] for each in (rules.RELEASE_ALONE, rules.WITHDRAW_ALONE)
)


def sole_decision_form_fields(reason: TextField = "", lang: TextField = "", text: TextField = "") -> dict[str, str]:
    """Return the form fields as typed, with the digest of the text that was seen."""
    return {"reason": reason, "lang": lang, "text": text}


SoleDecisionFormFields = Annotated[dict[str, str], Depends(sole_decision_form_fields)]


@router.get("/outputs/{output}/let-out-alone", dependencies=RELEASE_ALONE_GUARDS)
def show_sole_release_form(context: ReadContext, output: UUID) -> Response:
    """Show the form that releases an output by one person."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    rules.RELEASE_ALONE.require(context.actor, outputs.get_output_state(context.session, output_row))
    return _render_page(context, output_row, "let-out-alone")


@router.post("/outputs/{output}/let-out-alone", dependencies=RELEASE_ALONE_GUARDS)
def release_output_alone(context: WriteContext, output: UUID, typed: SoleDecisionFormFields) -> Response:
    """Release an adopted output by one person."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    rules.RELEASE_ALONE.require_actor(context.actor, outputs.get_output_state(context.session, output_row))

    def act(why: SoleDecision) -> None:
        release.release_alone(context.session, context.actor, output_row, why, digest=typed["text"])

    return _run_decision(context, output_row, "let-out-alone", typed, act)


@router.get("/outputs/{output}/withdraw-alone", dependencies=WITHDRAW_ALONE_GUARDS)
def show_sole_withdrawal_form(context: ReadContext, output: UUID) -> Response:
    """Show the form that withdraws an output by one person."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    rules.WITHDRAW_ALONE.require(context.actor, outputs.get_output_state(context.session, output_row))
    return _render_page(context, output_row, "withdraw-alone")


@router.post("/outputs/{output}/withdraw-alone", dependencies=WITHDRAW_ALONE_GUARDS)
def withdraw_output_alone(context: WriteContext, output: UUID, typed: SoleDecisionFormFields) -> Response:
    """Withdraw a released output by one person."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    rules.WITHDRAW_ALONE.require_actor(context.actor, outputs.get_output_state(context.session, output_row))

    def act(why: SoleDecision) -> None:
        withdrawal.withdraw_alone(
            context.session, context.actor, output_row, why, digest=typed["text"], signer=context.portal.signer
        )

    return _run_decision(context, output_row, "withdraw-alone", typed, act)


def find_allowed_sole_decision(actor: Actor, case: rules.OutputState) -> str | None:
    """Return which sole decision the actor may take now, as the last part of its URL, or None."""
    if rules.RELEASE_ALONE.allows(actor, case):
        return "let-out-alone"
    return "withdraw-alone" if rules.WITHDRAW_ALONE.allows(actor, case) else None


SOLE_DECISION_FLASH_KEYS = {"let-out-alone": "let-out-alone", "withdraw-alone": "withdrawn-alone"}


def _run_decision(
    context: WriteContext,
    output: Output,
    decision: str,
    typed: Mapping[str, str],
    decide: Callable[[SoleDecision], None],
) -> Response:
    """Take the decision and redirect to the output, or render the form again with the typed values and errors."""
    entry = parse_form(SoleDecision, {"reason": typed["reason"], "lang": typed["lang"]})
    if entry.value is None:
        return _render_page(context, output, decision, typed, errors=entry.errors)
    try:
        with savepoint(context.session):
            decide(entry.value)
    except Conflict as conflict:
        return _render_page(context, output, decision, typed, stale=conflict.reason)
    return context.redirect(f"/outputs/{output.id}?done={SOLE_DECISION_FLASH_KEYS[decision]}")


def _render_page(
    context: ReadContext,
    output: Output,
    decision: str,
    typed: Mapping[str, str] | None = None,
    *,
    errors: Mapping[str, LazyText] | None = None,
    stale: LazyText | None = None,
) -> Response:
    language = context.language
    return context.render(
        "web/outputs/alone.html",
        status=409 if stale else 400 if errors else 200,
        about=load_output_summary(context.session, output, language),
        act=decision,
        missing=translations.list_missing_languages(context.session, output) if decision == "let-out-alone" else [],
        typed=typed or {"reason": "", "lang": language},
        errors=errors or {},
        stale=stale,
        language_choices=LANGUAGE_CHOICES,
    )
