"""Letting the version in all languages take the place of an advance one, and calling it back before its instant."""

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
    """An instant as it was typed, and the digest of what was seen."""
    return {"when": when, "on": on, "at": at, "adds": adds}


MomentFields = Annotated[dict[str, str], Depends(moment_fields)]


@router.get("/outputs/{output}/complete", name="completing-output", dependencies=COMPLETES)
def asking(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_visible(session, actor, output)
    COMPLETE.require(actor, translations.completing(session, found))
    return _page(session, house, request, found, {"when": "now", **tomorrow(session, found)})


@router.post("/outputs/{output}/complete", name="complete-output", dependencies=COMPLETES)
def complete(
    output: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, typed: MomentFields
) -> Response:
    found = queries.one_visible(session, actor, output, lock=True)
    COMPLETE.require(actor, translations.completing(session, found))
    entry = read(Moment, {name: typed[name] for name in Moment.model_fields})
    if entry.made is None:
        return _page(session, house, request, found, typed, errors=entry.errors)
    try:
        with apart(session):
            completing.complete(session, actor, found, entry.made, text=typed["adds"])
    except Unacceptable as refused:
        return _page(session, house, request, found, typed, errors={"on": refused.reason})
    except Conflict as stale:
        return _page(session, house, request, found, typed, stale=stale.reason)
    done = "completion-scheduled" if typed["when"] == "then" else "completing"
    return RedirectResponse(f"/outputs/{found.id}?done={done}", 303)


@router.get("/outputs/{output}/call-back-completion", name="calling-back-completion", dependencies=CALLS_BACK)
def calling_back(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_visible(session, actor, output)
    CALL_BACK_COMPLETION.require(actor, translations.completing(session, found))
    return _call_back_page(session, house, request, found)


@router.post("/outputs/{output}/call-back-completion", name="call-back-completion", dependencies=CALLS_BACK)
def call_back(
    output: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, reason: Typed = ""
) -> Response:
    found = queries.one_visible(session, actor, output, lock=True)
    CALL_BACK_COMPLETION.require(actor, translations.completing(session, found))
    entry = read(Because, {"reason": reason})
    if entry.made is None:
        return _call_back_page(session, house, request, found, reason, entry.errors)
    completing.call_back_completion(session, actor, found, entry.made)
    return RedirectResponse(f"/outputs/{found.id}?done=completion-called-back", 303)


def _page(
    session: ReadSession,
    house: House,
    request: Request,
    found: Output,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, Text] | None = None,
    stale: Text | None = None,
) -> Response:
    """The page that says what will happen, and names exactly what is added."""
    language, adding = house.pages.language(request), translations.to_add(session, found)
    return house.pages.show(
        request,
        "web/outputs/complete.html",
        status=409 if stale else 400 if errors else 200,
        about=about(session, found, language),
        lines=[line_of(session, found, each, language) for each in adding],
        adds=translations.digest_of_all(adding),
        typed=typed,
        errors=errors or {},
        stale=stale,
    )


def _call_back_page(
    session: ReadSession,
    house: House,
    request: Request,
    found: Output,
    reason: str = "",
    errors: Mapping[str, Text] = NOTHING_WRONG,
) -> Response:
    at = translations.completions(session, found)[-1].release_at
    return call_back_page(session, house, request, found, at, reason, errors, act="call-back-completion")
