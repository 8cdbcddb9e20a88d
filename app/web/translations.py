"""Translations that are due, and the languages in which a body wants every document."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, EntityName, SignedIn
from app.asgi.formats import Formats
from app.asgi.house import House, Reading, TheHouse, Writing
from app.asgi.paging import Page, PageNumber
from app.core.errors import Unacceptable, Unknown
from app.core.i18n import LANGUAGES, OWN_NAMES, Text, say
from app.core.journal import apart
from app.domain.bodies import actions, queries
from app.domain.bodies import rules as bodies
from app.domain.bodies.models import Body, Office
from app.domain.bodies.rules import Place
from app.domain.documents import due, rules
from app.web.editions import part
from app.web.entries import EachFieldOnce
from app.web.titles import in_language

router = APIRouter(dependencies=[Depends(EachFieldOnce("languages"))])

PAGE = 50
SET_LANGUAGES = [Depends(Asks(bodies.SET_LANGUAGES))]


@dataclass(frozen=True, slots=True)
class DueLine:
    """A text that is missing in a language. `was_there`: an earlier text exists in that language."""

    symbol: str
    href: str
    title: str
    lang: str | None
    entity: Text
    original: str
    at: datetime
    pages: int | None
    was_there: bool
    add: str


@router.get("/translations", name="translations", dependencies=[Depends(Asks(rules.SEE_DUE))])
def listed(
    actor: SignedIn, session: Reading, house: TheHouse, request: Request, number: PageNumber, language: str = ""
) -> Response:
    """Show the due translations of one language, the oldest text first; by default the first language with any.

    Raises NotFound for anybody but a secretary.
    """
    if not actor.bodies(Office.SECRETARY):
        raise Unknown()
    formats = Formats(house.pages.language(request))
    counts = due.by_language(session, actor)
    chosen_language = language if language in LANGUAGES else next(iter(counts), "")
    count, page_total = counts.get(chosen_language, (0, 0))
    page = Page(number, PAGE, count)
    rows = due.in_language(session, actor, chosen_language, limit=page.size, offset=page.offset) if count else ()
    return house.pages.show(
        request,
        "web/documents/translations.html",
        counts=[_build_language_tab(formats, code, count, chosen_language) for code, (count, _) in counts.items()],
        chosen=chosen_language,
        pages_counted=page_total,
        page=page,
        lines=[_build_line(row, chosen_language, formats.language) for row in rows],
        bodies=queries.of_secretary(session, actor),
    )


def _build_language_tab(formats: Formats, code: str, count: int, chosen: str) -> tuple[str, Text, bool]:
    """Build the tab of a language: address, label, and whether it is chosen."""
    label = say("%(language)s: %(count)s", language=formats.language_name(code), count=formats.number(count))
    return f"?language={code}", label, code == chosen


def _build_line(row: due.Due, due_language: str, language: str) -> DueLine:
    """Build the line of a due translation."""
    title, lang = in_language(row.titles, language, row.original)
    edition_path = f"/documents/{row.id}/{part(row.step, row.number)}"
    return DueLine(
        symbol=row.symbol,
        href=edition_path,
        title=title,
        lang=lang,
        entity=EntityName(row.entity),
        original=row.original,
        at=row.registered_at,
        pages=row.pages,
        was_there=row.was_there,
        add=f"{edition_path}/translate?language={due_language}",
    )


@router.get("/bodies/{body}/languages", name="languages", dependencies=SET_LANGUAGES)
def languages(body: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form for the languages of a body."""
    body_row = queries.one_visible(session, actor, body)
    bodies.SET_LANGUAGES.require(actor, Place(body_row.id))
    return _render_form(house, request, body_row, body_row.languages)


@router.post("/bodies/{body}/languages", name="set-languages", dependencies=SET_LANGUAGES)
def set_languages(
    body: str,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    languages: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Set the languages of a body."""
    body_row = queries.one_visible(session, actor, body)
    bodies.SET_LANGUAGES.require(actor, Place(body_row.id))
    try:
        with apart(session):
            actions.set_languages(session, actor, body_row, languages)
    except Unacceptable as refusal:
        return _render_form(house, request, body_row, languages, refusal.reason)
    return RedirectResponse("/translations?done=languages", 303)


def _render_form(house: House, request: Request, body: Body, chosen: list[str], error: Text | None = None) -> Response:
    """Render the form; 400 with an `error`."""
    return house.pages.show(
        request,
        "web/states/languages.html",
        status=400 if error else 200,
        body=body,
        body_name=in_language(body.names, house.pages.language(request)),
        languages_of_files=[(code, OWN_NAMES[code]) for code in LANGUAGES],
        chosen=chosen,
        error=error,
    )
