"""Withdrawing a released output: one person proposes it with a reason, a second one confirms or declines."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.core.db import ReadSession
from app.core.errors import BadRequest, Conflict
from app.core.i18n import LazyText
from app.core.journal import savepoint
from app.core.permissions import Actor
from app.domain.outputs.actions import withdrawal
from app.domain.outputs.inputs import Because, NewWithdrawal
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs
from app.domain.outputs.rules import outputs as rules
from app.domain.releases.actions import withdrawal as releases
from app.http.authentication import SignedInActor, SignedInFor
from app.http.localization import Localizer
from app.http.portal_state import Portal, PortalState, RequestReadSession, RequestWriteSession
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


@router.get("/outputs/{output}/withdraw", name="proposing-withdrawal", dependencies=PROPOSE_WITHDRAWAL_GUARDS)
def show_withdrawal_form(
    output: UUID, actor: SignedInActor, session: RequestReadSession, house: Portal, request: Request
) -> Response:
    """Show the form that proposes a withdrawal."""
    output_row = outputs.get_visible_output(session, actor, output)
    rules.PROPOSE_WITHDRAWAL.require(actor, outputs.get_output_state(session, output_row))
    typed = {"reason": "", "lang": house.templates.negotiate_language(request), "replaced_by": ""}
    return _render_form(session, actor, house, request, output_row, typed)


@router.post("/outputs/{output}/withdraw", name="propose-withdrawal", dependencies=PROPOSE_WITHDRAWAL_GUARDS)
def propose_output_withdrawal(
    output: UUID,
    actor: SignedInActor,
    session: RequestWriteSession,
    house: Portal,
    request: Request,
    typed: WithdrawalFormFields,
) -> Response:
    """Propose the withdrawal of a released output."""
    output_row = outputs.get_visible_output(session, actor, output, lock=True)
    rules.PROPOSE_WITHDRAWAL.require_actor(actor, outputs.get_output_state(session, output_row))
    entry = parse_form(NewWithdrawal, {**typed, "replaced_by": typed["replaced_by"] or None})
    if entry.value is None:
        return _render_form(session, actor, house, request, output_row, typed, errors=entry.errors)
    try:
        with savepoint(session):
            withdrawal.propose_withdrawal(session, actor, output_row, entry.value)
    except BadRequest as error:
        return _render_form(session, actor, house, request, output_row, typed, errors={"replaced_by": error.reason})
    except Conflict as error:
        return _render_form(session, actor, house, request, output_row, typed, refused=error.reason)
    return RedirectResponse(f"/outputs/{output_row.id}?done=withdrawal-proposed", 303)


@router.get(WITHDRAWAL_PATH, name="withdrawal", dependencies=SEE_WITHDRAWAL_GUARDS)
def show_withdrawal_proposal(
    output: UUID, actor: SignedInActor, session: RequestReadSession, house: Portal, request: Request
) -> Response:
    """Show the pending proposal."""
    output_row = outputs.get_visible_output(session, actor, output)
    rules.SEE_WITHDRAWAL.require(actor, outputs.get_output_state(session, output_row))
    return _render_page(session, actor, house, request, output_row)


@router.post(f"{WITHDRAWAL_PATH}/confirm", name="confirm-withdrawal", dependencies=CONFIRM_WITHDRAWAL_GUARDS)
def confirm_output_withdrawal(
    output: UUID,
    actor: SignedInActor,
    session: RequestWriteSession,
    house: Portal,
    request: Request,
    seen: TextField = "",
) -> Response:
    """Confirm the withdrawal as the second person."""
    output_row = outputs.get_visible_output(session, actor, output, lock=True)
    rules.CONFIRM_WITHDRAWAL.require(actor, outputs.get_output_state(session, output_row))
    try:
        with savepoint(session):
            releases.confirm_withdrawal(
                session, actor, output_row, expected_withdrawal_id=parse_uuid_or_random(seen), signer=house.signer
            )
    except Conflict as conflict:
        return _render_page(session, actor, house, request, output_row, stale=conflict.reason)
    return RedirectResponse(f"/outputs/{output_row.id}?done=withdrawn", 303)


@router.post(f"{WITHDRAWAL_PATH}/decline", name="decline-withdrawal", dependencies=DECLINE_WITHDRAWAL_GUARDS)
def decline_output_withdrawal(
    output: UUID,
    actor: SignedInActor,
    session: RequestWriteSession,
    house: Portal,
    request: Request,
    seen: TextField = "",
    reason: TextField = "",
) -> Response:
    """Decline the withdrawal as the second person."""
    output_row = outputs.get_visible_output(session, actor, output, lock=True)
    rules.DECLINE_WITHDRAWAL.require(actor, outputs.get_output_state(session, output_row))
    entry = parse_form(Because, {"reason": reason})
    if entry.value is None:
        return _render_page(session, actor, house, request, output_row, reason=reason, errors=entry.errors)
    try:
        with savepoint(session):
            withdrawal.decline_withdrawal(
                session, actor, output_row, entry.value, expected_withdrawal_id=parse_uuid_or_random(seen)
            )
    except Conflict as conflict:
        return _render_page(session, actor, house, request, output_row, reason=reason, stale=conflict.reason)
    return RedirectResponse(f"/outputs/{output_row.id}?done=withdrawal-declined", 303)


@router.post(f"{WITHDRAWAL_PATH}/take-back", name="take-back-withdrawal", dependencies=RETRACT_WITHDRAWAL_GUARDS)
def retract_output_withdrawal(
    output: UUID, actor: SignedInActor, session: RequestWriteSession, seen: TextField = ""
) -> Response:
    """Retract the actor's own proposal."""
    output_row = outputs.get_visible_output(session, actor, output, lock=True)
    withdrawal.retract_withdrawal_proposal(
        session, actor, output_row, expected_withdrawal_id=parse_uuid_or_random(seen)
    )
    return RedirectResponse(f"/outputs/{output_row.id}?done=withdrawal-taken-back", 303)


def _render_form(
    session: ReadSession,
    actor: Actor,
    house: PortalState,
    request: Request,
    output: Output,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, LazyText] | None = None,
    refused: LazyText | None = None,
) -> Response:
    language = house.templates.negotiate_language(request)
    others = [
        (each.id, f"{each.symbol} {localize_title(each.titles, language, each.original)[0]}")
        for each in outputs.list_possible_replacements(session, actor, output)
    ]
    return house.templates.render_response(
        request,
        "web/outputs/withdraw.html",
        status=409 if refused else 400 if errors else 200,
        about=load_output_summary(session, output, language),
        typed=typed,
        errors=errors or {},
        tongues=LANGUAGE_CHOICES,
        others=others,
        refused=refused,
    )


def _render_page(
    session: ReadSession,
    actor: Actor,
    house: PortalState,
    request: Request,
    output: Output,
    *,
    reason: str = "",
    errors: Mapping[str, LazyText] | None = None,
    stale: LazyText | None = None,
) -> Response:
    """Render the pending proposal and what the actor can do about it. Raises Conflict if it was decided meanwhile."""
    case, formats = outputs.get_output_state(session, output), Localizer(house.templates.negotiate_language(request))
    rules.SEE_WITHDRAWAL.require(actor, case)
    return house.templates.render_response(
        request,
        "web/outputs/withdrawal.html",
        status=409 if stale else 400 if errors else 200,
        about=load_output_summary(session, output, formats.language),
        proposal=find_pending_withdrawal(session, output, formats),
        may_confirm=rules.CONFIRM_WITHDRAWAL.allows(actor, case),
        may_decline=rules.DECLINE_WITHDRAWAL.allows(actor, case),
        may_take_back=rules.RETRACT_WITHDRAWAL_PROPOSAL.allows(actor, case),
        objection=rules.CONFIRM_WITHDRAWAL.actor_rule.objection_to(actor, case),
        reason=reason,
        errors=errors or {},
        stale=stale,
    )
