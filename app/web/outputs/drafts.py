"""Drafts of outputs: creating one, its cover, its text in each language. Later steps are in `outputs`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response

from app.core.db import ReadSession
from app.core.errors import BadRequest, Conflict, DomainError, Forbidden
from app.core.i18n import LANGUAGES, NATIVE_NAMES, LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import savepoint
from app.core.permissions import Actor
from app.domain.bodies.models import Body
from app.domain.contributions.inputs import FileLanguage
from app.domain.decisions import queries as decisions
from app.domain.documents.queries import documents
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import drafting as actions
from app.domain.outputs.inputs import OutputCover, TranslatedTitle
from app.domain.outputs.models import KINDS_WITH_ADDRESSEES, Output, OutputKind, ReleaseAddressee
from app.domain.outputs.queries import outputs
from app.domain.outputs.rules import outputs as rules
from app.domain.outputs.rules.outputs import OutputState
from app.domain.silence import queries as silence
from app.domain.silence.actions import draft_texts
from app.domain.silence.models import SilenceStatus
from app.http.authentication import SignedInFor
from app.http.labels import KIND_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.http.portal_state import PortalState
from app.web.forms.file_fields import (
    FILE_REQUIRED,
    NO_FILE_OFFERED,
    DraftForm,
    OfferedFile,
    accept_offered_file,
    describe_file_refusal,
    record_accepted_file,
)
from app.web.forms.parsing import (
    OptionalVersionField,
    ParsedForm,
    RejectRepeatedFields,
    TextField,
    VersionField,
    build_file_input,
    parse_form,
)
from app.web.views.agendas.items import MAX_AGENDA_DOCUMENTS
from app.web.views.contributions.status import format_meeting_name
from app.web.views.meetings.meetings import build_document_lines
from app.web.views.outputs.outputs import build_decision_lines, build_text_lines

PUBLIC_ADDRESSEE = str(ReleaseAddressee.PUBLIC)
NO_TITLE_MESSAGE = _("Give the title in the original language.")
KIND_CHOICES = [(str(kind), KIND_LABELS[kind]) for kind in OutputKind]


router = APIRouter(dependencies=[Depends(RejectRepeatedFields("sources", "decisions"))])


def output_cover_form_fields(
    kind: TextField = "",
    original: TextField = "",
    title_ar: TextField = "",
    title_zh: TextField = "",
    title_en: TextField = "",
    title_fr: TextField = "",
    title_ru: TextField = "",
    title_es: TextField = "",
    for_action: TextField = "",
    for_information: TextField = "",
    reply_by: TextField = "",
    for_public: TextField = "",
    sources: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
    decisions: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
) -> dict[str, object]:
    """Return the form fields of a cover as typed."""
    titles = (title_ar, title_zh, title_en, title_fr, title_ru, title_es)
    typed = {f"title_{code}": title for code, title in zip(LANGUAGES, titles, strict=True)}
    addressee_fields = {
        "for_action": for_action,
        "for_information": for_information,
        "reply_by": reply_by,
        "for_public": for_public,
    }
    return {"kind": kind, "original": original, "sources": sources, "decisions": decisions, **addressee_fields, **typed}


OutputCoverFormFields = Annotated[dict[str, object], Depends(output_cover_form_fields)]


def collect_sent_form(typed: OutputCoverFormFields, offered_file: OfferedFile, language: TextField = "") -> DraftForm:
    """Return the submitted form: cover, offered file and its language."""
    return DraftForm(typed, offered_file, language)


SentOutputForm = Annotated[DraftForm, Depends(collect_sent_form)]


@dataclass(frozen=True, slots=True)
class OutputDraftMessages:
    """Messages at the top of a draft's page: validation errors, a refused file, or a conflict."""

    cover: ParsedForm[OutputCover] | None = None
    upload: ParsedForm[FileLanguage] | None = None
    rejection: DomainError | None = None
    stale: LazyText | None = None
    status: int = 200


@router.get("/meetings/{meeting}/outputs/new", dependencies=[Depends(SignedInFor(rules.CREATE_DRAFT_OUTPUT))])
def show_new_output_form(context: ReadContext, meeting: UUID) -> Response:
    """Show the form of a new output."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    rules.CREATE_DRAFT_OUTPUT.require(context.actor, OutputState(meeting_row.body_id, meeting_life=meeting_row.life))
    typed = output_cover_form_fields(kind=OutputKind.REPORT, original=context.language)
    return _render_new_page(context, meeting_row, ParsedForm(typed, None, {}), 200)


@router.post("/meetings/{meeting}/outputs", dependencies=[Depends(SignedInFor(rules.CREATE_DRAFT_OUTPUT))])
def draft_output(context: WriteContext, meeting: UUID, typed: OutputCoverFormFields) -> Response:
    """Create a draft of an output."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    rules.CREATE_DRAFT_OUTPUT.require(context.actor, OutputState(meeting_row.body_id, meeting_life=meeting_row.life))
    entry = _read_cover(typed)
    if entry.value is None:
        return _render_new_page(context, meeting_row, entry, 400)
    try:
        with savepoint(context.session):
            output = actions.create_draft_output(context.session, context.actor, meeting_row, entry.value)
    except BadRequest as error:
        return _render_new_page(context, meeting_row, _with_source_error(entry, error), 400)
    return context.redirect(f"/outputs/{output.id}/edit?done=saved")


@router.get("/outputs/{output}/edit", dependencies=[Depends(SignedInFor(rules.CHANGE_OUTPUT))])
def show_output_editor(context: ReadContext, output: UUID) -> Response:
    """Show the editor of a draft."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    rules.CHANGE_OUTPUT.require(context.actor, silence.get_output_state_by_silence(context.session, output_row))
    return _render_edit_page(
        context.session, context.actor, context.portal, context.request, output_row, OutputDraftMessages()
    )


@router.post("/outputs/{output}", dependencies=[Depends(SignedInFor(rules.CHANGE_OUTPUT))])
def change_output(context: WriteContext, output: UUID, version: VersionField, sent: SentOutputForm) -> Response:
    """Save the cover, and the file chosen with it."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    rules.CHANGE_OUTPUT.require(context.actor, silence.get_output_state_by_silence(context.session, output_row))
    return _save(context, output_row, sent, version, wants_file=sent.offered_file.has_file)


@router.post("/outputs/{output}/files", dependencies=[Depends(SignedInFor(rules.CHANGE_OUTPUT))])
def put_output_file(
    context: WriteContext, output: UUID, sent: SentOutputForm, version: OptionalVersionField = None
) -> Response:
    """Add the text in one language; the cover is saved too if it was submitted."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    rules.CHANGE_OUTPUT.require(context.actor, silence.get_output_state_by_silence(context.session, output_row))
    return _save(context, output_row, sent, version, wants_file=True)


@router.post(
    "/outputs/{output}/files/{language}/remove",
    dependencies=[Depends(SignedInFor(rules.CHANGE_OUTPUT))],
)
def remove_output_file(
    context: WriteContext,
    output: UUID,
    language: str,
    typed: OutputCoverFormFields,
    version: OptionalVersionField = None,
) -> Response:
    """Remove the text in one language; the cover is saved too if it was submitted."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    rules.CHANGE_OUTPUT.require(context.actor, silence.get_output_state_by_silence(context.session, output_row))
    sent = DraftForm(typed, NO_FILE_OFFERED, "")
    return _save(context, output_row, sent, version, wants_file=False, removing=language)


def _save(
    context: WriteContext, output: Output, sent: DraftForm, version: int | None, *, wants_file: bool, removing: str = ""
) -> Response:
    """Save everything that the form submits, or nothing. Without a `version` the form has no cover. A refused file
    is explained on the page. Raises NotFound, Forbidden if the output changed meanwhile."""
    page = partial(_render_edit_page, context.session, context.actor, context.portal, context.request)
    cover = upload = accepted_file = None
    if version is not None:
        cover = _read_cover(sent.typed)
        if cover.value is None:
            return page(output, OutputDraftMessages(cover, status=400))
    if wants_file:
        upload = parse_form(FileLanguage, {"language": sent.language})
        if upload.value is None:
            return page(output, OutputDraftMessages(cover, upload, status=400))
        try:
            accepted_file = accept_offered_file(context, output.body_id, sent.offered_file)
            if accepted_file is None:
                raise BadRequest(FILE_REQUIRED)
        except DomainError as error:
            return page(output, OutputDraftMessages(cover, upload, error, status=error.status))
    # The adoption may have been recorded while the file was inspected: load and lock the output again.
    output = outputs.get_visible_output(context.session, context.actor, output.id, lock=True)
    if cover and cover.value and version is not None:
        try:
            with savepoint(context.session):
                draft_texts.change_draft(context.session, context.actor, output, cover.value, version=version)
        except Conflict as conflict:
            return page(output, OutputDraftMessages(cover, stale=conflict.reason, status=409))
        except (Forbidden, BadRequest) as error:
            return page(output, OutputDraftMessages(_with_source_error(cover, error), status=error.status))
    if accepted_file and upload and upload.value:
        draft_texts.put_draft_file(
            context.session, context.actor, output, build_file_input(upload.value.language, accepted_file.file)
        )
        record_accepted_file(context.session, context.actor, accepted_file)
    if removing:
        draft_texts.remove_draft_file(context.session, context.actor, output, removing)
    done = "received" if accepted_file else "removed" if removing else "saved"
    return context.redirect(f"/outputs/{output.id}/edit?done={done}")


def _read_cover(typed: Mapping[str, object]) -> ParsedForm[OutputCover]:
    """Validate the cover; each title is validated by itself, so that each has its own error."""
    errors: dict[str, LazyText] = {}
    titles: dict[str, str] = {}
    for code in LANGUAGES:
        if typed[f"title_{code}"] != "":
            title = parse_form(TranslatedTitle, {"title": typed[f"title_{code}"]})
            errors |= {f"title_{code}": words for words in title.errors.values()}
            titles |= {code: title.value.title} if title.value else {}
    cover_values = {name: typed[name] for name in ("kind", "original", "sources", "decisions")}
    cover_values |= {"titles": titles, "for_public": typed["for_public"] == PUBLIC_ADDRESSEE}
    cover = parse_form(
        OutputCover, cover_values | (_read_addressees(typed) if typed["kind"] in KINDS_WITH_ADDRESSEES else {})
    )
    errors |= cover.errors
    original = f"title_{typed['original']}"
    if typed.get(original) == "":
        errors[original] = NO_TITLE_MESSAGE
    return ParsedForm(typed, None if errors else cover.value, errors)


def _with_source_error(entry: ParsedForm[OutputCover], refused: DomainError) -> ParsedForm[OutputCover]:
    """Return the typed cover with an error at the sources, which must be chosen again."""
    return ParsedForm(entry.typed, None, {"sources": refused.reason})


def _read_addressees(typed: Mapping[str, object]) -> dict[str, object]:
    """Return the addressees, one for each line typed."""
    lists = {name: str(typed[name]).split("\n") for name in ("for_action", "for_information")}
    lines = {name: [line for line in values if line.strip()] for name, values in lists.items()}
    return {**lines, "reply_by": typed["reply_by"]}


def _current_cover(session: ReadSession, output: Output) -> ParsedForm[OutputCover]:
    typed: dict[str, object] = {
        "kind": output.kind,
        "original": output.original,
        "sources": [str(source.id) for source in outputs.list_source_documents(session, output)],
        "decisions": [str(decision.id) for decision, _ignored in outputs.list_source_decisions(session, output)],
        "for_action": "\n".join(output.for_action),
        "for_information": "\n".join(output.for_information),
        "reply_by": output.reply_by.isoformat() if output.reply_by else "",
        "for_public": PUBLIC_ADDRESSEE if output.for_public else "",
    }
    titles = {f"title_{code}": output.titles.get(code, "") for code in LANGUAGES}
    return ParsedForm(typed | titles, None, {})


def _render_new_page(context: ReadContext, meeting: Meeting, entry: ParsedForm[OutputCover], status: int) -> Response:
    return context.render(
        "web/outputs/new.html",
        status=status,
        meeting=meeting,
        meeting_name=format_meeting_name(meeting, context.session.get_one(Body, meeting.body_id)),
        **_cover_form(context.session, context.actor, meeting, entry, context.language),
    )


def _render_edit_page(
    session: ReadSession,
    actor: Actor,
    portal: PortalState,
    request: Request,
    output: Output,
    messages: OutputDraftMessages,
) -> Response:
    language = portal.templates.negotiate_language(request)
    meeting, body = session.get_one(Meeting, output.meeting_id), session.get_one(Body, output.body_id)
    files = outputs.list_output_files(session, output)
    languages_present = {file.language for file in files}
    missing = next((code for code in (output.original, *LANGUAGES) if code not in languages_present), output.original)
    as_it_stands = _current_cover(session, output)
    return portal.templates.render_response(
        request,
        "web/outputs/edit.html",
        status=messages.status,
        output=output,
        meeting_name=format_meeting_name(meeting, body),
        texts=build_text_lines(output, files),
        theirs=as_it_stands.typed,
        kind_words=KIND_LABELS[output.kind],
        stale=messages.stale,
        refused=describe_file_refusal(messages.rejection),
        upload=messages.upload or ParsedForm({"language": missing}, None, {}),
        largest=min(body.largest_file, portal.settings.largest_file),
        silence_runs=silence.get_silence_state(session, output).status == SilenceStatus.OPEN,
        **_cover_form(session, actor, meeting, messages.cover or as_it_stands, language),
    )


def _cover_form(
    session: ReadSession, actor: Actor, meeting: Meeting, entry: ParsedForm[OutputCover], language: str
) -> dict[str, object]:
    """Return the template context of the cover form: choices, typed values and errors."""
    rows = documents.list_documents(
        session, actor, body_id=meeting.body_id, scope=str(meeting.number), limit=MAX_AGENDA_DOCUMENTS
    )
    meeting_decisions = [(each, meeting) for each in decisions.list_decisions(session, meeting)]
    return {
        "typed": entry.typed,
        "errors": entry.errors,
        "kinds": KIND_CHOICES,
        "languages_of_files": [(code, NATIVE_NAMES[code], code) for code in LANGUAGES],
        "documents": build_document_lines(rows, language),
        "decisions": build_decision_lines(session, meeting_decisions, language),
    }
