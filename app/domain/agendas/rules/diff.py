"""Compare two versions of an agenda, as plain values; the draft counts as a version. Uses no database."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from app.core.db import LocalizedText

KeyT = TypeVar("KeyT")


class AgendaDifferenceKind(StrEnum):
    """Kind of change to an item or to a document."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    MOVED = "moved"
    RENUMBERED = "renumbered"
    CHANGED = "changed"
    PUT = "put"
    PLACED = "placed"
    REORDERED = "reordered"
    GROUPED = "grouped"
    TAKEN_OFF = "taken-off"


@dataclass(frozen=True, slots=True)
class AgendaVersionItem:
    """An item in a version: number, parent, titles, and its other details in the order of `CONTENT_FIELDS`."""

    id: UUID
    label: str
    parent_id: UUID | None
    titles: LocalizedText
    details: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class AgendaVersionDocument:
    """A document under an item; documents of one item with the same `joint_group` are discussed jointly."""

    document_id: UUID
    item_id: UUID
    joint_group: int | None


@dataclass(frozen=True, slots=True)
class AgendaVersion:
    """One version of an agenda: the items from the top, and the documents in the order of each item."""

    items: Sequence[AgendaVersionItem]
    documents: Sequence[AgendaVersionDocument]


@dataclass(frozen=True, slots=True)
class AgendaDifference:
    """One change: the item before and after. For a document, the items that it was and is under."""

    kind: AgendaDifferenceKind
    old_item: AgendaVersionItem | None
    new_item: AgendaVersionItem | None
    document_id: UUID | None = None

    @property
    def subject(self) -> UUID:
        """Return the identifier of the document, or of the item if the change is about no document."""
        item = self.new_item or self.old_item
        assert item is not None
        return self.document_id or item.id


def compare_agenda_versions(old: AgendaVersion, new: AgendaVersion) -> list[AgendaDifference]:
    """List the changes from the old to the new version, in the order of the new one; removals come last."""
    return [*_item_differences(old, new), *_document_differences(old, new)]


def _item_differences(old: AgendaVersion, new: AgendaVersion) -> Iterator[AgendaDifference]:
    """Yield the changes of items."""
    before, after = {item.id: item for item in old.items}, {item.id: item for item in new.items}
    moved = find_moved_keys(
        {item.id: item.parent_id for item in old.items}, {item.id: item.parent_id for item in new.items}
    )
    for item in new.items:
        was = before.get(item.id)
        if was is None:
            yield AgendaDifference(AgendaDifferenceKind.ADDED, None, item)
            continue
        if item.id in moved:
            yield AgendaDifference(AgendaDifferenceKind.MOVED, was, item)
        elif was.label != item.label:
            yield AgendaDifference(AgendaDifferenceKind.RENUMBERED, was, item)
        if was.titles != item.titles:
            yield AgendaDifference(AgendaDifferenceKind.RENAMED, was, item)
        if was.details != item.details:
            yield AgendaDifference(AgendaDifferenceKind.CHANGED, was, item)
    for item in old.items:
        if item.id not in after:
            yield AgendaDifference(AgendaDifferenceKind.REMOVED, item, None)


def _document_differences(old: AgendaVersion, new: AgendaVersion) -> Iterator[AgendaDifference]:
    """Yield the changes of documents."""
    before, after = {item.id: item for item in old.items}, {item.id: item for item in new.items}
    old_places, new_places = (
        {place.document_id: place for place in old.documents},
        {place.document_id: place for place in new.documents},
    )
    moved = find_moved_keys(
        {key: place.item_id for key, place in old_places.items()},
        {key: place.item_id for key, place in new_places.items()},
    )
    old_partners, new_partners = _joint_partners(old.documents), _joint_partners(new.documents)
    for document, place in new_places.items():
        was, item = old_places.get(document), after[place.item_id]
        if was is None:
            yield AgendaDifference(AgendaDifferenceKind.PUT, None, item, document)
        elif was.item_id != place.item_id:
            yield AgendaDifference(AgendaDifferenceKind.PLACED, before[was.item_id], item, document)
        elif document in moved:
            yield AgendaDifference(AgendaDifferenceKind.REORDERED, before[was.item_id], item, document)
        if old_partners.get(document, frozenset()) != new_partners.get(document, frozenset()):
            yield AgendaDifference(AgendaDifferenceKind.GROUPED, before[was.item_id] if was else None, item, document)
    for document, was in old_places.items():
        if document not in new_places:
            yield AgendaDifference(AgendaDifferenceKind.TAKEN_OFF, before[was.item_id], None, document)


def _joint_partners(documents: Iterable[AgendaVersionDocument]) -> dict[UUID, frozenset[UUID]]:
    """Map each jointly discussed document to the documents that it is discussed with."""
    groups: dict[tuple[UUID, int], set[UUID]] = {}
    for entry in documents:
        if entry.joint_group is not None:
            groups.setdefault((entry.item_id, entry.joint_group), set()).add(entry.document_id)
    return {document: frozenset(group - {document}) for group in groups.values() for document in group}


def find_moved_keys(old: Mapping[KeyT, KeyT | None], new: Mapping[KeyT, KeyT | None]) -> set[KeyT]:
    """Return the keys that got another parent, or changed their place among the keys that kept theirs.

    Of the latter as few as possible count as moved: all but a longest run that kept its order.
    """
    place = {key: number for number, key in enumerate(old)}
    moved = {key for key, parent in new.items() if key in old and old[key] != parent}
    stayed: dict[KeyT | None, list[KeyT]] = {}
    for key, parent in new.items():
        if key in old and key not in moved:
            stayed.setdefault(parent, []).append(key)
    for keys in stayed.values():
        moved.update(set(keys) - {keys[index] for index in find_longest_rising_run([place[key] for key in keys])})
    return moved


def find_longest_rising_run(numbers: Sequence[int]) -> list[int]:
    """Return the indices of a longest rising subsequence, by patience sorting."""
    tops: list[int] = []
    ends: list[int] = []
    predecessors: list[int] = []
    for index, number in enumerate(numbers):
        pile = bisect_left(tops, number)
        predecessors.append(ends[pile - 1] if pile else -1)
        tops[pile : pile + 1], ends[pile : pile + 1] = [number], [index]
    run, index = [], ends[-1] if ends else -1
    while index >= 0:
        run.append(index)
        index = predecessors[index]
    return run
