"""Withdrawing a released output: one person proposes it with a reason, a second one confirms or declines."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.errors import BadRequest, Conflict
from app.core.i18n import LazyText
from app.core.journal import savepoint
from app.domain.outputs.actions import withdrawal
from app.domain.outputs.inputs import Because, NewWithdrawal
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs
from app.domain.outputs.rules import outputs as rules
from app.domain.releases.actions import withdrawal as releases
from app.http.authentication import SignedInFor
from app.http.localization import Localizer
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.parsing import LANGUAGE_CHOICES, RejectRepeatedFields, TextField, parse_form, parse_uuid_or_random
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
) = (
    [Depends(SignedInFor(each))]
    for each in (
        rules.PROPOSE_WITHDRAWAL,
        rules.SEE_WITHDRAWAL,
        rules.CONFIRM_WITHDRAWAL,
        rules.DECLINE_WITHDRAWAL,
        rules.RETRACT_WITHDRAWAL_PROPOSAL,
    )
)


def withdrawal_form_fields(reason: TextField = "", lang: TextField = "", replaced_by: TextField = "") -> dict[str, str]:
    """Return the form fields of a withdrawal proposal as typed."""
    return {"reason": reason, "lang": lang, "replaced_by": replaced_by}


WithdrawalFormFields = Annotated[dict[str, str], Depends(withdrawal_form_fields)]


@router.get("/outputs/{output}/withdraw", dependencies=PROPOSE_WITHDRAWAL_GUARDS)
def show_withdrawal_form(context: ReadContext, output: UUID) -> Response:
    """Show the form that proposes a withdrawal."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    rules.PROPOSE_WITHDRAWAL.require(context.actor, outputs.get_output_state(context.session, output_row))
    typed = {"reason": "", "lang": context.language, "replaced_by": ""}
    return _render_form(context, output_row, typed)


@router.post("/outputs/{output}/withdraw", dependencies=PROPOSE_WITHDRAWAL_GUARDS)
def propose_output_withdrawal(context: WriteContext, output: UUID, typed: WithdrawalFormFields) -> Response:
    """Propose the withdrawal of a released output."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    rules.PROPOSE_WITHDRAWAL.require_actor(context.actor, outputs.get_output_state(context.session, output_row))
    entry = parse_form(NewWithdrawal, {**typed, "replaced_by": typed["replaced_by"] or None})
    if entry.value is None:
        return _render_form(context, output_row, typed, errors=entry.errors)
    try:
        with savepoint(context.session):
            withdrawal.propose_withdrawal(context.session, context.actor, output_row, entry.value)
    except BadRequest as error:
        return _render_form(context, output_row, typed, errors={"replaced_by": error.reason})
    except Conflict as error:
        return _render_form(context, output_row, typed, refused=error.reason)
    return context.redirect(f"/outputs/{output_row.id}?done=withdrawal-proposed")


@router.get(WITHDRAWAL_PATH, dependencies=SEE_WITHDRAWAL_GUARDS)
def show_withdrawal_proposal(context: ReadContext, output: UUID) -> Response:
    """Show the pending proposal."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    rules.SEE_WITHDRAWAL.require(context.actor, outputs.get_output_state(context.session, output_row))
    return _render_page(context, output_row)


@router.post(f"{WITHDRAWAL_PATH}/confirm", dependencies=CONFIRM_WITHDRAWAL_GUARDS)
def confirm_output_withdrawal(context: WriteContext, output: UUID, seen: TextField = "") -> Response:
    """Confirm the withdrawal as the second person."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    rules.CONFIRM_WITHDRAWAL.require(context.actor, outputs.get_output_state(context.session, output_row))
    try:
        with savepoint(context.session):
            releases.confirm_withdrawal(
                context.session,
                context.actor,
                output_row,
                expected_withdrawal_id=parse_uuid_or_random(seen),
                signer=context.portal.signer,
            )
    except Conflict as conflict:
        return _render_page(context, output_row, stale=conflict.reason)
    return context.redirect(f"/outputs/{output_row.id}?done=withdrawn")


@router.post(f"{WITHDRAWAL_PATH}/decline", dependencies=DECLINE_WITHDRAWAL_GUARDS)
def decline_output_withdrawal(
    context: WriteContext, output: UUID, seen: TextField = "", reason: TextField = ""
) -> Response:
    """Decline the withdrawal as the second person."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    rules.DECLINE_WITHDRAWAL.require(context.actor, outputs.get_output_state(context.session, output_row))
    entry = parse_form(Because, {"reason": reason})
    if entry.value is None:
        return _render_page(context, output_row, reason=reason, errors=entry.errors)
    try:
        with savepoint(context.session):
            withdrawal.decline_withdrawal(
                context.session,
                context.actor,
                output_row,
                entry.value,
                expected_withdrawal_id=parse_uuid_or_random(seen),
            )
    except Conflict as conflict:
        return _render_page(context, output_row, reason=reason, stale=conflict.reason)
    return context.redirect(f"/outputs/{output_row.id}?done=withdrawal-declined")


@router.post(f"{WITHDRAWAL_PATH}/take-back", dependencies=RETRACT_WITHDRAWAL_GUARDS)
def retract_output_withdrawal(context: WriteContext, output: UUID, seen: TextField = "") -> Response:
    """Retract the actor's own proposal."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    withdrawal.retract_withdrawal_proposal(
        context.session, context.actor, output_row, expected_withdrawal_id=parse_uuid_or_random(seen)
    )
    return context.redirect(f"/outputs/{output_row.id}?done=withdrawal-taken-back")


def _render_form(
    context: ReadContext,
    output: Output,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, LazyText] | None = None,
    refused: LazyText | None = None,
) -> Response:
    language = context.language
    others = [
        (each.id, f"{each.symbol} {localize_title(each.titles, language, each.original)[0]}")
        for each in outputs.list_possible_replacements(context.session, context.actor, output)
    ]
    return context.render(
        "web/outputs/withdraw.html",
        status=409 if refused else 400 if errors else 200,
        about=load_output_summary(context.session, output, language),
        typed=typed,
        errors=errors or {},
        language_choices=LANGUAGE_CHOICES,
        others=others,
        refused=refused,
    )


def _render_page(
    context: ReadContext,
    output: Output,
    *,
    reason: str = "",
    errors: Mapping[str, LazyText] | None = None,
    stale: LazyText | None = None,
) -> Response:
    """Render the pending proposal and what the actor can do about it. Raises Conflict if it was decided meanwhile."""
    case, formats = outputs.get_output_state(context.session, output), Localizer(context.language)
    rules.SEE_WITHDRAWAL.require(context.actor, case)
    return context.render(
        "web/outputs/withdrawal.html",
        status=409 if stale else 400 if errors else 200,
        about=load_output_summary(context.session, output, formats.language),
        proposal=find_pending_withdrawal(context.session, output, formats),
        may_confirm=rules.CONFIRM_WITHDRAWAL.allows(context.actor, case),
        may_decline=rules.DECLINE_WITHDRAWAL.allows(context.actor, case),
        may_take_back=rules.RETRACT_WITHDRAWAL_PROPOSAL.allows(context.actor, case),
        objection=rules.CONFIRM_WITHDRAWAL.actor_rule.objection_to(context.actor, case),
        reason=reason,
        errors=errors or {},
        stale=stale,
    )
