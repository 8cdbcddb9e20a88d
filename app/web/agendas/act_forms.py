"""The form of the agenda editor: what it brings with each act, and how an act is applied to the draft."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from uuid import UUID

from fastapi import Response
from pydantic import Field

from app.core.errors import NotFound
from app.core.i18n import LazyText
from app.domain.agendas.actions.editing import LAST_POSITION
from app.domain.agendas.models import AgendaItemKind
from app.domain.documents.models import Document
from app.domain.documents.queries import documents
from app.web.forms.parsing import TypedForm
from app.web.views.agendas.edit_conflicts import AgendaEdit, AttemptedChange
from app.web.views.agendas.editor import is_listed_by_session, render_agenda_editor

ACT = "/act"
"""Path of the form under that of the agenda."""


class AgendaActForm(TypedForm):
    """The fields of the form; each act reads its own. `under` and `item` name items by the first digits of their
    identifiers. The fields of the rows are in `typed_plans`."""

    act: str = ""
    title: str = ""
    kind: str = AgendaItemKind.DISCUSSION
    minutes: str = ""
    session: str = ""
    under: str = ""
    item: str = ""
    position: int = Field(default=LAST_POSITION, ge=0, le=LAST_POSITION)
    document: list[UUID] = Field(default_factory=list)
    style: str = ""
    note: str = ""
    source: str = ""


AgendaAct = Callable[[AgendaEdit, AgendaActForm, str], Response]
"""Does an act on the thing that it names: an item, a document, or a document and an item with a dot between them."""


def apply_act(edit: AgendaEdit, attempt: AttemptedChange, act: Callable[[], object]) -> Response:
    """Apply an act, then show the view of the list in which it was done; with errors in its fields, show these."""
    if attempt.errors:
        return render_agenda_editor(edit.context, edit.meeting, attempt)
    view = "edit" if is_listed_by_session(edit.context) else "edit?by=list"
    return edit.apply_change(attempt, act, render_agenda_editor, redirect_to=view)


def describe_act(
    edit: AgendaEdit,
    words: LazyText,
    fields: Mapping[str, object],
    item: UUID | None = None,
    errors: Mapping[str, LazyText] = MappingProxyType({}),
) -> AttemptedChange:
    """Describe an act, with what was typed in the rows besides."""
    return AttemptedChange(words, ACT, {**edit.plan.fields, **fields}, item, errors)


def describe_item_act(
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
        return AttemptedChange(words, fields=edit.plan.fields)
    return describe_act(edit, words, {"act": f"{name}:{item.id}{other}", **fields}, item.id)


def get_document(edit: AgendaEdit, document_id: UUID) -> Document:
    """Return a document that the actor may see. Raises NotFound."""
    return documents.get_visible_document(edit.session, edit.actor, document_id)


def parse_identifier(typed: str) -> UUID:
    """Return an identifier. Raises NotFound if it is none."""
    try:
        return UUID(typed)
    except ValueError as error:
        raise NotFound() from error
