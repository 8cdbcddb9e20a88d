"""The time plan of a meeting: that of the released agenda for everybody, that of the draft for those who edit it."""

import re
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

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
IDENTIFIER = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
EDIT_AGENDA_GUARDS = [Depends(SignedInGuard(agendas.EDIT))]


@dataclass(frozen=True, slots=True)
class TypedSchedule:
    """The minutes and the session of an item as typed, and `was`, both as the page showed them; None if it did not."""

    minutes: str
    session: str
    was: str | None

    @property
    def is_changed(self) -> bool:
        """Whether somebody changed it since the page was opened."""
        return self.was != f"{self.minutes} {self.session}"

    @property
    def fields(self) -> dict[str, str]:
        """The fields of one item, to be parsed."""
        return {"minutes": self.minutes, "session": self.session}


async def collect_typed_schedules(request: Request) -> dict[str, TypedSchedule]:
    """Return what was typed, by the identifier of the item (form fields `minutes_…`, `session_…` and `was_…`)."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    items = (name.removeprefix("minutes_") for name in form if name.startswith("minutes_"))
    return {
        item: TypedSchedule(form[f"minutes_{item}"], form.get(f"session_{item}", ""), form.get(f"was_{item}"))
        for item in items
        if IDENTIFIER.fullmatch(item)
    }


TypedSchedules = Annotated[dict[str, TypedSchedule], Depends(collect_typed_schedules)]


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


@router.post(f"{TIME_PLAN_PATH}/edit", dependencies=EDIT_AGENDA_GUARDS)
def save_time_plan(edit: CurrentAgendaEdit, typed: TypedSchedules, move: TextField = "") -> Response:
    """Save the sessions and minutes of all items that differ from what the page showed. A button also moves an item to
    another session: `move` is its identifier and that of the session."""
    item_to_move, _ignored, new_session = move.partition(".")
    if item_to_move in typed:
        typed[item_to_move] = replace(typed[item_to_move], session=new_session)
    changed = {item: each for item, each in typed.items() if each.is_changed}
    entries = {UUID(item): parse_form(ItemSchedule, each.fields) for item, each in changed.items()}
    attempt = AttemptedChange(
        _("You wanted to change the time plan:"),
        "/edit",
        {f"{name}_{item}": value for item, each in changed.items() for name, value in each.fields.items()},
        next(iter(entries)) if len(entries) == 1 else None,
        {f"{name}_{item}": error for item, entry in entries.items() for name, error in entry.errors.items()},
    )
    schedules = {item: entry.value for item, entry in entries.items() if entry.value}
    if attempt.errors:
        return _render_editor(edit.context, edit.meeting, attempt, version=edit.version)
    if not schedules:
        return edit.context.redirect(f"/meetings/{edit.meeting.id}/plan/edit")
    return edit.apply_change(
        attempt,
        lambda: editing.schedule_agenda_items(edit.session, edit.actor, edit.meeting, schedules, version=edit.version),
        _render_editor,
        section="plan",
    )


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
    *,
    version: int | None = None,
) -> Response:
    """Render the editor; `version` is that of the draft on which typed values were based, if they are shown again."""
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
        version=meeting.agenda_version if version is None else version,
        typed=attempt.fields if attempt and not rejection else {},
    )
