"""Routes of drafts: create one, check it, submit it, discard it, recall it."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Response

from app.core.db import ReadSession
from app.core.errors import BadRequest, DomainError, NotFound, Stale
from app.core.files.ingest import IngestedFile
from app.core.i18n import LANGUAGES
from app.core.i18n import lazy_gettext as _
from app.core.journal import savepoint
from app.core.permissions import Actor
from app.domain.agendas.queries import agenda_releases
from app.domain.bodies.rules import EntityInBody, is_delegate
from app.domain.contributions.actions import drafting
from app.domain.contributions.inputs import SECRETARIAT_ENTITY, BehalfInput, ContributionCover
from app.domain.contributions.models import Contribution, ContributionPurpose
from app.domain.contributions.queries import contributions
from app.domain.contributions.queries.confirmations import is_awaiting_state
from app.domain.contributions.queries.submissions import load_submission
from app.domain.contributions.rules import permissions as rules
from app.domain.contributions.rules.covers import fill_cover_from_file
from app.domain.contributions.rules.sources import list_source_findings
from app.domain.documents.inputs import LanguageFile
from app.domain.liaisons.queries import find_symbol_of_liaison, get_liaison_to_answer
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.contributions.cover_choices import find_cover_choices
from app.web.contributions.cover_fields import REPEATED_COVER_FIELDS, CoverFields, CoverForm, parse_cover_form
from app.web.forms.actions import try_action
from app.web.forms.autosave import build_autosave_response, is_autosave_request
from app.web.forms.file_fields import AcceptedFile, OfferedFile, inspect_and_store_file, mark_accepted_upload_as_used
from app.web.forms.parsing import (
    ParsedForm,
    RejectRepeatedFields,
    TextField,
    VersionField,
    convert_to_language_file,
    parse_form,
)
from app.web.views.contributions import status
from app.web.views.contributions.contribution_page import build_contribution_view
from app.web.views.contributions.drafts import render_new_draft_page, render_submission_check_page
from app.web.views.liaisons.lines import describe_liaison

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("answers", *REPEATED_COVER_FIELDS))])

KIND_MISSING = _("Select the kind of document.")
FILE_OR_NONE = _("Select a file, or continue without a file.")

AnswerFields = Annotated[list[str], Form(default_factory=list)]
"""The questions about the files to which the answer is that the file is registered as it is, by their keys."""


@router.get("/meetings/{meeting}/contributions/new", dependencies=[Depends(SignedInGuard(rules.DRAFT))])
def show_new_draft_page(context: ReadContext, meeting: UUID, in_reply_to: UUID | None = None) -> Response:
    """Show the form for a new draft; its references name the liaison that it proposes a reply to, `in_reply_to`.
    Raises NotFound of one that the reader may not see, Conflict of one that waits for no reply."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    rules.DRAFT.require(context.actor, rules.build_new_contribution_rule_subject(meeting_row, context.actor.entity))
    typed = CoverForm().typed | {"entity": SECRETARIAT_ENTITY, "series": ""}
    if in_reply_to:
        typed["refers_to"] = _name_liaison_to_answer(context, meeting_row, in_reply_to)
    return render_new_draft_page(context, meeting_row, ParsedForm(typed, None, {}), uuid4())


@router.post("/meetings/{meeting}/contributions", dependencies=[Depends(SignedInGuard(rules.DRAFT))])
def create_draft_contribution(
    context: WriteContext,
    meeting: UUID,
    key: Annotated[UUID, Form()],
    typed: CoverFields,
    offered_file: OfferedFile,
    entity: TextField = "",
    series: TextField = "",
    version: VersionField = 0,
    without_file: TextField = "",
) -> Response:
    """Create a draft from a file, whose title and language are read, or without one from what was typed.

    `key` makes the form idempotent. An autosave is answered with JSON instead of a redirect.
    """
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    rules.DRAFT.require(context.actor, rules.build_new_contribution_rule_subject(meeting_row, context.actor.entity))
    behalf = _parse_behalf(context.actor, meeting_row, entity, series)
    entry = _parse_new_cover(context.session, meeting_row, typed, behalf, has_file=offered_file.has_file)
    if not (offered_file.has_file or without_file or typed["title"]):
        entry = ParsedForm(entry.typed, None, {**behalf.errors, "file": FILE_OR_NONE})
    if entry.value is None or behalf.value is None:
        return render_new_draft_page(context, meeting_row, entry, key)
    try:
        accepted_file = inspect_and_store_file(context, meeting_row.body_id, offered_file, may_wait=True)
    except NotFound as refusal:  # of an upload that became the file of this draft, if the form was sent before
        draft = contributions.find_draft_of_form(context.session, context.actor, key)
        if draft is None:
            return render_new_draft_page(context, meeting_row, entry, key, refusal=refusal)
        return context.redirect(f"/contributions/{draft.id}/edit?done=saved")
    except DomainError as refusal:
        return render_new_draft_page(context, meeting_row, entry, key, refusal=refusal)
    if accepted_file:
        items = agenda_releases.list_current_released_items(context.session, meeting_row)
        choices = find_cover_choices(accepted_file.file.reading, items)
        read = fill_cover_from_file(typed, accepted_file.file, choices, language=context.language)
        entry = _parse_new_cover(context.session, meeting_row, read, behalf)
    if entry.value is None:  # what was read does not fit a field: it is shown, to be corrected
        return render_new_draft_page(context, meeting_row, entry, key)
    try:
        with savepoint(context.session):
            contribution = drafting.create_draft_contribution(
                context.session,
                context.actor,
                meeting_row,
                entry.value,
                key=key,
                entity=behalf.value.entity,
                series=behalf.value.series,
                version=version,
            )
    except Stale as sent_before:
        return render_new_draft_page(context, meeting_row, entry, uuid4(), stale=sent_before)
    except BadRequest as refusal:
        return render_new_draft_page(context, meeting_row, entry.with_error("entity", refusal.reason), key)
    if is_autosave_request(context.request):
        return build_autosave_response(contribution.version)
    if accepted_file:
        save_contribution_file(context, contribution, entry.value.original, accepted_file)
    return context.redirect(f"/contributions/{contribution.id}/edit?done=saved")


def _name_liaison_to_answer(context: ReadContext, meeting: Meeting, liaison_id: UUID) -> str:
    """Return symbol and subject of the document of a liaison that waits for a reply of the body of a meeting. Raises
    NotFound, Conflict."""
    liaison = get_liaison_to_answer(context.session, context.actor, meeting.body_id, liaison_id)
    return describe_liaison(liaison, find_symbol_of_liaison(context.session, liaison))


def _parse_new_cover(
    session: ReadSession,
    meeting: Meeting,
    typed: Mapping[str, object],
    behalf: ParsedForm[BehalfInput],
    *,
    has_file: bool = False,
) -> ParsedForm[ContributionCover]:
    """Parse the cover of a new draft. Of one that `has_file`, title and language may be missing: they will be read."""
    read_later = {"title": "-", "original": LANGUAGES[0]} if has_file else {}
    defaults = {"purpose": ContributionPurpose.DISCUSSION, **read_later}
    cover = parse_cover_form(session, meeting, {**typed, **{k: v for k, v in defaults.items() if not typed[k]}})
    return ParsedForm({**typed, **behalf.typed}, cover.value, {**behalf.errors, **cover.errors})


def _parse_behalf(actor: Actor, meeting: Meeting, entity: str, series: str) -> ParsedForm[BehalfInput]:
    """Parse for which entity it is written: a delegate writes for their own State, the secretariat chooses."""
    if is_delegate.objection_to(actor, EntityInBody(meeting.body_id, actor.entity)) is None:
        own = BehalfInput.model_construct(entity=actor.entity, series="C")
        return ParsedForm({}, own, {})
    entry = parse_form(BehalfInput, {"entity": entity, "series": series}, whole_form_errors_at="series")
    return entry if series else entry.with_error("series", KIND_MISSING)


@router.get("/contributions/{contribution}/check", dependencies=[Depends(SignedInGuard(rules.SUBMIT))])
def show_submission_check_page(context: ReadContext, contribution: UUID) -> Response:
    """Show the page with what will be submitted and what is missing."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution)
    rules.SUBMIT.require(context.actor, contribution_row)
    return render_submission_check_page(context, load_submission(context.session, contribution_row))


@router.post(
    "/contributions/{contribution}/submit",
    dependencies=[Depends(SignedInGuard(rules.SUBMIT))],
)
def submit_contribution(
    context: WriteContext,
    contribution: UUID,
    version: VersionField,
    answers: AnswerFields,
    late: TextField = "",
) -> Response:
    """Submit a contribution and redirect to its receipt; on a refusal show the check page again, with the answers."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution, lock=True)
    submission = load_submission(context.session, contribution_row)
    submit = partial(
        drafting.submit_contribution,
        context.session,
        context.actor,
        submission,
        version=version,
        grace=context.portal.upload_grace,
        accepts_lateness=late == "yes",
        answers=answers,
    )
    if refusal := try_action(context, submit):
        rules.SUBMIT.require(context.actor, contribution_row)  # only an open draft has a check page
        return render_submission_check_page(context, submission, refusal=refusal, answers=answers)
    done = _name_submission_message(context.session, context.actor, contribution_row)
    return context.redirect(f"/contributions/{contribution_row.id}/receipt?done={done}")


def _name_submission_message(session: ReadSession, actor: Actor, contribution: Contribution) -> str:
    """Return the name of the flash message after a submission: what has to happen before it is registered."""
    late = "-late" if status.is_waiting_for_chair(contribution) else ""
    if not rules.is_written_for_other_state(actor, contribution):
        return f"submitted{late}"
    return f"submitted-waits{late}" if is_awaiting_state(session, contribution) else f"submitted-at-request{late}"


@router.get(
    "/contributions/{contribution}/discard",
    dependencies=[Depends(SignedInGuard(rules.DISCARD))],
)
def show_discard_page(context: ReadContext, contribution: UUID) -> Response:
    """Show the page that confirms the deletion of a draft."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution)
    rules.DISCARD.require(context.actor, contribution_row)
    view = build_contribution_view(context, contribution_row)
    return context.render("web/contributions/discard.html", about=view)


@router.post(
    "/contributions/{contribution}/discard",
    dependencies=[Depends(SignedInGuard(rules.DISCARD))],
)
def discard_draft(context: WriteContext, contribution: UUID) -> Response:
    """Delete a draft."""
    drafting.delete_draft_contribution(
        context.session,
        context.actor,
        contributions.get_visible_contribution(context.session, context.actor, contribution, lock=True),
    )
    return context.redirect("/contributions?done=discarded")


@router.get(
    "/contributions/{contribution}/take-back",
    dependencies=[Depends(SignedInGuard(rules.RECALL))],
)
def show_recall_page(context: ReadContext, contribution: UUID) -> Response:
    """Show the page that confirms the recall of a submitted contribution."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution)
    rules.RECALL.require(context.actor, contribution_row)
    formats = context.localizer
    view = build_contribution_view(context, contribution_row)
    due = status.format_deadline_unless_corrigendum(contribution_row.step, view.meeting, formats)
    return context.render("web/contributions/take_back.html", about=view, due=due)


@router.post(
    "/contributions/{contribution}/take-back",
    dependencies=[Depends(SignedInGuard(rules.RECALL))],
)
def recall_contribution(context: WriteContext, contribution: UUID, version: VersionField) -> Response:
    """Recall a submitted contribution, which becomes a draft again."""
    contribution_row = contributions.get_visible_contribution(context.session, context.actor, contribution, lock=True)
    drafting.recall_contribution(context.session, context.actor, contribution_row, version=version)
    return context.redirect(f"/contributions/{contribution_row.id}?done=draft-again")


def convert_to_contribution_file(contribution: Contribution, language: str, received: IngestedFile) -> LanguageFile:
    """Build the input for a received file, with a finding if it names another State as its source."""
    file = convert_to_language_file(language, received)
    of_source = list_source_findings(received.reading.source, contribution.entity)
    return replace(file, findings=[*file.findings, *(finding.to_json() for finding in of_source)])


def save_contribution_file(
    context: WriteContext, contribution: Contribution, language: str, accepted_file: AcceptedFile
) -> None:
    """Save an accepted file as the text in one language."""
    drafting.put_contribution_file(
        context.session,
        context.actor,
        contribution,
        convert_to_contribution_file(contribution, language, accepted_file.file),
        began_at=accepted_file.began_at,
        received_at=accepted_file.received_at,
        is_inspected=accepted_file.file.is_inspected,
    )
    mark_accepted_upload_as_used(context.session, context.actor, accepted_file, contribution=contribution.id)
