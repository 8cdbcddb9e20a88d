"""Changes of a draft: cover and files in one form, so that no button loses what was typed in the other fields."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.errors import Conflict, DomainError
from app.domain.contributions.actions import drafting
from app.domain.contributions.inputs import FileLanguage
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries import contributions
from app.domain.contributions.rules import permissions as rules
from app.domain.meetings.models import Meeting
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.contributions.drafts import CoverFields, parse_cover_form, save_contribution_file
from app.web.forms.actions import try_action
from app.web.forms.autosave import build_autosave_response, is_autosave_request
from app.web.forms.file_fields import NO_FILE_OFFERED, DraftForm, OfferedFile, require_and_store_file
from app.web.forms.parsing import OptionalVersionField, RejectRepeatedFields, TextField, VersionField, parse_form
from app.web.forms.proposal_fields import PROPOSAL_FIELD_NAMES
from app.web.views.contributions.drafts import render_edit_draft_page

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("topics", *PROPOSAL_FIELD_NAMES))])


async def collect_draft_form_fields(
    typed: CoverFields, offered_file: OfferedFile, language: TextField = ""
) -> DraftForm:
    """Collect the fields of the form: cover, file and language."""
    return DraftForm(typed, offered_file, language)


DraftFormFields = Annotated[DraftForm, Depends(collect_draft_form_fields)]


@router.get("/contributions/{contribution}/edit", dependencies=[Depends(SignedInGuard(rules.EDIT))])
def show_edit_draft_page(context: ReadContext, contribution: UUID) -> Response:
    """Show the page on which a draft is edited."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution)
    rules.EDIT.require(context.actor, contribution_row)
    return render_edit_draft_page(context, contribution_row)


@router.post("/contributions/{contribution}", dependencies=[Depends(SignedInGuard(rules.EDIT))])
def save_draft(context: WriteContext, contribution: UUID, version: VersionField, form: DraftFormFields) -> Response:
    """Save the cover, and the file that was chosen with it."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution)
    rules.EDIT.require(context.actor, contribution_row)
    return _save_form(context, contribution_row, form, version, wants_file=form.offered_file.has_file)


@router.post("/contributions/{contribution}/files", dependencies=[Depends(SignedInGuard(rules.EDIT))])
def add_draft_file(
    context: WriteContext, contribution: UUID, form: DraftFormFields, version: OptionalVersionField = None
) -> Response:
    """Add a file, and save what was typed in the cover meanwhile."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution)
    rules.EDIT.require(context.actor, contribution_row)
    return _save_form(context, contribution_row, form, version, wants_file=True)


@router.post(
    "/contributions/{contribution}/files/{language}/remove",
    dependencies=[Depends(SignedInGuard(rules.EDIT))],
)
def remove_draft_file(
    context: WriteContext, contribution: UUID, language: str, typed: CoverFields, version: OptionalVersionField = None
) -> Response:
    """Remove a file, and save what was typed in the cover meanwhile."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution)
    rules.EDIT.require(context.actor, contribution_row)
    form = DraftForm(typed, NO_FILE_OFFERED, "")
    return _save_form(context, contribution_row, form, version, wants_file=False, removing=language)


def _save_form(
    context: WriteContext,
    contribution: Contribution,
    form: DraftForm,
    version: int | None,
    *,
    wants_file: bool,
    removing: str = "",
) -> Response:
    """Save everything that the form brings, or nothing. Without a `version` it brings no cover.

    A missing or rejected file, a stale version and errors of the cover are shown on the page again.
    """
    render_page = partial(render_edit_draft_page, context)
    cover = upload = accepted_file = None
    if version is not None:
        meeting = context.session.get_one(Meeting, contribution.meeting_id)
        cover = parse_cover_form(
            context.session, meeting, form.typed, contributions.get_retained_topics(context.session, contribution)
        )
        if cover.value is None:
            return render_page(contribution, entry=cover)
    if wants_file:
        upload = parse_form(FileLanguage, {"language": form.language})
        if upload.value is None:
            return render_page(contribution, entry=cover, upload=upload)
        try:
            accepted_file = require_and_store_file(context, contribution.body_id, form.offered_file, may_wait=True)
        except DomainError as refusal:
            return render_page(contribution, entry=cover, upload=upload, refusal=refusal)
    # A colleague may have submitted it while the file was inspected: load it again, and lock it.
    contribution = contributions.get_visible_contribution(context.session, context.actor, contribution.id, lock=True)
    if cover and cover.value and version is not None:
        save_cover = partial(
            drafting.save_draft_cover, context.session, context.actor, contribution, cover.value, version=version
        )
        if stale := try_action(context, save_cover, refusals=(Conflict,)):
            return render_page(contribution, entry=cover, stale=stale)
    if is_autosave_request(context.request):
        return build_autosave_response(contribution)
    if accepted_file and upload and upload.value:
        save_contribution_file(context, contribution, upload.value.language, accepted_file)
    if removing:
        drafting.remove_contribution_file(context.session, context.actor, contribution, removing)
    done = "received" if accepted_file else "removed" if removing else "saved"
    return context.redirect(f"/contributions/{contribution.id}/edit?done={done}")
