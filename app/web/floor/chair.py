"""Running a session: the buttons of the chair and its deputies.

Each names the version of the floor on which it was pressed. A refused action is explained above the current floor.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from pydantic import BaseModel

from app.core.errors import BadRequest, Conflict, NotFound
from app.core.i18n import lazy_gettext as _
from app.core.validation import ReasonInput
from app.domain.floor import queries, rules
from app.domain.floor.actions import calling, speakers_list, undo
from app.domain.floor.actions import session as actions
from app.domain.floor.inputs import (
    ChairFloorRequestInput,
    FloorRequestMoveInput,
    SpeakersListClosingInput,
    SpeakingLimitInput,
)
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.floor.pages import render_floor_page
from app.web.forms.actions import try_action
from app.web.forms.checking import CheckPage, render_check_page
from app.web.forms.messages import build_form_page_values, prefill_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, VersionField, parse_form
from app.web.views.floor.floor import load_floor_view
from app.web.views.meetings.meetings import build_meeting_frame

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

RUN_FLOOR_GUARDS = [Depends(SignedInGuard(rules.RUN))]
CLOCK_ACTIONS = {
    "stop": calling.stop_speaker_clock,
    "start": calling.start_speaker_clock,
    "more": calling.extend_speaking_time,
}


@dataclass(frozen=True, slots=True)
class ChairTools:
    """The floor of a meeting in the hands of who runs it, with the version on which they decided."""

    context: WriteContext
    meeting: Meeting
    version: int

    def apply_action(self, action: Callable[..., object], *args: object) -> Response:
        """Run the action on the version that the person saw, and show the floor."""
        context = self.context
        return _leave_or_explain(
            context,
            self.meeting,
            lambda: action(context.session, context.actor, self.meeting, *args, version=self.version),
        )


def _leave_or_explain(context: WriteContext, meeting: Meeting, action: Callable[[], object]) -> Response:
    """Run the action and redirect to the floor; or render the current floor with the reason why it was not done."""
    refusal = try_action(context, action, refusals=(Conflict,))
    return (
        render_floor_page(context, meeting, refusal) if refusal else context.redirect(f"/meetings/{meeting.id}/floor")
    )


def get_chair_action_runner(context: WriteContext, meeting: UUID, version: VersionField = 0) -> ChairTools:
    """Return the chair's tools for a meeting. Raises NotFound, Forbidden, Conflict."""
    return ChairTools(context, _get_run_meeting(context, meeting), version)


def _get_run_meeting(context: ReadContext, meeting: UUID) -> Meeting:
    """Return a meeting whose floor the actor may run. Raises NotFound, Forbidden, Conflict."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    rules.RUN.require(context.actor, queries.build_floor_rule_subject(context.session, meeting_row))
    return meeting_row


CurrentChairTools = Annotated[ChairTools, Depends(get_chair_action_runner)]
IdField = Annotated[UUID, Form()]


class SpeakerMoveOrDeclineForm(BaseModel):
    """Form of a move on the list of speakers, or of declining a request, which has no `before`, as typed."""

    before: str = ""
    reason: str = ""


@router.post("/meetings/{meeting}/floor/open", dependencies=[Depends(SignedInGuard(rules.OPEN))])
def open_meeting_session(
    context: WriteContext, meeting: UUID, wanted: Annotated[UUID, Form(alias="session")]
) -> Response:
    """Open a session of the meeting."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    rules.OPEN.require(context.actor, queries.build_floor_rule_subject(context.session, meeting_row))
    wanted_session = queries.get_meeting_session(context.session, meeting_row, wanted)
    return _leave_or_explain(
        context,
        meeting_row,
        lambda: actions.open_meeting_session(context.session, context.actor, meeting_row, wanted_session),
    )


@router.get("/meetings/{meeting}/floor/close", dependencies=RUN_FLOOR_GUARDS)
def check_closing_of_meeting_session(context: ReadContext, meeting: UUID) -> Response:
    """Show what closing the open session does."""
    meeting_row = _get_run_meeting(context, meeting)
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
def give_floor(tools: CurrentChairTools, asked: Annotated[UUID, Form(alias="request")]) -> Response:
    """Give the floor to a delegation."""
    return tools.apply_action(calling.give_floor, asked)


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


@router.post("/meetings/{meeting}/floor/limit", dependencies=RUN_FLOOR_GUARDS)
def set_speaking_limit(tools: CurrentChairTools, minutes: TextField = "") -> Response:
    """Set the speaking limit in minutes."""
    return tools.apply_action(
        calling.set_speaking_limit, _require_valid(parse_form(SpeakingLimitInput, {"minutes": minutes}))
    )


@router.post("/meetings/{meeting}/floor/list", dependencies=RUN_FLOOR_GUARDS)
def close_or_reopen_speakers_list(
    tools: CurrentChairTools, to: Annotated[Literal["close", "reopen"], Form()], minutes: TextField = ""
) -> Response:
    """Close or reopen the list of speakers."""
    if to == "reopen":
        return tools.apply_action(speakers_list.reopen_speakers_list)
    return tools.apply_action(
        speakers_list.announce_speakers_list_closing,
        _require_valid(parse_form(SpeakersListClosingInput, {"minutes": minutes})),
    )


@router.post("/meetings/{meeting}/floor/add", dependencies=RUN_FLOOR_GUARDS)
def add_speaker(tools: CurrentChairTools, entity: TextField = "", kind: TextField = "") -> Response:
    """Put a delegation on the list of speakers."""
    return tools.apply_action(
        speakers_list.put_on_speakers_list,
        _require_valid(parse_form(ChairFloorRequestInput, {"entity": entity, "kind": kind})),
    )


@router.get("/meetings/{meeting}/floor/requests/{asked}/{act}", dependencies=RUN_FLOOR_GUARDS)
def show_move_or_decline_form(
    context: ReadContext, meeting: UUID, asked: UUID, act: Literal["move", "decline"]
) -> Response:
    """Show the form for the reason of a move or of declining a request."""
    return _render_reason_form(
        context, _get_run_meeting(context, meeting), asked, act, prefill_form(SpeakerMoveOrDeclineForm())
    )


@router.post("/meetings/{meeting}/floor/requests/{asked}/move", dependencies=RUN_FLOOR_GUARDS)
def move_speaker(asked: UUID, tools: CurrentChairTools, form: Annotated[SpeakerMoveOrDeclineForm, Form()]) -> Response:
    """Move a request on the list of speakers."""
    entry = parse_form(FloorRequestMoveInput, form.model_dump())
    return _apply_with_reason(tools, asked, "move", entry, speakers_list.move_floor_request)


@router.post("/meetings/{meeting}/floor/requests/{asked}/decline", dependencies=RUN_FLOOR_GUARDS)
def decline_floor_request(asked: UUID, tools: CurrentChairTools, reason: TextField = "") -> Response:
    """Decline a request for the floor."""
    return _apply_with_reason(
        tools, asked, "decline", parse_form(ReasonInput, {"reason": reason}), speakers_list.decline_floor_request
    )


def _apply_with_reason(
    tools: ChairTools,
    request_id: UUID,
    step: str,
    entry: ParsedForm[FloorRequestMoveInput] | ParsedForm[ReasonInput],
    action: Callable[..., object],
) -> Response:
    """Run the action with its reason, or render the form again if the reason is not valid."""
    if entry.value is None:
        return _render_reason_form(tools.context, tools.meeting, request_id, step, entry)
    return tools.apply_action(action, request_id, entry.value)


def _render_reason_form(
    context: ReadContext,
    meeting: Meeting,
    request_id: UUID,
    step: str,
    entry: ParsedForm[FloorRequestMoveInput] | ParsedForm[ReasonInput],
) -> Response:
    """Render the form for the reason; for a move also the new place. Raises NotFound if the request is not on the
    list."""
    floor = load_floor_view(context.session, context.actor, meeting, context.localizer)
    speaker = next((each for each in floor.queue if each.id == request_id and not each.interrupted), None)
    if speaker is None:
        raise NotFound()
    others = [
        each for each in floor.queue if each.kind == speaker.kind and each.id != request_id and not each.interrupted
    ]
    return context.render(
        "web/floor/reason.html",
        frame=build_meeting_frame(context.session, context.actor, meeting, "floor", context.language),
        floor=floor,
        act=step,
        about=speaker,
        choices=[*((each.id, each.name) for each in others), ("", _("At the end of the list"))],
        **build_form_page_values(entry),
    )


def _require_valid(
    entry: ParsedForm[SpeakingLimitInput] | ParsedForm[SpeakersListClosingInput] | ParsedForm[ChairFloorRequestInput],
) -> SpeakingLimitInput | SpeakersListClosingInput | ChairFloorRequestInput:
    """Return the validated choice. Raises BadRequest otherwise: every field is a select box, so only a forged form
    fails."""
    if entry.value is None:
        raise BadRequest(next(iter(entry.errors.values())))
    return entry.value
