"""Action points of a meeting: the page, which also lists open ones of earlier meetings, adding one, updating its
progress."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, EntityName, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.core import clock
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Conflict
from app.core.i18n import Text, say
from app.core.journal import apart
from app.domain import member_states
from app.domain.decisions import queries as decisions
from app.domain.decisions.models import ActionPoint, Decision, Progress
from app.domain.floor import queries as floor
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.reports import following, queries, rules
from app.domain.reports.inputs import Going, NewAction
from app.domain.reports.queries import Acting
from app.web.entries import EachFieldOnce, Entry, Typed, Version, read
from app.web.meeting_pages import frame

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

SEES, ADDS = [Depends(Asks(rules.SEE_ACTIONS))], [Depends(Asks(rules.ADD_ACTION))]
MOVES = [Depends(Asks(rules.MOVE_ACTION))]
PROGRESS = {
    Progress.OPEN: ("info", say("Open")),
    Progress.DONE: ("good", say("Done")),
    Progress.DROPPED: ("none", say("Dropped")),
}
OVERDUE = ("bad", say("Overdue"))


@dataclass(frozen=True, slots=True)
class Line:
    """An action point in a list. `number` is the number of its decision."""

    point: ActionPoint
    number: int
    meeting: Meeting
    owner: Text
    tag: tuple[str, Text]
    may_move: bool


@router.get("/meetings/{meeting}/actions", name="actions", dependencies=SEES)
def show(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the action points of a meeting, and those still open of earlier ones."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.SEE_ACTIONS.require(actor, meeting_row)
    may_add = rules.ADD_ACTION.allows(actor, rules.At(meeting_row))
    return house.pages.show(
        request,
        "web/actions/list.html",
        frame=frame(session, actor, meeting_row, "actions", house.pages.language(request)),
        here=_action_point_lines(queries.actions_of(session, meeting_row), actor),
        before=_action_point_lines(queries.open_before(session, meeting_row), actor),
        decisions=decisions.listed(session, meeting_row) if may_add else [],
    )


@router.get("/meetings/{meeting}/decisions/{decision}/action", name="adding-action", dependencies=ADDS)
def adding(
    meeting: UUID, decision: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    """Show the form of a new action point."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.ADD_ACTION.require(actor, rules.At(meeting_row))
    decision_row = decisions.one(session, meeting_row, decision)
    return _render_new_form(session, actor, house, request, meeting_row, decision_row, Entry({}, None, {}))


@router.post("/meetings/{meeting}/decisions/{decision}/action", name="add-action", dependencies=ADDS)
def add(
    meeting: UUID,
    decision: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    text: Typed = "",
    state: Typed = "",
    owner: Typed = "",
    due_on: Typed = "",
) -> Response:
    """Add an action point to a decision. Its owner is a State from the list, or else somebody named in words."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.ADD_ACTION.require(actor, rules.At(meeting_row))
    decision_row = decisions.one(session, meeting_row, decision)
    language = house.pages.language(request)
    entry = read(NewAction, {"text": text, "owner": state or owner, "due_on": due_on, "lang": language})
    if entry.made is None:
        typed = {"text": text, "state": state, "owner": owner, "due_on": due_on}
        return _render_new_form(
            session, actor, house, request, meeting_row, decision_row, Entry(typed, None, entry.errors)
        )
    following.add(session, actor, meeting_row, decision_row, entry.made)
    return RedirectResponse(f"/meetings/{meeting_row.id}/actions?done=on-record", 303)


@router.get("/meetings/{meeting}/actions/{action}", name="moving-action", dependencies=MOVES)
def moving(
    meeting: UUID, action: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    """Show the form of an action point's progress."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    point = queries.one_action(session, meeting_row, action)
    rules.MOVE_ACTION.require(actor, rules.At(meeting_row, entity=point.owner))
    return _render_progress_form(
        session, actor, house, request, meeting_row, point, Entry({"progress": point.progress}, None, {})
    )


@router.post("/meetings/{meeting}/actions/{action}", name="move-action", dependencies=MOVES)
def move(
    meeting: UUID,
    action: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    progress: Typed = "",
    note: Typed = "",
    version: Version = 0,
) -> Response:
    """Update the progress of an action point."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    point = queries.one_action(session, meeting_row, action)
    rules.MOVE_ACTION.require(actor, rules.At(meeting_row, entity=point.owner))
    entry = read(Going, {"progress": progress, "note": note})
    if entry.made is None:
        return _render_progress_form(session, actor, house, request, meeting_row, point, entry)
    try:
        with apart(session):
            following.move(session, actor, meeting_row, action, entry.made, version=version)
    except Conflict as error:
        return _render_progress_form(session, actor, house, request, meeting_row, point, entry, error.reason)
    return RedirectResponse(f"/meetings/{meeting_row.id}/actions?done=on-record", 303)


def _action_point_lines(rows: Iterable[Acting], actor: Actor) -> list[Line]:
    return [
        Line(
            point=row[0],
            number=row[1].number,
            meeting=row[2],
            owner=EntityName(row[0].owner),
            tag=_progress_label(row[0]),
            may_move=rules.MOVE_ACTION.allows(actor, rules.At(row[2], entity=row[0].owner)),
        )
        for row in rows
    ]


def _progress_label(point: ActionPoint) -> tuple[str, Text]:
    is_late = point.due_on is not None and point.due_on < clock.now().date()
    return OVERDUE if is_late and point.progress == Progress.OPEN else PROGRESS[Progress(point.progress)]


def _render_new_form(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    decision: Decision,
    entry: Entry[Any],
) -> Response:
    language = house.pages.language(request)
    known = sorted(filter(member_states.is_known, floor.represented(session, meeting)))
    states = [(code, EntityName(code)) for code in member_states.order(known, language)]
    return house.pages.show(
        request,
        "web/actions/add.html",
        status=400 if entry.errors else 200,
        frame=frame(session, actor, meeting, "actions", language),
        decision=decision,
        states=[("", say("Somebody else, named below")), *states],
        typed={"text": "", "state": "", "owner": "", "due_on": ""} | dict(entry.typed),
        errors=entry.errors,
    )


def _render_progress_form(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    point: ActionPoint,
    entry: Entry[Any],
    refused: Text | None = None,
) -> Response:
    return house.pages.show(
        request,
        "web/actions/move.html",
        status=409 if refused else 400 if entry.errors else 200,
        frame=frame(session, actor, meeting, "actions", house.pages.language(request)),
        point=point,
        owner=EntityName(point.owner),
        choices=[(each, words) for each, (_, words) in PROGRESS.items()],
        typed={"note": ""} | dict(entry.typed),
        errors=entry.errors,
        refused=refused,
    )
