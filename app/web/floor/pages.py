"""The floor of a meeting: the page for everybody with a seat, the view for the screen on the wall, requests to speak.

Those who run the floor see the same page with more on it: their buttons are in `floor_chair`, events in `floor_events`.
"""

from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from app.core.db import ReadSession
from app.core.errors import Conflict
from app.core.i18n import LazyText
from app.core.journal import savepoint
from app.core.permissions import Actor
from app.domain import member_states
from app.domain.floor import queries, rules
from app.domain.floor.actions import speakers_list
from app.domain.floor.inputs import FloorRequestInput
from app.domain.floor.models import FloorRequestKind
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.http.authentication import EntityName, SignedInFor
from app.http.localization import Localizer
from app.http.page_context import ReadContext, WriteContext
from app.http.portal_state import PortalState
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, parse_form
from app.web.views.floor.floor import FLOOR_REQUEST_KIND_LABELS, load_floor_view
from app.web.views.floor.next_steps import list_floor_steps
from app.web.views.meetings.meetings import build_meeting_frame

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

SEE_FLOOR_GUARDS = [Depends(SignedInFor(rules.SEE))]
REQUEST_FLOOR_GUARDS = [Depends(SignedInFor(rules.ASK))]


@router.get("/meetings/{meeting}/floor", dependencies=SEE_FLOOR_GUARDS)
def show_floor(context: ReadContext, meeting: UUID, part: str = "", reloads: str = "") -> Response:
    """Show the page, or with `part` only the part that changes, for the script. Without scripts the page reloads
    itself if `reloads` is chosen."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    rules.SEE.require(context.actor, meeting_row)
    return render_floor_page(
        context.session,
        context.actor,
        context.portal,
        context.request,
        meeting_row,
        only_part=bool(part),
        reloads=bool(reloads),
    )


@router.get("/meetings/{meeting}/floor/screen", dependencies=SEE_FLOOR_GUARDS)
def show_floor_screen(context: ReadContext, meeting: UUID, part: str = "") -> Response:
    """Show the floor in large type for the screen on the wall: no buttons, nothing personal."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    rules.SEE.require(context.actor, meeting_row)
    language = context.language
    return context.render(
        "web/floor/screen_part.html" if part else "web/floor/screen.html",
        frame=build_meeting_frame(context.session, context.actor, meeting_row, "floor", language),
        floor=load_floor_view(context.session, context.actor, meeting_row, Localizer(language)),
    )


@router.get("/meetings/{meeting}/floor/ask", dependencies=REQUEST_FLOOR_GUARDS)
def show_floor_request_form(context: ReadContext, meeting: UUID) -> Response:
    """Show the long form of a request: for what, and on behalf of whom."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    rules.ASK.require(context.actor, queries.build_floor_context(context.session, meeting_row, context.actor.entity))
    return _render_request_form(
        context,
        meeting_row,
        ParsedForm({"kind": FloorRequestKind.FLOOR, "on_behalf_of": ""}, None, {}),
    )


@router.post("/meetings/{meeting}/floor/ask", dependencies=REQUEST_FLOOR_GUARDS)
def request_floor(
    context: WriteContext, meeting: UUID, kind: TextField = FloorRequestKind.FLOOR, on_behalf_of: TextField = ""
) -> Response:
    """Request the floor for the actor's State."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    rules.ASK.require(context.actor, queries.build_floor_context(context.session, meeting_row, context.actor.entity))
    entry = parse_form(FloorRequestInput, {"kind": kind, "on_behalf_of": on_behalf_of})
    if entry.value is None:
        return _render_request_form(context, meeting_row, entry, 400)
    try:
        with savepoint(context.session):
            speakers_list.request_floor(context.session, context.actor, meeting_row, entry.value)
    except Conflict as error:
        return render_floor_page(
            context.session, context.actor, context.portal, context.request, meeting_row, rejection=error.reason
        )
    return context.redirect(f"/meetings/{meeting_row.id}/floor")


@router.post(
    "/meetings/{meeting}/floor/requests/{asked}/withdraw",
    dependencies=[Depends(SignedInFor(rules.WITHDRAW))],
)
def withdraw_floor_request(context: WriteContext, meeting: UUID, asked: UUID) -> Response:
    """Withdraw a request of the actor's own State."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    speakers_list.withdraw_floor_request(context.session, context.actor, meeting_row, asked)
    return context.redirect(f"/meetings/{meeting_row.id}/floor")


def render_floor_page(
    session: ReadSession,
    actor: Actor,
    portal: PortalState,
    request: Request,
    meeting: Meeting,
    *,
    rejection: LazyText | None = None,
    only_part: bool = False,
    reloads: bool = False,
) -> Response:
    """Render the floor as it is now; `refused` says why an action was not done."""
    language = portal.templates.negotiate_language(request)
    formats = Localizer(language)
    floor = load_floor_view(session, actor, meeting, formats)
    runs = floor.may_run or floor.may_open
    known = (
        sorted(filter(member_states.is_known_state, queries.list_represented_entities(session, meeting)))
        if floor.may_run
        else []
    )
    return portal.templates.render_response(
        request,
        "web/floor/part.html" if only_part else "web/floor/show.html",
        status=409 if rejection else 200,
        frame=build_meeting_frame(session, actor, meeting, "floor", language),
        floor=floor,
        here=f"/meetings/{meeting.id}",
        steps=list_floor_steps(floor, queries.list_openable_sessions(session, meeting), formats) if runs else [],
        delegations=[(code, EntityName(code)) for code in member_states.order_by_name(known, language)],
        refused=rejection,
        reloads=reloads,
    )


def _render_request_form(
    context: ReadContext, meeting: Meeting, entry: ParsedForm[FloorRequestInput], status: int = 200
) -> Response:
    return context.render(
        "web/floor/ask.html",
        status=status,
        frame=build_meeting_frame(context.session, context.actor, meeting, "floor", context.language),
        kinds=list(FLOOR_REQUEST_KIND_LABELS.items()),
        typed=entry.typed,
        errors=entry.errors,
    )
