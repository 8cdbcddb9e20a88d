"""Action points of a meeting: the page, which also lists open ones of earlier meetings, adding one, updating its
progress."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from pydantic import BaseModel

from app.core import clock
from app.core.errors import DomainError
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain import member_states
from app.domain.decisions import queries as decisions
from app.domain.decisions.models import ActionPoint, ActionPointProgress, Decision
from app.domain.floor import queries as floor
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.reports import queries
from app.domain.reports.actions import action_points
from app.domain.reports.inputs import ActionPointUpdate, NewActionPoint
from app.domain.reports.queries import ActionPointRow
from app.domain.reports.rules import reports
from app.http.authentication import EntityName, SignedInGuard
from app.http.labels import ACTION_POINT_OWNER_LABELS, PROGRESS_LABELS, name_action_point_owner
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import submit_form
from app.web.forms.messages import build_form_page_values, prefill_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, VersionField, parse_form
from app.web.views.meetings.meetings import build_meeting_frame

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

SEE_ACTION_POINTS_GUARDS = [Depends(SignedInGuard(reports.SEE_ACTIONS))]
ADD_ACTION_POINT_GUARDS = [Depends(SignedInGuard(reports.ADD_ACTION))]
UPDATE_ACTION_POINT_GUARDS = [Depends(SignedInGuard(reports.UPDATE_ACTION))]
OVERDUE_LABEL = ("bad", _("Overdue"))


class ActionPointForm(BaseModel):
    """Form of an action point as typed. Its owner is a State from the list, or else somebody named in words."""

    text: str = ""
    state: str = ""
    owner: str = ""
    due_on: str = ""


class ActionPointProgressForm(BaseModel):
    """Form of an action point's progress as typed."""

    progress: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ActionPointLine:
    """An action point in a list. `number` is the number of its decision."""

    point: ActionPoint
    number: int
    meeting: Meeting
    owner: LazyText
    tag: tuple[str, LazyText]
    may_move: bool


@router.get("/meetings/{meeting}/actions", dependencies=SEE_ACTION_POINTS_GUARDS)
def show_action_points(context: ReadContext, meeting: UUID) -> Response:
    """Show the action points of a meeting, and those still open of earlier ones."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.SEE_ACTIONS.require(context.actor, meeting_row)
    may_add = reports.ADD_ACTION.allows(context.actor, reports.ReportRuleSubject(meeting_row))
    return context.render(
        "web/actions/list.html",
        frame=build_meeting_frame(context.session, context.actor, meeting_row, "actions", context.language),
        here=_action_point_lines(queries.list_action_points(context.session, meeting_row), context.actor),
        before=_action_point_lines(
            queries.list_open_earlier_action_points(context.session, meeting_row), context.actor
        ),
        decisions=decisions.list_decisions(context.session, meeting_row) if may_add else [],
    )


@router.get("/meetings/{meeting}/decisions/{decision}/action", dependencies=ADD_ACTION_POINT_GUARDS)
def show_new_action_point_form(context: ReadContext, meeting: UUID, decision: UUID) -> Response:
    """Show the form of a new action point."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.ADD_ACTION.require(context.actor, reports.ReportRuleSubject(meeting_row))
    decision_row = decisions.get_decision(context.session, meeting_row, decision)
    return _render_new_form(context, meeting_row, decision_row, prefill_form(ActionPointForm()))


@router.post("/meetings/{meeting}/decisions/{decision}/action", dependencies=ADD_ACTION_POINT_GUARDS)
def add_action_point(
    context: WriteContext, meeting: UUID, decision: UUID, form: Annotated[ActionPointForm, Form()]
) -> Response:
    """Add an action point to a decision."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.ADD_ACTION.require(context.actor, reports.ReportRuleSubject(meeting_row))
    decision_row = decisions.get_decision(context.session, meeting_row, decision)
    values = form.model_dump(exclude={"state"}) | {"owner": form.state or form.owner, "lang": context.language}
    entry = parse_form(NewActionPoint, values)
    if entry.value is None:
        return _render_new_form(context, meeting_row, decision_row, ParsedForm(form.model_dump(), None, entry.errors))
    action_points.add_action_point(context.session, context.actor, meeting_row, decision_row, entry.value)
    return context.redirect(f"/meetings/{meeting_row.id}/actions?done=on-record")


@router.get("/meetings/{meeting}/actions/{action}", dependencies=UPDATE_ACTION_POINT_GUARDS)
def show_progress_form(context: ReadContext, meeting: UUID, action: UUID) -> Response:
    """Show the form of an action point's progress."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    point = queries.get_action_point(context.session, meeting_row, action)
    reports.UPDATE_ACTION.require(context.actor, reports.ReportRuleSubject(meeting_row, entity=point.owner))
    return _render_progress_form(
        context, meeting_row, point, prefill_form(ActionPointProgressForm(progress=point.progress))
    )


@router.post("/meetings/{meeting}/actions/{action}", dependencies=UPDATE_ACTION_POINT_GUARDS)
def update_action_point_progress(
    context: WriteContext,
    meeting: UUID,
    action: UUID,
    form: Annotated[ActionPointProgressForm, Form()],
    version: VersionField = 0,
) -> Response:
    """Update the progress of an action point."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    point = queries.get_action_point(context.session, meeting_row, action)
    reports.UPDATE_ACTION.require(context.actor, reports.ReportRuleSubject(meeting_row, entity=point.owner))
    return submit_form(
        context,
        ActionPointUpdate,
        form.model_dump(),
        action=lambda update: action_points.update_action_point(
            context.session, context.actor, meeting_row, action, update, version=version
        ),
        render=partial(_render_progress_form, context, meeting_row, point),
        done=f"/meetings/{meeting_row.id}/actions?done=progress",
    )


def _action_point_lines(rows: Iterable[ActionPointRow], actor: Actor) -> list[ActionPointLine]:
    return [
        ActionPointLine(
            point=row[0],
            number=row[1].number,
            meeting=row[2],
            owner=name_action_point_owner(row[0].owner),
            tag=_progress_label(row[0]),
            may_move=reports.UPDATE_ACTION.allows(actor, reports.ReportRuleSubject(row[2], entity=row[0].owner)),
        )
        for row in rows
    ]


def _progress_label(point: ActionPoint) -> tuple[str, LazyText]:
    is_late = point.due_on is not None and point.due_on < clock.now().date()
    return (
        OVERDUE_LABEL
        if is_late and point.progress == ActionPointProgress.OPEN
        else PROGRESS_LABELS[ActionPointProgress(point.progress)]
    )


def _render_new_form(context: ReadContext, meeting: Meeting, decision: Decision, entry: ParsedForm[Any]) -> Response:
    language = context.language
    known = sorted(
        filter(member_states.is_known_state, floor.list_entities_accredited_in_body(context.session, meeting))
    )
    states = [(code, EntityName(code)) for code in member_states.order_by_name(known, language)]
    return context.render(
        "web/actions/add.html",
        frame=build_meeting_frame(context.session, context.actor, meeting, "actions", language),
        decision=decision,
        states=[("", _("Other (specify below)")), *ACTION_POINT_OWNER_LABELS.items(), *states],
        **build_form_page_values(entry),
    )


def _render_progress_form(
    context: ReadContext,
    meeting: Meeting,
    point: ActionPoint,
    entry: ParsedForm[Any],
    refusal: DomainError | None = None,
) -> Response:
    return context.render(
        "web/actions/move.html",
        frame=build_meeting_frame(context.session, context.actor, meeting, "actions", context.language),
        point=point,
        owner=name_action_point_owner(point.owner),
        choices=[(each, words) for each, (_ignored, words) in PROGRESS_LABELS.items()],
        **build_form_page_values(entry, refusal),
    )
