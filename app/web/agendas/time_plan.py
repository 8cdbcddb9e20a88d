"""The time plan of a meeting: that of the released agenda for everybody, that of the draft for those who edit it."""

from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.i18n import lazy_gettext as _
from app.core.i18n import text_direction
from app.domain.agendas import queries
from app.domain.agendas.actions import editing
from app.domain.agendas.inputs import ItemSchedule
from app.domain.agendas.rules import agendas
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext
from app.web.forms.parsing import RejectRepeatedFields, TextField, parse_form
from app.web.views.agendas import history, items
from app.web.views.agendas.edit_conflicts import (
    AttemptedChange,
    ChangeRejection,
    CurrentAgendaEdit,
    get_editor_http_status,
)
from app.web.views.agendas.editor import describe_own_change, list_changes_by_others
from app.web.views.agendas.items import AgendaView
from app.web.views.agendas.time_plan import build_time_plan
from app.web.views.meetings.meetings import build_meeting_frame

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

TIME_PLAN_PATH = "/meetings/{meeting}/plan"
EDIT_AGENDA_GUARDS = [Depends(SignedInGuard(agendas.EDIT))]


@router.get(TIME_PLAN_PATH, dependencies=[Depends(SignedInGuard(agendas.SEE))])
def show_time_plan(context: ReadContext, meeting: UUID) -> Response:
    """Show the released agenda laid out over the sessions of the meeting."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    language = context.language
    release = queries.find_current_release(context.session, meeting_row)
    agenda = items.load_released_agenda(context, meeting_row, release) if release else AgendaView([], [])
    return context.render(
        "web/meetings/plan.html",
        frame=build_meeting_frame(context.session, context.actor, meeting_row, "plan", language),
        plan=build_time_plan(
            agenda, meeting_row, meetings.list_sessions(context.session, meeting_row), text_direction(language)
        ),
        name=history.format_release_name(release) if release else None,
    )


@router.get(f"{TIME_PLAN_PATH}/edit", dependencies=EDIT_AGENDA_GUARDS)
def show_time_plan_editor(context: ReadContext, meeting: UUID) -> Response:
    """Show the editor of the draft's time plan."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    agendas.EDIT.require(context.actor, meeting_row)
    return _render_editor(context, meeting_row)


@router.post(f"{TIME_PLAN_PATH}/items/{{item}}", dependencies=EDIT_AGENDA_GUARDS)
def schedule_agenda_item(
    item: UUID,
    edit: CurrentAgendaEdit,
    session: TextField = "",
    minutes: TextField = "",
    beside: TextField = "",
) -> Response:
    """Assign an item to a session with its minutes. A button sends `beside`, the neighbouring session, which wins
    over `session`."""
    typed = {"session": beside or session, "minutes": minutes}
    entry = parse_form(ItemSchedule, typed)
    attempt = AttemptedChange(_("You wanted to schedule an item:"), f"/items/{item}", typed, item, entry.errors)
    if (new := entry.value) is None:
        return _render_editor(edit.context, edit.meeting, attempt)

    def act() -> None:
        item_row = edit.get_item(item)
        editing.schedule_agenda_item(
            edit.session,
            edit.actor,
            edit.meeting,
            item_row,
            session_id=new.session,
            minutes=new.minutes,
            version=edit.version,
        )

    return edit.apply_change(attempt, act, _render_editor, section="plan")


@router.post(f"{TIME_PLAN_PATH}/undo", dependencies=EDIT_AGENDA_GUARDS)
def undo_time_plan_change(edit: CurrentAgendaEdit) -> Response:
    """Undo the latest change of the draft."""

    def act() -> None:
        editing.undo_last_change(edit.session, edit.actor, edit.meeting, version=edit.version)

    return edit.apply_change(
        AttemptedChange(_("You wanted to undo the last change.")), act, _render_editor, section="plan"
    )


def _render_editor(
    context: ReadContext,
    meeting: Meeting,
    attempt: AttemptedChange | None = None,
    rejection: ChangeRejection | None = None,
) -> Response:
    formats = context.localizer
    language = formats.language
    agenda = items.load_draft_agenda(context, meeting)
    sessions = meetings.list_sessions(context.session, meeting)
    return context.render(
        "web/meetings/plan_edit.html",
        status=get_editor_http_status(attempt, rejection),
        frame=build_meeting_frame(context.session, context.actor, meeting, "plan", language),
        plan=build_time_plan(agenda, meeting, sessions, text_direction(language)),
        choices=[
            (each.id, formats.format_short_instant(each.starts_at, meeting.zone, weekday=True))
            for each in sessions
            if not each.cancelled
        ],
        undoable=history.find_undoable_change(context.session, meeting, agenda, language, only="planned"),
        did=describe_own_change(context, meeting, agenda),
        wanted=attempt,
        refused=rejection,
        since=list_changes_by_others(context, meeting, agenda, rejection),
        lines={line.id: line for line in agenda.items},
    )
