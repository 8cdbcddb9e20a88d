"""The acts of the agenda editor: its one form names in `act` what a button does, and to which item or document.

`up:2f1c03` moves the item whose identifier begins with these digits. Every act names the version of the draft that its
page showed; a stale one changes nothing, and both versions are shown.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from pydantic import Field

from app.core.errors import NotFound
from app.core.i18n import LazyText
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
from app.http.authentication import SignedInGuard
from app.web.forms.parsing import RejectRepeatedFields, TypedForm, parse_form
from app.web.views.agendas.edit_conflicts import AgendaEdit, AttemptedChange, CurrentAgendaEdit
from app.web.views.agendas.editor import render_agenda_editor

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("document"))])

ACT = "/act"
"""Path of the form under that of the agenda."""
MOVE_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "up": _("You wanted to move an item up."),
        "down": _("You wanted to move an item down."),
        "in": _("You wanted to move an item under the previous one."),
        "out": _("You wanted to move an item one level up."),
    }
)


class AgendaActForm(TypedForm):
    """The fields of the form; each act reads its own. `under` and `item` name items by the first digits of their
    identifiers."""

    act: str = ""
    title: str = ""
    kind: str = AgendaItemKind.DISCUSSION
    under: str = ""
    item: str = ""
    position: int = Field(default=LAST_POSITION, ge=0, le=LAST_POSITION)
    document: list[UUID] = Field(default_factory=list)
    style: str = ""
    by: str = ""


AgendaAct = Callable[[AgendaEdit, AgendaActForm, str], Response]
"""Does an act on the thing that it names: an item, a document, or a document and an item with a dot between them."""


@router.post("/meetings/{meeting}/agenda/act", dependencies=[Depends(SignedInGuard(agendas.EDIT))])
def change_agenda_draft(edit: CurrentAgendaEdit, form: Annotated[AgendaActForm, Form()]) -> Response:
    """Do one act of the editor. Raises NotFound for an act that there is not."""
    name, _ignored, thing = form.act.partition(":")
    act = ACTS.get(name)
    if act is None:
        raise NotFound()
    return act(edit, form, thing)


def _add_item(edit: AgendaEdit, form: AgendaActForm, _thing: str) -> Response:
    entry = parse_form(NewAgendaItem, {"title": form.title, "kind": form.kind})
    parent = edit.find_item(form.under)
    under = str(parent.id) if parent else form.under
    fields = {"act": "add", "title": form.title, "kind": form.kind, "under": under}
    attempt = AttemptedChange(_("You wanted to add an item:"), ACT, fields, errors=entry.errors)
    if (new := entry.value) is None:
        return render_agenda_editor(edit.context, edit.meeting, attempt)

    def add() -> None:
        editing.add_agenda_item(
            edit.session,
            edit.actor,
            edit.meeting,
            new,
            edit.context.language,
            version=edit.version,
            parent_id=edit.get_item(form.under).id if form.under else None,
        )

    return _apply(edit, form, attempt, add)


def _step_item(edit: AgendaEdit, form: AgendaActForm, thing: str) -> Response:
    direction = form.act.partition(":")[0]
    return _apply(
        edit,
        form,
        _attempt_on_item(edit, MOVE_LABELS[direction], direction, thing),
        lambda: editing.move_agenda_item_one_step(
            edit.session, edit.actor, edit.meeting, edit.get_item(thing), direction, version=edit.version
        ),
    )


def _move_item(edit: AgendaEdit, form: AgendaActForm, thing: str) -> Response:
    parent = edit.find_item(form.under)
    place = {"under": str(parent.id) if parent else form.under, "position": str(form.position)}
    return _apply(
        edit,
        form,
        _attempt_on_item(edit, _("You wanted to move an item."), "move", thing, place),
        lambda: editing.move_agenda_item(
            edit.session,
            edit.actor,
            edit.meeting,
            edit.get_item(thing),
            parent_id=edit.get_item(form.under).id if form.under else None,
            position=form.position,
            version=edit.version,
        ),
    )


def _move_item_next_to(edit: AgendaEdit, form: AgendaActForm, thing: str) -> Response:
    name = form.act.partition(":")[0]
    moved, _ignored, other = thing.partition(".")
    neighbour = edit.find_item(other)
    attempt = _attempt_on_item(
        edit, _("You wanted to move an item."), name, moved, other=f".{neighbour.id if neighbour else other}"
    )
    return _apply(
        edit,
        form,
        attempt,
        lambda: editing.move_agenda_item_next_to(
            edit.session,
            edit.actor,
            edit.meeting,
            edit.get_item(moved),
            edit.get_item(other),
            place=name,
            version=edit.version,
        ),
    )


def _remove_item(edit: AgendaEdit, form: AgendaActForm, thing: str) -> Response:
    return _apply(
        edit,
        form,
        _attempt_on_item(edit, _("You wanted to remove an item."), "remove", thing),
        lambda: editing.remove_agenda_item(
            edit.session, edit.actor, edit.meeting, edit.get_item(thing), version=edit.version
        ),
    )


def _allocate_chosen(edit: AgendaEdit, form: AgendaActForm, _thing: str) -> Response:
    return _allocate(edit, form, form.document, form.item)


def _allocate_one(edit: AgendaEdit, form: AgendaActForm, thing: str) -> Response:
    document, _ignored, item = thing.partition(".")
    return _allocate(edit, form, [_parse_document_id(document)], item)


def _allocate(edit: AgendaEdit, form: AgendaActForm, document_ids: list[UUID], item: str) -> Response:
    chosen = [_get_document(edit, key) for key in document_ids]
    found = edit.find_item(item)
    attempt = AttemptedChange(
        _("You wanted to allocate documents to an item."),
        ACT,
        {
            "act": "allocate",
            "document": [str(key) for key in document_ids],
            "item": str(found.id) if found else item,
            "position": str(form.position),
        },
        found.id if found else None,
        {} if chosen and item else {"document": _("Select one or more documents, and an item.")},
    )
    if attempt.errors:
        return render_agenda_editor(edit.context, edit.meeting, attempt)
    return _apply(
        edit,
        form,
        attempt,
        lambda: allocation.allocate_documents(
            edit.session,
            edit.actor,
            edit.meeting,
            chosen,
            edit.get_item(item),
            version=edit.version,
            position=form.position,
        ),
    )


def _allocate_as_requested(edit: AgendaEdit, form: AgendaActForm, _thing: str) -> Response:
    requested = contributions.requested_items_by_document(edit.session, edit.meeting)
    words = _("You wanted to allocate all documents as requested by their delegations.")
    return _apply(
        edit,
        form,
        AttemptedChange(words, ACT, {"act": "as-requested"}),
        lambda: allocation.allocate_documents_as_requested(
            edit.session, edit.actor, edit.meeting, requested, version=edit.version
        ),
    )


def _step_document(edit: AgendaEdit, form: AgendaActForm, thing: str) -> Response:
    document = _get_document(edit, _parse_document_id(thing))
    direction = form.act.partition(":")[0].removeprefix("document-")
    words = _("You wanted to move %(symbol)s.", symbol=document.symbol)
    return _apply(
        edit,
        form,
        AttemptedChange(words, ACT, {"act": form.act}),
        lambda: allocation.move_document_one_step(
            edit.session, edit.actor, edit.meeting, document, direction, version=edit.version
        ),
    )


def _take_document_off(edit: AgendaEdit, form: AgendaActForm, thing: str) -> Response:
    document = _get_document(edit, _parse_document_id(thing))
    words = _("You wanted to remove %(symbol)s from the agenda.", symbol=document.symbol)
    return _apply(
        edit,
        form,
        AttemptedChange(words, ACT, {"act": form.act}),
        lambda: allocation.unallocate_document(edit.session, edit.actor, edit.meeting, document, version=edit.version),
    )


def _group_documents(edit: AgendaEdit, form: AgendaActForm, _thing: str) -> Response:
    for key in form.document:
        _get_document(edit, key)
    allocations = queries.list_draft_allocations(edit.session, edit.meeting)
    item_ids = {each.item_id for each in allocations if each.document_id in form.document}
    complaint = _("Select documents that are allocated to the same item.")
    attempt = AttemptedChange(
        _("You wanted to group documents."),
        ACT,
        {"act": "together", "document": [str(key) for key in form.document]},
        next(iter(item_ids), None),
        {} if len(item_ids) == 1 else {"document": complaint},
    )
    if attempt.errors:
        return render_agenda_editor(edit.context, edit.meeting, attempt)
    return _apply(
        edit,
        form,
        attempt,
        lambda: allocation.group_documents_for_discussion(
            edit.session,
            edit.actor,
            edit.meeting,
            queries.get_draft_item(edit.session, edit.meeting, next(iter(item_ids))),
            form.document,
            version=edit.version,
        ),
    )


def _set_numbering_style(edit: AgendaEdit, form: AgendaActForm, _thing: str) -> Response:
    words = _("You wanted to change the numbering style.")
    return _apply(
        edit,
        form,
        AttemptedChange(words, ACT, {"act": "numbering", "style": form.style}),
        lambda: editing.set_numbering_style(edit.session, edit.actor, edit.meeting, form.style, version=edit.version),
    )


def _undo_change(edit: AgendaEdit, form: AgendaActForm, _thing: str) -> Response:
    return _apply(
        edit,
        form,
        AttemptedChange(_("You wanted to undo the last change."), ACT, {"act": "undo"}),
        lambda: editing.undo_last_change(edit.session, edit.actor, edit.meeting, version=edit.version),
    )


ACTS: Mapping[str, AgendaAct] = MappingProxyType(
    {
        "add": _add_item,
        **dict.fromkeys(MOVE_LABELS, _step_item),
        **dict.fromkeys(editing.PLACES, _move_item_next_to),
        "move": _move_item,
        "remove": _remove_item,
        "allocate": _allocate_chosen,
        "put": _allocate_one,
        "as-requested": _allocate_as_requested,
        **dict.fromkeys(("document-up", "document-down"), _step_document),
        "off": _take_document_off,
        "together": _group_documents,
        "numbering": _set_numbering_style,
        "undo": _undo_change,
    }
)


def _apply(edit: AgendaEdit, form: AgendaActForm, attempt: AttemptedChange, act: Callable[[], object]) -> Response:
    """Apply an act, then show the view of the list in which it was done."""
    view = "edit?by=session" if form.by == "session" else "edit"
    return edit.apply_change(attempt, act, render_agenda_editor, redirect_to=view)


def _attempt_on_item(
    edit: AgendaEdit,
    words: LazyText,
    name: str,
    thing: str,
    fields: Mapping[str, object] = MappingProxyType({}),
    *,
    other: str = "",
) -> AttemptedChange:
    """Describe an act on an item; it cannot be repeated if the item was removed meanwhile."""
    item = edit.find_item(thing)
    if item is None:
        return AttemptedChange(words)
    return AttemptedChange(words, ACT, {"act": f"{name}:{item.id}{other}", **fields}, item.id)


def _get_document(edit: AgendaEdit, document_id: UUID) -> Document:
    return documents.get_visible_document(edit.session, edit.actor, document_id)


def _parse_document_id(typed: str) -> UUID:
    """Return the identifier of a document. Raises NotFound if it is none."""
    try:
        return UUID(typed)
    except ValueError as error:
        raise NotFound() from error
