"""Translations of adopted texts: adding one, reading it, and approving it as the second person."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from pydantic import BaseModel

from app.core.database.combined_lists import read_together
from app.core.errors import BadRequest, DomainError
from app.core.i18n import LANGUAGES, NATIVE_NAMES, LazyText
from app.domain.contributions.inputs import FileLanguage
from app.domain.files import queries as file_queries
from app.domain.outputs.actions import translation as translating
from app.domain.outputs.inputs import TranslatedTitle
from app.domain.outputs.models import Output, OutputTranslation
from app.domain.outputs.queries import outputs, translations
from app.domain.outputs.rules import outputs as rules
from app.domain.outputs.rules import translations as completing
from app.http.authentication import SignedInGuard
from app.http.downloads import UNPUBLISHED_CACHE, download_response
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import try_action
from app.web.forms.file_fields import (
    FILE_REQUIRED,
    OfferedFile,
    describe_file_refusal,
    get_max_file_size,
    inspect_and_store_file,
    mark_accepted_upload_as_used,
)
from app.web.forms.parsing import RejectRepeatedFields, TextField, convert_to_language_file, parse_form
from app.web.outputs.approval_sign_ins import (
    has_signed_in_to_approve,
    redirect_to_approval_sign_in,
    take_approval_proof,
)
from app.web.views.outputs.languages import build_translation_lines
from app.web.views.outputs.outputs import LISTS_OF_OUTPUT, load_output_summary
from app.web.views.outputs.pdfs import send_pdf_of_text

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

TRANSLATE_OUTPUT_GUARDS, APPROVE_TRANSLATION_GUARDS, SEE_OUTPUT_GUARDS = (
    [Depends(SignedInGuard(each))]
    for each in (completing.ADD_TRANSLATION, completing.APPROVE_TRANSLATION, rules.SEE_OUTPUT)
)


class OutputTranslationForm(BaseModel):
    """Form of a translation as typed; its file comes with it."""

    language: str = ""
    title: str = ""


@router.get("/outputs/{output}/translate", dependencies=TRANSLATE_OUTPUT_GUARDS)
def show_translation_form(context: ReadContext, output: UUID) -> Response:
    """Show the form that adds a translation."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    completing.ADD_TRANSLATION.require(
        context.actor, translations.get_completion_rule_subject(context.session, output_row)
    )
    first_missing = next(iter(translations.list_missing_languages(context.session, output_row)), "")
    return _render_form(context, output_row, OutputTranslationForm(language=first_missing), {})


@router.post("/outputs/{output}/translate", dependencies=TRANSLATE_OUTPUT_GUARDS)
def add_output_translation(
    context: WriteContext, output: UUID, form: Annotated[OutputTranslationForm, Form()], offered_file: OfferedFile
) -> Response:
    """Add a translation of an adopted text. A refused file is explained on the page."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    completing.ADD_TRANSLATION.require(
        context.actor, translations.get_completion_rule_subject(context.session, output_row)
    )
    chosen = parse_form(FileLanguage, {"language": form.language})
    title = parse_form(TranslatedTitle, {"title": form.title})
    errors = {**chosen.errors, **(title.errors if form.title else {})}
    if chosen.value is None or errors:
        return _render_form(context, output_row, form, errors)
    try:
        accepted_file = inspect_and_store_file(context, output_row.body_id, offered_file)
        if accepted_file is None:
            raise BadRequest(FILE_REQUIRED)
    except DomainError as error:
        return _render_form(context, output_row, form, {}, error)
    # The release may have started meanwhile: load and lock the output again.
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    file = convert_to_language_file(chosen.value.language, accepted_file.file)
    refusal = try_action(
        context,
        lambda: translating.add_translation(context.session, context.actor, output_row, file, title.value),
    )
    if refusal:
        return _render_form(context, output_row, form, {}, refusal)
    mark_accepted_upload_as_used(context.session, context.actor, accepted_file)
    return context.redirect(f"/outputs/{output_row.id}?done=translated#languages")


@router.get("/outputs/{output}/translations/{language}", dependencies=SEE_OUTPUT_GUARDS)
def download_translation(context: ReadContext, output: UUID, language: str) -> Response:
    """Download a translation: a released one for everybody, a pending one for the chair and the secretariat."""
    _, translation = _get_output_and_translation(context, output, language)
    file_queries.require_clean_scans(context.session, [translation.sha256])
    return download_response(
        context.request,
        context.portal.store,
        sha256=translation.sha256,
        media_type=translation.media,
        name=translation.name,
        cache_control=UNPUBLISHED_CACHE,
    )


@router.get("/outputs/{output}/translations/{language}/pdf", dependencies=SEE_OUTPUT_GUARDS)
def download_translation_pdf(context: ReadContext, output: UUID, language: str) -> Response:
    """Download the PDF of a translation, for those who may download the translation."""
    return send_pdf_of_text(context, _get_output_and_translation(context, output, language)[1])


@router.get(
    "/outputs/{output}/translations/{language}/approve",
    dependencies=APPROVE_TRANSLATION_GUARDS,
)
def show_translation_approval_form(context: ReadContext, output: UUID, language: str) -> Response:
    """Show the form that approves a translation."""
    output_row, translation = _get_output_and_translation(context, output, language)
    _require_second_person(context, output_row, translation)
    return _render_approval_form(context, output_row, translation)


@router.get(
    "/outputs/{output}/translations/{language}/approve/sign-in",
    dependencies=APPROVE_TRANSLATION_GUARDS,
)
def start_translation_approval_sign_in(context: ReadContext, output: UUID, language: str) -> Response:
    """Redirect to a sign-in whose ID token is bound to exactly the translation that the person is about to approve."""
    output_row, translation = _get_output_and_translation(context, output, language)
    _require_second_person(context, output_row, translation)
    page = f"/outputs/{output_row.id}/translations/{translation.language}/approve"
    return redirect_to_approval_sign_in(context, output_row, translation, page=page)


@router.post(
    "/outputs/{output}/translations/{language}/approve",
    dependencies=APPROVE_TRANSLATION_GUARDS,
)
def approve_output_translation(context: WriteContext, output: UUID, language: str, text: TextField = "") -> Response:
    """Approve exactly the translation that was seen, with the sign-in that was made for it."""
    output_row, translation = _get_output_and_translation(context, output, language, lock=True)
    _require_second_person(context, output_row, translation)

    def approve() -> None:
        proof = take_approval_proof(context, output_row, translation)
        translating.approve_translation(context.session, context.actor, output_row, language, digest=text, proof=proof)

    refusal = try_action(context, approve)
    if refusal:
        return _render_approval_form(context, output_row, translation, refusal)
    return context.redirect(f"/outputs/{output_row.id}?done=translation-approved#languages")


def _get_output_and_translation(
    context: ReadContext, output: UUID, language: str, *, lock: bool = False
) -> tuple[Output, OutputTranslation]:
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=lock)
    read_together(context.session, output_row, *LISTS_OF_OUTPUT)
    return output_row, translations.get_visible_translation(context.session, context.actor, output_row, language)


def _require_second_person(context: ReadContext, output: Output, translation: OutputTranslation) -> None:
    """Check that the actor may approve the translation as the second person. Raises Forbidden, Conflict."""
    case = translations.get_completion_rule_subject(context.session, output)
    completing.APPROVE_TRANSLATION.require(
        context.actor, translations.build_translation_rule_subject(case, translation)
    )


def _render_form(
    context: ReadContext,
    output: Output,
    form: OutputTranslationForm,
    errors: Mapping[str, LazyText],
    refused: DomainError | None = None,
) -> Response:
    released_languages = {text.language for text in translations.list_released_texts(context.session, output)}
    return context.render(
        "web/outputs/translate.html",
        status=refused.status if refused else 400 if errors else 200,
        about=load_output_summary(context.session, output, context.language),
        typed=form,
        errors=errors,
        refused=describe_file_refusal(refused),
        largest=get_max_file_size(context, output.body_id),
        languages_of_files=[(code, NATIVE_NAMES[code], code) for code in LANGUAGES if code not in released_languages],
    )


def _render_approval_form(
    context: ReadContext, output: Output, translation: OutputTranslation, refusal: DomainError | None = None
) -> Response:
    """Render the form that says what approving does, and to exactly which translation."""
    language = context.language
    (line,) = build_translation_lines(context.session, output, [translation], language)
    return context.render(
        "web/outputs/approve_translation.html",
        status=refusal.status if refusal else 200,
        about=load_output_summary(context.session, output, language),
        is_signed_for=has_signed_in_to_approve(context, output, translation),
        line=line,
        refusal=refusal.reason if refusal else None,
    )
