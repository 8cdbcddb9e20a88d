"""Routes by which a question about a file is answered with a change of the draft: they lead back to the check page."""

from functools import partial
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.domain.contributions.actions import file_changes
from app.domain.contributions.inputs import FileLanguage
from app.domain.contributions.queries import contributions
from app.domain.contributions.queries.submissions import load_submission
from app.domain.contributions.rules import permissions as rules
from app.http.authentication import SignedInGuard
from app.http.page_context import WriteContext
from app.web.forms.actions import try_action
from app.web.forms.parsing import RejectRepeatedFields, TextField, VersionField, parse_form
from app.web.views.contributions.drafts import render_edit_draft_page, render_submission_check_page

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])


@router.post(
    "/contributions/{contribution}/files/{language}/language", dependencies=[Depends(SignedInGuard(rules.EDIT))]
)
def change_file_language(
    context: WriteContext, contribution: UUID, language: str, version: VersionField, to: TextField = ""
) -> Response:
    """Make a file that in another language; a refusal is shown on the check page, and the draft stays as it was."""
    row = contributions.get_visible_contribution(context.session, context.actor, contribution, lock=True)
    rules.EDIT.require(context.actor, row)
    entry = parse_form(FileLanguage, {"language": to})
    if entry.value is None:
        return render_edit_draft_page(context, row, upload=entry)
    change = partial(
        file_changes.change_file_language, context.session, context.actor, row, language, entry.value, version=version
    )
    if refusal := try_action(context, change):
        return render_submission_check_page(context, load_submission(context.session, row), refusal=refusal)
    return context.redirect(f"/contributions/{row.id}/check?done=language-changed")


@router.post("/contributions/{contribution}/files/{language}/title", dependencies=[Depends(SignedInGuard(rules.EDIT))])
def use_title_of_file(context: WriteContext, contribution: UUID, language: str, version: VersionField) -> Response:
    """Make the title that was read in a file that of the cover."""
    row = contributions.get_visible_contribution(context.session, context.actor, contribution, lock=True)
    rules.EDIT.require(context.actor, row)
    change = partial(file_changes.use_title_of_file, context.session, context.actor, row, language, version=version)
    if refusal := try_action(context, change):
        return render_submission_check_page(context, load_submission(context.session, row), refusal=refusal)
    return context.redirect(f"/contributions/{row.id}/check?done=title-changed")
