"""The order of an agenda as a value: no operation loses an item, doubles it, or puts it under itself."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Conflict
from app.domain.agendas.rules.tree import MAX_DEPTH, AgendaTree

PLACES = ("before", "after", "into")
KEYS = [UUID(int=number) for number in range(1, 13)]
MOVES = st.one_of(
    st.tuples(st.just("put"), st.sampled_from(KEYS), st.sampled_from([None, *KEYS]), st.integers(-2, 14)),
    st.tuples(st.just("move"), st.sampled_from(KEYS), st.sampled_from([None, *KEYS]), st.integers(-2, 14)),
    st.tuples(st.just("step"), st.sampled_from(KEYS), st.sampled_from(["up", "down", "in", "out"]), st.just(0)),
    st.tuples(st.sampled_from(PLACES), st.sampled_from(KEYS), st.sampled_from(KEYS), st.just(0)),
    st.tuples(st.just("without"), st.sampled_from(KEYS), st.none(), st.just(0)),
)


def list_items(tree: AgendaTree) -> list[UUID]:
    return [item for item, _ in tree.walk()]


def step_item(tree: AgendaTree, item: UUID, direction: str) -> AgendaTree:
    return tree.with_item_next_to(item, *tree.find_step(item, direction))


def apply_change(tree: AgendaTree, operation: str, item: UUID, parent: object, position: int) -> AgendaTree:
    known = list_items(tree)
    if operation == "put" and item not in known and (parent is None or parent in known):
        return tree.with_item(item, parent, position)
    if item not in known:
        return tree
    if operation == "move" and (parent is None or parent in known):
        return tree.with_item_moved(item, parent, position)
    if operation in PLACES and parent in known:
        return tree.with_item_next_to(item, parent, operation)
    if operation == "step":
        return step_item(tree, item, parent)
    return tree.without_item(item) if operation == "without" else tree


@given(st.lists(MOVES, max_size=60))
def test_no_item_is_lost_or_doubled_and_every_place_is_taken_once(moves: list[tuple[str, UUID, object, int]]) -> None:
    tree = AgendaTree({})
    for what, item, where, position in moves:
        before = set(list_items(tree))
        try:
            after = apply_change(tree, what, item, where, position)
        except Conflict:
            assert set(list_items(tree)) == before
            continue
        gained, lost = set(list_items(after)) - before, before - set(list_items(after))
        assert gained <= ({item} if what == "put" else set())
        assert lost <= ({item} if what == "without" else set())
        tree = after

        rows = list(tree.iterate_item_positions())
        assert len(rows) == len({row[0] for row in rows}) == len(list_items(tree))
        assert len({(parent, place) for _, parent, place in rows}) == len(rows)
        assert all(len(path) <= MAX_DEPTH for _, path in tree.walk())
        assert list_items(AgendaTree.from_rows(rows[::-1])) == list_items(tree)
        for parent, items in tree.children.items():
            assert [place for _, under, place in rows if under == parent] == list(range(len(items)))


def test_an_item_is_put_before_after_or_into_another_one() -> None:
    one, two, three, below = KEYS[:4]
    tree = AgendaTree({None: (one, two, three), two: (below,)})

    assert tree.with_item_next_to(three, one, "before").children_of(None) == (three, one, two)
    assert tree.with_item_next_to(one, two, "after").children_of(None) == (two, one, three)
    assert tree.with_item_next_to(one, below, "after").children_of(two) == (below, one)
    assert tree.with_item_next_to(three, two, "into").children_of(two) == (below, three)
    assert tree.with_item_next_to(two, two, "before") == tree
    with pytest.raises(Conflict, match="under itself"):
        tree.with_item_next_to(two, below, "before")


@given(st.lists(MOVES, max_size=40), st.sampled_from(KEYS), st.sampled_from(["up", "down", "in", "out"]))
def test_a_step_and_its_reverse_restore_the_tree(
    moves: list[tuple[str, UUID, object, int]], item: UUID, step: str
) -> None:
    tree = AgendaTree({})
    for move in moves:
        try:
            tree = apply_change(tree, *move)
        except Conflict:
            continue
    back = {"up": "down", "down": "up", "in": "out"}
    if item not in list_items(tree) or step not in back:
        return
    try:
        moved = step_item(tree, item, step)
    except Conflict:
        return
    assert list_items(step_item(moved, item, back[step])) == list_items(tree)


def test_an_item_is_not_put_under_itself_or_too_deep() -> None:
    chain = AgendaTree({})
    for above, item in zip([None, *KEYS], KEYS[:MAX_DEPTH], strict=False):
        chain = chain.with_item(item, above, 0)

    with pytest.raises(Conflict, match="under itself"):
        chain.with_item_moved(KEYS[0], KEYS[2], 0)
    with pytest.raises(Conflict, match="four levels"):
        chain.with_item(KEYS[9], KEYS[MAX_DEPTH - 1], 0)
    with pytest.raises(Conflict, match="This item has sub-items"):
        chain.without_item(KEYS[0])
