"""Running a session: the buttons of the chair and its deputies. Those of the list of speakers are in `speakers`.

Each names the version of the floor on which it was pressed. A refused action is explained above the current floor.
"""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response

from app.core.i18n import lazy_gettext as _
from app.domain.floor import queries, rules
from app.domain.floor.actions import calling, item_steps, undo
from app.domain.floor.actions import session as actions
from app.domain.floor.inputs import ItemStepInput, ListReasonInput, PresentationInput, SpeakingLimitInput
from app.domain.meetings import queries as meetings
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.floor.chair_tools import (
    RUN_FLOOR_GUARDS,
    CurrentChairTools,
    IdField,
    build_reason_fields,
    get_run_meeting,
    leave_or_explain,
)
from app.web.forms.checking import CheckPage, render_check_page
from app.web.forms.parsing import RejectRepeatedFields, TextField, parse_form
from app.web.views.floor.floor import load_floor_view
from app.web.views.meetings.meetings import build_meeting_frame

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

CLOCK_ACTIONS = {
    "stop": calling.stop_speaker_clock,
    "start": calling.start_speaker_clock,
    "more": calling.extend_speaking_time,
}


@router.post("/meetings/{meeting}/floor/open", dependencies=[Depends(SignedInGuard(rules.OPEN))])
def open_meeting_session(
    context: WriteContext, meeting: UUID, wanted: Annotated[UUID, Form(alias="session")]
) -> Response:
    """Open a session of the meeting."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    rules.OPEN.require(context.actor, queries.build_floor_rule_subject(context.session, meeting_row))
    wanted_session = queries.get_meeting_session(context.session, meeting_row, wanted)
    return leave_or_explain(
        context,
        meeting_row,
        lambda: actions.open_meeting_session(context.session, context.actor, meeting_row, wanted_session),
    )


@router.get("/meetings/{meeting}/floor/close", dependencies=RUN_FLOOR_GUARDS)
def check_closing_of_meeting_session(context: ReadContext, meeting: UUID) -> Response:
    """Show what closing the open session does."""
    meeting_row = get_run_meeting(context, meeting)
    frame = build_meeting_frame(context.session, context.actor, meeting_row, "floor", context.language)
    floor = load_floor_view(context.session, context.actor, meeting_row, context.localizer)
    here = f"/meetings/{meeting_row.id}"
    return render_check_page(
        context,
        CheckPage(
            act="/meetings/{meeting}/floor/close",
            heading=_("Close the session"),
            crumbs=[("/meetings", _("Meetings")), (here, frame.name), (f"{here}/floor", _("Floor"))],
            facts=[
                (_("Now speaking"), floor.speaker.name if floor.speaker else _("No delegation")),
                (_("Delegations on the list of speakers"), context.localizer.format_number(len(floor.queue))),
            ],
            what=_("The present statement ends. Delegations on the list of speakers stay on it for the next session."),
            button=_("Close the session"),
            action=f"{here}/floor/close",
            back=f"{here}/floor",
            fields={"version": floor.sitting.version if floor.sitting else 0},
        ),
    )


@router.post("/meetings/{meeting}/floor/close", dependencies=RUN_FLOOR_GUARDS)
def close_meeting_session(tools: CurrentChairTools) -> Response:
    """Close the open session."""
    return tools.apply_action(actions.close_meeting_session)


@router.post("/meetings/{meeting}/floor/item", dependencies=RUN_FLOOR_GUARDS)
def set_current_agenda_item(tools: CurrentChairTools, item: IdField) -> Response:
    """Go to an item of the agenda."""
    return tools.apply_action(actions.go_to_item, item)


@router.post("/meetings/{meeting}/floor/give", dependencies=RUN_FLOOR_GUARDS)
def give_floor(
    tools: CurrentChairTools,
    asked: Annotated[UUID, Form(alias="request")],
    reason: TextField = "",
    other_reason: TextField = "",
) -> Response:
    """Give the floor to a delegation; one that is not the first on the list, with a reason or without."""
    giving = parse_form(ListReasonInput, build_reason_fields(reason, other_reason))
    return tools.apply_form(giving, calling.give_floor, asked)


@router.post("/meetings/{meeting}/floor/end", dependencies=RUN_FLOOR_GUARDS)
def end_floor_statement(tools: CurrentChairTools) -> Response:
    """End the current statement."""
    return tools.apply_action(calling.end_statement)


@router.post("/meetings/{meeting}/floor/undo", dependencies=RUN_FLOOR_GUARDS)
def undo_last_act(tools: CurrentChairTools) -> Response:
    """Undo the last act, within a minute."""
    return tools.apply_action(undo.undo_last_act)


@router.post("/meetings/{meeting}/floor/clock", dependencies=RUN_FLOOR_GUARDS)
def set_speaker_clock(tools: CurrentChairTools, to: Annotated[Literal["stop", "start", "more"], Form()]) -> Response:
    """Stop, start or extend the speaker's clock."""
    return tools.apply_action(CLOCK_ACTIONS[to])


@router.post("/meetings/{meeting}/floor/step", dependencies=RUN_FLOOR_GUARDS)
def take_item_step(tools: CurrentChairTools, step: TextField = "") -> Response:
    """Go on to a step of the current item."""
    return tools.apply_form(parse_form(ItemStepInput, {"step": step}), item_steps.take_item_step)


@router.post("/meetings/{meeting}/floor/present", dependencies=RUN_FLOOR_GUARDS)
def present_document(tools: CurrentChairTools, document: TextField = "") -> Response:
    """Present a document of the current item to everybody, or none."""
    return tools.apply_form(parse_form(PresentationInput, {"document": document}), item_steps.present_document)


@router.post("/meetings/{meeting}/floor/limit", dependencies=RUN_FLOOR_GUARDS)
def set_speaking_limit(
    tools: CurrentChairTools, minutes: TextField = "", statements: TextField = "", state_minutes: TextField = ""
) -> Response:
    """Set the minutes of each statement, and the limits of each delegation on the current item."""
    typed = {"minutes": minutes, "statements": statements, "state_minutes": state_minutes}
    return tools.apply_form(parse_form(SpeakingLimitInput, typed), calling.set_speaking_limit)
