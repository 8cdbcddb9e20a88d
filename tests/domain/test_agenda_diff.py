"""What changed between two versions of an agenda: each change said once, and nothing else."""

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


def version(items: str, documents: str = "", **said: str) -> AgendaVersion:
    """`a b ba c`: items from the top, `ba` is a under b; `x:a y:a1` documents under items, with their group."""
    labels: dict[str, str] = {}
    counted: dict[str, int] = {}
    made = []
    for word in items.split():
        parent, name = word[:-1], word[-1]
        counted[parent] = counted.get(parent, 0) + 1
        labels[name] = f"{labels[parent]}.{counted[parent]}" if parent else str(counted[parent])
        titles = {"en": said.get(f"{name}_title", name)}
        made.append(AgendaVersionItem(KEYS[name], labels[name], KEYS.get(parent), titles, (said.get(name, ""),)))
    stands = []
    for word in documents.split():
        paper, place = word.split(":")
        stands.append(AgendaVersionDocument(PAPERS[paper], KEYS[place[0]], int(place[1:]) if place[1:] else None))
    return AgendaVersion(made, stands)


def said(old: AgendaVersion, new: AgendaVersion) -> list[str]:
    names = {key: name for name, key in (KEYS | PAPERS).items()}
    return [
        f"{each.kind} {names[each.document_id] if each.document_id else names[(each.new_item or each.old_item).id]}"
        for each in compare_agenda_versions(old, new)
    ]


def test_nothing_differs_from_itself() -> None:
    same = version("a b bc d", "x:a y:a1 z:a1")

    assert compare_agenda_versions(same, same) == []


def test_items_are_added_removed_renamed_moved_and_renumbered() -> None:
    old = version("a b c d e")

    assert said(old, version("a b c d e f")) == ["added f"]
    assert said(old, version("a c d e")) == ["renumbered c", "renumbered d", "renumbered e", "removed b"]
    assert said(old, version("a b c d e", c_title="Another")) == ["renamed c"]
    assert said(old, version("a b c d e", c="30 minutes")) == ["changed c"]
    assert said(old, version("e a b c d")) == [
        "moved e",
        "renumbered a",
        "renumbered b",
        "renumbered c",
        "renumbered d",
    ]
    assert said(old, version("a b bc d e")) == ["moved c", "renumbered d", "renumbered e"]
    assert said(version("a b bc"), version("a ac b")) == ["moved c"]


def test_documents_are_put_moved_grouped_and_taken_off() -> None:
    old = version("a b", "x:a y:a z:b")

    assert said(old, version("a b", "x:a y:a z:b w:b")) == ["put w"]
    assert said(old, version("a b", "x:a y:a")) == ["taken-off z"]
    assert said(old, version("a b", "x:a z:b y:b")) == ["placed y"]
    assert said(old, version("a b", "y:a x:a z:b")) == ["reordered y"]
    assert said(old, version("a b", "x:a1 y:a1 z:b")) == ["grouped x", "grouped y"]
    assert said(version("a", "x:a1 y:a1"), version("a", "x:a7 y:a7")) == []


@given(st.permutations(list("abcdefgh")))
def test_as_few_items_count_as_moved_as_can_be(order: list[str]) -> None:
    """Whatever did not move stands in the same order as before."""
    old, new = version("a b c d e f g h"), version(" ".join(order))
    moved = {each.removeprefix("moved ") for each in said(old, new) if each.startswith("moved ")}
    stayed = [name for name in order if name not in moved]

    assert stayed == sorted(stayed)
    longest = [0] * len(order)
    for at, name in enumerate(order):
        longest[at] = 1 + max((longest[before] for before in range(at) if order[before] < name), default=0)
    assert len(stayed) == max(longest)
