"""Drafts of outputs: creating one, its cover, its text in each language. Later steps are in `outputs`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response

from app.core.database.combined_lists import read_statements_together
from app.core.errors import BadRequest, Conflict, DomainError, Forbidden
from app.core.i18n import LANGUAGES, NATIVE_NAMES
from app.core.journal import savepoint
from app.domain.bodies.models import Body
from app.domain.contributions.inputs import FileLanguage
from app.domain.decisions import queries as decisions
from app.domain.documents.queries import documents
from app.domain.liaisons.queries import get_liaison_to_answer, require_open_liaisons
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import drafting as actions
from app.domain.outputs.inputs import OutputCover
from app.domain.outputs.models import Output, OutputKind
from app.domain.outputs.queries import outputs
from app.domain.outputs.rules import outputs as rules
from app.domain.outputs.rules.outputs import OutputRuleSubject
from app.domain.silence.actions import draft_texts
from app.domain.silence.models import SilenceStatus
from app.domain.silence.queries.procedures import get_output_rule_subject_after_silence, get_silence_rule_subject
from app.http.authentication import SignedInGuard
from app.http.labels import KIND_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import get_form_http_status, try_action
from app.web.forms.addressees import ADDRESSEE_FIELDS
from app.web.forms.file_fields import (
    FILE_REQUIRED,
    NO_FILE_OFFERED,
    OfferedFile,
    describe_file_refusal,
    get_max_file_size,
    inspect_and_store_file,
    mark_accepted_upload_as_used,
)
from app.web.forms.messages import build_form_page_values, prefill_form
from app.web.forms.output_cover import (
    OutputCoverForm,
    build_reply_cover_form,
    parse_output_cover,
    prefill_output_cover_form,
)
from app.web.forms.parsing import (
    OptionalVersionField,
    ParsedForm,
    RejectRepeatedFields,
    TextField,
    VersionField,
    convert_to_language_file,
    parse_form,
)
from app.web.views.agendas.items import MAX_AGENDA_DOCUMENTS
from app.web.views.contributions.status import format_meeting_name
from app.web.views.mandates.citing import (
    SEARCH_FIELD,
    build_citation_choices,
    resolve_typed_mandates,
    select_citation_choices,
)
from app.web.views.meetings.meetings import build_document_lines
from app.web.views.outputs.addressees import (
    build_addressee_choices,
    build_party_register,
    select_addressee_choices,
)
from app.web.views.outputs.outputs import build_decision_lines, load_language_text_lines

KIND_CHOICES = [(str(kind), KIND_LABELS[kind]) for kind in OutputKind]


router = APIRouter(
    dependencies=[Depends(RejectRepeatedFields("sources", "decisions", "mandates", "action_lines", *ADDRESSEE_FIELDS))]
)


@dataclass(frozen=True, slots=True)
class SubmittedOutputDraftForm:
    """The form of a draft as it was sent: its cover, and a file with its language, if one was chosen."""

    cover: Annotated[OutputCoverForm, Form()]
    offered_file: OfferedFile
    language: TextField = ""


SentOutputForm = Annotated[SubmittedOutputDraftForm, Depends()]


@dataclass(frozen=True, slots=True)
class OutputDraftMessages:
    """Messages on a draft's page: validation errors, a refused file (`rejection`), or a refused cover."""

    cover: ParsedForm[OutputCover] | None = None
    upload: ParsedForm[FileLanguage] | None = None
    rejection: DomainError | None = None
    refusal: DomainError | None = None

    @property
    def http_status(self) -> int:
        """HTTP status of the page."""
        wrong = next((each for each in (self.cover, self.upload) if each and each.errors), None)
        return get_form_http_status(wrong, self.rejection or self.refusal)


@router.get("/meetings/{meeting}/outputs/new", dependencies=[Depends(SignedInGuard(rules.CREATE_DRAFT_OUTPUT))])
def show_new_output_form(context: ReadContext, meeting: UUID, in_reply_to: UUID | None = None) -> Response:
    """Show the form of a new output, filled in if it is `in_reply_to` a liaison of the body. Raises NotFound of one
    that the reader may not see, Conflict of one that waits for no reply."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    rules.CREATE_DRAFT_OUTPUT.require(
        context.actor, OutputRuleSubject(meeting_row.body_id, meeting_life=meeting_row.life)
    )
    form = OutputCoverForm(original=context.language)
    if in_reply_to:
        liaison = get_liaison_to_answer(context.session, context.actor, meeting_row.body_id, in_reply_to)
        form = build_reply_cover_form(context.session, liaison, context.language)
    return _render_new_page(context, meeting_row, prefill_form(form))


@router.post("/meetings/{meeting}/outputs", dependencies=[Depends(SignedInGuard(rules.CREATE_DRAFT_OUTPUT))])
def create_output_draft(context: WriteContext, meeting: UUID, form: Annotated[OutputCoverForm, Form()]) -> Response:
    """Create a draft of an output."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    rules.CREATE_DRAFT_OUTPUT.require(
        context.actor, OutputRuleSubject(meeting_row.body_id, meeting_life=meeting_row.life)
    )
    entry = _parse_cover(context, form, meeting_row.body_id)
    if entry.value is None:
        return _render_new_page(context, meeting_row, entry)
    try:
        with savepoint(context.session):
            require_open_liaisons(context.session, context.actor, meeting_row.body_id, entry.value)
            output = actions.create_draft_output(context.session, context.actor, meeting_row, entry.value)
    except BadRequest as error:
        return _render_new_page(context, meeting_row, entry, error)
    return context.redirect(f"/outputs/{output.id}/edit?done=saved")


@router.get("/outputs/{output}/edit", dependencies=[Depends(SignedInGuard(rules.CHANGE_OUTPUT))])
def show_output_editor(context: ReadContext, output: UUID) -> Response:
    """Show the editor of a draft."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    rules.CHANGE_OUTPUT.require(context.actor, get_output_rule_subject_after_silence(context.session, output_row))
    return _render_edit_page(context, output_row, OutputDraftMessages())


@router.post("/outputs/{output}", dependencies=[Depends(SignedInGuard(rules.CHANGE_OUTPUT))])
def change_output(context: WriteContext, output: UUID, version: VersionField, sent: SentOutputForm) -> Response:
    """Save the cover, and the file chosen with it."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    rules.CHANGE_OUTPUT.require(context.actor, get_output_rule_subject_after_silence(context.session, output_row))
    return _save(context, output_row, sent, version, wants_file=sent.offered_file.has_file)


@router.post("/outputs/{output}/files", dependencies=[Depends(SignedInGuard(rules.CHANGE_OUTPUT))])
def add_output_file(
    context: WriteContext, output: UUID, sent: SentOutputForm, version: OptionalVersionField = None
) -> Response:
    """Add the text in one language; the cover is saved too if it was submitted."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    rules.CHANGE_OUTPUT.require(context.actor, get_output_rule_subject_after_silence(context.session, output_row))
    return _save(context, output_row, sent, version, wants_file=True)


@router.post(
    "/outputs/{output}/files/{language}/remove",
    dependencies=[Depends(SignedInGuard(rules.CHANGE_OUTPUT))],
)
def remove_output_file(
    context: WriteContext,
    output: UUID,
    language: str,
    form: Annotated[OutputCoverForm, Form()],
    version: OptionalVersionField = None,
) -> Response:
    """Remove the text in one language; the cover is saved too if it was submitted."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    rules.CHANGE_OUTPUT.require(context.actor, get_output_rule_subject_after_silence(context.session, output_row))
    sent = SubmittedOutputDraftForm(form, NO_FILE_OFFERED)
    return _save(context, output_row, sent, version, wants_file=False, removing=language)


def _save(
    context: WriteContext,
    output: Output,
    sent: SubmittedOutputDraftForm,
    version: int | None,
    *,
    wants_file: bool,
    removing: str = "",
) -> Response:
    """Save everything that the form submits, or nothing. Without a `version` the form has no cover. A refused file
    is explained on the page. Raises NotFound, Forbidden if the output changed meanwhile."""
    page = partial(_render_edit_page, context)
    upload = accepted_file = None
    cover = _parse_cover(context, sent.cover, output.body_id) if version is not None else None
    if cover and cover.value is None:
        return page(output, OutputDraftMessages(cover))
    if wants_file:
        upload = parse_form(FileLanguage, {"language": sent.language})
        if upload.value is None:
            return page(output, OutputDraftMessages(cover, upload))
        try:
            accepted_file = inspect_and_store_file(context, output.body_id, sent.offered_file)
            if accepted_file is None:
                raise BadRequest(FILE_REQUIRED)
        except DomainError as error:
            return page(output, OutputDraftMessages(cover, upload, error))
    # The adoption may have been recorded while the file was inspected: load and lock the output again.
    output = outputs.get_visible_output(context.session, context.actor, output.id, lock=True)
    if cover and version is not None and (refusal := _change_cover(context, output, cover.value, version)):
        return page(output, OutputDraftMessages(cover, refusal=refusal))
    if accepted_file and upload and upload.value:
        draft_texts.put_draft_file(
            context.session, context.actor, output, convert_to_language_file(upload.value.language, accepted_file.file)
        )
        mark_accepted_upload_as_used(context.session, context.actor, accepted_file)
    if removing:
        draft_texts.remove_draft_file(context.session, context.actor, output, removing)
    done = "received" if accepted_file else "removed" if removing else "saved"
    return context.redirect(f"/outputs/{output.id}/edit?done={done}")


def _as_list(value: object) -> list[str]:
    """Return chosen codes as the form has them."""
    return list(map(str, value)) if isinstance(value, (list, tuple)) else []


def _parse_cover(context: WriteContext, form: OutputCoverForm, body_id: UUID) -> ParsedForm[OutputCover]:
    """Parse a cover; what was typed to find a mandate or an addressee is chosen if it names one."""
    fields, not_found = resolve_typed_mandates(context.session, form.model_dump())
    register = build_party_register(
        read_statements_together(context.session, select_addressee_choices(context.actor, body_id))
    )
    entry = parse_output_cover(form.model_copy(update={"mandates": _as_list(fields["mandates"])}), register)
    if not_found:
        return ParsedForm(form.model_dump(), None, {**entry.errors, SEARCH_FIELD: not_found})
    return ParsedForm({**entry.typed, SEARCH_FIELD: ""}, entry.value, entry.errors)


def _change_cover(context: WriteContext, output: Output, cover: OutputCover | None, version: int) -> DomainError | None:
    """Change the cover, and return why it was refused, or None."""
    if cover is None:
        return None

    def change() -> None:
        require_open_liaisons(context.session, context.actor, output.body_id, cover, output)
        draft_texts.replace_draft_cover(context.session, context.actor, output, cover, version=version)

    return try_action(context, change, refusals=(Conflict, Forbidden, BadRequest))


def _render_new_page(
    context: ReadContext, meeting: Meeting, entry: ParsedForm[OutputCover], refusal: DomainError | None = None
) -> Response:
    return context.render(
        "web/outputs/new.html",
        meeting=meeting,
        meeting_name=format_meeting_name(meeting, context.session.get_one(Body, meeting.body_id)),
        **build_form_page_values(entry, refusal, field="sources"),
        **_list_cover_choices(context, meeting, entry.typed),
    )


def _render_edit_page(context: ReadContext, output: Output, messages: OutputDraftMessages) -> Response:
    session = context.session
    meeting = session.get_one(Meeting, output.meeting_id)
    files = outputs.list_output_files(session, output)
    languages_present = {file.language for file in files}
    missing = next((code for code in (output.original, *LANGUAGES) if code not in languages_present), output.original)
    saved_cover = prefill_form(prefill_output_cover_form(session, output))
    values = build_form_page_values(messages.cover or saved_cover, messages.refusal, field="sources")
    return context.render(
        "web/outputs/edit.html",
        **values | {"status": messages.http_status},
        output=output,
        meeting_name=format_meeting_name(meeting, session.get_one(Body, output.body_id)),
        texts=load_language_text_lines(session, output, files),
        theirs=saved_cover.typed,
        kind_words=KIND_LABELS[output.kind],
        refused=describe_file_refusal(messages.rejection),
        upload=messages.upload or ParsedForm({"language": missing}, None, {}),
        largest=get_max_file_size(context, output.body_id),
        silence_runs=get_silence_rule_subject(session, output).status == SilenceStatus.OPEN,
        **_list_cover_choices(context, meeting, (messages.cover or saved_cover).typed),
    )


def _list_cover_choices(context: ReadContext, meeting: Meeting, typed: Mapping[str, object]) -> dict[str, Any]:
    """Return what can be chosen on the cover of an output."""
    rows = documents.list_documents(
        context.session,
        context.actor,
        body_id=meeting.body_id,
        scope=str(meeting.number),
        limit=MAX_AGENDA_DOCUMENTS,
    )
    meeting_decisions = [(each, meeting) for each in decisions.list_decisions(context.session, meeting)]
    citing = select_citation_choices(context.actor, context.actor.entity)
    addressing = select_addressee_choices(context.actor, meeting.body_id)
    found = read_statements_together(context.session, [*citing, *addressing])
    return {
        "kinds": KIND_CHOICES,
        "citing": build_citation_choices(found[: len(citing)], typed, context.language),
        "addressing": build_addressee_choices(found[len(citing) :], typed, context.language),
        "languages_of_files": [(code, NATIVE_NAMES[code], code) for code in LANGUAGES],
        "documents": build_document_lines(rows, context.language),
        "decisions": build_decision_lines(context.session, meeting_decisions, context.language),
    }
