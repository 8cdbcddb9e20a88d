"""Editing the draft of an agenda: items, allocated documents, numbering, and who may edit.

Every change names the version it was made on. A stale one changes nothing, and both versions are shown.
"""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import NotFound
from app.core.i18n import LANGUAGES
from app.core.i18n import lazy_gettext as _
from app.domain.agendas import queries
from app.domain.agendas.actions import allocation, editing
from app.domain.agendas.actions.editing import LAST_POSITION
from app.domain.agendas.inputs import NewAgendaItem
from app.domain.agendas.models import AgendaItemKind
from app.domain.agendas.rules import agendas
from app.domain.contributions.queries import contributions
from app.domain.documents.models import Document
from app.domain.documents.queries import documents
from app.domain.meetings import queries as meetings
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TextField, TypedForm, parse_form
from app.web.views.agendas.edit_conflicts import AgendaEdit, AttemptedChange, CurrentAgendaEdit
from app.web.views.agendas.editor import (
    render_agenda_editor,
    render_item_form,
    rerender_item_form,
)

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("document", "office"))])

AGENDA_PATH = "/meetings/{meeting}/agenda"
EDIT_AGENDA_GUARDS = [Depends(SignedInGuard(agendas.EDIT))]
STEP_LABELS = {
    "up": _("You wanted to move an item up."),
    "down": _("You wanted to move an item down."),
    "in": _("You wanted to move an item under the previous one."),
    "out": _("You wanted to move an item one level up."),
}
StepDirection = Literal["up", "down", "in", "out"]


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


@router.get(f"{AGENDA_PATH}/edit", dependencies=EDIT_AGENDA_GUARDS)
def show_agenda_editor(context: ReadContext, meeting: UUID) -> Response:
    """Show the editor of the agenda's draft."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    agendas.EDIT.require(context.actor, meeting_row)
    return render_agenda_editor(context, meeting_row)


@router.post(f"{AGENDA_PATH}/items", dependencies=EDIT_AGENDA_GUARDS)
def add_agenda_item(
    edit: CurrentAgendaEdit, title: TextField = "", kind: TextField = AgendaItemKind.DISCUSSION, under: TextField = ""
) -> Response:
    """Add an item to the draft."""
    fields = {"title": title, "kind": kind, "under": under}
    entry = parse_form(NewAgendaItem, {"title": title, "kind": kind})
    attempt = AttemptedChange(_("You wanted to add an item:"), "/items", fields, errors=entry.errors)
    if (new := entry.value) is None:
        return render_agenda_editor(edit.context, edit.meeting, attempt)
    parent = _parse_item_id(under)

    def act() -> None:
        editing.add_agenda_item(
            edit.session, edit.actor, edit.meeting, new, edit.context.language, version=edit.version, parent_id=parent
        )

    return edit.apply_change(attempt, act, render_agenda_editor)


@router.get(f"{AGENDA_PATH}/items/{{item}}", dependencies=EDIT_AGENDA_GUARDS)
def show_agenda_item_form(context: ReadContext, meeting: UUID, item: UUID) -> Response:
    """Show the form of one item."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    agendas.EDIT.require(context.actor, meeting_row)
    return render_item_form(context, meeting_row, queries.get_draft_item(context.session, meeting_row, item))


@router.post(f"{AGENDA_PATH}/items/{{item}}", dependencies=EDIT_AGENDA_GUARDS)
def change_agenda_item(item: UUID, edit: CurrentAgendaEdit, form: Annotated[AgendaItemForm, Form()]) -> Response:
    """Save the form of one item."""
    language, entry = _parse_item_form(form, edit.context.language)
    attempt = AttemptedChange(_("You wanted to change an item:"), f"/items/{item}", form.typed, item, entry.errors)
    if (new := entry.value) is None:
        return rerender_item_form(edit.context, edit.meeting, attempt)

    def act() -> None:
        item_row = edit.get_item(item)
        editing.change_agenda_item(
            edit.session, edit.actor, edit.meeting, item_row, new, language, version=edit.version
        )

    return edit.apply_change(attempt, act, rerender_item_form)


@router.post(f"{AGENDA_PATH}/items/{{item}}/move", dependencies=EDIT_AGENDA_GUARDS)
def move_agenda_item(
    item: UUID,
    edit: CurrentAgendaEdit,
    direction: Annotated[StepDirection | None, Form()] = None,
    under: TextField = "",
    position: Annotated[int, Form(ge=0, le=LAST_POSITION)] = LAST_POSITION,
) -> Response:
    """Move an item one step in a direction, or to a position under another item or on the top level."""
    if direction:
        attempt = AttemptedChange(STEP_LABELS[direction], f"/items/{item}/move", {"direction": direction}, item)
    else:
        fields = {"under": under, "position": str(position)}
        attempt = AttemptedChange(_("You wanted to move an item."), f"/items/{item}/move", fields, item)
    parent = _parse_item_id(under)

    def act() -> None:
        item_row = edit.get_item(item)
        if direction:
            editing.move_agenda_item_one_step(
                edit.session, edit.actor, edit.meeting, item_row, direction, version=edit.version
            )
        else:
            editing.move_agenda_item(
                edit.session,
                edit.actor,
                edit.meeting,
                item_row,
                parent_id=parent,
                position=position,
                version=edit.version,
            )

    return edit.apply_change(attempt, act, render_agenda_editor)


@router.post(f"{AGENDA_PATH}/items/{{item}}/remove", dependencies=EDIT_AGENDA_GUARDS)
def remove_agenda_item(item: UUID, edit: CurrentAgendaEdit) -> Response:
    """Remove an item from the draft."""
    return edit.apply_change(
        AttemptedChange(_("You wanted to remove an item."), f"/items/{item}/remove", item=item),
        lambda: editing.remove_agenda_item(
            edit.session, edit.actor, edit.meeting, edit.get_item(item), version=edit.version
        ),
        render_agenda_editor,
    )


@router.post(f"{AGENDA_PATH}/allocations", dependencies=EDIT_AGENDA_GUARDS)
def allocate_documents(
    edit: CurrentAgendaEdit,
    document: Annotated[list[UUID] | None, Form()] = None,
    item: Annotated[UUID | None, Form()] = None,
    position: Annotated[int, Form(ge=0, le=LAST_POSITION)] = LAST_POSITION,
) -> Response:
    """Put the chosen documents under an item."""
    chosen, fields = _get_chosen_documents(edit, document or [])
    attempt = AttemptedChange(
        _("You wanted to allocate documents to an item."),
        "/allocations",
        fields | {"item": str(item or ""), "position": str(position)},
        item,
        {} if chosen and item else {"document": _("Select one or more documents, and an item.")},
    )
    if item is None or not chosen:
        return render_agenda_editor(edit.context, edit.meeting, attempt)
    return edit.apply_change(
        attempt,
        lambda: allocation.allocate_documents(
            edit.session,
            edit.actor,
            edit.meeting,
            chosen,
            edit.get_item(item),
            version=edit.version,
            position=position,
        ),
        render_agenda_editor,
    )


@router.post(f"{AGENDA_PATH}/allocations/as-requested", dependencies=EDIT_AGENDA_GUARDS)
def allocate_documents_as_requested(edit: CurrentAgendaEdit) -> Response:
    """Put every document in the tray under the item that its delegation asked for."""
    requested = contributions.requested_items_by_document(edit.session, edit.meeting)
    return edit.apply_change(
        AttemptedChange(
            _("You wanted to allocate all documents as requested by their delegations."), "/allocations/as-requested"
        ),
        lambda: allocation.allocate_documents_as_requested(
            edit.session, edit.actor, edit.meeting, requested, version=edit.version
        ),
        render_agenda_editor,
    )


@router.post(f"{AGENDA_PATH}/allocations/{{document}}/move", dependencies=EDIT_AGENDA_GUARDS)
def move_allocated_document(
    document: UUID, edit: CurrentAgendaEdit, direction: Annotated[Literal["up", "down"], Form()]
) -> Response:
    """Move a document up or down under its item."""
    document_row = documents.get_visible_document(edit.session, edit.actor, document)
    attempt = AttemptedChange(
        _("You wanted to move %(symbol)s.", symbol=document_row.symbol),
        f"/allocations/{document}/move",
        {"direction": direction},
    )
    return edit.apply_change(
        attempt,
        lambda: allocation.move_document_one_step(
            edit.session, edit.actor, edit.meeting, document_row, direction, version=edit.version
        ),
        render_agenda_editor,
    )


@router.post(f"{AGENDA_PATH}/allocations/{{document}}/remove", dependencies=EDIT_AGENDA_GUARDS)
def remove_allocated_document(document: UUID, edit: CurrentAgendaEdit) -> Response:
    """Take a document off the agenda."""
    document_row = documents.get_visible_document(edit.session, edit.actor, document)
    words = _("You wanted to remove %(symbol)s from the agenda.", symbol=document_row.symbol)
    return edit.apply_change(
        AttemptedChange(words, f"/allocations/{document}/remove"),
        lambda: allocation.unallocate_document(
            edit.session, edit.actor, edit.meeting, document_row, version=edit.version
        ),
        render_agenda_editor,
    )


@router.post(f"{AGENDA_PATH}/together", dependencies=EDIT_AGENDA_GUARDS)
def group_documents(edit: CurrentAgendaEdit, document: Annotated[list[UUID] | None, Form()] = None) -> Response:
    """Group the chosen documents of one item; a single document leaves its group."""
    _ignored, fields = _get_chosen_documents(edit, document or [])
    allocations = queries.list_draft_allocations(edit.session, edit.meeting)
    item_ids = {each.item_id for each in allocations if each.document_id in (document or [])}
    complaint = _("Select documents that are allocated to the same item.")
    attempt = AttemptedChange(
        _("You wanted to group documents."),
        "/together",
        fields,
        next(iter(item_ids), None),
        {} if len(item_ids) == 1 else {"document": complaint},
    )
    if len(item_ids) != 1:
        return render_agenda_editor(edit.context, edit.meeting, attempt)
    return edit.apply_change(
        attempt,
        lambda: allocation.group_documents_for_discussion(
            edit.session,
            edit.actor,
            edit.meeting,
            edit.get_item(next(iter(item_ids))),
            document or [],
            version=edit.version,
        ),
        render_agenda_editor,
    )


@router.post(f"{AGENDA_PATH}/numbering", dependencies=EDIT_AGENDA_GUARDS)
def set_agenda_numbering_style(edit: CurrentAgendaEdit, style: TextField = "") -> Response:
    """Change the numbering style of the items."""
    return edit.apply_change(
        AttemptedChange(_("You wanted to change the numbering style."), "/numbering", {"style": style}),
        lambda: editing.set_numbering_style(edit.session, edit.actor, edit.meeting, style, version=edit.version),
        render_agenda_editor,
    )


@router.post(f"{AGENDA_PATH}/undo", dependencies=EDIT_AGENDA_GUARDS)
def undo_agenda_change(edit: CurrentAgendaEdit) -> Response:
    """Undo the last change of the draft."""
    return edit.apply_change(
        AttemptedChange(_("You wanted to undo the last change."), "/undo"),
        lambda: editing.undo_last_change(edit.session, edit.actor, edit.meeting, version=edit.version),
        render_agenda_editor,
    )


@router.post(f"{AGENDA_PATH}/deputies", dependencies=[Depends(SignedInGuard(agendas.CHOOSE_DEPUTIES))])
def choose_agenda_deputies(edit: CurrentAgendaEdit, office: Annotated[list[str] | None, Form()] = None) -> Response:
    """Choose the offices that may edit the agenda as deputies of the chair."""
    return edit.apply_change(
        AttemptedChange(_("You wanted to select who can edit the agenda."), "/deputies", {"office": office or []}),
        lambda: editing.choose_deputy_offices(edit.session, edit.actor, edit.meeting, office or []),
        render_agenda_editor,
        redirect_to="edit?done=saved",
    )


def _parse_item_form(form: AgendaItemForm, language: str) -> tuple[str, ParsedForm[NewAgendaItem]]:
    """Parse the form of an item; return the language of its first title (the reader's, if typed) and the parsed form.

    An error of the first title, or of all others together, is shown at the first.
    """
    typed_titles = {code: getattr(form, f"title_{code}") for code in LANGUAGES}
    titles = {code: title for code, title in typed_titles.items() if title.strip()}
    first = language if language in titles or not titles else next(iter(titles))
    rest = {code: title for code, title in titles.items() if code != first}
    fields = form.model_dump(include={"kind", "minutes", "responsible", "notes", "session"})
    fields |= {"title": titles.get(first, ""), "restricted": form.restricted == "yes"}
    entry = parse_form(NewAgendaItem, fields)
    if entry.value is not None:
        entry = parse_form(NewAgendaItem, fields | {"titles": rest})
    errors = {f"title_{first}" if name in ("title", "titles") else name: words for name, words in entry.errors.items()}
    return first, ParsedForm(form.typed, entry.value, errors)


def _get_chosen_documents(edit: AgendaEdit, document_ids: list[UUID]) -> tuple[list[Document], dict[str, object]]:
    """Return the chosen documents, and the form fields that repeat the choice."""
    chosen_documents = [documents.get_visible_document(edit.session, edit.actor, key) for key in document_ids]
    return chosen_documents, {"document": [str(key) for key in document_ids]}


def _parse_item_id(typed: str) -> UUID | None:
    """Return the id of an item, or None for the top level. Raises NotFound if it is no UUID."""
    try:
        return UUID(typed) if typed else None
    except ValueError as error:
        raise NotFound() from error
