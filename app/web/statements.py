"""Statements that a State attaches to an adopted text: reservations, explanations of position, non-association."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, EntityName, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.asgi.words import STATEMENTS
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Conflict
from app.core.i18n import Text, say
from app.core.journal import apart
from app.domain.outputs import queries as outputs
from app.domain.outputs.models import Output
from app.domain.silence import queries, rules, stating
from app.domain.silence.inputs import NewStatement, Rewording
from app.domain.silence.models import OutputStatement
from app.web.entries import TONGUES, EachFieldOnce, Typed, Version, read
from app.web.output_standing import about

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

PUTS, CHANGES = [Depends(Asks(rules.PUT))], [Depends(Asks(rules.CHANGE))]
HINTS: Mapping[str, Text] = {
    "reservation": say("Your State accepts the text except for what you name."),
    "explanation": say("How your State understands the text, or why it let it pass."),
    "non_association": say("Your State does not stand in the way, and is no part of it."),
}
HERE = "/outputs/{output}/statements"


def statement_fields(kind: Typed = "", text: Typed = "", lang: Typed = "") -> dict[str, str]:
    """Return the form fields of a statement as typed."""
    return {"kind": kind, "text": text, "lang": lang}


StatementFields = Annotated[dict[str, str], Depends(statement_fields)]


@router.get(f"{HERE}/new", name="stating", dependencies=PUTS)
def stating_one(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form of a new statement."""
    output_row = outputs.one_visible(session, actor, output)
    rules.PUT.require(actor, queries.on(session, output_row, actor.entity))
    typed = {"kind": "", "text": "", "lang": house.pages.language(request)}
    return _render_page(session, actor, house, request, output_row, None, typed)


@router.post(HERE, name="put-statement", dependencies=PUTS)
def put(
    output: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, typed: StatementFields
) -> Response:
    """Attach a statement of the actor's State."""
    output_row = outputs.one_visible(session, actor, output, lock=True)
    rules.PUT.require_who(actor, queries.on(session, output_row, actor.entity))
    entry = read(NewStatement, typed)
    if entry.made is None:
        return _render_page(session, actor, house, request, output_row, None, typed, errors=entry.errors)
    try:
        with apart(session):
            stating.put(session, actor, output_row, entry.made)
    except Conflict as error:
        return _render_page(session, actor, house, request, output_row, None, typed, refused=error.reason)
    return RedirectResponse(f"/outputs/{output_row.id}?done=statement#statements", 303)


@router.get(f"{HERE}/{{statement}}", name="restating", dependencies=CHANGES)
def changing(
    output: UUID, statement: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    """Show the form of a statement to change."""
    output_row = outputs.one_visible(session, actor, output)
    statement_row = queries.one_statement(session, output_row, statement)
    rules.CHANGE.require(actor, queries.on(session, output_row, statement_row.entity))
    typed = {"kind": statement_row.kind, "text": statement_row.text, "lang": statement_row.lang}
    return _render_page(session, actor, house, request, output_row, statement_row, typed)


@router.post(f"{HERE}/{{statement}}", name="change-statement", dependencies=CHANGES)
def change(
    output: UUID,
    statement: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    typed: StatementFields,
    version: Version = 0,
) -> Response:
    """Save a changed statement."""
    output_row = outputs.one_visible(session, actor, output, lock=True)
    statement_row = queries.one_statement(session, output_row, statement)
    rules.CHANGE.require_who(actor, queries.on(session, output_row, statement_row.entity))
    entry = read(Rewording, {"text": typed["text"], "lang": typed["lang"]})
    if entry.made is None:
        return _render_page(session, actor, house, request, output_row, statement_row, typed, errors=entry.errors)
    try:
        with apart(session):
            stating.change(session, actor, output_row, statement_row, entry.made, version=version)
    except Conflict as error:
        return _render_page(session, actor, house, request, output_row, statement_row, typed, refused=error.reason)
    return RedirectResponse(f"/outputs/{output_row.id}?done=statement#statements", 303)


@router.post(f"{HERE}/{{statement}}/take-back", name="take-back-statement", dependencies=CHANGES)
def take_back(
    output: UUID,
    statement: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    version: Version = 0,
) -> Response:
    """Withdraw a statement."""
    output_row = outputs.one_visible(session, actor, output, lock=True)
    statement_row = queries.one_statement(session, output_row, statement)
    rules.CHANGE.require(actor, queries.on(session, output_row, statement_row.entity))
    typed = {"kind": statement_row.kind, "text": statement_row.text, "lang": statement_row.lang}
    try:
        with apart(session):
            stating.take_back(session, actor, output_row, statement_row, version=version)
    except Conflict as error:
        return _render_page(session, actor, house, request, output_row, statement_row, typed, refused=error.reason)
    return RedirectResponse(f"/outputs/{output_row.id}?done=statement-back#statements", 303)


def _render_page(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    output: Output,
    statement: OutputStatement | None,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, Text] | None = None,
    refused: Text | None = None,
) -> Response:
    """Render the form of a statement as typed; `statement` is the saved one that is changed."""
    return house.pages.show(
        request,
        "web/silence/statement.html",
        status=409 if refused else 400 if errors else 200,
        about=about(session, output, house.pages.language(request)),
        state=EntityName(actor.entity),
        statement=statement,
        kind=STATEMENTS[statement.kind] if statement else None,
        kinds=[(kind, words, HINTS[kind]) for kind, words in STATEMENTS.items()],
        tongues=TONGUES,
        typed=typed,
        errors=errors or {},
        refused=refused,
    )
