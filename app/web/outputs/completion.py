"""Replacing an advance version by the version in all languages, and calling that back before its instant."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import DomainError
from app.core.validation import ReasonInput
from app.domain.outputs.actions import completion
from app.domain.outputs.inputs import ReleaseInstant
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs, translations
from app.domain.outputs.rules.texts import compute_digest_of_translations
from app.domain.outputs.rules.translations import CALL_BACK_COMPLETION, SCHEDULE_COMPLETION
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.actions import submit_parsed_form
from app.web.forms.messages import build_form_page_values, prefill_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, parse_form
from app.web.outputs.releases import (
    CallBackReleaseForm,
    ReleaseInstantForm,
    render_call_back_page,
    require_release_time,
    suggest_release_instant,
)
from app.web.views.outputs.languages import build_translation_lines
from app.web.views.outputs.outputs import load_output_summary

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

COMPLETE_OUTPUT_GUARDS, CALL_BACK_COMPLETION_GUARDS = (
    [Depends(SignedInGuard(each))] for each in (SCHEDULE_COMPLETION, CALL_BACK_COMPLETION)
)


class CompletionForm(ReleaseInstantForm):
    """Form of a completion as typed; `adds` is the digest of the translations that were seen."""

    adds: str = ""


@router.get("/outputs/{output}/complete", dependencies=COMPLETE_OUTPUT_GUARDS)
def show_completion_form(context: ReadContext, output: UUID) -> Response:
    """Show the form that completes an advance version."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    SCHEDULE_COMPLETION.require(context.actor, translations.get_completion_rule_subject(context.session, output_row))
    form = CompletionForm(**suggest_release_instant(context.session, output_row))
    return _render_page(context, output_row, prefill_form(form))


@router.post("/outputs/{output}/complete", dependencies=COMPLETE_OUTPUT_GUARDS)
def schedule_output_completion(
    context: WriteContext, output: UUID, form: Annotated[CompletionForm, Form()]
) -> Response:
    """Schedule the release of an advance version in all its languages, now or at an instant."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    SCHEDULE_COMPLETION.require(context.actor, translations.get_completion_rule_subject(context.session, output_row))
    done = "completion-scheduled" if form.when == "then" else "completing"
    return submit_parsed_form(
        context,
        require_release_time(form, parse_form(ReleaseInstant, form.model_dump(exclude={"adds"}))),
        action=lambda instant: completion.schedule_completion(
            context.session, context.actor, output_row, instant, digest=form.adds
        ),
        render=partial(_render_page, context, output_row),
        done=f"/outputs/{output_row.id}?done={done}",
    )


@router.get("/outputs/{output}/call-back-completion", dependencies=CALL_BACK_COMPLETION_GUARDS)
def show_call_back_completion_form(context: ReadContext, output: UUID) -> Response:
    """Show the form that calls back a scheduled completion."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    CALL_BACK_COMPLETION.require(context.actor, translations.get_completion_rule_subject(context.session, output_row))
    return _render_call_back_page(context, output_row, prefill_form(CallBackReleaseForm()))


@router.post("/outputs/{output}/call-back-completion", dependencies=CALL_BACK_COMPLETION_GUARDS)
def call_back_output_completion(
    context: WriteContext, output: UUID, form: Annotated[CallBackReleaseForm, Form()]
) -> Response:
    """Call back a scheduled completion."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    CALL_BACK_COMPLETION.require(context.actor, translations.get_completion_rule_subject(context.session, output_row))
    entry = parse_form(ReasonInput, form.model_dump())
    if entry.value is None:
        return _render_call_back_page(context, output_row, entry)
    completion.cancel_scheduled_completion(context.session, context.actor, output_row, entry.value)
    return context.redirect(f"/outputs/{output_row.id}?done=completion-called-back")


def _render_page(
    context: ReadContext, output: Output, entry: ParsedForm[ReleaseInstant], refusal: DomainError | None = None
) -> Response:
    """Render the form that says what will happen, and exactly which translations are added."""
    language = context.language
    adding = translations.list_translations_to_release(context.session, output)
    return context.render(
        "web/outputs/complete.html",
        about=load_output_summary(context.session, output, language),
        lines=build_translation_lines(context.session, output, adding, language),
        adds=compute_digest_of_translations(adding),
        **build_form_page_values(entry, refusal, field="on"),
    )


def _render_call_back_page(context: ReadContext, output: Output, entry: ParsedForm[ReasonInput]) -> Response:
    at = translations.list_completion_plans(context.session, output)[-1].release_at
    return render_call_back_page(context, output, at, entry, act="call-back-completion")
