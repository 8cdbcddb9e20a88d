"""What differs between two states of a draft, as fields: the smallest parts of it that two people may not both change.

A field is named by an item or a document, and by a name: `title_fr`, `minutes`, `place`, or `existence`. A change that
was made on an older version of the draft is merged unless one of its fields was changed meanwhile. Uses no database.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.core.i18n import LANGUAGES
from app.domain.agendas.rules.diff import find_moved_keys

DraftSnapshot = Mapping[str, Any]
"""A draft as JSON values: `numbering`, `items` and `documents`, each with its columns."""

DraftField = tuple[str, str]
"""The identifier of an item or a document, and the name of a field of it."""

NUMBERING = ("", "numbering")
CITATION_FIELDS = ("mandates", "action_lines")
"""What an item cites, as codes. Snapshots from before items cited anything lack these."""
CONTENT_FIELDS = ("kind", "minutes", "responsible", "notes", "restricted", "session_id", *CITATION_FIELDS)
"""The fields of an item besides its titles and its place."""


def list_item_values(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of an item of a snapshot by the names of its fields; a title that is missing is empty."""
    titles = {f"title_{code}": item["titles"].get(code, "") for code in LANGUAGES}
    return titles | {name: item.get(name, []) if name in CITATION_FIELDS else item[name] for name in CONTENT_FIELDS}


def find_changed_fields(base: DraftSnapshot, now: DraftSnapshot) -> frozenset[DraftField]:
    """Return the fields that differ between two states of a draft. Of items that changed their places as few as
    possible count as moved."""
    former, latter = _items_by_id(base), _items_by_id(now)
    changed = {(key, "existence") for key in former.keys() ^ latter.keys()}
    for key in former.keys() & latter.keys():
        was, values = list_item_values(former[key]), list_item_values(latter[key])
        changed |= {(key, name) for name in values if values[name] != was[name]}
    changed |= {(key, "place") for key in find_moved_keys(_list_places(base), _list_places(now))}
    changed |= {(key, "allocation") for key in _find_changed_allocations(base["documents"], now["documents"])}
    return frozenset(changed | ({NUMBERING} if base["numbering"] != now["numbering"] else set()))


def _items_by_id(snapshot: DraftSnapshot) -> dict[str, Mapping[str, Any]]:
    return {item["id"]: item for item in snapshot["items"]}


def _list_places(snapshot: DraftSnapshot) -> dict[str, str | None]:
    """Return the parent of each item, the items under one parent in their order."""
    return {item["id"]: item["parent_id"] for item in sorted(snapshot["items"], key=lambda item: item["position"])}


def _find_changed_allocations(base: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    """Return the documents that are under another item, at another place, in another group, or under none any more."""
    former, latter = ({each["document_id"]: each for each in rows} for rows in (base, now))
    yield from former.keys() ^ latter.keys()
    yield from find_moved_keys(*({key: row["item_id"] for key, row in _sort_allocations(rows)} for rows in (base, now)))
    yield from (key for key in former.keys() & latter.keys() if former[key]["together"] != latter[key]["together"])


def _sort_allocations(rows: Sequence[Mapping[str, Any]]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    return ((row["document_id"], row) for row in sorted(rows, key=lambda row: row["position"]))
