"""The Merkle tree against one of other hands (pymerkle): every size to 300, every proof; and what proves nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from app.domain.ledger.tree import (
    EMPTY,
    SIZE,
    WIDTH,
    Frontier,
    NotProven,
    Tree,
    check_consistency,
    check_inclusion,
    leaf_hash,
    node_hash,
    root_of,
)

MOST = 300
ENTRIES = [f"entry {number}".encode() for number in range(MOST)]


def tree_of(leaves: list[bytes]) -> Tree:
    """A tree over these hashes, with its tiles made here."""
    levels = [leaves]
    while len(levels[-1]) >= WIDTH:
        below = levels[-1]
        levels.append([root_of(below[at : at + WIDTH]) for at in range(0, len(below) // WIDTH * WIDTH, WIDTH)])

    def tile(level: int, index: int, width: int) -> bytes:
        hashes = levels[level][index * WIDTH : index * WIDTH + width]
        assert len(hashes) == width, "nothing is asked for that is not there"
        return b"".join(hashes)

    return Tree(len(leaves), tile)


@pytest.fixture(scope="module")
def tree() -> Tree:
    return tree_of([leaf_hash(entry) for entry in ENTRIES])


@pytest.fixture(scope="module")
def oracle() -> InmemoryTree:
    return InmemoryTree.init_from_entries(ENTRIES, algorithm="sha256")


def test_every_size_has_the_root_of_the_oracle(tree: Tree, oracle: InmemoryTree) -> None:
    frontier = Frontier()
    roots = []
    for entry in ENTRIES:
        frontier.add(leaf_hash(entry))
        roots.append(frontier.root())

    assert [tree.root(size) for size in range(1, MOST + 1)] == roots
    assert [oracle.get_root(size) for size in range(1, MOST + 1)] == roots
    assert tree.root(0) == Frontier().root() == EMPTY


def test_every_inclusion_proof_is_that_of_the_oracle_and_holds(tree: Tree, oracle: InmemoryTree) -> None:
    leaves = [leaf_hash(entry) for entry in ENTRIES]
    for size in range(1, MOST + 1):
        root = oracle.get_root(size)
        for index in range(size):
            check_inclusion(leaves[index], index, size, tree.inclusion(index, size), root)
        for index in {0, size // 3, size // 2, size - 1}:  # the oracle takes its time
            path = oracle.prove_inclusion(index + 1, size).path
            assert [leaves[index], *tree.inclusion(index, size)] == path


def test_every_old_size_is_proven_consistent_by_the_roots_of_the_oracle(tree: Tree, oracle: InmemoryTree) -> None:
    roots = [EMPTY, *(oracle.get_root(size) for size in range(1, MOST + 1))]
    for size in range(1, MOST + 1):
        for old in range(size + 1):
            check_consistency(old, roots[old], size, roots[size], tree.consistency(old, size))


@settings(max_examples=200)
@given(st.data())
def test_nothing_else_is_proven(tree: Tree, data: st.DataObject) -> None:
    size = data.draw(st.integers(2, MOST))
    index = data.draw(st.integers(0, size - 1))
    leaf, proof, root = leaf_hash(ENTRIES[index]), tree.inclusion(index, size), tree.root(size)
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != index))
    flipped = data.draw(st.integers(0, len(proof) - 1))
    bad = [*proof[:flipped], bytes(SIZE), *proof[flipped + 1 :]]

    for given_leaf, at, of, hashes, to in (
        (leaf_hash(ENTRIES[other]), index, size, proof, root),
        (leaf, other, size, proof, root),
        (leaf, index, size, bad, root),
        (leaf, index, size, proof[:-1], root),
        (leaf, index, size, [*proof, bytes(SIZE)], root),
        (leaf, index, size, proof, tree.root(size - 1)),
        (leaf, size, size, proof, root),
    ):
        with pytest.raises(NotProven):
            check_inclusion(given_leaf, at, of, hashes, to)


@settings(max_examples=200)
@given(st.data())
def test_a_tree_that_was_changed_is_not_consistent(tree: Tree, data: st.DataObject) -> None:
    size = data.draw(st.integers(2, MOST))
    old = data.draw(st.integers(1, size - 1))
    changed = data.draw(st.integers(0, old - 1))
    leaves = [leaf_hash(entry) for entry in ENTRIES[:size]]
    leaves[changed] = leaf_hash(b"another")
    forked = tree_of(leaves)
    proof = tree.consistency(old, size)

    check_consistency(old, forked.root(old), size, forked.root(size), forked.consistency(old))
    for old_root, root, hashes in (
        (tree.root(old), forked.root(size), forked.consistency(old)),
        (tree.root(old), forked.root(size), proof),
        (tree.root(old), tree.root(size), [*proof, bytes(SIZE)]),
        (tree.root(old), tree.root(size), proof[:-1]),
        (EMPTY, tree.root(size), proof),
    ):
        with pytest.raises(NotProven):
            check_consistency(old, old_root, size, root, hashes)
    with pytest.raises(NotProven):
        check_consistency(size, tree.root(size), old, tree.root(old), proof)
    with pytest.raises(NotProven):
        check_consistency(size, tree.root(size), size, forked.root(size), [])


def test_a_tree_of_three_levels_of_tiles_is_proven_like_a_small_one() -> None:
    """A tree of 70,000 leaves has the tiles that tlog-tiles gives as its example."""
    leaves = [number.to_bytes(SIZE) for number in range(70_000)]
    tree, frontier = tree_of(leaves), Frontier()
    for leaf in leaves:
        frontier.add(leaf)

    assert tree.root() == frontier.root()
    assert [len(tree.tile(0, 273)), len(tree.tile(1, 1)), len(tree.tile(2, 0))] == [112 * SIZE, 17 * SIZE, SIZE]
    for index in (0, 255, 256, 65_535, 65_536, 69_999):
        check_inclusion(leaves[index], index, 70_000, tree.inclusion(index), tree.root())
    for old in (1, 255, 256, 257, 65_536, 69_999):
        check_consistency(old, tree.root(old), 70_000, tree.root(), tree.consistency(old))


def test_a_leaf_is_never_taken_for_a_node() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")

    assert leaf_hash(left + right) != node_hash(left, right)


def test_what_is_not_there_is_said() -> None:
    tree = tree_of([bytes(SIZE)] * 3)

    for ask in (
        lambda: tree.inclusion(3),
        lambda: tree.inclusion(-1),
        lambda: tree.consistency(4),
        lambda: tree.root(4),
        lambda: tree.inclusion(0, 4),
    ):
        with pytest.raises(ValueError, match="leaves"):
            ask()
