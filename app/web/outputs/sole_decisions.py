"""Sole decisions: releasing an adopted output, or withdrawing a released one, without a second person.

Each has its own page. It says who will be notified, names the exact text, and asks for a reason that everybody can
read.
"""

from collections.abc import Callable
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from pydantic import BaseModel

from app.core.errors import DomainError
from app.core.permissions import Actor
from app.domain.outputs.actions import release, withdrawal
from app.domain.outputs.inputs import SoleDecision
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs, translations
from app.domain.outputs.rules import outputs as rules
from app.domain.outputs.rules.withdrawals import WITHDRAW_ALONE
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import submit_form
from app.web.forms.messages import build_form_page_values, prefill_form
from app.web.forms.parsing import LANGUAGE_CHOICES, ParsedForm, RejectRepeatedFields
from app.web.views.outputs.outputs import load_output_summary

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

RELEASE_ALONE_GUARDS, WITHDRAW_ALONE_GUARDS = (
    [Depends(SignedInGuard(each))] for each in (rules.RELEASE_ALONE, WITHDRAW_ALONE)
)


class SoleDecisionForm(BaseModel):
    """Form of a sole decision as typed; `text` is the digest of the text that was seen."""

    reason: str = ""
    lang: str = ""
    text: str = ""


@router.get("/outputs/{output}/let-out-alone", dependencies=RELEASE_ALONE_GUARDS)
def show_sole_release_form(context: ReadContext, output: UUID) -> Response:
    """Show the form that releases an output by one person."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    rules.RELEASE_ALONE.require(context.actor, outputs.get_output_rule_subject(context.session, output_row))
    return _render_page(context, output_row, "let-out-alone", prefill_form(SoleDecisionForm(lang=context.language)))


@router.post("/outputs/{output}/let-out-alone", dependencies=RELEASE_ALONE_GUARDS)
def release_output_alone(context: WriteContext, output: UUID, form: Annotated[SoleDecisionForm, Form()]) -> Response:
    """Release an adopted output by one person."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    rules.RELEASE_ALONE.require_rule_on_actor(
        context.actor, outputs.get_output_rule_subject(context.session, output_row)
    )

    def act(why: SoleDecision) -> None:
        release.release_by_sole_decision(context.session, context.actor, output_row, why, digest=form.text)

    return _run_decision(context, output_row, "let-out-alone", form, act)


@router.get("/outputs/{output}/withdraw-alone", dependencies=WITHDRAW_ALONE_GUARDS)
def show_sole_withdrawal_form(context: ReadContext, output: UUID) -> Response:
    """Show the form that withdraws an output by one person."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    WITHDRAW_ALONE.require(context.actor, outputs.get_output_rule_subject(context.session, output_row))
    return _render_page(context, output_row, "withdraw-alone", prefill_form(SoleDecisionForm(lang=context.language)))


@router.post("/outputs/{output}/withdraw-alone", dependencies=WITHDRAW_ALONE_GUARDS)
def withdraw_output_alone(context: WriteContext, output: UUID, form: Annotated[SoleDecisionForm, Form()]) -> Response:
    """Withdraw a released output by one person."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    WITHDRAW_ALONE.require_rule_on_actor(context.actor, outputs.get_output_rule_subject(context.session, output_row))

    def act(why: SoleDecision) -> None:
        withdrawal.withdraw_by_sole_decision(context.session, context.actor, output_row, why, digest=form.text)

    return _run_decision(context, output_row, "withdraw-alone", form, act)


def find_allowed_sole_decision(actor: Actor, case: rules.OutputRuleSubject) -> str | None:
    """Return which sole decision the actor may take now, as the last part of its URL, or None."""
    if rules.RELEASE_ALONE.allows(actor, case):
        return "let-out-alone"
    return "withdraw-alone" if WITHDRAW_ALONE.allows(actor, case) else None


SOLE_DECISION_FLASH_KEYS = {"let-out-alone": "let-out-alone", "withdraw-alone": "withdrawn-alone"}


def _run_decision(
    context: WriteContext,
    output: Output,
    decision: str,
    form: SoleDecisionForm,
    decide: Callable[[SoleDecision], None],
) -> Response:
    """Take the decision and redirect to the output, or render the form again with the typed values and errors."""
    return submit_form(
        context,
        SoleDecision,
        form.model_dump(exclude={"text"}),
        action=decide,
        render=partial(_render_page, context, output, decision),
        done=f"/outputs/{output.id}?done={SOLE_DECISION_FLASH_KEYS[decision]}",
    )


def _render_page(
    context: ReadContext,
    output: Output,
    decision: str,
    entry: ParsedForm[SoleDecision],
    refusal: DomainError | None = None,
) -> Response:
    return context.render(
        "web/outputs/alone.html",
        about=load_output_summary(context.session, output, context.language),
        act=decision,
        missing=translations.list_languages_to_follow(context.session, output) if decision == "let-out-alone" else [],
        language_choices=LANGUAGE_CHOICES,
        **build_form_page_values(entry, refusal),
    )
