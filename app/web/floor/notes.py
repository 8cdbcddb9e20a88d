"""The private notes of the chair on the current item, saved by a button or while they are typed."""

from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.errors import Conflict
from app.domain.decisions.rules import FloorRuleSubject
from app.domain.floor import rules
from app.domain.floor.actions import notes
from app.domain.floor.inputs import ChairNoteInput
from app.domain.meetings import queries as meetings
from app.http.authentication import SignedInGuard
from app.http.page_context import WriteContext
from app.web.floor.chair_tools import IdField
from app.web.floor.pages import render_floor_form_error, render_floor_page
from app.web.forms.actions import try_action
from app.web.forms.autosave import build_autosave_response, is_autosave_request
from app.web.forms.parsing import RejectRepeatedFields, TextField, VersionField, parse_form

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])


@router.post("/meetings/{meeting}/floor/notes", dependencies=[Depends(SignedInGuard(rules.KEEP_NOTES))])
def keep_note(
    context: WriteContext, meeting: UUID, item: IdField, text: TextField = "", version: VersionField = 0
) -> Response:
    """Keep the note on an item; what somebody else changed meanwhile is shown, with what was typed."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    rules.KEEP_NOTES.require(context.actor, FloorRuleSubject(meeting_row, is_in_session=False))
    entry, typed = parse_form(ChairNoteInput, {"text": text}), {"note": text, "note_version": version}
    note, kept = entry.value, version
    if note is None:
        return render_floor_form_error(context, meeting_row, entry, typed=typed, noted=item)

    def keep() -> None:
        nonlocal kept
        kept = notes.keep_note(context.session, context.actor, meeting_row, item, note, version=version).version

    if refusal := try_action(context, keep, refusals=(Conflict,)):
        return render_floor_page(context, meeting_row, refusal, typed=typed, noted=item)
    if is_autosave_request(context.request):
        return build_autosave_response(kept)
    return context.redirect(f"/meetings/{meeting_row.id}/floor#h-notes")
