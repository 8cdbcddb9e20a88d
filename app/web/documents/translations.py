"""Translations that are due, and the languages in which a body wants every document."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import BadRequest, NotFound
from app.core.i18n import LANGUAGES, NATIVE_NAMES, LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.bodies import rules as bodies
from app.domain.bodies.actions import seats
from app.domain.bodies.models import Body, Office
from app.domain.bodies.queries.bodies import get_visible_body, list_secretary_bodies
from app.domain.bodies.rules import EntityInBody
from app.domain.documents import rules
from app.domain.documents.queries import translations_due
from app.http.authentication import SignedInGuard
from app.http.localization import Localizer
from app.http.page_context import ReadContext, WriteContext
from app.http.pagination import ListPage, PageNumber
from app.web.forms.actions import try_action
from app.web.forms.parsing import RejectRepeatedFields
from app.web.views.documents.editions import format_step_slug
from app.web.views.documents.sources import name_source
from app.web.views.documents.titles import localize_title

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("languages"))])

PAGE_SIZE = 50
SET_LANGUAGES_GUARD = [Depends(SignedInGuard(bodies.SET_LANGUAGES))]


@dataclass(frozen=True, slots=True)
class DueTranslationLine:
    """A text that is missing in a language. `was_there`: an earlier text exists in that language."""

    symbol: str
    href: str
    title: str
    lang: str | None
    entity: LazyText
    original: str
    at: datetime
    pages: int | None
    was_there: bool
    add: str


@router.get("/translations", dependencies=[Depends(SignedInGuard(rules.SEE_TRANSLATIONS_DUE))])
def show_due_translations(context: ReadContext, page_number: PageNumber, language: str = "") -> Response:
    """Show the due translations of one language, the oldest text first; by default the first language with any.

    Raises NotFound for anybody but a secretary.
    """
    if not context.actor.bodies_with_role(Office.SECRETARY):
        raise NotFound()
    formats = context.localizer
    counts = translations_due.count_translations_due_by_language(context.session, context.actor)
    chosen_language = language if language in LANGUAGES else next(iter(counts), "")
    count, page_total = counts.get(chosen_language, (0, 0))
    page = ListPage(page_number, PAGE_SIZE, count)
    rows = (
        translations_due.list_translations_due(
            context.session, context.actor, chosen_language, limit=page.size, offset=page.offset
        )
        if count
        else ()
    )
    return context.render(
        "web/documents/translations.html",
        counts=[
            _build_language_tab(formats, code, count, chosen_language) for code, (count, _ignored) in counts.items()
        ],
        chosen=chosen_language,
        pages_counted=page_total,
        page=page,
        lines=[_build_line(row, chosen_language, formats.language) for row in rows],
        bodies=list_secretary_bodies(context.session, context.actor),
    )


def _build_language_tab(formats: Localizer, code: str, count: int, chosen: str) -> tuple[str, LazyText, bool]:
    """Build the tab of a language: address, label, and whether it is chosen."""
    label = _("%(language)s: %(count)s", language=formats.language_name(code), count=formats.format_number(count))
    return f"?language={code}", label, code == chosen


def _build_line(row: translations_due.DueTranslationRow, due_language: str, language: str) -> DueTranslationLine:
    """Build the line of a due translation."""
    title, lang = localize_title(row.titles, language, row.original)
    edition_path = f"/documents/{row.id}/{format_step_slug(row.step, row.number)}"
    return DueTranslationLine(
        symbol=row.symbol,
        href=edition_path,
        title=title,
        lang=lang,
        entity=name_source(row.entity, row.at_request),
        original=row.original,
        at=row.registered_at,
        pages=row.pages,
        was_there=row.was_there,
        add=f"{edition_path}/translate?language={due_language}",
    )


@router.get("/bodies/{body}/languages", dependencies=SET_LANGUAGES_GUARD)
def show_body_languages_form(context: ReadContext, body: str) -> Response:
    """Show the form for the languages of a body."""
    body_row = get_visible_body(context.session, context.actor, body)
    bodies.SET_LANGUAGES.require(context.actor, EntityInBody(body_row.id))
    return _render_form(context, body_row, body_row.languages)


@router.post("/bodies/{body}/languages", dependencies=SET_LANGUAGES_GUARD)
def set_body_languages(context: WriteContext, body: str, languages: Annotated[list[str], Form()] = []) -> Response:  # noqa: B006 - FastAPI copies it
    """Set the languages of a body."""
    body_row = get_visible_body(context.session, context.actor, body)
    bodies.SET_LANGUAGES.require(context.actor, EntityInBody(body_row.id))
    set_languages = partial(seats.set_languages, context.session, context.actor, body_row, languages)
    if refusal := try_action(context, set_languages, refusals=(BadRequest,)):
        return _render_form(context, body_row, languages, refusal.reason)
    return context.redirect("/translations?done=languages")


def _render_form(context: ReadContext, body: Body, chosen: list[str], error: LazyText | None = None) -> Response:
    """Render the form; 400 with an `error`."""
    return context.render(
        "web/states/languages.html",
        status=400 if error else 200,
        body=body,
        body_name=localize_title(body.names, context.language),
        languages_of_files=[(code, NATIVE_NAMES[code]) for code in LANGUAGES],
        chosen=chosen,
        error=error,
    )
