"""The history of an agenda in words: the latest changes of a draft, and differences between two versions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from app.asgi.words import ITEM_KINDS
from app.core.db import ReadSession
from app.core.i18n import Text, say
from app.domain.agendas import queries
from app.domain.agendas.differences import Difference, Item, What
from app.domain.agendas.models import AgendaChange, AgendaRelease
from app.domain.meetings.models import Meeting
from app.web.agenda_lines import Agenda
from app.web.meeting_pages import DocumentLine
from app.web.titles import in_language

HAPPENED: Mapping[str, Text] = MappingProxyType(
    {
        "added": say("Added"),
        "changed": say("Changed"),
        "planned": say("Planned"),
        "removed": say("Removed"),
        "moved": say("Moved"),
        "renumbered": say("Numbered in another style"),
        "allocated": say("Documents put under an item"),
        "taken-off": say("A document taken off"),
        "grouped": say("Documents grouped"),
        "undone": say("Undone"),
    }
)
SAID: Sequence[Text] = (
    say("Kind"),
    say("Minutes"),
    say("Responsible"),
    say("Notes"),
    say("Access to the item"),
    say("Session"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the draft: what happened to which item, by whom, and when."""

    words: Text
    item: UUID | None
    title: str
    lang: str | None
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Fact:
    """A field of an item that differs between two versions."""

    name: Text
    was: Text | str
    now: Text | str


@dataclass(frozen=True, slots=True)
class Line:
    """One difference between two versions, as a page shows it."""

    what: What
    was: tuple[str, str, str | None] | None
    now: tuple[str, str, str | None] | None
    document: DocumentLine | None
    facts: list[Fact]


def release_name(release: AgendaRelease) -> Text:
    """Return the display name of a release."""
    if release.adopted_at is not None:
        return say("Adopted agenda, version %(number)s", number=str(release.number))
    if release.number == 1:
        return say("Draft agenda")
    return say("Draft agenda, Rev.%(number)s", number=str(release.number - 1))


def recent(session: ReadSession, meeting: Meeting, agenda: Agenda, since: int, language: str) -> list[Change]:
    """Return the changes of the draft after version `since`, the latest first."""
    return [
        _change_line(change, who, agenda, language) for change, who in queries.changes_since(session, meeting, since)
    ]


def undoable(
    session: ReadSession, meeting: Meeting, agenda: Agenda, language: str, *, only: str | None = None
) -> Change | None:
    """Return the change that undo would revert; None if it is of another kind than `only`."""
    last = queries.last_change(session, meeting)
    return _change_line(last, "", agenda, language) if last and only in (None, last.what) else None


def _change_line(change: AgendaChange, who: str, agenda: Agenda, language: str) -> Change:
    """Describe a change; the item has its current title, or the one it had before it was removed."""
    current_title = next(((line.title, line.lang) for line in agenda.items if line.id == change.item_id), None)
    former_titles = (each["titles"] for each in change.before["items"] if each["id"] == str(change.item_id))
    title, lang = current_title or in_language(next(former_titles, {}), language)
    return Change(HAPPENED[change.what], change.item_id, title, lang, who, change.changed_at)


def told(
    found: Iterable[Difference], documents: Mapping[UUID, DocumentLine], sessions: Mapping[UUID, str], language: str
) -> list[Line]:
    """Describe differences in the reader's language; those about documents that the reader cannot see are left out."""
    return [
        Line(
            each.what,
            _item_name(each.was, language),
            _item_name(each.item, language),
            documents[each.document] if each.document else None,
            _field_changes(each, sessions) if each.what is What.CHANGED else [],
        )
        for each in found
        if each.document is None or each.document in documents
    ]


def _item_name(item: Item | None, language: str) -> tuple[str, str, str | None] | None:
    return (item.label, *in_language(item.titles, language)) if item else None


def _field_changes(difference: Difference, sessions: Mapping[UUID, str]) -> list[Fact]:
    assert difference.was is not None
    assert difference.item is not None
    values = zip(queries.SAID, SAID, difference.was.said, difference.item.said, strict=True)
    return [
        Fact(words, _format_value(name, was, sessions), _format_value(name, now, sessions))
        for name, words, was, now in values
        if was != now
    ]


def _format_value(name: str, value: object, sessions: Mapping[UUID, str]) -> Text | str:
    if name == "kind":
        return ITEM_KINDS[str(value)]
    if name == "restricted":
        return say("Restricted") if value else say("Open")
    if name == "session_id":
        return sessions.get(value, "–") if isinstance(value, UUID) else "–"
    return "–" if value in (None, "") else str(value)
