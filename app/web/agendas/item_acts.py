"""Acts of the agenda editor on items: add, move, remove, save the minutes and sessions of the rows."""

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlencode

from fastapi import Response

from app.core.errors import NotFound
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.agendas.actions import copying, editing, reverting
from app.domain.agendas.inputs import NewAgendaItem
from app.domain.agendas.models import AgendaItem
from app.domain.meetings import queries as meetings
from app.web.agendas.act_forms import (
    AgendaAct,
    AgendaActForm,
    apply_act,
    describe_act,
    describe_item_act,
    parse_identifier,
)
from app.web.forms.parsing import parse_form
from app.web.views.agendas.edit_conflicts import AgendaEdit
from app.web.views.agendas.editor import render_agenda_editor

MOVE_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "up": _("You wanted to move an item up."),
        "down": _("You wanted to move an item down."),
        "in": _("You wanted to move an item under the previous one."),
        "out": _("You wanted to move an item one level up."),
    }
)
PARENT_REMOVED = _("This item was removed in the meantime. Select another parent item.")


def save_rows(edit: AgendaEdit, form: AgendaActForm, thing: str) -> Response:
    """Save what was typed in the rows, and add the new item if its title was typed."""
    if form.title.strip():
        return add_item(edit, form, thing)
    words = _("You wanted to change the time plan:")
    return apply_act(edit, describe_act(edit, words, {"act": "save"}), lambda: None)


def go_to_release(edit: AgendaEdit, form: AgendaActForm, thing: str) -> Response:
    """Save what was typed in the rows, then show what the release would change, with the note that was typed; if a new
    item was typed, add it instead, so that it can be seen before."""
    if form.title.strip():
        return add_item(edit, form, thing)
    attempt = describe_act(edit, _("You wanted to release the agenda."), {"act": "release", "note": form.note})
    query = f"?{urlencode({'note': form.note})}" if form.note.strip() else ""
    return edit.apply_change(attempt, lambda: None, render_agenda_editor, redirect_to=f"release{query}")


def add_item(edit: AgendaEdit, form: AgendaActForm, _thing: str) -> Response:
    """Add an item with its minutes and its session, and save what was typed in the rows."""
    typed = {name: getattr(form, name) for name in ("title", "kind", "minutes", "session")}
    entry, parent = parse_form(NewAgendaItem, typed), _find_parent(edit, form.under)
    errors = dict(entry.errors) | ({"under": PARENT_REMOVED} if form.under and parent is None else {})
    fields = {"act": "add", "note": form.note, **typed, "under": str(parent.id) if parent else ""}
    attempt = describe_act(edit, _("You wanted to add an item:"), fields, errors=errors)

    def add() -> None:
        assert entry.value is not None
        editing.add_agenda_item(
            edit.session,
            edit.actor,
            edit.meeting,
            entry.value,
            edit.context.language,
            version=edit.version,
            parent_id=parent.id if parent else None,
        )

    return apply_act(edit, attempt, add)


def step_item(edit: AgendaEdit, form: AgendaActForm, thing: str) -> Response:
    """Move an item one step."""
    direction = form.act.partition(":")[0]
    return apply_act(
        edit,
        describe_item_act(edit, MOVE_LABELS[direction], direction, thing),
        lambda: editing.move_agenda_item_one_step(
            edit.session, edit.actor, edit.meeting, edit.get_item(thing), direction, version=edit.version
        ),
    )


def move_item(edit: AgendaEdit, form: AgendaActForm, thing: str) -> Response:
    """Move an item under another one, to a position there."""
    parent = edit.find_item(form.under)
    place = {"under": str(parent.id) if parent else form.under, "position": str(form.position)}
    return apply_act(
        edit,
        describe_item_act(edit, _("You wanted to move an item."), "move", thing, place),
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


def move_item_next_to(edit: AgendaEdit, form: AgendaActForm, thing: str) -> Response:
    """Move an item before, after or into another one."""
    name = form.act.partition(":")[0]
    moved, _ignored, other = thing.partition(".")
    neighbour = edit.find_item(other)
    words = _("You wanted to move an item.")
    return apply_act(
        edit,
        describe_item_act(edit, words, name, moved, other=f".{neighbour.id if neighbour else other}"),
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


def remove_item(edit: AgendaEdit, _form: AgendaActForm, thing: str) -> Response:
    """Remove an item."""
    return apply_act(
        edit,
        describe_item_act(edit, _("You wanted to remove an item."), "remove", thing),
        lambda: editing.remove_agenda_item(
            edit.session, edit.actor, edit.meeting, edit.get_item(thing), version=edit.version
        ),
    )


def set_numbering_style(edit: AgendaEdit, form: AgendaActForm, _thing: str) -> Response:
    """Number the items in another style."""
    words = _("You wanted to change the numbering style.")
    return apply_act(
        edit,
        describe_act(edit, words, {"act": "numbering", "style": form.style}),
        lambda: editing.set_numbering_style(edit.session, edit.actor, edit.meeting, form.style, version=edit.version),
    )


def undo_change(edit: AgendaEdit, _form: AgendaActForm, _thing: str) -> Response:
    """Undo the latest change."""
    return apply_act(
        edit,
        describe_act(edit, _("You wanted to undo the last change."), {"act": "undo"}),
        lambda: editing.undo_last_change(edit.session, edit.actor, edit.meeting, version=edit.version),
    )


def revert_difference(edit: AgendaEdit, _form: AgendaActForm, thing: str) -> Response:
    """Undo one of the differences between the released agenda and the draft."""
    kind, _ignored, key = thing.partition(".")
    subject = parse_identifier(key)
    words = _("You wanted to undo a change made since the last release.")
    return apply_act(
        edit,
        describe_act(edit, words, {"act": f"revert:{thing}"}),
        lambda: reverting.revert_difference(
            edit.session, edit.actor, edit.meeting, kind, subject, version=edit.version
        ),
    )


def copy_agenda(edit: AgendaEdit, form: AgendaActForm, _thing: str) -> Response:
    """Begin the draft with the items of another meeting's released agenda."""
    source = meetings.get_visible_meeting(edit.session, edit.actor, parse_identifier(form.source))
    return apply_act(
        edit,
        describe_act(
            edit, _("You wanted to copy the agenda of another meeting."), {"act": "copy", "source": form.source}
        ),
        lambda: copying.copy_agenda(
            edit.session, edit.actor, edit.meeting, source, version=edit.version, session_of_source={}
        ),
    )


ITEM_ACTS: Mapping[str, AgendaAct] = MappingProxyType(
    {
        "save": save_rows,
        "add": add_item,
        "release": go_to_release,
        **dict.fromkeys(MOVE_LABELS, step_item),
        **dict.fromkeys(editing.PLACES, move_item_next_to),
        "move": move_item,
        "remove": remove_item,
        "copy": copy_agenda,
        "numbering": set_numbering_style,
        "revert": revert_difference,
        "undo": undo_change,
    }
)


def _find_parent(edit: AgendaEdit, key: str) -> AgendaItem | None:
    """Find the parent of a new item; None without one, or if it was removed. Raises NotFound if there was none."""
    parent = edit.find_item(key)
    if key and parent is None and edit.is_current:
        raise NotFound()
    return parent
