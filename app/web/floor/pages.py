"""The floor of a meeting: the page for everybody with a seat, the view for the screen on the wall, requests to speak.

Those who run the floor see the same page with more on it: their buttons are in `chair`, events in `event_stream`.
"""

from collections.abc import Collection, Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from pydantic import BaseModel

from app.core.errors import BadRequest, Conflict, DomainError
from app.domain import member_states
from app.domain.floor import queries, rules
from app.domain.floor.actions import speakers_list
from app.domain.floor.inputs import FloorRequestInput
from app.domain.floor.models import FloorRequestKind
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.http.authentication import SignedInGuard
from app.http.labels import DECISION_METHOD_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import try_action
from app.web.forms.messages import build_form_page_values, prefill_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, parse_form
from app.web.views.floor.floor import FLOOR_REQUEST_KIND_LABELS, load_floor_view
from app.web.views.floor.list_reasons import LIST_REASON_LABELS
from app.web.views.floor.next_steps import list_floor_steps
from app.web.views.meetings.meetings import build_meeting_frame

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

SEE_FLOOR_GUARDS = [Depends(SignedInGuard(rules.SEE))]
REQUEST_FLOOR_GUARDS = [Depends(SignedInGuard(rules.ASK))]


class FloorRequestForm(BaseModel):
    """Form of a request for the floor as typed."""

    kind: str = FloorRequestKind.FLOOR.value
    on_behalf_of: str = ""


@router.get("/meetings/{meeting}/floor", dependencies=SEE_FLOOR_GUARDS)
def show_floor(context: ReadContext, meeting: UUID, part: str = "", reloads: str = "") -> Response:
    """Show the page, or with `part` only the part that changes, for the script. Without scripts the page reloads
    itself if `reloads` is chosen."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    rules.SEE.require(context.actor, meeting_row)
    return render_floor_page(context, meeting_row, only_part=bool(part), reloads=bool(reloads))


@router.get("/meetings/{meeting}/floor/screen", dependencies=SEE_FLOOR_GUARDS)
def show_floor_screen(context: ReadContext, meeting: UUID, part: str = "") -> Response:
    """Show the floor in large type for the screen on the wall: no buttons, nothing personal."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    rules.SEE.require(context.actor, meeting_row)
    return context.render(
        "web/floor/screen_part.html" if part else "web/floor/screen.html",
        frame=build_meeting_frame(context.session, context.actor, meeting_row, "floor", context.language),
        floor=load_floor_view(context.session, context.actor, meeting_row, context.localizer),
    )


@router.get("/meetings/{meeting}/floor/ask", dependencies=REQUEST_FLOOR_GUARDS)
def show_floor_request_form(context: ReadContext, meeting: UUID) -> Response:
    """Show the long form of a request: for what, and on behalf of whom."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    rules.ASK.require(
        context.actor, queries.build_floor_rule_subject(context.session, meeting_row, context.actor.entity)
    )
    return _render_request_form(context, meeting_row, prefill_form(FloorRequestForm()))


@router.post("/meetings/{meeting}/floor/ask", dependencies=REQUEST_FLOOR_GUARDS)
def request_floor(context: WriteContext, meeting: UUID, form: Annotated[FloorRequestForm, Form()]) -> Response:
    """Request the floor for the actor's State."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    rules.ASK.require(
        context.actor, queries.build_floor_rule_subject(context.session, meeting_row, context.actor.entity)
    )
    entry = parse_form(FloorRequestInput, form.model_dump())
    wish = entry.value
    if wish is None:
        return _render_request_form(context, meeting_row, entry)
    refusal = try_action(
        context,
        lambda: speakers_list.request_floor(context.session, context.actor, meeting_row, wish),
        refusals=(Conflict,),
    )
    if refusal:
        return render_floor_page(context, meeting_row, refusal)
    return context.redirect(f"/meetings/{meeting_row.id}/floor")


@router.post(
    "/meetings/{meeting}/floor/requests/{asked}/withdraw",
    dependencies=[Depends(SignedInGuard(rules.WITHDRAW))],
)
def withdraw_floor_request(context: WriteContext, meeting: UUID, asked: UUID) -> Response:
    """Withdraw a request of the actor's own State."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    speakers_list.withdraw_floor_request(context.session, context.actor, meeting_row, asked)
    return context.redirect(f"/meetings/{meeting_row.id}/floor")


def render_floor_page(
    context: ReadContext,
    meeting: Meeting,
    refusal: DomainError | None = None,
    *,
    typed: Mapping[str, object] | None = None,
    errors: Collection[str] = (),
    noted: UUID | None = None,
    only_part: bool = False,
    reloads: bool = False,
) -> Response:
    """Render the floor as it is now; `refusal` says why an action was not done, `typed` is what its form held, `errors`
    the fields that are wrong, `noted` the item whose note it was."""
    formats = context.localizer
    floor = load_floor_view(context.session, context.actor, meeting, formats, noted=noted)
    to_open = queries.list_sessions_ready_to_open(context.session, meeting) if floor.may_open else []
    return context.render(
        "web/floor/part.html" if only_part else "web/floor/show.html",
        status=refusal.status if refusal else 200,
        frame=build_meeting_frame(context.session, context.actor, meeting, "floor", formats.language),
        floor=floor,
        here=f"/meetings/{meeting.id}",
        steps=list_floor_steps(floor, to_open, formats) if floor.may_run or floor.may_open else [],
        reasons=list(LIST_REASON_LABELS.items()),
        methods=list(DECISION_METHOD_LABELS.items()),
        states=_list_state_names(formats.language) if floor.may_run and not only_part else [],
        typed=typed or {},
        errors=errors,
        refused=refusal.reason if refusal else None,
        reloads=reloads,
    )


def render_floor_form_error(
    context: WriteContext,
    meeting: Meeting,
    entry: ParsedForm[Any],
    *,
    typed: Mapping[str, object] | None = None,
    noted: UUID | None = None,
) -> Response:
    """Render the floor after a form with an error in a field: what is wrong, and what was typed, by the names that the
    page has for it if they are other ones."""
    refusal = BadRequest(next(iter(entry.errors.values())))
    return render_floor_page(context, meeting, refusal, typed=typed or entry.typed, errors=entry.errors, noted=noted)


def _list_state_names(language: str) -> list[str]:
    """List the names of all Member States, for the field that adds one to the list."""
    codes = member_states.order_by_name(member_states.MEMBER_STATES, language)
    return [member_states.get_state_name(code, language) for code in codes]


def _render_request_form(context: ReadContext, meeting: Meeting, entry: ParsedForm[FloorRequestInput]) -> Response:
    return context.render(
        "web/floor/ask.html",
        frame=build_meeting_frame(context.session, context.actor, meeting, "floor", context.language),
        kinds=list(FLOOR_REQUEST_KIND_LABELS.items()),
        **build_form_page_values(entry),
    )
