"""Action points of a meeting: the page, which also lists open ones of earlier meetings, adding one, updating its
progress."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from pydantic import BaseModel

from app.core import clock
from app.core.errors import BadRequest, DomainError
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.decisions import queries as decisions
from app.domain.decisions.models import ActionPoint, ActionPointProgress, Decision
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.reports import queries
from app.domain.reports.actions import action_points
from app.domain.reports.inputs import ActionPointFilter, ActionPointUpdate, NewActionPoint
from app.domain.reports.queries import ActionPointRow
from app.domain.reports.rules import reports
from app.http.authentication import SignedInGuard
from app.http.labels import PROGRESS_LABELS, name_action_point_owner
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import submit_form, submit_parsed_form
from app.web.forms.list_queries import FilteredList, FilterParameters
from app.web.forms.messages import build_form_page_values, prefill_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, VersionField, parse_form
from app.web.views.meetings.meetings import build_meeting_frame
from app.web.views.reports.owners import list_owner_choices

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

SEE_ACTION_POINTS_GUARDS = [Depends(SignedInGuard(reports.SEE_ACTIONS))]
ADD_ACTION_POINT_GUARDS = [Depends(SignedInGuard(reports.ADD_ACTION))]
UPDATE_ACTION_POINT_GUARDS = [Depends(SignedInGuard(reports.UPDATE_ACTION))]
OVERDUE_LABEL = ("bad", _("Overdue"))
PROGRESS_CHOICES = (
    ("overdue", OVERDUE_LABEL[1]),
    *((progress, label) for progress, (_colour, label) in PROGRESS_LABELS.items()),
)
ORDER_LABELS = ((None, _("By decision")), ("due", _("By due date")), ("owner", _("By person or body responsible")))


class ActionPointForm(BaseModel):
    """Form of an action point as typed. Its owner is the value of a choice: an office, a person or a State."""

    text: str = ""
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
def show_action_points(
    context: ReadContext,
    meeting: UUID,
    filters: Annotated[ActionPointFilter, Depends(FilterParameters(ActionPointFilter))],
) -> Response:
    """Show the action points of a meeting, and those still open of earlier ones."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    reports.SEE_ACTIONS.require(context.actor, meeting_row)
    here = queries.list_action_points(context.session, meeting_row, filters)
    before = queries.list_open_earlier_action_points(context.session, meeting_row, filters)
    owners = queries.list_action_point_owners(context.session, meeting_row)
    names = queries.index_owner_names(context.session, [row[0] for row in (*here, *before)])
    may_add = reports.ADD_ACTION.allows(context.actor, reports.ReportRuleSubject(meeting_row))
    listing = FilteredList(f"/meetings/{meeting_row.id}/actions", filters)
    return context.render(
        "web/actions/list.html",
        frame=build_meeting_frame(context.session, context.actor, meeting_row, "actions", context.language),
        here=_build_action_point_lines(here, context.actor, names),
        before=_build_action_point_lines(before, context.actor, names),
        decisions=decisions.list_decisions(context.session, meeting_row) if may_add else [],
        listing=listing,
        owners=[(owner, name_action_point_owner(owner)) for owner in owners],
        progresses=PROGRESS_CHOICES,
        orders=[(listing.url_with(sort=order), label, listing.chosen_sort == order) for order, label in ORDER_LABELS],
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
    choice = list_owner_choices(context.session, meeting_row, context.language).find(form.owner)
    owned = {"owner": choice.owner if choice else "", "person": choice.person if choice else None}
    entry = parse_form(NewActionPoint, form.model_dump() | {"lang": context.language} | owned)
    return submit_parsed_form(
        context,
        replace(entry, typed=form.model_dump()),
        action=lambda point: action_points.add_action_point(
            context.session, context.actor, meeting_row, decision_row, point
        ),
        render=partial(_render_new_form, context, meeting_row, decision_row),
        done=f"/meetings/{meeting_row.id}/actions?done=on-record",
        refusals=(BadRequest,),
    )


@router.get("/meetings/{meeting}/actions/{action}", dependencies=UPDATE_ACTION_POINT_GUARDS)
def show_progress_form(context: ReadContext, meeting: UUID, action: UUID) -> Response:
    """Show the form of an action point's progress."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    point = queries.get_action_point(context.session, meeting_row, action)
    reports.UPDATE_ACTION.require(context.actor, reports.build_action_point_rule_subject(meeting_row, point))
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
    reports.UPDATE_ACTION.require(context.actor, reports.build_action_point_rule_subject(meeting_row, point))
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


def _build_action_point_lines(
    rows: Iterable[ActionPointRow], actor: Actor, names: Mapping[UUID, str]
) -> list[ActionPointLine]:
    return [
        ActionPointLine(
            point=point,
            number=decision.number,
            meeting=meeting,
            owner=_name_owner(point, names),
            tag=_progress_label(point),
            may_move=reports.UPDATE_ACTION.allows(actor, reports.build_action_point_rule_subject(meeting, point)),
        )
        for point, decision, meeting in rows
    ]


def _name_owner(point: ActionPoint, names: Mapping[UUID, str]) -> LazyText:
    return name_action_point_owner(point.owner, names.get(point.owner_person, "") if point.owner_person else "")


def _progress_label(point: ActionPoint) -> tuple[str, LazyText]:
    is_late = point.due_on is not None and point.due_on < clock.now().date()
    return (
        OVERDUE_LABEL
        if is_late and point.progress == ActionPointProgress.OPEN
        else PROGRESS_LABELS[ActionPointProgress(point.progress)]
    )


def _render_new_form(
    context: ReadContext,
    meeting: Meeting,
    decision: Decision,
    entry: ParsedForm[Any],
    refusal: DomainError | None = None,
) -> Response:
    return context.render(
        "web/actions/add.html",
        frame=build_meeting_frame(context.session, context.actor, meeting, "actions", context.language),
        decision=decision,
        owners=list_owner_choices(context.session, meeting, context.language).groups,
        **build_form_page_values(entry, refusal, field="due_on"),
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
        owner=_name_owner(point, queries.index_owner_names(context.session, [point])),
        choices=[(each, words) for each, (_ignored, words) in PROGRESS_LABELS.items()],
        **build_form_page_values(entry, refusal),
    )
