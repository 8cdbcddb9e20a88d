"""Acts of the agenda editor on documents: allocate, move, group, remove from the agenda."""

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

from fastapi import Response

from app.core.i18n import lazy_gettext as _
from app.domain.agendas.actions import allocation
from app.domain.agendas.queries import agenda_drafts
from app.domain.contributions.queries import registered_contributions
from app.web.agendas.act_forms import (
    AgendaAct,
    AgendaActForm,
    apply_act,
    describe_act,
    get_document,
    parse_identifier,
)
from app.web.views.agendas.edit_conflicts import AgendaEdit


def allocate_chosen(edit: AgendaEdit, form: AgendaActForm, _thing: str) -> Response:
    """Put the documents that were selected under the item that was selected."""
    return _allocate(edit, form, form.document, form.item)


def allocate_one(edit: AgendaEdit, form: AgendaActForm, thing: str) -> Response:
    """Put one document under an item."""
    document, _ignored, item = thing.partition(".")
    return _allocate(edit, form, [parse_identifier(document)], item)


def _allocate(edit: AgendaEdit, form: AgendaActForm, document_ids: list[UUID], item: str) -> Response:
    chosen = [get_document(edit, key) for key in document_ids]
    found = edit.find_item(item)
    attempt = describe_act(
        edit,
        _("You wanted to allocate documents to an item."),
        {
            "act": "allocate",
            "document": [str(key) for key in document_ids],
            "item": str(found.id) if found else item,
            "position": str(form.position),
        },
        found.id if found else None,
        {} if chosen and item else {"put": _("Select one or more documents, and an item.")},
    )
    return apply_act(
        edit,
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


def allocate_as_requested(edit: AgendaEdit, _form: AgendaActForm, _thing: str) -> Response:
    """Put every document that is under no item under the item that its delegation asked for."""
    requested = registered_contributions.requested_items_by_document(edit.session, edit.meeting)
    words = _("You wanted to allocate all documents as requested by their delegations.")
    return apply_act(
        edit,
        describe_act(edit, words, {"act": "as-requested"}),
        lambda: allocation.allocate_documents_as_requested(
            edit.session, edit.actor, edit.meeting, requested, version=edit.version
        ),
    )


def step_document(edit: AgendaEdit, form: AgendaActForm, thing: str) -> Response:
    """Move a document one place."""
    document = get_document(edit, parse_identifier(thing))
    direction = form.act.partition(":")[0].removeprefix("document-")
    words = _("You wanted to move %(symbol)s.", symbol=document.symbol)
    return apply_act(
        edit,
        describe_act(edit, words, {"act": form.act}),
        lambda: allocation.move_document_one_step(
            edit.session, edit.actor, edit.meeting, document, direction, version=edit.version
        ),
    )


def take_document_off(edit: AgendaEdit, form: AgendaActForm, thing: str) -> Response:
    """Remove a document from the agenda."""
    document = get_document(edit, parse_identifier(thing))
    words = _("You wanted to remove %(symbol)s from the agenda.", symbol=document.symbol)
    return apply_act(
        edit,
        describe_act(edit, words, {"act": form.act}),
        lambda: allocation.unallocate_document(edit.session, edit.actor, edit.meeting, document, version=edit.version),
    )


def group_documents(edit: AgendaEdit, form: AgendaActForm, _thing: str) -> Response:
    """Group the documents that were selected for joint introduction."""
    for key in form.document:
        get_document(edit, key)
    allocations = agenda_drafts.list_draft_allocations(edit.session, edit.meeting)
    item_ids = {each.item_id for each in allocations if each.document_id in form.document}
    attempt = describe_act(
        edit,
        _("You wanted to group documents."),
        {"act": "together", "document": [str(key) for key in form.document]},
        next(iter(item_ids), None),
        {} if len(item_ids) == 1 else {"put": _("Select documents that are allocated to the same item.")},
    )
    return apply_act(
        edit,
        attempt,
        lambda: allocation.group_documents_for_discussion(
            edit.session,
            edit.actor,
            edit.meeting,
            agenda_drafts.get_draft_item(edit.session, edit.meeting, next(iter(item_ids))),
            form.document,
            version=edit.version,
        ),
    )


DOCUMENT_ACTS: Mapping[str, AgendaAct] = MappingProxyType(
    {
        "allocate": allocate_chosen,
        "put": allocate_one,
        "as-requested": allocate_as_requested,
        **dict.fromkeys(("document-up", "document-down"), step_document),
        "off": take_document_off,
        "together": group_documents,
    }
)
