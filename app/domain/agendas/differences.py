"""What changed between two versions of an agenda, as values; the draft is a version too. It knows no database."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.core.db import Titles


class What(StrEnum):
    """What happened to an item or to a document."""

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
class Item:
    """An item in a version: its number, under whom, what it is called, and all else that it says."""

    id: UUID
    label: str
    parent: UUID | None
    titles: Titles
    said: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Stands:
    """A document under an item; those of one item with the same number in `together` are discussed jointly."""

    document: UUID
    item: UUID
    together: int | None


@dataclass(frozen=True, slots=True)
class Version:
    """Items from the top, and documents in the order of each item."""

    items: Sequence[Item]
    documents: Sequence[Stands]


@dataclass(frozen=True, slots=True)
class Difference:
    """One change. `was` is the item before and `item` the item now; of a document, where it stood and stands."""

    what: What
    was: Item | None
    item: Item | None
    document: UUID | None = None


def differences(old: Version, new: Version) -> list[Difference]:
    """From the top of the new version; what is gone stands at the end."""
    return [*_of_items(old, new), *_of_documents(old, new)]


def _of_items(old: Version, new: Version) -> Iterator[Difference]:
    before, after = {item.id: item for item in old.items}, {item.id: item for item in new.items}
    moved = _moved({item.id: item.parent for item in old.items}, {item.id: item.parent for item in new.items})
    for item in new.items:
        was = before.get(item.id)
        if was is None:
            yield Difference(What.ADDED, None, item)
            continue
        if item.id in moved:
            yield Difference(What.MOVED, was, item)
        elif was.label != item.label:
            yield Difference(What.RENUMBERED, was, item)
        if was.titles != item.titles:
            yield Difference(What.RENAMED, was, item)
        if was.said != item.said:
            yield Difference(What.CHANGED, was, item)
    for item in old.items:
        if item.id not in after:
            yield Difference(What.REMOVED, item, None)


def _of_documents(old: Version, new: Version) -> Iterator[Difference]:
    before, after = {item.id: item for item in old.items}, {item.id: item for item in new.items}
    stood, stand = {each.document: each for each in old.documents}, {each.document: each for each in new.documents}
    moved = _moved({key: each.item for key, each in stood.items()}, {key: each.item for key, each in stand.items()})
    joint, jointly = _partners(old.documents), _partners(new.documents)
    for document, each in stand.items():
        was, item = stood.get(document), after[each.item]
        if was is None:
            yield Difference(What.PUT, None, item, document)
        elif was.item != each.item:
            yield Difference(What.PLACED, before[was.item], item, document)
        elif document in moved:
            yield Difference(What.REORDERED, before[was.item], item, document)
        if joint.get(document, frozenset()) != jointly.get(document, frozenset()):
            yield Difference(What.GROUPED, before[was.item] if was else None, item, document)
    for document, was in stood.items():
        if document not in stand:
            yield Difference(What.TAKEN_OFF, before[was.item], None, document)


def _partners(documents: Iterable[Stands]) -> dict[UUID, frozenset[UUID]]:
    """With which documents each one is discussed."""
    groups: dict[tuple[UUID, int], set[UUID]] = {}
    for each in documents:
        if each.together is not None:
            groups.setdefault((each.item, each.together), set()).add(each.document)
    return {document: frozenset(group - {document}) for group in groups.values() for document in group}


def _moved(old: dict[UUID, UUID | None], new: dict[UUID, UUID | None]) -> set[UUID]:
    """What stands under another parent, or changed its place among those that stayed under the same one.

    Of those that stayed the fewest count as moved: all but a longest run that kept its order.
    """
    place = {key: number for number, key in enumerate(old)}
    moved = {key for key, parent in new.items() if key in old and old[key] != parent}
    stayed: dict[UUID | None, list[UUID]] = {}
    for key, parent in new.items():
        if key in old and key not in moved:
            stayed.setdefault(parent, []).append(key)
    for keys in stayed.values():
        moved.update(set(keys) - {keys[at] for at in _longest_rise([place[key] for key in keys])})
    return moved


def _longest_rise(numbers: Sequence[int]) -> list[int]:
    """The indices of a longest rising run, by patience sorting."""
    tops: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for at, number in enumerate(numbers):
        pile = bisect_left(tops, number)
        before.append(ends[pile - 1] if pile else -1)
        tops[pile : pile + 1], ends[pile : pile + 1] = [number], [at]
    run, at = [], ends[-1] if ends else -1
    while at >= 0:
        run.append(at)
        at = before[at]
    return run
