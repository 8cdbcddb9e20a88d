"""The moves of a meeting's life cycle: each has a page that says what will happen, and a form that makes the move."""

from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.validation import ReasonInput
from app.domain.meetings import queries, rules
from app.domain.meetings.actions import life_cycle
from app.domain.meetings.models import Meeting
from app.domain.silence.actions import draft_texts
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import get_form_http_status
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, VersionField, parse_form
from app.web.views.documents.timeline import get_day_in_meeting_zone, list_meeting_deadlines
from app.web.views.meetings.meetings import build_meeting_frame

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])


def register_move_routes(name: str, move: rules.MeetingMove) -> None:
    """Register the page and the form of one move of `rules.MOVES`."""
    guard = [Depends(SignedInGuard(move.permission))]

    @router.get(f"/meetings/{{meeting}}/{name}", dependencies=guard)
    def show_move_page(context: ReadContext, meeting: UUID) -> Response:
        """Show what the move will do."""
        meeting_row = queries.get_visible_meeting(context.session, context.actor, meeting)
        move.permission.require(context.actor, meeting_row)
        return _render_page(context, meeting_row, name)

    @router.post(f"/meetings/{{meeting}}/{name}", dependencies=guard)
    def make_move(
        context: WriteContext, meeting: UUID, version: VersionField = 0, reason: TextField = "", early: TextField = ""
    ) -> Response:
        """Make the move: with a reason where one is required; `early` says that the first day moves to today."""
        meeting_row = queries.get_visible_meeting(context.session, context.actor, meeting)
        move.permission.require(context.actor, meeting_row)
        entry = parse_form(ReasonInput, {"reason": reason})
        if move.wants_reason and entry.value is None:
            return _render_page(context, meeting_row, name, entry)
        if name == "begin" and early != "yes" and _is_before_first_day(meeting_row):
            return _render_page(context, meeting_row, name, entry.with_error("early", life_cycle.FIRST_DAY_NOT_COME))
        draft_texts.change_meeting_life_voiding_procedures(
            context.session,
            context.actor,
            meeting_row,
            name,
            version=version,
            because=entry.value,
            moves_first_day=early == "yes",
        )
        return context.redirect(f"/meetings/{meeting_row.id}?done=moved-on")


for name, move in rules.MOVES.items():
    register_move_routes(name, move)


def _is_before_first_day(meeting: Meeting) -> bool:
    return rules.get_today_at_meeting(meeting) < meeting.opens_on


def _render_page(
    context: ReadContext, meeting: Meeting, name: str, entry: ParsedForm[ReasonInput] | None = None
) -> Response:
    return context.render(
        "web/meetings/move.html",
        status=get_form_http_status(entry),
        frame=build_meeting_frame(context.session, context.actor, meeting, "", context.language),
        name=name,
        move=rules.MOVES[name],
        reason=entry.typed["reason"] if entry else "",
        error=entry.errors.get("reason") if entry and rules.MOVES[name].wants_reason else None,
        begins_early=name == "begin" and _is_before_first_day(meeting),
        today=rules.get_today_at_meeting(meeting),
        later_deadlines=[
            (label, due_at)
            for label, due_at in list_meeting_deadlines(meeting)
            if get_day_in_meeting_zone(due_at, meeting) > rules.get_today_at_meeting(meeting)
        ],
        may_change=rules.CHANGE.allows(context.actor, meeting),
        early_error=entry.errors.get("early") if entry else None,
    )
