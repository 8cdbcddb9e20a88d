"""The chair's buttons on the list of speakers: add, move, decline, close."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from pydantic import BaseModel

from app.core.errors import BadRequest, NotFound
from app.core.i18n import lazy_gettext as _
from app.domain import member_states
from app.domain.floor.actions import speakers_list
from app.domain.floor.inputs import (
    ChairFloorRequestInput,
    FloorRequestMoveInput,
    ListReasonInput,
    SpeakersListClosingInput,
)
from app.domain.meetings.models import Meeting
from app.http.page_context import ReadContext
from app.web.floor.chair_tools import (
    RUN_FLOOR_GUARDS,
    CurrentChairTools,
    build_reason_fields,
    get_run_meeting,
)
from app.web.floor.pages import render_floor_page
from app.web.forms.messages import build_form_page_values, prefill_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, parse_form
from app.web.views.floor.floor import load_floor_view
from app.web.views.floor.list_reasons import LIST_REASON_LABELS
from app.web.views.meetings.meetings import build_meeting_frame

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])


class SpeakerMoveForm(BaseModel):
    """Form of a move on the list of speakers as typed."""

    before: str = ""
    reason: str = ""
    other_reason: str = ""


@router.post("/meetings/{meeting}/floor/list", dependencies=RUN_FLOOR_GUARDS)
def close_or_reopen_speakers_list(
    tools: CurrentChairTools, to: Annotated[Literal["close", "reopen"], Form()], minutes: TextField = ""
) -> Response:
    """Close or reopen the list of speakers."""
    if to == "reopen":
        return tools.apply_action(speakers_list.reopen_speakers_list)
    closing = parse_form(SpeakersListClosingInput, {"minutes": minutes})
    return tools.apply_form(closing, speakers_list.announce_speakers_list_closing)


@router.post("/meetings/{meeting}/floor/add", dependencies=RUN_FLOOR_GUARDS)
def add_speaker(tools: CurrentChairTools, entity: TextField = "", kind: TextField = "") -> Response:
    """Put a delegation on the list of speakers: by its name in the language of the page, the beginning of it, or its
    code."""
    found = member_states.find_states(entity, tools.context.language)
    if len(found) != 1:
        return render_floor_page(tools.context, tools.meeting, _refuse_name(entity, found), typed={"entity": entity})
    wish = parse_form(ChairFloorRequestInput, {"entity": found[0], "kind": kind})
    return tools.apply_form(wish, speakers_list.put_on_speakers_list)


@router.get("/meetings/{meeting}/floor/requests/{asked}/move", dependencies=RUN_FLOOR_GUARDS)
def show_move_form(context: ReadContext, meeting: UUID, asked: UUID) -> Response:
    """Show the form of a move to any place on the list."""
    return _render_move_form(context, get_run_meeting(context, meeting), asked, prefill_form(SpeakerMoveForm()))


@router.post("/meetings/{meeting}/floor/requests/{asked}/move", dependencies=RUN_FLOOR_GUARDS)
def move_speaker(asked: UUID, tools: CurrentChairTools, form: Annotated[SpeakerMoveForm, Form()]) -> Response:
    """Move a request on the list of speakers."""
    typed = {"before": form.before, **build_reason_fields(form.reason, form.other_reason)}
    entry = parse_form(FloorRequestMoveInput, typed)
    if entry.value is None:
        return _render_move_form(tools.context, tools.meeting, asked, entry)
    return tools.apply_action(speakers_list.move_floor_request, asked, entry.value)


@router.post("/meetings/{meeting}/floor/requests/{asked}/decline", dependencies=RUN_FLOOR_GUARDS)
def decline_floor_request(
    asked: UUID, tools: CurrentChairTools, reason: TextField = "", other_reason: TextField = ""
) -> Response:
    """Decline a request for the floor."""
    declining = parse_form(ListReasonInput, build_reason_fields(reason, other_reason))
    return tools.apply_form(declining, speakers_list.decline_floor_request, asked)


def _refuse_name(typed: str, found: Sequence[str]) -> BadRequest:
    """Build the refusal of a name that means no Member State, or several."""
    if found:
        return BadRequest(_("“%(words)s” is the beginning of several names. Choose one from the list.", words=typed))
    return BadRequest(
        _("“%(words)s” is not the name or the code of a Member State. Choose one from the list.", words=typed)
    )


def _render_move_form(
    context: ReadContext, meeting: Meeting, request_id: UUID, entry: ParsedForm[FloorRequestMoveInput]
) -> Response:
    """Render the form of a move. Raises NotFound if the request is not on the list."""
    floor = load_floor_view(context.session, context.actor, meeting, context.localizer)
    speaker = next((each for each in floor.queue if each.id == request_id and not each.interrupted), None)
    if speaker is None:
        raise NotFound()
    others = [
        each for each in floor.queue if each.kind == speaker.kind and each.id != request_id and not each.interrupted
    ]
    return context.render(
        "web/floor/move.html",
        frame=build_meeting_frame(context.session, context.actor, meeting, "floor", context.language),
        floor=floor,
        speaker=speaker,
        choices=[*((each.id, each.name) for each in others), ("", _("At the end of the list"))],
        reasons=list(LIST_REASON_LABELS.items()),
        **build_form_page_values(entry),
    )
