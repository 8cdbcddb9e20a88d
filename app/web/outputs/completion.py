"""Replacing an advance version by the version in all languages, and calling that back before its instant."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.core.db import ReadSession
from app.core.errors import BadRequest, Conflict
from app.core.i18n import LazyText
from app.core.journal import savepoint
from app.domain.outputs.actions import completion
from app.domain.outputs.inputs import Because, ReleaseInstant
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs, translations
from app.domain.outputs.rules.translations import CALL_BACK_COMPLETION, SCHEDULE_COMPLETION
from app.http.authentication import SignedInActor, SignedInFor
from app.http.portal_state import Portal, PortalState, RequestReadSession, RequestWriteSession
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


@router.get("/outputs/{output}/complete", name="completing-output", dependencies=COMPLETE_OUTPUT_GUARDS)
def show_completion_form(
    output: UUID, actor: SignedInActor, session: RequestReadSession, house: Portal, request: Request
) -> Response:
    """Show the form that completes an advance version."""
    output_row = outputs.get_visible_output(session, actor, output)
    SCHEDULE_COMPLETION.require(actor, translations.get_completion_state(session, output_row))
    return _render_page(
        session, house, request, output_row, {"when": "now", **suggest_release_instant(session, output_row)}
    )


@router.post("/outputs/{output}/complete", name="complete-output", dependencies=COMPLETE_OUTPUT_GUARDS)
def complete_output(
    output: UUID,
    actor: SignedInActor,
    session: RequestWriteSession,
    house: Portal,
    request: Request,
    typed: ReleaseInstantFormFields,
) -> Response:
    """Schedule the release of an advance version in all its languages, now or at an instant."""
    output_row = outputs.get_visible_output(session, actor, output, lock=True)
    SCHEDULE_COMPLETION.require(actor, translations.get_completion_state(session, output_row))
    entry = parse_form(ReleaseInstant, {name: typed[name] for name in ReleaseInstant.model_fields})
    if entry.value is None:
        return _render_page(session, house, request, output_row, typed, errors=entry.errors)
    try:
        with savepoint(session):
            completion.schedule_completion(session, actor, output_row, entry.value, digest=typed["adds"])
    except BadRequest as error:
        return _render_page(session, house, request, output_row, typed, errors={"on": error.reason})
    except Conflict as conflict:
        return _render_page(session, house, request, output_row, typed, stale=conflict.reason)
    done = "completion-scheduled" if typed["when"] == "then" else "completing"
    return RedirectResponse(f"/outputs/{output_row.id}?done={done}", 303)


@router.get(
    "/outputs/{output}/call-back-completion", name="calling-back-completion", dependencies=CALL_BACK_COMPLETION_GUARDS
)
def show_call_back_completion_form(
    output: UUID, actor: SignedInActor, session: RequestReadSession, house: Portal, request: Request
) -> Response:
    """Show the form that calls back a scheduled completion."""
    output_row = outputs.get_visible_output(session, actor, output)
    CALL_BACK_COMPLETION.require(actor, translations.get_completion_state(session, output_row))
    return _render_call_back_page(session, house, request, output_row)


@router.post(
    "/outputs/{output}/call-back-completion", name="call-back-completion", dependencies=CALL_BACK_COMPLETION_GUARDS
)
def call_back_output_completion(
    output: UUID,
    actor: SignedInActor,
    session: RequestWriteSession,
    house: Portal,
    request: Request,
    reason: TextField = "",
) -> Response:
    """Call back a scheduled completion."""
    output_row = outputs.get_visible_output(session, actor, output, lock=True)
    CALL_BACK_COMPLETION.require(actor, translations.get_completion_state(session, output_row))
    entry = parse_form(Because, {"reason": reason})
    if entry.value is None:
        return _render_call_back_page(session, house, request, output_row, reason, entry.errors)
    completion.call_back_completion(session, actor, output_row, entry.value)
    return RedirectResponse(f"/outputs/{output_row.id}?done=completion-called-back", 303)


def _render_page(
    session: ReadSession,
    house: PortalState,
    request: Request,
    output: Output,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, LazyText] | None = None,
    stale: LazyText | None = None,
) -> Response:
    """Render the form that says what will happen, and exactly which translations are added."""
    language, adding = (
        house.templates.negotiate_language(request),
        translations.list_translations_to_release(session, output),
    )
    return house.templates.render_response(
        request,
        "web/outputs/complete.html",
        status=409 if stale else 400 if errors else 200,
        about=load_output_summary(session, output, language),
        lines=[build_translation_line(session, output, each, language) for each in adding],
        adds=translations.compute_digest_of_translations(adding),
        typed=typed,
        errors=errors or {},
        stale=stale,
    )


def _render_call_back_page(
    session: ReadSession,
    house: PortalState,
    request: Request,
    output: Output,
    reason: str = "",
    errors: Mapping[str, LazyText] = NO_ERRORS,
) -> Response:
    at = translations.list_completion_plans(session, output)[-1].release_at
    return render_call_back_page(session, house, request, output, at, reason, errors, act="call-back-completion")
