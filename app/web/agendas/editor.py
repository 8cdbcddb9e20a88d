"""The editor of an agenda's draft, the form of one item, and who may edit. The other changes are in `acts`.

Every change names the version it was made on. A stale one changes nothing, and both versions are shown.
"""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response

from app.core.db import ReadSession
from app.core.errors import BadRequest, NotFound
from app.core.i18n import LANGUAGES, LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.agendas.actions import editing
from app.domain.agendas.inputs import NewAgendaItem
from app.domain.agendas.models import AgendaItemKind
from app.domain.agendas.queries import agenda_drafts
from app.domain.agendas.rules import agendas
from app.domain.agendas.rules.merging import CITATION_FIELDS
from app.domain.mandates.queries import require_action_lines, require_citable
from app.domain.meetings import queries as meetings
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TypedForm, parse_form
from app.web.views.agendas.edit_conflicts import AgendaEdit, AttemptedChange, CurrentAgendaEdit
from app.web.views.agendas.editor import (
    render_agenda_editor,
    render_item_form,
    rerender_item_form,
)
from app.web.views.mandates.citing import SEARCH_FIELD, resolve_typed_mandates

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("office", *CITATION_FIELDS))])

AGENDA_PATH = "/meetings/{meeting}/agenda"
EDIT_AGENDA_GUARDS = [Depends(SignedInGuard(agendas.EDIT))]


class AgendaItemForm(TypedForm):
    """The fields of an agenda item."""

    title_ar: str = ""
    title_zh: str = ""
    title_en: str = ""
    title_fr: str = ""
    title_ru: str = ""
    title_es: str = ""
    kind: str = AgendaItemKind.DISCUSSION
    minutes: str = ""
    responsible: str = ""
    notes: str = ""
    restricted: str = ""
    session: str = ""
    mandates: tuple[str, ...] = ()
    action_lines: tuple[str, ...] = ()
    mandate_words: str = ""


@router.get(f"{AGENDA_PATH}/edit", dependencies=EDIT_AGENDA_GUARDS)
def show_agenda_editor(context: ReadContext, meeting: UUID) -> Response:
    """Show the editor of the agenda's draft."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    agendas.EDIT.require(context.actor, meeting_row)
    return render_agenda_editor(context, meeting_row)


@router.get(f"{AGENDA_PATH}/items/{{item}}", dependencies=EDIT_AGENDA_GUARDS)
def show_agenda_item_form(context: ReadContext, meeting: UUID, item: str) -> Response:
    """Show the form of one item, named by its identifier or the first digits of it. Raises NotFound."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    agendas.EDIT.require(context.actor, meeting_row)
    item_row = agenda_drafts.find_draft_item_by_key(context.session, meeting_row, item)
    if item_row is None:
        raise NotFound()
    return render_item_form(context, meeting_row, item_row)


@router.post(f"{AGENDA_PATH}/items/{{item}}", dependencies=EDIT_AGENDA_GUARDS)
def change_agenda_item(item: UUID, edit: CurrentAgendaEdit, form: Annotated[AgendaItemForm, Form()]) -> Response:
    """Save the form of one item."""
    language, entry = _parse_item_form(edit.session, form, edit.context.language)
    attempt = AttemptedChange(_("You wanted to change an item:"), f"/items/{item}", entry.typed, item, entry.errors)
    if (new := entry.value) is None:
        return rerender_item_form(edit.context, edit.meeting, attempt)
    if wrong := _find_wrong_citation(edit, item, new):
        return rerender_item_form(edit.context, edit.meeting, replace(attempt, errors={SEARCH_FIELD: wrong}))

    def act() -> None:
        item_row = edit.get_item(str(item))
        editing.change_agenda_item(
            edit.session, edit.actor, edit.meeting, item_row, new, language, version=edit.version
        )

    return edit.apply_change(attempt, act, rerender_item_form)


@router.post(f"{AGENDA_PATH}/deputies", dependencies=[Depends(SignedInGuard(agendas.CHOOSE_DEPUTIES))])
def choose_agenda_deputies(edit: CurrentAgendaEdit, office: Annotated[list[str] | None, Form()] = None) -> Response:
    """Choose the offices that may edit the agenda as deputies of the chair."""
    return edit.apply_change(
        AttemptedChange(_("You wanted to select who can edit the agenda."), "/deputies", {"office": office or []}),
        lambda: editing.choose_deputy_offices(edit.session, edit.actor, edit.meeting, office or []),
        render_agenda_editor,
        redirect_to="edit?done=saved",
    )


def _find_wrong_citation(edit: AgendaEdit, item: UUID, new: NewAgendaItem) -> LazyText | None:
    """Find why what an item is to cite cannot be cited; None if it can."""
    row = edit.find_item(str(item)) if new.mandates else None
    try:
        require_citable(edit.session, new.mandates, already_cited=row.mandates if row else ())
        require_action_lines(edit.session, new.action_lines)
    except BadRequest as refusal:
        return refusal.reason
    return None


def _parse_item_form(
    session: ReadSession, form: AgendaItemForm, language: str
) -> tuple[str, ParsedForm[NewAgendaItem]]:
    """Parse the form of an item; return the language of its first title (the reader's, if typed) and the parsed form.

    An error of the first title, or of all others together, is shown at the first. What was typed to find a mandate is
    chosen if it names one.
    """
    found, not_found = resolve_typed_mandates(session, form.typed)
    typed_titles = {code: getattr(form, f"title_{code}") for code in LANGUAGES}
    titles = {code: title for code, title in typed_titles.items() if title.strip()}
    first = language if language in titles or not titles else next(iter(titles))
    rest = {code: title for code, title in titles.items() if code != first}
    fields = form.model_dump(include={"kind", "minutes", "responsible", "notes", "session"})
    fields |= {"title": titles.get(first, ""), "restricted": form.restricted == "yes"}
    fields |= {name: found[name] for name in CITATION_FIELDS}
    entry = parse_form(NewAgendaItem, fields)
    if entry.value is not None:
        entry = parse_form(NewAgendaItem, fields | {"titles": rest})
    errors = {f"title_{first}" if name in ("title", "titles") else name: words for name, words in entry.errors.items()}
    if not_found:
        return first, ParsedForm(form.typed, None, errors | {SEARCH_FIELD: not_found})
    return first, ParsedForm({**found, SEARCH_FIELD: ""}, entry.value, errors)
