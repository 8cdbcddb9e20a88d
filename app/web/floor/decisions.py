"""Decisions of a meeting: the list, taking one down, correcting it, and positions of States on it."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.core.db import ReadSession
from app.core.errors import Conflict
from app.core.i18n import LazyText
from app.core.journal import savepoint
from app.core.permissions import Actor
from app.domain import member_states
from app.domain.decisions import queries as decisions
from app.domain.decisions import rules
from app.domain.decisions.inputs import NewDecision, NewDecisionPosition, NotedDecisionPosition
from app.domain.decisions.models import Decision
from app.domain.floor import queries
from app.domain.floor.actions import session as actions
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.http.authentication import EntityName, SignedInActor, SignedInFor
from app.http.portal_state import Portal, PortalState, RequestReadSession, RequestWriteSession
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, VersionField, parse_form
from app.web.views.documents.titles import find_foreign_language
from app.web.views.floor.floor import (
    DECISION_METHOD_LABELS,
    DECISION_STANCE_LABELS,
    list_floor_agenda_items,
    list_floor_decisions,
)
from app.web.views.meetings.meetings import build_meeting_frame

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

TAKE_DOWN_DECISION_GUARDS = [Depends(SignedInFor(rules.RECORD))]
CORRECT_DECISION_GUARDS = [Depends(SignedInFor(rules.CORRECT))]
PUT_POSITION_GUARDS = [Depends(SignedInFor(rules.PUT_POSITION))]
NOTE_POSITION_GUARDS = [Depends(SignedInFor(rules.NOTE_POSITION))]
EMPTY_DECISION_FORM = {"text": "", "how": "consensus", "stance": "", "entity": ""}


@router.get("/meetings/{meeting}/decisions", name="decisions", dependencies=[Depends(SignedInFor(rules.SEE))])
def show_decision_list(
    meeting: UUID, actor: SignedInActor, session: RequestReadSession, house: Portal, request: Request
) -> Response:
    """Show the decisions of a meeting, the latest last."""
    meeting_row = meetings.get_visible_meeting(session, actor, meeting)
    rules.SEE.require(actor, meeting_row)
    language = house.templates.negotiate_language(request)
    now = queries.find_open_sitting(session, meeting_row)
    return house.templates.render_response(
        request,
        "web/floor/decisions.html",
        frame=build_meeting_frame(session, actor, meeting_row, "floor", language),
        here=f"/meetings/{meeting_row.id}",
        decisions=list_floor_decisions(session, actor, meeting_row, now, language)[::-1],
        may_put=rules.PUT_POSITION.allows(actor, queries.build_floor_context(session, meeting_row, actor.entity)),
        may_note=rules.NOTE_POSITION.allows(actor, queries.build_floor_context(session, meeting_row)),
    )


@router.get("/meetings/{meeting}/decisions/new", name="taking-down", dependencies=TAKE_DOWN_DECISION_GUARDS)
def show_decision_form(
    meeting: UUID, actor: SignedInActor, session: RequestReadSession, house: Portal, request: Request
) -> Response:
    """Show the form of a new decision."""
    meeting_row = meetings.get_visible_meeting(session, actor, meeting)
    rules.RECORD.require(actor, queries.build_floor_context(session, meeting_row))
    return _render_form(session, actor, house, request, meeting_row, None, "take-down", _empty_entry())


@router.post("/meetings/{meeting}/decisions/new", name="take-down", dependencies=TAKE_DOWN_DECISION_GUARDS)
def take_down_decision(
    meeting: UUID,
    actor: SignedInActor,
    session: RequestWriteSession,
    house: Portal,
    request: Request,
    text: TextField = "",
    how: TextField = "",
    version: VersionField = 0,
) -> Response:
    """Take down a decision."""
    meeting_row = meetings.get_visible_meeting(session, actor, meeting)
    rules.RECORD.require(actor, queries.build_floor_context(session, meeting_row))
    entry = parse_form(NewDecision, {"text": text, "how": how, "lang": house.templates.negotiate_language(request)})
    if entry.value is None:
        return _render_form(session, actor, house, request, meeting_row, None, "take-down", entry)
    try:
        with savepoint(session):
            actions.record_decision(session, actor, meeting_row, entry.value, version=version)
    except Conflict as error:
        return _render_form(session, actor, house, request, meeting_row, None, "take-down", entry, error.reason)
    return RedirectResponse(f"/meetings/{meeting_row.id}/floor", 303)


@router.get(
    "/meetings/{meeting}/decisions/{decision}/correct", name="correcting-decision", dependencies=CORRECT_DECISION_GUARDS
)
def show_decision_correction_form(
    meeting: UUID, decision: UUID, actor: SignedInActor, session: RequestReadSession, house: Portal, request: Request
) -> Response:
    """Show the form of a decision to correct."""
    meeting_row = meetings.get_visible_meeting(session, actor, meeting)
    decision_row = decisions.get_decision(session, meeting_row, decision)
    rules.CORRECT.require(actor, queries.build_decision_context(session, meeting_row, decision_row))
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


@router.post(
    "/meetings/{meeting}/decisions/{decision}/correct", name="correct-decision", dependencies=CORRECT_DECISION_GUARDS
)
def correct_decision(
    meeting: UUID,
    decision: UUID,
    actor: SignedInActor,
    session: RequestWriteSession,
    house: Portal,
    request: Request,
    text: TextField = "",
    how: TextField = "",
    version: VersionField = 0,
) -> Response:
    """Correct a decision while its session is open."""
    meeting_row = meetings.get_visible_meeting(session, actor, meeting)
    decision_row = decisions.get_decision(session, meeting_row, decision)
    rules.CORRECT.require(actor, queries.build_decision_context(session, meeting_row, decision_row))
    entry = parse_form(NewDecision, {"text": text, "how": how, "lang": decision_row.lang})
    if entry.value is None:
        return _render_form(session, actor, house, request, meeting_row, decision_row, "correct", entry)
    try:
        with savepoint(session):
            actions.correct_decision(session, actor, meeting_row, decision_row, entry.value, version=version)
    except Conflict as error:
        return _render_form(session, actor, house, request, meeting_row, decision_row, "correct", entry, error.reason)
    return RedirectResponse(f"/meetings/{meeting_row.id}/floor", 303)


@router.get(
    "/meetings/{meeting}/decisions/{decision}/position", name="putting-position", dependencies=PUT_POSITION_GUARDS
)
def show_position_form(
    meeting: UUID, decision: UUID, actor: SignedInActor, session: RequestReadSession, house: Portal, request: Request
) -> Response:
    """Show the form for the position of the actor's State."""
    meeting_row = meetings.get_visible_meeting(session, actor, meeting)
    decision_row = decisions.get_decision(session, meeting_row, decision)
    rules.PUT_POSITION.require(actor, queries.build_floor_context(session, meeting_row, actor.entity))
    return _render_form(session, actor, house, request, meeting_row, decision_row, "position", _empty_entry())


@router.post("/meetings/{meeting}/decisions/{decision}/position", name="put-position", dependencies=PUT_POSITION_GUARDS)
def put_position(
    meeting: UUID,
    decision: UUID,
    actor: SignedInActor,
    session: RequestWriteSession,
    house: Portal,
    request: Request,
    stance: TextField = "",
    text: TextField = "",
) -> Response:
    """Put the position of the actor's State on record."""
    meeting_row = meetings.get_visible_meeting(session, actor, meeting)
    decision_row = decisions.get_decision(session, meeting_row, decision)
    rules.PUT_POSITION.require(actor, queries.build_floor_context(session, meeting_row, actor.entity))
    entry = parse_form(
        NewDecisionPosition, {"stance": stance, "text": text, "lang": house.templates.negotiate_language(request)}
    )
    if entry.value is None:
        return _render_form(session, actor, house, request, meeting_row, decision_row, "position", entry)
    actions.put_position(session, actor, meeting_row, decision_row, entry.value)
    return RedirectResponse(f"/meetings/{meeting_row.id}/decisions#decision-{decision_row.number}", 303)


@router.get("/meetings/{meeting}/decisions/{decision}/note", name="noting-position", dependencies=NOTE_POSITION_GUARDS)
def show_noted_position_form(
    meeting: UUID, decision: UUID, actor: SignedInActor, session: RequestReadSession, house: Portal, request: Request
) -> Response:
    """Show the form on which the chair notes the position of a State."""
    meeting_row = meetings.get_visible_meeting(session, actor, meeting)
    decision_row = decisions.get_decision(session, meeting_row, decision)
    rules.NOTE_POSITION.require(actor, queries.build_floor_context(session, meeting_row))
    return _render_form(session, actor, house, request, meeting_row, decision_row, "note", _empty_entry())


@router.post("/meetings/{meeting}/decisions/{decision}/note", name="note-position", dependencies=NOTE_POSITION_GUARDS)
def note_position(
    meeting: UUID,
    decision: UUID,
    actor: SignedInActor,
    session: RequestWriteSession,
    house: Portal,
    request: Request,
    entity: TextField = "",
    stance: TextField = "",
    text: TextField = "",
) -> Response:
    """Note the position of a State, in the words of the chair."""
    meeting_row = meetings.get_visible_meeting(session, actor, meeting)
    decision_row = decisions.get_decision(session, meeting_row, decision)
    rules.NOTE_POSITION.require(actor, queries.build_floor_context(session, meeting_row))
    language = house.templates.negotiate_language(request)
    entry = parse_form(NotedDecisionPosition, {"entity": entity, "stance": stance, "text": text, "lang": language})
    if entry.value is None:
        return _render_form(session, actor, house, request, meeting_row, decision_row, "note", entry)
    try:
        with savepoint(session):
            actions.note_position(session, actor, meeting_row, decision_row, entry.value)
    except Conflict as error:
        return _render_form(session, actor, house, request, meeting_row, decision_row, "note", entry, error.reason)
    return RedirectResponse(f"/meetings/{meeting_row.id}/decisions#decision-{decision_row.number}", 303)


def _empty_entry(**known: str) -> ParsedForm[Any]:
    """Return an unsubmitted form with these values."""
    return ParsedForm(EMPTY_DECISION_FORM | known, None, {})


def _render_form(
    session: ReadSession,
    actor: Actor,
    house: PortalState,
    request: Request,
    meeting: Meeting,
    decision: Decision | None,
    act: str,
    entry: ParsedForm[Any],
    refused: LazyText | None = None,
) -> Response:
    """Render the form of a decision or a position as typed; `refused` says why it was not saved."""
    language = house.templates.negotiate_language(request)
    now = queries.find_open_sitting(session, meeting)
    known = sorted(filter(member_states.is_known_state, queries.list_represented_entities(session, meeting)))
    return house.templates.render_response(
        request,
        "web/floor/decision.html",
        status=409 if refused else 400 if entry.errors else 200,
        frame=build_meeting_frame(session, actor, meeting, "floor", language),
        here=f"/meetings/{meeting.id}",
        act=act,
        decision=decision,
        lang=find_foreign_language(decision.lang, language) if decision else None,
        item=next(
            (each for each in list_floor_agenda_items(session, meeting, language) if now and each.id == now.item_id),
            None,
        ),
        version=decision.version if decision else now.version if now else 0,
        hows=list(DECISION_METHOD_LABELS.items()),
        stances=[(stance, words) for stance, (_, words) in DECISION_STANCE_LABELS.items()],
        states=[(code, EntityName(code)) for code in member_states.order_by_name(known, language)],
        typed=EMPTY_DECISION_FORM | dict(entry.typed),
        errors=entry.errors,
        refused=refused,
    )
