"""Withdrawing a released output: one person proposes it with a reason, a second one confirms or declines."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from pydantic import BaseModel

from app.core.errors import DomainError
from app.core.validation import ReasonInput
from app.domain.outputs.actions import withdrawal
from app.domain.outputs.inputs import NewWithdrawal
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs
from app.domain.outputs.rules import withdrawals as rules
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import submit_form, try_action
from app.web.forms.messages import build_form_page_values, prefill_form
from app.web.forms.parsing import LANGUAGE_CHOICES, ParsedForm, RejectRepeatedFields, TextField, parse_uuid_or_random
from app.web.views.documents.titles import localize_title
from app.web.views.outputs.outputs import load_output_summary
from app.web.views.outputs.withdrawals import find_pending_withdrawal

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

WITHDRAWAL_PATH = "/outputs/{output}/withdrawal"
(
    PROPOSE_WITHDRAWAL_GUARDS,
    SEE_WITHDRAWAL_GUARDS,
    CONFIRM_WITHDRAWAL_GUARDS,
    DECLINE_WITHDRAWAL_GUARDS,
    RETRACT_WITHDRAWAL_GUARDS,
    RETRY_WITHDRAWAL_GUARDS,
) = (
    [Depends(SignedInGuard(each))]
    for each in (
        rules.PROPOSE_WITHDRAWAL,
        rules.SEE_WITHDRAWAL,
        rules.CONFIRM_WITHDRAWAL,
        rules.DECLINE_WITHDRAWAL,
        rules.RETRACT_WITHDRAWAL_PROPOSAL,
        rules.RETRY_WITHDRAWAL,
    )
)


class WithdrawalProposalForm(BaseModel):
    """Form of a withdrawal proposal as typed."""

    reason: str = ""
    lang: str = ""
    replaced_by: str = ""


class WithdrawalDeclineForm(BaseModel):
    """Form that declines a proposal as typed; `seen` is the proposal that was on the page."""

    seen: str = ""
    reason: str = ""


@router.get("/outputs/{output}/withdraw", dependencies=PROPOSE_WITHDRAWAL_GUARDS)
def show_withdrawal_form(context: ReadContext, output: UUID) -> Response:
    """Show the form that proposes a withdrawal."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    rules.PROPOSE_WITHDRAWAL.require(context.actor, outputs.get_output_rule_subject(context.session, output_row))
    return _render_form(context, output_row, prefill_form(WithdrawalProposalForm(lang=context.language)))


@router.post("/outputs/{output}/withdraw", dependencies=PROPOSE_WITHDRAWAL_GUARDS)
def propose_output_withdrawal(
    context: WriteContext, output: UUID, form: Annotated[WithdrawalProposalForm, Form()]
) -> Response:
    """Propose the withdrawal of a released output."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    rules.PROPOSE_WITHDRAWAL.require_rule_on_actor(
        context.actor, outputs.get_output_rule_subject(context.session, output_row)
    )
    return submit_form(
        context,
        NewWithdrawal,
        form.model_dump(),
        action=lambda new: withdrawal.propose_withdrawal(context.session, context.actor, output_row, new),
        render=partial(_render_form, context, output_row),
        done=f"/outputs/{output_row.id}?done=withdrawal-proposed",
    )


@router.get(WITHDRAWAL_PATH, dependencies=SEE_WITHDRAWAL_GUARDS)
def show_withdrawal_proposal(context: ReadContext, output: UUID) -> Response:
    """Show the pending proposal."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    rules.SEE_WITHDRAWAL.require(context.actor, outputs.get_output_rule_subject(context.session, output_row))
    return _render_page(context, output_row, prefill_form(WithdrawalDeclineForm()))


@router.post(f"{WITHDRAWAL_PATH}/confirm", dependencies=CONFIRM_WITHDRAWAL_GUARDS)
def confirm_output_withdrawal(context: WriteContext, output: UUID, seen: TextField = "") -> Response:
    """Confirm the withdrawal as the second person. The worker then withdraws the output."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    rules.CONFIRM_WITHDRAWAL.require(context.actor, outputs.get_output_rule_subject(context.session, output_row))
    refusal = try_action(
        context,
        lambda: withdrawal.confirm_withdrawal(
            context.session,
            context.actor,
            output_row,
            expected_withdrawal_id=parse_uuid_or_random(seen),
        ),
    )
    if refusal:
        return _render_page(context, output_row, prefill_form(WithdrawalDeclineForm()), refusal)
    done = "withdrawn-from-recipients" if output_row.for_addressees_only else "withdrawn"
    return context.redirect(f"/outputs/{output_row.id}?done={done}")


@router.post(f"{WITHDRAWAL_PATH}/decline", dependencies=DECLINE_WITHDRAWAL_GUARDS)
def decline_output_withdrawal(
    context: WriteContext, output: UUID, form: Annotated[WithdrawalDeclineForm, Form()]
) -> Response:
    """Decline the withdrawal as the second person."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    rules.DECLINE_WITHDRAWAL.require(context.actor, outputs.get_output_rule_subject(context.session, output_row))
    seen = parse_uuid_or_random(form.seen)
    return submit_form(
        context,
        ReasonInput,
        form.model_dump(exclude={"seen"}),
        action=lambda because: withdrawal.decline_withdrawal(
            context.session, context.actor, output_row, because, expected_withdrawal_id=seen
        ),
        render=partial(_render_page, context, output_row),
        done=f"/outputs/{output_row.id}?done=withdrawal-declined",
    )


@router.post(f"{WITHDRAWAL_PATH}/take-back", dependencies=RETRACT_WITHDRAWAL_GUARDS)
def retract_output_withdrawal(context: WriteContext, output: UUID, seen: TextField = "") -> Response:
    """Retract the actor's own proposal."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    withdrawal.retract_withdrawal_proposal(
        context.session, context.actor, output_row, expected_withdrawal_id=parse_uuid_or_random(seen)
    )
    return context.redirect(f"/outputs/{output_row.id}?done=withdrawal-taken-back")


@router.post(f"{WITHDRAWAL_PATH}/retry", dependencies=RETRY_WITHDRAWAL_GUARDS)
def retry_output_withdrawal(context: WriteContext, output: UUID) -> Response:
    """Start a withdrawal again that failed."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    withdrawal.retry_withdrawal(context.session, context.actor, output_row)
    return context.redirect(f"/outputs/{output_row.id}?done=withdrawal-retried")


def _render_form(
    context: ReadContext, output: Output, entry: ParsedForm[NewWithdrawal], refusal: DomainError | None = None
) -> Response:
    language = context.language
    others = [
        (each.id, f"{each.symbol} {localize_title(each.titles, language, each.original)[0]}")
        for each in outputs.list_possible_replacements(context.session, context.actor, output)
    ]
    return context.render(
        "web/outputs/withdraw.html",
        about=load_output_summary(context.session, output, language),
        language_choices=LANGUAGE_CHOICES,
        others=others,
        **build_form_page_values(entry, refusal, field="replaced_by"),
    )


def _render_page(
    context: ReadContext, output: Output, entry: ParsedForm[ReasonInput], refusal: DomainError | None = None
) -> Response:
    """Render the pending proposal and what the actor can do about it. Raises Conflict if it was decided meanwhile."""
    case = outputs.get_output_rule_subject(context.session, output)
    rules.SEE_WITHDRAWAL.require(context.actor, case)
    return context.render(
        "web/outputs/withdrawal.html",
        about=load_output_summary(context.session, output, context.language),
        proposal=find_pending_withdrawal(context.session, output, context.localizer),
        may_confirm=rules.CONFIRM_WITHDRAWAL.allows(context.actor, case),
        may_decline=rules.DECLINE_WITHDRAWAL.allows(context.actor, case),
        may_take_back=rules.RETRACT_WITHDRAWAL_PROPOSAL.allows(context.actor, case),
        objection=rules.CONFIRM_WITHDRAWAL.actor_rule.objection_to(context.actor, case),
        **build_form_page_values(entry, refusal),
    )
