"""Withdrawing a released output: one person proposes it with a reason, a second one confirms or declines."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.formats import Formats
from app.asgi.house import House, Reading, TheHouse, Writing
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Conflict, Unacceptable
from app.core.i18n import Text
from app.core.journal import apart
from app.domain.outputs import queries, rules, withdrawing
from app.domain.outputs.inputs import Because, NewWithdrawal
from app.domain.outputs.models import Output
from app.domain.releases import withdrawing as releases
from app.web.entries import TONGUES, EachFieldOnce, Typed, key_in, read
from app.web.output_standing import about
from app.web.titles import in_language
from app.web.withdrawal_view import proposal

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

HERE = "/outputs/{output}/withdrawal"
PROPOSES, SEES, CONFIRMS, DECLINES, TAKES_BACK = (
    [Depends(Asks(each))]
    for each in (
        rules.PROPOSE_WITHDRAWAL,
        rules.SEE_WITHDRAWAL,
        rules.CONFIRM_WITHDRAWAL,
        rules.DECLINE_WITHDRAWAL,
        rules.TAKE_BACK_WITHDRAWAL,
    )
)


def withdrawal_fields(reason: Typed = "", lang: Typed = "", replaced_by: Typed = "") -> dict[str, str]:
    """Return the form fields of a withdrawal proposal as typed."""
    return {"reason": reason, "lang": lang, "replaced_by": replaced_by}


WithdrawalFields = Annotated[dict[str, str], Depends(withdrawal_fields)]


@router.get("/outputs/{output}/withdraw", name="proposing-withdrawal", dependencies=PROPOSES)
def proposing(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form that proposes a withdrawal."""
    output_row = queries.one_visible(session, actor, output)
    rules.PROPOSE_WITHDRAWAL.require(actor, queries.case(session, output_row))
    typed = {"reason": "", "lang": house.pages.language(request), "replaced_by": ""}
    return _render_form(session, actor, house, request, output_row, typed)


@router.post("/outputs/{output}/withdraw", name="propose-withdrawal", dependencies=PROPOSES)
def propose(
    output: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, typed: WithdrawalFields
) -> Response:
    """Propose the withdrawal of a released output."""
    output_row = queries.one_visible(session, actor, output, lock=True)
    rules.PROPOSE_WITHDRAWAL.require_who(actor, queries.case(session, output_row))
    entry = read(NewWithdrawal, {**typed, "replaced_by": typed["replaced_by"] or None})
    if entry.made is None:
        return _render_form(session, actor, house, request, output_row, typed, errors=entry.errors)
    try:
        with apart(session):
            withdrawing.propose(session, actor, output_row, entry.made)
    except Unacceptable as error:
        return _render_form(session, actor, house, request, output_row, typed, errors={"replaced_by": error.reason})
    except Conflict as error:
        return _render_form(session, actor, house, request, output_row, typed, refused=error.reason)
    return RedirectResponse(f"/outputs/{output_row.id}?done=withdrawal-proposed", 303)


@router.get(HERE, name="withdrawal", dependencies=SEES)
def show(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the pending proposal."""
    output_row = queries.one_visible(session, actor, output)
    rules.SEE_WITHDRAWAL.require(actor, queries.case(session, output_row))
    return _render_page(session, actor, house, request, output_row)


@router.post(f"{HERE}/confirm", name="confirm-withdrawal", dependencies=CONFIRMS)
def confirm(
    output: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, seen: Typed = ""
) -> Response:
    """Confirm the withdrawal as the second person."""
    output_row = queries.one_visible(session, actor, output, lock=True)
    rules.CONFIRM_WITHDRAWAL.require(actor, queries.case(session, output_row))
    try:
        with apart(session):
            releases.confirm(session, actor, output_row, seen=key_in(seen), sign=house.signer)
    except Conflict as conflict:
        return _render_page(session, actor, house, request, output_row, stale=conflict.reason)
    return RedirectResponse(f"/outputs/{output_row.id}?done=withdrawn", 303)


@router.post(f"{HERE}/decline", name="decline-withdrawal", dependencies=DECLINES)
def decline(
    output: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    seen: Typed = "",
    reason: Typed = "",
) -> Response:
    """Decline the withdrawal as the second person."""
    output_row = queries.one_visible(session, actor, output, lock=True)
    rules.DECLINE_WITHDRAWAL.require(actor, queries.case(session, output_row))
    entry = read(Because, {"reason": reason})
    if entry.made is None:
        return _render_page(session, actor, house, request, output_row, reason=reason, errors=entry.errors)
    try:
        with apart(session):
            withdrawing.decline(session, actor, output_row, entry.made, seen=key_in(seen))
    except Conflict as conflict:
        return _render_page(session, actor, house, request, output_row, reason=reason, stale=conflict.reason)
    return RedirectResponse(f"/outputs/{output_row.id}?done=withdrawal-declined", 303)


@router.post(f"{HERE}/take-back", name="take-back-withdrawal", dependencies=TAKES_BACK)
def take_back(output: UUID, actor: SignedIn, session: Writing, seen: Typed = "") -> Response:
    """Retract the actor's own proposal."""
    output_row = queries.one_visible(session, actor, output, lock=True)
    withdrawing.take_back(session, actor, output_row, seen=key_in(seen))
    return RedirectResponse(f"/outputs/{output_row.id}?done=withdrawal-taken-back", 303)


def _render_form(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    output: Output,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, Text] | None = None,
    refused: Text | None = None,
) -> Response:
    language = house.pages.language(request)
    others = [
        (each.id, f"{each.symbol} {in_language(each.titles, language, each.original)[0]}")
        for each in queries.replacements(session, actor, output)
    ]
    return house.pages.show(
        request,
        "web/outputs/withdraw.html",
        status=409 if refused else 400 if errors else 200,
        about=about(session, output, language),
        typed=typed,
        errors=errors or {},
        tongues=TONGUES,
        others=others,
        refused=refused,
    )


def _render_page(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    output: Output,
    *,
    reason: str = "",
    errors: Mapping[str, Text] | None = None,
    stale: Text | None = None,
) -> Response:
    """Render the pending proposal and what the actor can do about it. Raises Conflict if it was decided meanwhile."""
    case, formats = queries.case(session, output), Formats(house.pages.language(request))
    rules.SEE_WITHDRAWAL.require(actor, case)
    return house.pages.show(
        request,
        "web/outputs/withdrawal.html",
        status=409 if stale else 400 if errors else 200,
        about=about(session, output, formats.language),
        proposal=proposal(session, output, formats),
        may_confirm=rules.CONFIRM_WITHDRAWAL.allows(actor, case),
        may_decline=rules.DECLINE_WITHDRAWAL.allows(actor, case),
        may_take_back=rules.TAKE_BACK_WITHDRAWAL.allows(actor, case),
        objection=rules.CONFIRM_WITHDRAWAL.who.against(actor, case),
        reason=reason,
        errors=errors or {},
        stale=stale,
    )
