"""The briefing file of a delegation, and its private notes, saved by a button or while they are typed."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Response

from app.core.db import release_connection
from app.core.errors import Conflict
from app.core.i18n import LazyText
from app.core.inspection import DOCX
from app.domain.bodies.rules import EntityInBody
from app.domain.briefings import actions, rules
from app.domain.briefings.inputs import DelegationNoteInput
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.http.authentication import SignedInGuard
from app.http.downloads import attachment_response
from app.http.page_context import COSTLY_TURN, ReadContext, WriteContext
from app.web.forms.actions import try_action
from app.web.forms.autosave import build_autosave_response, is_autosave_request
from app.web.forms.parsing import RejectRepeatedFields, TextField, VersionField, parse_form
from app.web.views.meetings.briefing_docx import load_printable_briefing
from app.web.views.meetings.briefings import describe_readers, load_briefing
from app.web.views.meetings.meetings import build_meeting_frame
from app.web.views.reports.print import render_report_docx

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

BRIEFING_PATH = "/meetings/{meeting}/briefing"
KEEP_GUARD = Depends(SignedInGuard(rules.KEEP_BRIEFING))
SubjectQuery = Annotated[UUID | None, Query()]


@router.get(BRIEFING_PATH, dependencies=[KEEP_GUARD])
def show_briefing(context: ReadContext, meeting: UUID, at: SubjectQuery = None) -> Response:
    """Show the briefing file; with the form of the note on the document `at`."""
    return _render_page(context, _get_meeting(context, meeting), at=at)


@router.get(f"{BRIEFING_PATH}/docx", dependencies=[KEEP_GUARD, COSTLY_TURN])
def download_briefing_docx(context: ReadContext, meeting: UUID) -> Response:
    """Download the briefing file as a Word document."""
    briefing = load_printable_briefing(context, _get_meeting(context, meeting))
    release_connection(context.session)
    return attachment_response(render_report_docx(context.portal, briefing), DOCX, f"{briefing.name}.docx")


@router.post(f"{BRIEFING_PATH}/notes", dependencies=[KEEP_GUARD])
def keep_delegation_note(
    context: WriteContext,
    meeting: UUID,
    subject: Annotated[UUID, Form()],
    text: TextField = "",
    version: VersionField = 0,
) -> Response:
    """Keep the note on an item or a document; what a colleague changed meanwhile is shown, with what was typed."""
    meeting_row = _get_meeting(context, meeting)
    entry = parse_form(DelegationNoteInput, {"text": text})
    if entry.value is None:
        return _render_page(context, meeting_row, at=subject, typed=text, error=entry.errors.get("text"))
    note, kept = entry.value, version

    def keep() -> None:
        nonlocal kept
        row = actions.keep_delegation_note(context.session, context.actor, meeting_row, subject, note, version=version)
        kept = row.version

    if refusal := try_action(context, keep, refusals=(Conflict,)):
        return _render_page(context, meeting_row, at=subject, typed=text, error=refusal.reason, status=refusal.status)
    if is_autosave_request(context.request):
        return build_autosave_response(kept)
    return context.redirect(f"/meetings/{meeting_row.id}/briefing#s-{subject}")


def _get_meeting(context: ReadContext, meeting_id: UUID) -> Meeting:
    """Return a meeting of which the actor's delegation has a briefing file. Raises NotFound, Forbidden."""
    meeting = meetings.get_visible_meeting(context.session, context.actor, meeting_id)
    rules.KEEP_BRIEFING.require(context.actor, EntityInBody(meeting.body_id, context.actor.entity))
    return meeting


def _render_page(
    context: ReadContext,
    meeting: Meeting,
    *,
    at: UUID | None = None,
    typed: str | None = None,
    error: LazyText | None = None,
    status: int = 400,
) -> Response:
    """Render the page; after an `error`, with what was `typed` about `at`."""
    return context.render(
        "web/meetings/briefing.html",
        status=status if error else 200,
        frame=build_meeting_frame(context.session, context.actor, meeting, "agenda", context.language),
        briefing=load_briefing(context, meeting),
        readers=describe_readers(context),
        at=at,
        typed=typed,
        error=error,
    )
