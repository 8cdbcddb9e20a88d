"""Replacing an advance version by the version in all languages, and calling that back before its instant."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.core.db import ReadSession
from app.core.errors import Conflict, Unacceptable
from app.core.i18n import Text
from app.core.journal import apart
from app.domain.outputs import completing, queries, translations
from app.domain.outputs.completing_rules import CALL_BACK_COMPLETION, COMPLETE
from app.domain.outputs.inputs import Because, Moment
from app.domain.outputs.models import Output
from app.web.entries import EachFieldOnce, Typed, read
from app.web.output_languages import line_of
from app.web.output_releases import NOTHING_WRONG, call_back_page, tomorrow
from app.web.output_standing import about

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

COMPLETES, CALLS_BACK = ([Depends(Asks(each))] for each in (COMPLETE, CALL_BACK_COMPLETION))


def moment_fields(when: Typed = "now", on: Typed = "", at: Typed = "", adds: Typed = "") -> dict[str, str]:
    """Return the form fields of an instant as typed, and the digest of the translations that were seen."""
    return {"when": when, "on": on, "at": at, "adds": adds}


MomentFields = Annotated[dict[str, str], Depends(moment_fields)]


@router.get("/outputs/{output}/complete", name="completing-output", dependencies=COMPLETES)
def asking(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form that completes an advance version."""
    output_row = queries.one_visible(session, actor, output)
    COMPLETE.require(actor, translations.completing(session, output_row))
    return _render_page(session, house, request, output_row, {"when": "now", **tomorrow(session, output_row)})


@router.post("/outputs/{output}/complete", name="complete-output", dependencies=COMPLETES)
def complete(
    output: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, typed: MomentFields
) -> Response:
    """Schedule the release of an advance version in all its languages, now or at an instant."""
    output_row = queries.one_visible(session, actor, output, lock=True)
    COMPLETE.require(actor, translations.completing(session, output_row))
    entry = read(Moment, {name: typed[name] for name in Moment.model_fields})
    if entry.made is None:
        return _render_page(session, house, request, output_row, typed, errors=entry.errors)
    try:
        with apart(session):
            completing.complete(session, actor, output_row, entry.made, text=typed["adds"])
    except Unacceptable as error:
        return _render_page(session, house, request, output_row, typed, errors={"on": error.reason})
    except Conflict as conflict:
        return _render_page(session, house, request, output_row, typed, stale=conflict.reason)
    done = "completion-scheduled" if typed["when"] == "then" else "completing"
    return RedirectResponse(f"/outputs/{output_row.id}?done={done}", 303)


@router.get("/outputs/{output}/call-back-completion", name="calling-back-completion", dependencies=CALLS_BACK)
def calling_back(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form that calls back a scheduled completion."""
    output_row = queries.one_visible(session, actor, output)
    CALL_BACK_COMPLETION.require(actor, translations.completing(session, output_row))
    return _render_call_back_page(session, house, request, output_row)


@router.post("/outputs/{output}/call-back-completion", name="call-back-completion", dependencies=CALLS_BACK)
def call_back(
    output: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, reason: Typed = ""
) -> Response:
    """Call back a scheduled completion."""
    output_row = queries.one_visible(session, actor, output, lock=True)
    CALL_BACK_COMPLETION.require(actor, translations.completing(session, output_row))
    entry = read(Because, {"reason": reason})
    if entry.made is None:
        return _render_call_back_page(session, house, request, output_row, reason, entry.errors)
    completing.call_back_completion(session, actor, output_row, entry.made)
    return RedirectResponse(f"/outputs/{output_row.id}?done=completion-called-back", 303)


def _render_page(
    session: ReadSession,
    house: House,
    request: Request,
    output: Output,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, Text] | None = None,
    stale: Text | None = None,
) -> Response:
    """Render the form that says what will happen, and exactly which translations are added."""
    language, adding = house.pages.language(request), translations.to_add(session, output)
    return house.pages.show(
        request,
        "web/outputs/complete.html",
        status=409 if stale else 400 if errors else 200,
        about=about(session, output, language),
        lines=[line_of(session, output, each, language) for each in adding],
        adds=translations.digest_of_all(adding),
        typed=typed,
        errors=errors or {},
        stale=stale,
    )


def _render_call_back_page(
    session: ReadSession,
    house: House,
    request: Request,
    output: Output,
    reason: str = "",
    errors: Mapping[str, Text] = NOTHING_WRONG,
) -> Response:
    at = translations.completions(session, output)[-1].release_at
    return call_back_page(session, house, request, output, at, reason, errors, act="call-back-completion")
