"""Differences between two versions of an agenda: each change is listed once, and nothing else."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.domain.agendas.rules.diff import (
    AgendaVersion,
    AgendaVersionDocument,
    AgendaVersionItem,
    compare_agenda_versions,
)

KEYS = {name: UUID(int=number) for number, name in enumerate("abcdefgh", start=1)}
PAPERS = {name: UUID(int=number) for number, name in enumerate("uvwxyz", start=101)}


def build_version(items: str, documents: str = "", **texts: str) -> AgendaVersion:
    """Build a version. Items `a b ba c`: from the top, `ba` is a under b. Documents `x:a y:a1`: item, and group."""
    labels: dict[str, str] = {}
    counted: dict[str, int] = {}
    built_items = []
    for word in items.split():
        parent, name = word[:-1], word[-1]
        counted[parent] = counted.get(parent, 0) + 1
        labels[name] = f"{labels[parent]}.{counted[parent]}" if parent else str(counted[parent])
        titles = {"en": texts.get(f"{name}_title", name)}
        built_items.append(
            AgendaVersionItem(KEYS[name], labels[name], KEYS.get(parent), titles, (texts.get(name, ""),))
        )
    allocations = []
    for word in documents.split():
        paper, place = word.split(":")
        allocations.append(AgendaVersionDocument(PAPERS[paper], KEYS[place[0]], int(place[1:]) if place[1:] else None))
    return AgendaVersion(built_items, allocations)


def list_changes(old: AgendaVersion, new: AgendaVersion) -> list[str]:
    names = {key: name for name, key in (KEYS | PAPERS).items()}
    return [
        f"{each.kind} {names[each.document_id] if each.document_id else names[(each.new_item or each.old_item).id]}"
        for each in compare_agenda_versions(old, new)
    ]


def test_nothing_differs_from_itself() -> None:
    same = build_version("a b bc d", "x:a y:a1 z:a1")

    assert compare_agenda_versions(same, same) == []


def test_items_are_added_removed_renamed_moved_and_renumbered() -> None:
    old = build_version("a b c d e")

    assert list_changes(old, build_version("a b c d e f")) == ["added f"]
    assert list_changes(old, build_version("a c d e")) == ["renumbered c", "renumbered d", "renumbered e", "removed b"]
    assert list_changes(old, build_version("a b c d e", c_title="Another")) == ["renamed c"]
    assert list_changes(old, build_version("a b c d e", c="30 minutes")) == ["changed c"]
    assert list_changes(old, build_version("e a b c d")) == [
        "moved e",
        "renumbered a",
        "renumbered b",
        "renumbered c",
        "renumbered d",
    ]
    assert list_changes(old, build_version("a b bc d e")) == ["moved c", "renumbered d", "renumbered e"]
    assert list_changes(build_version("a b bc"), build_version("a ac b")) == ["moved c"]


def test_documents_are_put_moved_grouped_and_taken_off() -> None:
    old = build_version("a b", "x:a y:a z:b")

    assert list_changes(old, build_version("a b", "x:a y:a z:b w:b")) == ["put w"]
    assert list_changes(old, build_version("a b", "x:a y:a")) == ["taken-off z"]
    assert list_changes(old, build_version("a b", "x:a z:b y:b")) == ["placed y"]
    assert list_changes(old, build_version("a b", "y:a x:a z:b")) == ["reordered y"]
    assert list_changes(old, build_version("a b", "x:a1 y:a1 z:b")) == ["grouped x", "grouped y"]
    assert list_changes(build_version("a", "x:a1 y:a1"), build_version("a", "x:a7 y:a7")) == []


@given(st.permutations(list("abcdefgh")))
def test_the_fewest_possible_items_count_as_moved(order: list[str]) -> None:
    """Items that did not move keep their relative order."""
    old, new = build_version("a b c d e f g h"), build_version(" ".join(order))
    moved = {each.removeprefix("moved ") for each in list_changes(old, new) if each.startswith("moved ")}
    stayed = [name for name in order if name not in moved]

    assert stayed == sorted(stayed)
    longest = [0] * len(order)
    for at, name in enumerate(order):
        longest[at] = 1 + max((longest[before] for before in range(at) if order[before] < name), default=0)
    assert len(stayed) == max(longest)
