"""The history of an agenda in words: the latest changes of a draft, and differences between two versions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from babel.lists import format_list

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.agendas.models import AgendaChange, AgendaRelease
from app.domain.agendas.queries import agenda_drafts
from app.domain.agendas.rules.diff import AgendaDifference, AgendaDifferenceKind, AgendaVersionItem
from app.domain.agendas.rules.merging import CITATION_FIELDS, CONTENT_FIELDS, DraftSnapshot, find_changed_fields
from app.domain.meetings.models import Meeting
from app.http.labels import ITEM_KIND_LABELS
from app.web.views.agendas.items import AgendaView
from app.web.views.documents.titles import localize_title
from app.web.views.meetings.meetings import DocumentLine

CHANGE_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "added": _("Added"),
        "changed": _("Changed"),
        "planned": _("Planned"),
        "removed": _("Removed"),
        "moved": _("Moved"),
        "renumbered": _("Numbering style changed"),
        "allocated": _("Documents allocated to an item"),
        "allocated-as-requested": _("Documents allocated as requested by their delegations"),
        "taken-off": _("Document removed from an item"),
        "grouped": _("Documents grouped"),
        "reverted": _("A change since the released version undone"),
        "copied": _("Copied from another meeting"),
        "translated": _("Translated titles added"),
        "undone": _("Undone"),
    }
)
ITEMS_PLANNED = _("Items planned")
"""Label of a change of several items at once, before their numbers."""

ITEM_FIELD_LABELS: Sequence[LazyText] = (
    _("Kind"),
    _("Minutes"),
    _("Responsible"),
    _("Notes"),
    _("Access to the item"),
    _("Session"),
    _("Mandates"),
    _("WSIS action lines"),
)


@dataclass(frozen=True, slots=True)
class AgendaChangeLine:
    """One change of the draft: what happened to which item, by whom, and when."""

    words: LazyText
    item: UUID | None
    title: str
    lang: str | None
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ItemFieldChange:
    """A field of an item that differs between two versions."""

    name: LazyText
    was: LazyText | str
    now: LazyText | str


@dataclass(frozen=True, slots=True)
class AgendaDifferenceLine:
    """One difference between two versions, as a page shows it. `subject` is the document, or the item."""

    what: AgendaDifferenceKind
    subject: UUID
    was: tuple[str, str, str | None] | None
    now: tuple[str, str, str | None] | None
    document: DocumentLine | None
    facts: list[ItemFieldChange]


def format_release_name(release: AgendaRelease) -> LazyText:
    """Return the display name of a release."""
    if release.adopted_at is not None:
        return _("Adopted agenda, version %(number)s", number=str(release.number))
    if release.number == 1:
        return _("Draft agenda")
    return _("Draft agenda, Rev.%(number)s", number=str(release.number - 1))


def list_changes_since(
    session: ReadSession, meeting: Meeting, agenda: AgendaView, since: int, language: str
) -> list[AgendaChangeLine]:
    """Return the changes of the draft after version `since`, the latest first."""
    lines, after = [], agenda_drafts.snapshot_draft(session, meeting)
    for change, who in agenda_drafts.list_draft_changes_since(session, meeting, since):
        lines.append(_change_line(change, after, who, agenda, language))
        after = change.before
    return lines


def find_undoable_change(
    session: ReadSession, meeting: Meeting, agenda: AgendaView, language: str
) -> AgendaChangeLine | None:
    """Return the change that undo would revert."""
    last = agenda_drafts.find_undoable_change(session, meeting)
    after = agenda_drafts.load_draft_at(session, meeting, last.version) if last else None
    return _change_line(last, after or last.before, "", agenda, language) if last else None


def _change_line(
    change: AgendaChange, after: DraftSnapshot, who: str, agenda: AgendaView, language: str
) -> AgendaChangeLine:
    """Describe a change after which the draft was so. The item has its current title, or the one it had before it was
    removed; several items that were planned at once have their current numbers."""
    if change.what == "planned" and change.item_id is None:
        planned = {key for key, _name in find_changed_fields(change.before, after)}
        numbers = format_list([line.number for line in agenda.items if str(line.id) in planned], locale=language)
        return AgendaChangeLine(ITEMS_PLANNED, None, numbers, None, who, change.changed_at)
    current_title = next(((line.title, line.lang) for line in agenda.items if line.id == change.item_id), None)
    former_titles = (each["titles"] for each in change.before["items"] if each["id"] == str(change.item_id))
    title, lang = current_title or localize_title(next(former_titles, {}), language)
    return AgendaChangeLine(CHANGE_LABELS[change.what], change.item_id, title, lang, who, change.changed_at)


def describe_agenda_differences(
    differences: Iterable[AgendaDifference],
    documents: Mapping[UUID, DocumentLine],
    sessions: Mapping[UUID, str],
    language: str,
    cited: Mapping[str, LazyText | str],
) -> list[AgendaDifferenceLine]:
    """Describe differences in the reader's language; those about documents that the reader cannot see are left out.
    `cited` are names of what items cite, by code."""
    return [
        AgendaDifferenceLine(
            each.kind,
            each.subject,
            _item_name(each.old_item, language),
            _item_name(each.new_item, language),
            documents[each.document_id] if each.document_id else None,
            _field_changes(each, sessions, cited, language) if each.kind is AgendaDifferenceKind.CHANGED else [],
        )
        for each in differences
        if each.document_id is None or each.document_id in documents
    ]


def _item_name(item: AgendaVersionItem | None, language: str) -> tuple[str, str, str | None] | None:
    return (item.label, *localize_title(item.titles, language)) if item else None


def list_changed_citations(differences: Iterable[AgendaDifference]) -> dict[str, set[str]]:
    """List the codes that items cite before or after a change of what they cite, by the name of the field."""
    codes: dict[str, set[str]] = {name: set() for name in CITATION_FIELDS}
    for each in differences:
        if each.kind is AgendaDifferenceKind.CHANGED and each.old_item and each.new_item:
            was, now = (dict(zip(CONTENT_FIELDS, item.details, strict=True)) for item in (each.old_item, each.new_item))
            for name in CITATION_FIELDS:
                if was[name] != now[name]:
                    codes[name] |= {*_list_codes(was[name]), *_list_codes(now[name])}
    return codes


def _list_codes(value: object) -> list[str]:
    return list(map(str, value)) if isinstance(value, list) else []


def _field_changes(
    difference: AgendaDifference, sessions: Mapping[UUID, str], cited: Mapping[str, LazyText | str], language: str
) -> list[ItemFieldChange]:
    assert difference.old_item is not None
    assert difference.new_item is not None
    values = zip(
        CONTENT_FIELDS,
        ITEM_FIELD_LABELS,
        difference.old_item.details,
        difference.new_item.details,
        strict=True,
    )
    return [
        ItemFieldChange(words, *(_format_value(name, value, sessions, cited, language) for value in (was, now)))
        for name, words, was, now in values
        if was != now
    ]


def _format_value(
    name: str, value: object, sessions: Mapping[UUID, str], cited: Mapping[str, LazyText | str], language: str
) -> LazyText | str:
    if name == "kind":
        return ITEM_KIND_LABELS[str(value)]
    if name == "restricted":
        return _("Restricted") if value else _("Open")
    if name == "session_id":
        return sessions.get(value, "–") if isinstance(value, UUID) else "–"
    if name in CITATION_FIELDS:
        names = [cited.get(code, code) for code in _list_codes(value)]
        texts = [name if isinstance(name, str) else name.translate(language) for name in names]
        return format_list(texts, locale=language) if texts else "–"
    return "–" if value in (None, "") else str(value)
