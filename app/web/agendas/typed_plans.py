"""What was typed in the rows of the agenda editor: minutes and session of each item.

A row has the fields `m-2f1c03` and `s-2f1c03`, named by the first digits of the identifier of its item. A session is
typed as its number; `sessions` says which session each number was on the page. Only what differs from the draft that
the page showed counts, so that a save changes nothing that its author did not change.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request

from app.core.errors import NotFound
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.agendas.inputs import ItemSchedule
from app.domain.agendas.queries import agenda_drafts
from app.domain.agendas.rules.merging import DraftSnapshot
from app.domain.agendas.rules.numbering import format_item_number
from app.domain.agendas.rules.tree import AgendaTree
from app.web.forms.parsing import parse_form
from app.web.views.agendas.edit_conflicts import AgendaEdit, PlanChanges

ROW_FIELD = re.compile("[ms]-[0-9a-f]{6,32}")
NO_SUCH_SESSION = _("Enter the number of a session, as in the list of sessions.")


@dataclass(frozen=True, slots=True)
class TypedRowFields:
    """The fields of the rows by name, and the identifiers of the sessions in the order of their numbers."""

    fields: Mapping[str, str]
    sessions: tuple[str, ...]


async def collect_typed_rows(request: Request) -> TypedRowFields:
    """Return what was typed in the rows."""
    form = await request.form()
    fields = {name: str(value).strip() for name, value in form.items() if ROW_FIELD.fullmatch(name)}
    return TypedRowFields(fields, tuple(str(form.get("sessions", "")).split()))


TypedRows = Annotated[TypedRowFields, Depends(collect_typed_rows)]


def read_plan_changes(edit: AgendaEdit, rows: TypedRowFields, *, removed: str = "") -> PlanChanges:
    """Read what was changed in the rows, compared with the draft that the page showed; not in the row of an item that
    the same act removes. Raises NotFound for a row of no item."""
    if not rows.fields:
        return PlanChanges()
    base = agenda_drafts.load_draft_at(edit.session, edit.meeting, edit.version)
    if base is None:
        return PlanChanges(is_base_unknown=True)
    schedules: dict[UUID, ItemSchedule] = {}
    fields: dict[str, str] = {}
    errors: dict[str, LazyText] = {}
    for item, shown, typed in _pair_changed_rows(base, rows):
        if removed and item["id"].replace("-", "").startswith(removed.replace("-", "")):
            continue
        key = UUID(item["id"])
        fields |= {f"{name[0]}-{key.hex}": value for name, value in typed.items()}
        entry = parse_form(ItemSchedule, shown | typed)
        if entry.value:
            schedules[key] = entry.value
        problems = {**entry.errors, **({"session": NO_SUCH_SESSION} if "session" in entry.errors else {})}
        errors |= _name_problems(base, key, problems)
    return PlanChanges(schedules, fields, errors)


def _pair_changed_rows(
    base: DraftSnapshot, rows: TypedRowFields
) -> Iterator[tuple[Mapping[str, Any], dict[str, str], dict[str, str]]]:
    """Yield each item of which a row was changed, with the minutes and session that were shown, and what was typed
    instead."""
    items = {item["id"].replace("-", ""): item for item in base["items"]}
    typed: dict[str, dict[str, str]] = {}
    for name, value in rows.fields.items():
        field = "minutes" if name.startswith("m") else "session"
        typed.setdefault(name[2:], {})[field] = _resolve_session(value, rows) if field == "session" else value
    by_key = {key: item for length in {len(key) for key in typed} for key, item in _index_items(items, length)}
    for key, values in typed.items():
        if key not in by_key:
            raise NotFound()
        item = by_key[key]
        shown = {
            "minutes": "" if item["minutes"] is None else str(item["minutes"]),
            "session": item["session_id"] or "",
        }
        if changed := {name: value for name, value in values.items() if value != shown[name]}:
            yield item, shown, changed


def _index_items(items: Mapping[str, Mapping[str, Any]], length: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((digits[:length], item) for digits, item in items.items())


def _resolve_session(typed: str, rows: TypedRowFields) -> str:
    """Return the identifier of the session with a number; what is no number of a session stays as it was typed."""
    if typed.isdecimal() and 1 <= int(typed) <= len(rows.sessions):
        return rows.sessions[int(typed) - 1]
    return typed


def _name_problems(base: DraftSnapshot, item: UUID, problems: Mapping[str, LazyText]) -> dict[str, LazyText]:
    """Return the problems of a row by its fields, each with the number of the item."""
    if not problems:
        return {}
    rows = (
        (UUID(each["id"]), each["parent_id"] and UUID(each["parent_id"]), each["position"]) for each in base["items"]
    )
    path = next(path for key, path in AgendaTree.from_rows(rows).walk() if key == item)
    number = format_item_number(base["numbering"], path)
    return {
        f"{name[0]}-{item.hex}": _("Item %(number)s: %(problem)s", number=number, problem=words)
        for name, words in problems.items()
    }
