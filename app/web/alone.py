"""Letting out an adopted output, or withdrawing a released one, alone, where no second person can be had.

Each on a page of its own: it says who will be told, names exactly the text, and asks for the reason, which everybody
reads.
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
from app.web.entries import EachFieldOnce, Typed, read
from app.web.output_standing import about
from app.web.silence_positions import TONGUES

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

LETS_OUT, WITHDRAWS = ([Depends(Asks(each))] for each in (rules.LET_OUT_ALONE, rules.WITHDRAW_ALONE))


def alone_fields(reason: Typed = "", lang: Typed = "", text: Typed = "") -> dict[str, str]:
    """The form as it was typed, with the digest of the text that was seen."""
    return {"reason": reason, "lang": lang, "text": text}


AloneFields = Annotated[dict[str, str], Depends(alone_fields)]


@router.get("/outputs/{output}/let-out-alone", name="letting-out-alone", dependencies=LETS_OUT)
def letting_out(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_visible(session, actor, output)
    rules.LET_OUT_ALONE.require(actor, queries.case(session, found))
    return _page(session, house, request, found, "let-out-alone")


@router.post("/outputs/{output}/let-out-alone", name="let-out-alone", dependencies=LETS_OUT)
def let_out(
    output: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, typed: AloneFields
) -> Response:
    found = queries.one_visible(session, actor, output, lock=True)
    rules.LET_OUT_ALONE.require_who(actor, queries.case(session, found))

    def act(why: Alone) -> None:
        releasing.let_out_alone(session, actor, found, why, text=typed["text"])

    return _done(session, house, request, found, "let-out-alone", typed, act)


@router.get("/outputs/{output}/withdraw-alone", name="withdrawing-alone", dependencies=WITHDRAWS)
def withdrawing_it(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_visible(session, actor, output)
    rules.WITHDRAW_ALONE.require(actor, queries.case(session, found))
    return _page(session, house, request, found, "withdraw-alone")


@router.post("/outputs/{output}/withdraw-alone", name="withdraw-alone", dependencies=WITHDRAWS)
def withdraw(
    output: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, typed: AloneFields
) -> Response:
    found = queries.one_visible(session, actor, output, lock=True)
    rules.WITHDRAW_ALONE.require_who(actor, queries.case(session, found))

    def act(why: Alone) -> None:
        withdrawing.withdraw_alone(session, actor, found, why, text=typed["text"], sign=house.signer)

    return _done(session, house, request, found, "withdraw-alone", typed, act)


def open_to(actor: Actor, case: rules.Case) -> str | None:
    """Which of the two this actor may do alone now: the last part of its address."""
    if rules.LET_OUT_ALONE.allows(actor, case):
        return "let-out-alone"
    return "withdraw-alone" if rules.WITHDRAW_ALONE.allows(actor, case) else None


DONE = {"let-out-alone": "let-out-alone", "withdraw-alone": "withdrawn-alone"}


def _done(
    session: WriteSession,
    house: House,
    request: Request,
    found: Output,
    act: str,
    typed: Mapping[str, str],
    do: Callable[[Alone], None],
) -> Response:
    """Do it and go back to the output; or the page again, with what was typed and what is wrong."""
    entry = read(Alone, {"reason": typed["reason"], "lang": typed["lang"]})
    if entry.made is None:
        return _page(session, house, request, found, act, typed, errors=entry.errors)
    try:
        with apart(session):
            do(entry.made)
    except Conflict as stale:
        return _page(session, house, request, found, act, typed, stale=stale.reason)
    return RedirectResponse(f"/outputs/{found.id}?done={DONE[act]}", 303)


def _page(
    session: ReadSession,
    house: House,
    request: Request,
    found: Output,
    act: str,
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
        about=about(session, found, language),
        act=act,
        missing=translations.missing(session, found) if act == "let-out-alone" else [],
        typed=typed or {"reason": "", "lang": language},
        errors=errors or {},
        stale=stale,
        tongues=TONGUES,
    )
