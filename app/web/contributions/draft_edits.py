"""Changes of a draft: cover and files in one form, so that no button loses what was typed in the other fields."""

import re
from functools import partial
from typing import Annotated, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import Conflict, DomainError
from app.core.i18n import LANGUAGES
from app.core.i18n import lazy_gettext as _
from app.domain.bodies.models import Body
from app.domain.contributions.actions import drafting
from app.domain.contributions.inputs import FileLanguage
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries import contributions
from app.domain.contributions.rules import permissions as rules
from app.domain.meetings.models import Meeting
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.contributions.cover_fields import REPEATED_COVER_FIELDS, CoverFields, parse_cover_form
from app.web.contributions.drafts import save_contribution_file
from app.web.forms.actions import try_action
from app.web.forms.autosave import build_autosave_response, is_autosave_request
from app.web.forms.file_fields import NO_FILE_OFFERED, DraftForm, OfferedFile, require_and_store_file
from app.web.forms.parsing import (
    OptionalVersionField,
    RejectRepeatedFields,
    TextField,
    TypedForm,
    VersionField,
    parse_form,
)
from app.web.views.contributions.drafts import render_edit_draft_page
from app.web.views.contributions.invitations import TypedStates, list_states_to_invite, read_typed_states

LANGUAGE_NOT_READ = _("The language could not be read in the file. Select the language, and select the file again.")
NO_STATE_TYPED = _("Enter the name of at least one State.")
UNREAD: Final = LANGUAGES[0]
"""Takes the place of the language of a file until it is read in it."""

router = APIRouter(dependencies=[Depends(RejectRepeatedFields(*REPEATED_COVER_FIELDS))])


class NextForm(TypedForm):
    """What follows once the form is saved: `then` is `check`, `invite` or `withdraw-` and the code of an invited State,
    `invite` the names of States to invite."""

    then: str = ""
    invite: str = ""


async def collect_draft_form_fields(
    typed: CoverFields, offered_file: OfferedFile, language: TextField = ""
) -> DraftForm:
    """Collect the fields of the form: cover, file and language."""
    return DraftForm(typed, offered_file, language)


async def collect_next_fields(form: Annotated[NextForm, Form()]) -> NextForm:
    """Collect the fields that say what follows."""
    return form


DraftFormFields = Annotated[DraftForm, Depends(collect_draft_form_fields)]
NextFields = Annotated[NextForm, Depends(collect_next_fields)]


@router.get("/contributions/{contribution}/edit", dependencies=[Depends(SignedInGuard(rules.EDIT))])
def show_edit_draft_page(context: ReadContext, contribution: UUID, invite: str = "") -> Response:
    """Show the page on which a draft is edited; `invite` are the States that were typed when a file was saved."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution)
    rules.EDIT.require(context.actor, contribution_row)
    return render_edit_draft_page(context, contribution_row, invitation=TypedStates(invite))


@router.post("/contributions/{contribution}", dependencies=[Depends(SignedInGuard(rules.EDIT))])
def save_draft(
    context: WriteContext, contribution: UUID, version: VersionField, form: DraftFormFields, following: NextFields
) -> Response:
    """Save the cover, and the file that was chosen with it; redirect to what follows."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution)
    rules.EDIT.require(context.actor, contribution_row)
    invitation = TypedStates("")
    if following.then == "invite" and not following.invite.strip():
        invitation = TypedStates("", error=NO_STATE_TYPED)
    elif following.invite and not is_autosave_request(context.request):
        invitation = _read_invitation(context, contribution_row, following.invite)
    return _save_form(
        context,
        contribution_row,
        form,
        version,
        wants_file=form.offered_file.has_file,
        invitation=invitation,
        then=_find_next_page(following.then, invitation),
    )


@router.post("/contributions/{contribution}/files", dependencies=[Depends(SignedInGuard(rules.EDIT))])
def add_draft_file(
    context: WriteContext,
    contribution: UUID,
    form: DraftFormFields,
    following: NextFields,
    version: OptionalVersionField = None,
) -> Response:
    """Add a file, and save what was typed in the cover meanwhile."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution)
    rules.EDIT.require(context.actor, contribution_row)
    invitation = TypedStates(following.invite)
    return _save_form(context, contribution_row, form, version, wants_file=True, invitation=invitation)


@router.post(
    "/contributions/{contribution}/files/{language}/remove",
    dependencies=[Depends(SignedInGuard(rules.EDIT))],
)
def remove_draft_file(
    context: WriteContext,
    contribution: UUID,
    language: str,
    typed: CoverFields,
    following: NextFields,
    version: OptionalVersionField = None,
) -> Response:
    """Remove a file, and save what was typed in the cover meanwhile."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution)
    rules.EDIT.require(context.actor, contribution_row)
    form, invitation = DraftForm(typed, NO_FILE_OFFERED, ""), TypedStates(following.invite)
    return _save_form(
        context, contribution_row, form, version, wants_file=False, invitation=invitation, removing=language
    )


def _read_invitation(context: ReadContext, contribution: Contribution, words: str) -> TypedStates:
    """Read the States that were typed; the check page of the invitation then names them. Raises Forbidden."""
    rules.INVITE.require(context.actor, contribution)
    body = context.session.get_one(Body, contribution.body_id)
    return read_typed_states(words, list_states_to_invite(context.session, body, contribution), context.language)


def _find_next_page(then: str, invitation: TypedStates) -> str:
    """Find the page of the draft to which the button leads, with its query; empty for the form itself.

    States that were typed come first, whatever the button, so that they are not taken for invited.
    """
    if invitation.codes:
        return "sponsors/invite?" + urlencode([*(("entity", code) for code in invitation.codes), ("page", "edit")])
    if re.fullmatch(r"withdraw-[A-Z]{3}", then):
        return f"sponsors/{then.removeprefix('withdraw-')}/withdraw?page=edit"
    return "check" if then == "check" else ""


def _save_form(
    context: WriteContext,
    contribution: Contribution,
    form: DraftForm,
    version: int | None,
    *,
    wants_file: bool,
    invitation: TypedStates,
    removing: str = "",
    then: str = "",
) -> Response:
    """Save everything that the form brings, or nothing. Without a `version` it brings no cover.

    A missing or rejected file, a stale version and errors of the cover are shown on the page again. After that, it is
    redirected to the page `then` of the draft.
    """
    render_page = partial(render_edit_draft_page, context, invitation=invitation)
    cover = upload = accepted_file = None
    if version is not None:
        meeting = context.session.get_one(Meeting, contribution.meeting_id)
        cover = parse_cover_form(
            context.session, meeting, form.typed, contributions.get_retained_choices(context.session, contribution)
        )
    if (cover and cover.value is None) or invitation.error:
        return render_page(contribution, entry=cover)
    if wants_file:
        upload = parse_form(FileLanguage, {"language": form.language or UNREAD})
        if upload.value is None:
            return render_page(contribution, entry=cover, upload=upload)
        try:
            accepted_file = require_and_store_file(context, contribution.body_id, form.offered_file, may_wait=True)
        except DomainError as refusal:
            return render_page(contribution, entry=cover, upload=upload, refusal=refusal)
        upload = parse_form(FileLanguage, {"language": form.language or accepted_file.file.language or ""})
        if upload.value is None:
            return render_page(contribution, entry=cover, upload=upload.with_error("language", LANGUAGE_NOT_READ))
    # A colleague may have submitted it while the file was inspected: load it again, and lock it.
    contribution = contributions.get_visible_contribution(context.session, context.actor, contribution.id, lock=True)
    if cover and cover.value and version is not None:
        save_cover = partial(
            drafting.save_draft_cover, context.session, context.actor, contribution, cover.value, version=version
        )
        if stale := try_action(context, save_cover, refusals=(Conflict,)):
            return render_page(contribution, entry=cover, stale=stale)
    if is_autosave_request(context.request):
        return build_autosave_response(contribution.version)
    if accepted_file and upload and upload.value:
        save_contribution_file(context, contribution, upload.value.language, accepted_file)
    if removing:
        drafting.remove_contribution_file(context.session, context.actor, contribution, removing)
    done = "received" if accepted_file else "removed" if removing else "saved"
    kept = {"invite": invitation.words} if invitation.words else {}
    page = then or "edit?" + urlencode({"done": done, **kept})
    return context.redirect(f"/contributions/{contribution.id}/{page}")
