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
    """The form as it was typed."""
    return {"language": language, "title": title}


TranslationFields = Annotated[dict[str, str], Depends(translation_fields)]


@router.get("/outputs/{output}/translate", name="translating-output", dependencies=TRANSLATES)
def form(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    found = queries.one_visible(session, actor, output)
    completing.TRANSLATE.require(actor, translations.completing(session, found))
    wanted = next(iter(translations.missing(session, found)), "")
    return _form(session, house, request, found, {"language": wanted, "title": ""}, {})


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
    found = queries.one_visible(session, actor, output)
    completing.TRANSLATE.require(actor, translations.completing(session, found))
    chosen = read(InLanguage, {"language": typed["language"]})
    title = read(TitleOf, {"title": typed["title"]})
    errors = {**chosen.errors, **(title.errors if typed["title"] else {})}
    if chosen.made is None or errors:
        return _form(session, house, request, found, typed, errors)
    try:
        taken = take(session, actor, house, request, found.body_id, given)
        if taken is None:
            raise Unacceptable(NO_FILE)
    except Refusal as refused:
        return _form(session, house, request, found, typed, {}, refused)
    # It may be on its way since: look again, and hold it.
    found = queries.one_visible(session, actor, output, lock=True)
    try:
        with apart(session):
            file = file_of(chosen.made.language, taken.file)
            translating.translate(session, actor, found, file, title.made)
    except (Conflict, Unacceptable) as refused:
        return _form(session, house, request, found, typed, {}, refused)
    settle(session, actor, taken)
    return RedirectResponse(f"/outputs/{found.id}?done=translated#languages", 303)


@router.get("/outputs/{output}/translations/{language}", name="output-translation", dependencies=SEES)
def file(output: UUID, language: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """The file: what readers have for everybody, what still waits for the chair and the secretariat."""
    _, it = _one(session, actor, output, language)
    scans.insist_on_checked(session, [it.sha256])
    return download(request, house.store, sha256=it.sha256, media=it.media, name=it.name, caching="private, no-cache")


@router.get("/outputs/{output}/translations/{language}/approve", name="approving-translation", dependencies=APPROVES)
def approving(
    output: UUID, language: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    found, it = _one(session, actor, output, language)
    _insist_on_second(session, actor, found, it)
    return _approval(session, house, request, found, it)


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
    found, it = _one(session, actor, output, language, lock=True)
    _insist_on_second(session, actor, found, it)
    try:
        with apart(session):
            translating.approve_translation(session, actor, found, language, text=text)
    except Conflict as stale:
        return _approval(session, house, request, found, it, stale.reason)
    return RedirectResponse(f"/outputs/{found.id}?done=translation-approved#languages", 303)


def _one(
    session: ReadSession, actor: Actor, output: UUID, language: str, *, lock: bool = False
) -> tuple[Output, Translation]:
    found = queries.one_visible(session, actor, output, lock=lock)
    return found, translations.one_visible(session, actor, found, language)


def _insist_on_second(session: ReadSession, actor: Actor, found: Output, it: Translation) -> None:
    of_it = translations.of_translation(translations.completing(session, found), it)
    completing.APPROVE_TRANSLATION.require(actor, of_it)


def _form(
    session: ReadSession,
    house: House,
    request: Request,
    found: Output,
    typed: Mapping[str, str],
    errors: Mapping[str, Text],
    refused: Refusal | None = None,
) -> Response:
    taken = {text.language for text in translations.released(session, found)}
    return house.pages.show(
        request,
        "web/outputs/translate.html",
        status=refused.status if refused else 400 if errors else 200,
        about=about(session, found, house.pages.language(request)),
        typed=typed,
        errors=errors,
        refused=why_not(refused),
        largest=largest_of(session, house, found.body_id),
        languages_of_files=[(code, OWN_NAMES[code], code) for code in LANGUAGES if code not in taken],
    )


def _approval(
    session: ReadSession,
    house: House,
    request: Request,
    found: Output,
    it: Translation,
    stale: Text | None = None,
) -> Response:
    """The page that says what will happen, and to exactly which translation."""
    language = house.pages.language(request)
    return house.pages.show(
        request,
        "web/outputs/approve_translation.html",
        status=409 if stale else 200,
        about=about(session, found, language),
        line=line_of(session, found, it, language),
        stale=stale,
    )
