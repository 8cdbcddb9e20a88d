"""Sole decisions: releasing an adopted output, or withdrawing a released one, without a second person.

Each has its own page. It says who will be notified, names the exact text, and asks for a reason that everybody can
read.
"""

from collections.abc import Callable, Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.core.access import Actor
from app.core.db import ReadSession, WriteSession
from app.core.errors import Conflict
from app.core.i18n import Text
from app.core.journal import apart
from app.domain.outputs import queries, releasing, rules, translations
from app.domain.outputs.inputs import Alone
from app.domain.outputs.models import Output
from app.domain.releases import withdrawing
from app.web.entries import TONGUES, EachFieldOnce, Typed, read
from app.web.output_standing import about

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

LETS_OUT, WITHDRAWS = ([Depends(Asks(each))] for each in (rules.LET_OUT_ALONE, rules.WITHDRAW_ALONE))


def alone_fields(reason: Typed = "", lang: Typed = "", text: Typed = "") -> dict[str, str]:
    """Return the form fields as typed, with the digest of the text that was seen."""
    return {"reason": reason, "lang": lang, "text": text}


AloneFields = Annotated[dict[str, str], Depends(alone_fields)]


@router.get("/outputs/{output}/let-out-alone", name="letting-out-alone", dependencies=LETS_OUT)
def letting_out(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form that releases an output by one person."""
    output_row = queries.one_visible(session, actor, output)
    rules.LET_OUT_ALONE.require(actor, queries.case(session, output_row))
    return _render_page(session, house, request, output_row, "let-out-alone")


@router.post("/outputs/{output}/let-out-alone", name="let-out-alone", dependencies=LETS_OUT)
def let_out(
    output: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, typed: AloneFields
) -> Response:
    """Release an adopted output by one person."""
    output_row = queries.one_visible(session, actor, output, lock=True)
    rules.LET_OUT_ALONE.require_who(actor, queries.case(session, output_row))

    def act(why: Alone) -> None:
        releasing.let_out_alone(session, actor, output_row, why, text=typed["text"])

    return _run_decision(session, house, request, output_row, "let-out-alone", typed, act)


@router.get("/outputs/{output}/withdraw-alone", name="withdrawing-alone", dependencies=WITHDRAWS)
def withdrawing_it(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form that withdraws an output by one person."""
    output_row = queries.one_visible(session, actor, output)
    rules.WITHDRAW_ALONE.require(actor, queries.case(session, output_row))
    return _render_page(session, house, request, output_row, "withdraw-alone")


@router.post("/outputs/{output}/withdraw-alone", name="withdraw-alone", dependencies=WITHDRAWS)
def withdraw(
    output: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, typed: AloneFields
) -> Response:
    """Withdraw a released output by one person."""
    output_row = queries.one_visible(session, actor, output, lock=True)
    rules.WITHDRAW_ALONE.require_who(actor, queries.case(session, output_row))

    def act(why: Alone) -> None:
        withdrawing.withdraw_alone(session, actor, output_row, why, text=typed["text"], sign=house.signer)

    return _run_decision(session, house, request, output_row, "withdraw-alone", typed, act)


def open_to(actor: Actor, case: rules.Case) -> str | None:
    """Return which sole decision the actor may take now, as the last part of its URL, or None."""
    if rules.LET_OUT_ALONE.allows(actor, case):
        return "let-out-alone"
    return "withdraw-alone" if rules.WITHDRAW_ALONE.allows(actor, case) else None


DONE = {"let-out-alone": "let-out-alone", "withdraw-alone": "withdrawn-alone"}


def _run_decision(
    session: WriteSession,
    house: House,
    request: Request,
    output: Output,
    decision: str,
    typed: Mapping[str, str],
    decide: Callable[[Alone], None],
) -> Response:
    """Take the decision and redirect to the output, or render the form again with the typed values and errors."""
    entry = read(Alone, {"reason": typed["reason"], "lang": typed["lang"]})
    if entry.made is None:
        return _render_page(session, house, request, output, decision, typed, errors=entry.errors)
    try:
        with apart(session):
            decide(entry.made)
    except Conflict as conflict:
        return _render_page(session, house, request, output, decision, typed, stale=conflict.reason)
    return RedirectResponse(f"/outputs/{output.id}?done={DONE[decision]}", 303)


def _render_page(
    session: ReadSession,
    house: House,
    request: Request,
    output: Output,
    decision: str,
    typed: Mapping[str, str] | None = None,
    *,
    errors: Mapping[str, Text] | None = None,
    stale: Text | None = None,
) -> Response:
    language = house.pages.language(request)
    return house.pages.show(
        request,
        "web/outputs/alone.html",
        status=409 if stale else 400 if errors else 200,
        about=about(session, output, language),
        act=decision,
        missing=translations.missing(session, output) if decision == "let-out-alone" else [],
        typed=typed or {"reason": "", "lang": language},
        errors=errors or {},
        stale=stale,
        tongues=TONGUES,
    )
