"""Decisions of a meeting: the list, taking one down, correcting it, and positions of States on it."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, EntityName, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Conflict
from app.core.i18n import Text
from app.core.journal import apart
from app.domain import member_states
from app.domain.decisions import queries as decisions
from app.domain.decisions import rules
from app.domain.decisions.inputs import NewDecision, NewPosition, NotedPosition
from app.domain.decisions.models import Decision
from app.domain.floor import actions, queries
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.web.entries import EachFieldOnce, Entry, Typed, Version, read
from app.web.floor_view import HOWS, STANCES, places, taken
from app.web.meeting_pages import frame
from app.web.titles import foreign

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

TAKES = [Depends(Asks(rules.TAKE_DOWN))]
CORRECTS = [Depends(Asks(rules.CORRECT))]
PUTS = [Depends(Asks(rules.PUT))]
NOTES = [Depends(Asks(rules.NOTE))]
EMPTY = {"text": "", "how": "consensus", "stance": "", "entity": ""}


@router.get("/meetings/{meeting}/decisions", name="decisions", dependencies=[Depends(Asks(rules.SEE))])
def listed(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the decisions of a meeting, the latest last."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.SEE.require(actor, meeting_row)
    language = house.pages.language(request)
    now = queries.open_one(session, meeting_row)
    return house.pages.show(
        request,
        "web/floor/decisions.html",
        frame=frame(session, actor, meeting_row, "floor", language),
        here=f"/meetings/{meeting_row.id}",
        decisions=taken(session, actor, meeting_row, now, language)[::-1],
        may_put=rules.PUT.allows(actor, queries.at(session, meeting_row, actor.entity)),
        may_note=rules.NOTE.allows(actor, queries.at(session, meeting_row)),
    )


@router.get("/meetings/{meeting}/decisions/new", name="taking-down", dependencies=TAKES)
def taking_down(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form of a new decision."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.TAKE_DOWN.require(actor, queries.at(session, meeting_row))
    return _render_form(session, actor, house, request, meeting_row, None, "take-down", _empty_entry())


@router.post("/meetings/{meeting}/decisions/new", name="take-down", dependencies=TAKES)
def take_down(
    meeting: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    text: Typed = "",
    how: Typed = "",
    version: Version = 0,
) -> Response:
    """Take down a decision."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.TAKE_DOWN.require(actor, queries.at(session, meeting_row))
    entry = read(NewDecision, {"text": text, "how": how, "lang": house.pages.language(request)})
    if entry.made is None:
        return _render_form(session, actor, house, request, meeting_row, None, "take-down", entry)
    try:
        with apart(session):
            actions.take_down(session, actor, meeting_row, entry.made, version=version)
    except Conflict as error:
        return _render_form(session, actor, house, request, meeting_row, None, "take-down", entry, error.reason)
    return RedirectResponse(f"/meetings/{meeting_row.id}/floor", 303)


@router.get("/meetings/{meeting}/decisions/{decision}/correct", name="correcting-decision", dependencies=CORRECTS)
def correcting(
    meeting: UUID, decision: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    """Show the form of a decision to correct."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    decision_row = decisions.one(session, meeting_row, decision)
    rules.CORRECT.require(actor, queries.at_session_of(session, meeting_row, decision_row))
    return _render_form(
        session,
        actor,
        house,
        request,
        meeting_row,
        decision_row,
        "correct",
        _empty_entry(text=decision_row.text, how=decision_row.how),
    )


@router.post("/meetings/{meeting}/decisions/{decision}/correct", name="correct-decision", dependencies=CORRECTS)
def correct(
    meeting: UUID,
    decision: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    text: Typed = "",
    how: Typed = "",
    version: Version = 0,
) -> Response:
    """Correct a decision while its session is open."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    decision_row = decisions.one(session, meeting_row, decision)
    rules.CORRECT.require(actor, queries.at_session_of(session, meeting_row, decision_row))
    entry = read(NewDecision, {"text": text, "how": how, "lang": decision_row.lang})
    if entry.made is None:
        return _render_form(session, actor, house, request, meeting_row, decision_row, "correct", entry)
    try:
        with apart(session):
            actions.correct(session, actor, meeting_row, decision_row, entry.made, version=version)
    except Conflict as error:
        return _render_form(session, actor, house, request, meeting_row, decision_row, "correct", entry, error.reason)
    return RedirectResponse(f"/meetings/{meeting_row.id}/floor", 303)


@router.get("/meetings/{meeting}/decisions/{decision}/position", name="putting-position", dependencies=PUTS)
def putting(
    meeting: UUID, decision: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    """Show the form for the position of the actor's State."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    decision_row = decisions.one(session, meeting_row, decision)
    rules.PUT.require(actor, queries.at(session, meeting_row, actor.entity))
    return _render_form(session, actor, house, request, meeting_row, decision_row, "position", _empty_entry())


@router.post("/meetings/{meeting}/decisions/{decision}/position", name="put-position", dependencies=PUTS)
def put(
    meeting: UUID,
    decision: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    stance: Typed = "",
    text: Typed = "",
) -> Response:
    """Put the position of the actor's State on record."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    decision_row = decisions.one(session, meeting_row, decision)
    rules.PUT.require(actor, queries.at(session, meeting_row, actor.entity))
    entry = read(NewPosition, {"stance": stance, "text": text, "lang": house.pages.language(request)})
    if entry.made is None:
        return _render_form(session, actor, house, request, meeting_row, decision_row, "position", entry)
    actions.put_position(session, actor, meeting_row, decision_row, entry.made)
    return RedirectResponse(f"/meetings/{meeting_row.id}/decisions#decision-{decision_row.number}", 303)


@router.get("/meetings/{meeting}/decisions/{decision}/note", name="noting-position", dependencies=NOTES)
def noting(
    meeting: UUID, decision: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    """Show the form on which the chair notes the position of a State."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    decision_row = decisions.one(session, meeting_row, decision)
    rules.NOTE.require(actor, queries.at(session, meeting_row))
    return _render_form(session, actor, house, request, meeting_row, decision_row, "note", _empty_entry())


@router.post("/meetings/{meeting}/decisions/{decision}/note", name="note-position", dependencies=NOTES)
def note(
    meeting: UUID,
    decision: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    entity: Typed = "",
    stance: Typed = "",
    text: Typed = "",
) -> Response:
    """Note the position of a State, in the words of the chair."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    decision_row = decisions.one(session, meeting_row, decision)
    rules.NOTE.require(actor, queries.at(session, meeting_row))
    language = house.pages.language(request)
    entry = read(NotedPosition, {"entity": entity, "stance": stance, "text": text, "lang": language})
    if entry.made is None:
        return _render_form(session, actor, house, request, meeting_row, decision_row, "note", entry)
    try:
        with apart(session):
            actions.note_position(session, actor, meeting_row, decision_row, entry.made)
    except Conflict as error:
        return _render_form(session, actor, house, request, meeting_row, decision_row, "note", entry, error.reason)
    return RedirectResponse(f"/meetings/{meeting_row.id}/decisions#decision-{decision_row.number}", 303)


def _empty_entry(**known: str) -> Entry[Any]:
    """Return an unsubmitted form with these values."""
    return Entry(EMPTY | known, None, {})


def _render_form(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    decision: Decision | None,
    act: str,
    entry: Entry[Any],
    refused: Text | None = None,
) -> Response:
    """Render the form of a decision or a position as typed; `refused` says why it was not saved."""
    language = house.pages.language(request)
    now = queries.open_one(session, meeting)
    known = sorted(filter(member_states.is_known, queries.represented(session, meeting)))
    return house.pages.show(
        request,
        "web/floor/decision.html",
        status=409 if refused else 400 if entry.errors else 200,
        frame=frame(session, actor, meeting, "floor", language),
        here=f"/meetings/{meeting.id}",
        act=act,
        decision=decision,
        lang=foreign(decision.lang, language) if decision else None,
        item=next((each for each in places(session, meeting, language) if now and each.id == now.item_id), None),
        version=decision.version if decision else now.version if now else 0,
        hows=list(HOWS.items()),
        stances=[(stance, words) for stance, (_, words) in STANCES.items()],
        states=[(code, EntityName(code)) for code in member_states.order(known, language)],
        typed=EMPTY | dict(entry.typed),
        errors=entry.errors,
        refused=refused,
    )
