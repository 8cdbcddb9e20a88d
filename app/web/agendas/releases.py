"""Releasing the draft of an agenda to everybody with a seat, and recording its adoption by the meeting."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Response

from app.core.i18n import lazy_gettext as _
from app.domain.agendas.actions import release as releasing
from app.domain.agendas.inputs import NewAgendaRelease
from app.domain.agendas.queries import agenda_drafts, agenda_releases
from app.domain.agendas.rules import agendas
from app.domain.agendas.rules.release_warnings import find_release_warnings
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.parsing import RejectRepeatedFields, TextField, parse_form
from app.web.views.agendas import history, items
from app.web.views.agendas.differences import list_unreleased_changes
from app.web.views.agendas.edit_conflicts import (
    AttemptedChange,
    ChangeRejection,
    CurrentAgendaEdit,
    get_editor_http_status,
)
from app.web.views.agendas.editor import list_changes_by_others
from app.web.views.agendas.release_warnings import build_release_warnings
from app.web.views.agendas.time_plan import label_sessions
from app.web.views.meetings.meetings import build_meeting_frame

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

AGENDA_PATH = "/meetings/{meeting}/agenda"
RELEASE_AGENDA_GUARDS = [Depends(SignedInGuard(agendas.RELEASE))]
ADOPT_AGENDA_GUARDS = [Depends(SignedInGuard(agendas.ADOPT))]
NoteParameter = Annotated[str, Query(max_length=4000)]
ReleaseNumberField = Annotated[int, Form(ge=0, le=10**6)]


@router.get(f"{AGENDA_PATH}/release", dependencies=RELEASE_AGENDA_GUARDS)
def show_agenda_release_page(context: ReadContext, meeting: UUID, note: NoteParameter = "") -> Response:
    """Show what the release would change for everybody, with the note that was typed in the editor."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    agendas.RELEASE.require(context.actor, meeting_row)
    return _render_page(context, meeting_row, note=note)


@router.post(f"{AGENDA_PATH}/release", dependencies=RELEASE_AGENDA_GUARDS)
def release_agenda(edit: CurrentAgendaEdit, note: TextField = "", after: ReleaseNumberField = 0) -> Response:
    """Release the draft as the next version."""
    entry = parse_form(NewAgendaRelease, {"note": note})
    attempt = AttemptedChange(_("You wanted to release the agenda."), fields={"note": note}, errors=entry.errors)
    if (new := entry.value) is None:
        return _render_page(edit.context, edit.meeting, attempt)
    return edit.apply_change(
        attempt,
        lambda: releasing.release_agenda(
            edit.session, edit.actor, edit.meeting, new, version=edit.version, last_seen_number=after
        ),
        _render_page,
        redirect_to="versions?done=released-agenda",
    )


@router.get(f"{AGENDA_PATH}/adopt", dependencies=ADOPT_AGENDA_GUARDS)
def show_agenda_adoption_page(context: ReadContext, meeting: UUID) -> Response:
    """Show the page on which the adoption of the agenda is recorded."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    agendas.ADOPT.require(context.actor, meeting_row)
    current = agenda_releases.find_current_release(context.session, meeting_row)
    return context.render(
        "web/meetings/agenda_adopt.html",
        frame=build_meeting_frame(context.session, context.actor, meeting_row, "agenda", context.language),
        release=current,
        name=history.format_release_name(current) if current else None,
        is_released=current is not None and current.draft_version == meeting_row.agenda_version,
    )


@router.post(f"{AGENDA_PATH}/adopt", dependencies=ADOPT_AGENDA_GUARDS)
def adopt_agenda(context: WriteContext, meeting: UUID, number: ReleaseNumberField) -> Response:
    """Record that the meeting adopted this version of the agenda."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    releasing.adopt_agenda(context.session, context.actor, meeting_row, number=number)
    return context.redirect(f"/meetings/{meeting_row.id}/agenda?done=on-record")


def _render_page(
    context: ReadContext,
    meeting: Meeting,
    attempt: AttemptedChange | None = None,
    rejection: ChangeRejection | None = None,
    *,
    note: str = "",
) -> Response:
    agenda = items.load_draft_agenda(context, meeting)
    current = agenda_releases.find_current_release(context.session, meeting)
    drafted = [
        item
        for item, _path in agenda_drafts.order_draft_items(agenda_drafts.list_draft_items(context.session, meeting))
    ]
    sessions = meetings.list_sessions(context.session, meeting)
    warnings = find_release_warnings(drafted, sessions)
    labels = label_sessions(sessions, meeting, context.localizer)
    return context.render(
        "web/meetings/agenda_release.html",
        status=get_editor_http_status(attempt, rejection),
        frame=build_meeting_frame(context.session, context.actor, meeting, "agenda", context.language),
        agenda=agenda,
        warnings=build_release_warnings(agenda, warnings, meeting, context.localizer),
        release=current,
        name=history.format_release_name(current) if current else None,
        lines=list_unreleased_changes(context.session, meeting, current, agenda, labels, context.language)
        if current
        else None,
        note=attempt.fields.get("note", "") if attempt else note,
        errors=attempt.errors if attempt else {},
        refused=rejection,
        since=list_changes_by_others(context, meeting, agenda, rejection),
    )
