"""The time plan of a meeting: the released agenda laid out over its sessions. The draft is planned in the editor of the
agenda."""

from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.i18n import text_direction
from app.domain.agendas.queries import agenda_releases
from app.domain.agendas.rules import agendas
from app.domain.meetings import queries as meetings
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext
from app.web.views.agendas import history, items
from app.web.views.agendas.items import AgendaView
from app.web.views.agendas.time_plan import build_time_plan
from app.web.views.meetings.meetings import build_meeting_frame

router = APIRouter()

TIME_PLAN_PATH = "/meetings/{meeting}/plan"


@router.get(TIME_PLAN_PATH, dependencies=[Depends(SignedInGuard(agendas.SEE))])
def show_time_plan(context: ReadContext, meeting: UUID) -> Response:
    """Show the released agenda laid out over the sessions of the meeting."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    language = context.language
    release = agenda_releases.find_current_release(context.session, meeting_row)
    agenda = items.load_released_agenda(context, meeting_row, release) if release else AgendaView([], [])
    return context.render(
        "web/meetings/plan.html",
        frame=build_meeting_frame(context.session, context.actor, meeting_row, "plan", language),
        plan=build_time_plan(
            agenda, meeting_row, meetings.list_sessions(context.session, meeting_row), text_direction(language)
        ),
        name=history.format_release_name(release) if release else None,
    )


@router.get(f"{TIME_PLAN_PATH}/edit", dependencies=[Depends(SignedInGuard(agendas.EDIT))])
def redirect_to_agenda_editor(context: ReadContext, meeting: UUID) -> Response:
    """Redirect from the former editor of the time plan to that of the agenda, where minutes and sessions are."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    agendas.EDIT.require(context.actor, meeting_row)
    return context.redirect(f"/meetings/{meeting_row.id}/agenda/edit")
