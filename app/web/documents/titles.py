"""Titles in the six languages: the form for those of a document, and the list of what has none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response

from app.core.db import LocalizedText
from app.core.errors import BadRequest, NotFound
from app.core.i18n import LANGUAGES, LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.agendas.queries import agenda_drafts
from app.domain.bodies.models import Office
from app.domain.documents import rules
from app.domain.documents.actions import changes
from app.domain.documents.inputs import DocumentTitles
from app.domain.documents.models import Document
from app.domain.documents.queries import documents, titles
from app.domain.outputs.queries import outputs
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.http.pagination import ListPage, PageNumber
from app.web.forms.actions import submit_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TypedForm, VersionField
from app.web.views.documents.titles import localize_title

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

PAGE_SIZE = 50
MAX_OTHER_LINES = 100  # agenda items, and draft outputs
SUPPLY_GUARD = [Depends(SignedInGuard(rules.SUPPLY_TITLES))]
BY_SECRETARIAT, BY_CHAIR_TOO = _("The secretariat"), _("The chair or the secretariat")


class DocumentTitlesForm(TypedForm):
    """One title in each language."""

    title_ar: str = ""
    title_zh: str = ""
    title_en: str = ""
    title_fr: str = ""
    title_ru: str = ""
    title_es: str = ""


@dataclass(frozen=True, slots=True)
class MissingTitlesLine:
    """Something without a title in some languages: what it is, those languages, and who may enter the titles where."""

    name: str | LazyText
    title: str
    lang: str | None
    missing: tuple[str, ...]
    who: LazyText
    href: str


@router.get("/titles", dependencies=SUPPLY_GUARD)
def show_missing_titles(context: ReadContext, page_number: PageNumber) -> Response:
    """Show what has no title in one of the six languages: documents, agenda items and draft outputs.

    Raises NotFound for anybody but a secretary.
    """
    session, actor = context.session, context.actor
    if not actor.bodies_with_role(Office.SECRETARY):
        raise NotFound()
    page = ListPage(page_number, PAGE_SIZE, titles.count_documents_without_titles(session, actor))
    rows = titles.list_documents_without_titles(session, actor, limit=page.size, offset=page.offset)
    items = agenda_drafts.list_draft_items_without_titles(session, actor, limit=MAX_OTHER_LINES)
    drafts = outputs.list_drafts_without_titles(session, actor, limit=MAX_OTHER_LINES)
    return context.render(
        "web/documents/missing_titles.html",
        page=page,
        documents=[
            _build_line(context, row.symbol, row.titles, row.original, BY_SECRETARIAT, f"/documents/{row.id}/titles")
            for row in rows
        ],
        items=[
            _build_line(
                context,
                _name_meeting(row.prefix, row.number),
                row.titles,
                "en",
                BY_CHAIR_TOO,
                f"/meetings/{row.meeting_id}/agenda/items/{row.id}",
            )
            for row in items
        ],
        agendas={row.meeting_id: _name_meeting(row.prefix, row.number) for row in items},
        drafts=[
            _build_line(context, _("Draft output"), row.titles, row.original, BY_CHAIR_TOO, f"/outputs/{row.id}/edit")
            for row in drafts
        ],
    )


def _name_meeting(prefix: str, number: int) -> LazyText:
    return _("%(group)s, meeting %(number)s", group=prefix, number=number)


def _build_line(
    context: ReadContext, name: str | LazyText, titles_of: LocalizedText, original: str, who: LazyText, href: str
) -> MissingTitlesLine:
    title, lang = localize_title(titles_of, context.language, original)
    return MissingTitlesLine(name, title, lang, _list_missing(titles_of), who, href)


def _list_missing(known: Iterable[str]) -> tuple[str, ...]:
    """List the languages that are not among these."""
    return tuple(code for code in LANGUAGES if code not in set(known))


@router.get("/documents/{document}/titles", dependencies=SUPPLY_GUARD)
def show_titles_form(context: ReadContext, document: UUID) -> Response:
    """Show the form for the titles that a document does not have; the first line of its own texts is proposed."""
    document_row = documents.get_visible_document(context.session, context.actor, document)
    rules.SUPPLY_TITLES.require(context.actor, document_row)
    proposed = titles.propose_titles(context.session, document_row)
    return _render_form(context, document_row, {f"title_{code}": line for code, line in proposed.items()})


@router.post("/documents/{document}/titles", dependencies=SUPPLY_GUARD)
def supply_titles(
    context: WriteContext,
    document: UUID,
    form: Annotated[DocumentTitlesForm, Form()],
    version: VersionField = 0,
) -> Response:
    """Enter the titles that were filled in."""
    document_row = documents.get_visible_document(context.session, context.actor, document)
    rules.SUPPLY_TITLES.require(context.actor, document_row)
    first_field = f"title_{next(iter(_list_missing(document_row.titles)), document_row.original)}"
    return submit_form(
        context,
        DocumentTitles,
        form.typed,
        action=lambda new: changes.supply_titles(context.session, context.actor, document_row, new, version=version),
        render=lambda entry, _refusal=None: _render_form(context, document_row, entry.typed, entry),
        done=f"/documents/{document_row.id}?done=titles",
        refusals=(BadRequest,),
        refusal_at=first_field,
        whole_form_errors_at=first_field,
    )


def _render_form(
    context: ReadContext,
    document: Document,
    typed: Mapping[str, object],
    entry: ParsedForm[DocumentTitles] | None = None,
) -> Response:
    """Render the form with a field for each missing language; 400 with an `entry`, which is what was typed."""
    title, lang = localize_title(document.titles, context.language, document.original)
    return context.render(
        "web/documents/titles.html",
        status=400 if entry else 200,
        document=document,
        symbol=documents.get_edition_in_force(context.session, document).symbol,
        title=title,
        lang=lang,
        known=[(code, name) for code, name in document.titles.items() if code != document.original],
        missing=_list_missing(document.titles),
        typed={f"title_{code}": "" for code in LANGUAGES} | dict(typed),
        errors=entry.errors if entry else {},
    )
