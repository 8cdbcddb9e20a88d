"""Translations of adopted texts: adding one, reading it, and approving it as the second person."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.files import download
from app.asgi.house import House, Reading, TheHouse, Writing
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Conflict, Refusal, Unacceptable
from app.core.i18n import LANGUAGES, OWN_NAMES, Text
from app.core.journal import apart
from app.domain.contributions.inputs import InLanguage
from app.domain.outputs import completing_rules as completing
from app.domain.outputs import queries, rules, translating, translations
from app.domain.outputs.inputs import TitleOf
from app.domain.outputs.models import Output, Translation
from app.domain.scans import queries as scans
from app.web.entries import EachFieldOnce, Typed, file_of, read
from app.web.output_languages import line_of
from app.web.output_standing import about
from app.web.receiving import NO_FILE, OfferedFile, largest_of, settle, take, why_not

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

TRANSLATES, APPROVES, SEES = (
    [Depends(Asks(each))] for each in (completing.TRANSLATE, completing.APPROVE_TRANSLATION, rules.SEE)
)


def translation_fields(language: Typed = "", title: Typed = "") -> dict[str, str]:
    """Return the form fields of a translation as typed."""
    return {"language": language, "title": title}


TranslationFields = Annotated[dict[str, str], Depends(translation_fields)]


@router.get("/outputs/{output}/translate", name="translating-output", dependencies=TRANSLATES)
def form(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form that adds a translation."""
    output_row = queries.one_visible(session, actor, output)
    completing.TRANSLATE.require(actor, translations.completing(session, output_row))
    first_missing = next(iter(translations.missing(session, output_row)), "")
    return _render_form(session, house, request, output_row, {"language": first_missing, "title": ""}, {})


@router.post("/outputs/{output}/translate", name="translate-output", dependencies=TRANSLATES)
def translate(
    output: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    typed: TranslationFields,
    given: OfferedFile,
) -> Response:
    """Add a translation of an adopted text. A refused file is explained on the page."""
    output_row = queries.one_visible(session, actor, output)
    completing.TRANSLATE.require(actor, translations.completing(session, output_row))
    chosen = read(InLanguage, {"language": typed["language"]})
    title = read(TitleOf, {"title": typed["title"]})
    errors = {**chosen.errors, **(title.errors if typed["title"] else {})}
    if chosen.made is None or errors:
        return _render_form(session, house, request, output_row, typed, errors)
    try:
        accepted_file = take(session, actor, house, request, output_row.body_id, given)
        if accepted_file is None:
            raise Unacceptable(NO_FILE)
    except Refusal as error:
        return _render_form(session, house, request, output_row, typed, {}, error)
    # The release may have started meanwhile: load and lock the output again.
    output_row = queries.one_visible(session, actor, output, lock=True)
    try:
        with apart(session):
            file = file_of(chosen.made.language, accepted_file.file)
            translating.translate(session, actor, output_row, file, title.made)
    except (Conflict, Unacceptable) as error:
        return _render_form(session, house, request, output_row, typed, {}, error)
    settle(session, actor, accepted_file)
    return RedirectResponse(f"/outputs/{output_row.id}?done=translated#languages", 303)


@router.get("/outputs/{output}/translations/{language}", name="output-translation", dependencies=SEES)
def file(output: UUID, language: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Download a translation: a released one for everybody, a pending one for the chair and the secretariat."""
    _, translation = _get_output_and_translation(session, actor, output, language)
    scans.insist_on_checked(session, [translation.sha256])
    return download(
        request,
        house.store,
        sha256=translation.sha256,
        media=translation.media,
        name=translation.name,
        caching="private, no-cache",
    )


@router.get("/outputs/{output}/translations/{language}/approve", name="approving-translation", dependencies=APPROVES)
def approving(
    output: UUID, language: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    """Show the form that approves a translation."""
    output_row, translation = _get_output_and_translation(session, actor, output, language)
    _require_second_person(session, actor, output_row, translation)
    return _render_approval_form(session, house, request, output_row, translation)


@router.post("/outputs/{output}/translations/{language}/approve", name="approve-translation", dependencies=APPROVES)
def approve(
    output: UUID,
    language: str,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    text: Typed = "",
) -> Response:
    """Approve exactly the translation that was seen."""
    output_row, translation = _get_output_and_translation(session, actor, output, language, lock=True)
    _require_second_person(session, actor, output_row, translation)
    try:
        with apart(session):
            translating.approve_translation(session, actor, output_row, language, text=text)
    except Conflict as conflict:
        return _render_approval_form(session, house, request, output_row, translation, conflict.reason)
    return RedirectResponse(f"/outputs/{output_row.id}?done=translation-approved#languages", 303)


def _get_output_and_translation(
    session: ReadSession, actor: Actor, output: UUID, language: str, *, lock: bool = False
) -> tuple[Output, Translation]:
    output_row = queries.one_visible(session, actor, output, lock=lock)
    return output_row, translations.one_visible(session, actor, output_row, language)


def _require_second_person(session: ReadSession, actor: Actor, output: Output, translation: Translation) -> None:
    """Check that the actor may approve the translation as the second person. Raises Forbidden, Conflict."""
    situation = translations.of_translation(translations.completing(session, output), translation)
    completing.APPROVE_TRANSLATION.require(actor, situation)


def _render_form(
    session: ReadSession,
    house: House,
    request: Request,
    output: Output,
    typed: Mapping[str, str],
    errors: Mapping[str, Text],
    refused: Refusal | None = None,
) -> Response:
    released_languages = {text.language for text in translations.released(session, output)}
    return house.pages.show(
        request,
        "web/outputs/translate.html",
        status=refused.status if refused else 400 if errors else 200,
        about=about(session, output, house.pages.language(request)),
        typed=typed,
        errors=errors,
        refused=why_not(refused),
        largest=largest_of(session, house, output.body_id),
        languages_of_files=[(code, OWN_NAMES[code], code) for code in LANGUAGES if code not in released_languages],
    )


def _render_approval_form(
    session: ReadSession,
    house: House,
    request: Request,
    output: Output,
    translation: Translation,
    stale: Text | None = None,
) -> Response:
    """Render the form that says what approving does, and to exactly which translation."""
    language = house.pages.language(request)
    return house.pages.show(
        request,
        "web/outputs/approve_translation.html",
        status=409 if stale else 200,
        about=about(session, output, language),
        line=line_of(session, output, translation, language),
        stale=stale,
    )
