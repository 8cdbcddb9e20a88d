"""Replacing an advance version by the version in all languages, and calling that back before its instant."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.errors import BadRequest, Conflict
from app.core.i18n import LazyText
from app.core.journal import savepoint
from app.domain.outputs.actions import completion
from app.domain.outputs.inputs import Because, ReleaseInstant
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs, translations
from app.domain.outputs.rules.texts import compute_digest_of_translations
from app.domain.outputs.rules.translations import CALL_BACK_COMPLETION, SCHEDULE_COMPLETION
from app.http.authentication import SignedInFor
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.parsing import RejectRepeatedFields, TextField, parse_form
from app.web.outputs.releases import NO_ERRORS, render_call_back_page, suggest_release_instant
from app.web.views.outputs.languages import build_translation_line
from app.web.views.outputs.outputs import load_output_summary

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

COMPLETE_OUTPUT_GUARDS, CALL_BACK_COMPLETION_GUARDS = (
    [Depends(SignedInFor(each))] for each in (SCHEDULE_COMPLETION, CALL_BACK_COMPLETION)
)


def release_instant_form_fields(
    when: TextField = "now", on: TextField = "", at: TextField = "", adds: TextField = ""
) -> dict[str, str]:
    """Return the form fields of an instant as typed, and the digest of the translations that were seen."""
    return {"when": when, "on": on, "at": at, "adds": adds}


ReleaseInstantFormFields = Annotated[dict[str, str], Depends(release_instant_form_fields)]


@router.get("/outputs/{output}/complete", dependencies=COMPLETE_OUTPUT_GUARDS)
def show_completion_form(context: ReadContext, output: UUID) -> Response:
    """Show the form that completes an advance version."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    SCHEDULE_COMPLETION.require(context.actor, translations.get_completion_state(context.session, output_row))
    return _render_page(context, output_row, {"when": "now", **suggest_release_instant(context.session, output_row)})


@router.post("/outputs/{output}/complete", dependencies=COMPLETE_OUTPUT_GUARDS)
def complete_output(context: WriteContext, output: UUID, typed: ReleaseInstantFormFields) -> Response:
    """Schedule the release of an advance version in all its languages, now or at an instant."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    SCHEDULE_COMPLETION.require(context.actor, translations.get_completion_state(context.session, output_row))
    entry = parse_form(ReleaseInstant, {name: typed[name] for name in ReleaseInstant.model_fields})
    if entry.value is None:
        return _render_page(context, output_row, typed, errors=entry.errors)
    try:
        with savepoint(context.session):
            completion.schedule_completion(
                context.session, context.actor, output_row, entry.value, digest=typed["adds"]
            )
    except BadRequest as error:
        return _render_page(context, output_row, typed, errors={"on": error.reason})
    except Conflict as conflict:
        return _render_page(context, output_row, typed, stale=conflict.reason)
    done = "completion-scheduled" if typed["when"] == "then" else "completing"
    return context.redirect(f"/outputs/{output_row.id}?done={done}")


@router.get("/outputs/{output}/call-back-completion", dependencies=CALL_BACK_COMPLETION_GUARDS)
def show_call_back_completion_form(context: ReadContext, output: UUID) -> Response:
    """Show the form that calls back a scheduled completion."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    CALL_BACK_COMPLETION.require(context.actor, translations.get_completion_state(context.session, output_row))
    return _render_call_back_page(context, output_row)


@router.post("/outputs/{output}/call-back-completion", dependencies=CALL_BACK_COMPLETION_GUARDS)
def call_back_output_completion(context: WriteContext, output: UUID, reason: TextField = "") -> Response:
    """Call back a scheduled completion."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    CALL_BACK_COMPLETION.require(context.actor, translations.get_completion_state(context.session, output_row))
    entry = parse_form(Because, {"reason": reason})
    if entry.value is None:
        return _render_call_back_page(context, output_row, reason, entry.errors)
    completion.call_back_completion(context.session, context.actor, output_row, entry.value)
    return context.redirect(f"/outputs/{output_row.id}?done=completion-called-back")


def _render_page(
    context: ReadContext,
    output: Output,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, LazyText] | None = None,
    stale: LazyText | None = None,
) -> Response:
    """Render the form that says what will happen, and exactly which translations are added."""
    language, adding = (
        context.language,
        translations.list_translations_to_release(context.session, output),
    )
    return context.render(
        "web/outputs/complete.html",
        status=409 if stale else 400 if errors else 200,
        about=load_output_summary(context.session, output, language),
        lines=[build_translation_line(context.session, output, each, language) for each in adding],
        adds=compute_digest_of_translations(adding),
        typed=typed,
        errors=errors or {},
        stale=stale,
    )


def _render_call_back_page(
    context: ReadContext, output: Output, reason: str = "", errors: Mapping[str, LazyText] = NO_ERRORS
) -> Response:
    at = translations.list_completion_plans(context.session, output)[-1].release_at
    return render_call_back_page(context, output, at, reason, errors, act="call-back-completion")
