"""The Merkle tree against an independent implementation (pymerkle): sizes up to 300, all proofs, invalid proofs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from app.domain.ledger.rules.merkle_tree import (
    EMPTY_ROOT,
    HASH_SIZE,
    TILE_WIDTH,
    InvalidProof,
    MerkleFrontier,
    MerkleTree,
    check_consistency,
    check_inclusion,
    compute_root,
    hash_leaf,
    hash_node,
)
from tests.sampling import count_examples

MOST = 300
ENTRIES = [f"entry {number}".encode() for number in range(MOST)]


def build_tree(leaves: list[bytes]) -> MerkleTree:
    """Build a tree over these hashes, with its tiles computed here."""
    levels = [leaves]
    while len(levels[-1]) >= TILE_WIDTH:
        below = levels[-1]
        levels.append(
            [
                compute_root(below[at : at + TILE_WIDTH])
                for at in range(0, len(below) // TILE_WIDTH * TILE_WIDTH, TILE_WIDTH)
            ]
        )

    def tile(level: int, index: int, width: int) -> bytes:
        hashes = levels[level][index * TILE_WIDTH : index * TILE_WIDTH + width]
        assert len(hashes) == width, "nothing is asked for that is not there"
        return b"".join(hashes)

    return MerkleTree(len(leaves), tile)


@pytest.fixture(scope="module")
def tree() -> MerkleTree:
    return build_tree([hash_leaf(entry) for entry in ENTRIES])


@pytest.fixture(scope="module")
def oracle() -> InmemoryTree:
    return InmemoryTree.init_from_entries(ENTRIES, algorithm="sha256")


def test_every_size_has_the_root_of_the_oracle(tree: MerkleTree, oracle: InmemoryTree) -> None:
    frontier = MerkleFrontier()
    roots = []
    for entry in ENTRIES:
        frontier.append_leaf(hash_leaf(entry))
        roots.append(frontier.root_hash())

    assert [tree.root_hash(size) for size in range(1, MOST + 1)] == roots
    assert [oracle.get_root(size) for size in range(1, MOST + 1)] == roots
    assert tree.root_hash(0) == MerkleFrontier().root_hash() == EMPTY_ROOT


def test_every_inclusion_proof_is_that_of_the_oracle_and_holds(tree: MerkleTree, oracle: InmemoryTree) -> None:
    leaves = [hash_leaf(entry) for entry in ENTRIES]
    for size in range(1, MOST + 1):
        root = oracle.get_root(size)
        for index in range(size):
            check_inclusion(leaves[index], index, size, tree.inclusion_path(index, size), root)
        for index in {0, size // 3, size // 2, size - 1}:  # the oracle is slow
            path = oracle.prove_inclusion(index + 1, size).path
            assert [leaves[index], *tree.inclusion_path(index, size)] == path


def test_every_old_size_is_consistent_by_the_roots_of_the_oracle(tree: MerkleTree, oracle: InmemoryTree) -> None:
    roots = [EMPTY_ROOT, *(oracle.get_root(size) for size in range(1, MOST + 1))]
    for size in range(1, MOST + 1):
        for old in range(size + 1):
            check_consistency(old, roots[old], size, roots[size], tree.consistency_path(old, size))


@settings(max_examples=count_examples(200))
@given(st.data())
def test_wrong_leaves_places_and_hashes_are_not_proven(tree: MerkleTree, data: st.DataObject) -> None:
    size = data.draw(st.integers(2, MOST))
    index = data.draw(st.integers(0, size - 1))
    leaf, proof, root = hash_leaf(ENTRIES[index]), tree.inclusion_path(index, size), tree.root_hash(size)
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != index))
    flipped = data.draw(st.integers(0, len(proof) - 1))
    bad = [*proof[:flipped], bytes(HASH_SIZE), *proof[flipped + 1 :]]

    for given_leaf, at, of, hashes, to in (
        (hash_leaf(ENTRIES[other]), index, size, proof, root),
        (leaf, other, size, proof, root),
        (leaf, index, size, bad, root),
        (leaf, index, size, proof[:-1], root),
        (leaf, index, size, [*proof, bytes(HASH_SIZE)], root),
        (leaf, index, size, proof, tree.root_hash(size - 1)),
        (leaf, size, size, proof, root),
    ):
        with pytest.raises(InvalidProof):
            check_inclusion(given_leaf, at, of, hashes, to)


@settings(max_examples=count_examples(200))
@given(st.data())
def test_a_changed_tree_is_not_consistent(tree: MerkleTree, data: st.DataObject) -> None:
    size = data.draw(st.integers(2, MOST))
    old = data.draw(st.integers(1, size - 1))
    changed = data.draw(st.integers(0, old - 1))
    leaves = [hash_leaf(entry) for entry in ENTRIES[:size]]
    leaves[changed] = hash_leaf(b"another")
    forked = build_tree(leaves)
    proof = tree.consistency_path(old, size)

    check_consistency(old, forked.root_hash(old), size, forked.root_hash(size), forked.consistency_path(old))
    for old_root, root, hashes in (
        (tree.root_hash(old), forked.root_hash(size), forked.consistency_path(old)),
        (tree.root_hash(old), forked.root_hash(size), proof),
        (tree.root_hash(old), tree.root_hash(size), [*proof, bytes(HASH_SIZE)]),
        (tree.root_hash(old), tree.root_hash(size), proof[:-1]),
        (EMPTY_ROOT, tree.root_hash(size), proof),
    ):
        with pytest.raises(InvalidProof):
            check_consistency(old, old_root, size, root, hashes)
    with pytest.raises(InvalidProof):
        check_consistency(size, tree.root_hash(size), old, tree.root_hash(old), proof)
    with pytest.raises(InvalidProof):
        check_consistency(size, tree.root_hash(size), size, forked.root_hash(size), [])


def test_a_tree_of_three_levels_of_tiles_is_proven_like_a_small_one() -> None:
    """A tree of 70,000 leaves has the tiles that tlog-tiles gives as its example."""
    leaves = [number.to_bytes(HASH_SIZE) for number in range(70_000)]
    tree, frontier = build_tree(leaves), MerkleFrontier()
    for leaf in leaves:
        frontier.append_leaf(leaf)

    assert tree.root_hash() == frontier.root_hash()
    assert [len(tree.tile_hashes(0, 273)), len(tree.tile_hashes(1, 1)), len(tree.tile_hashes(2, 0))] == [
        112 * HASH_SIZE,
        17 * HASH_SIZE,
        HASH_SIZE,
    ]
    for index in (0, 255, 256, 65_535, 65_536, 69_999):
        check_inclusion(leaves[index], index, 70_000, tree.inclusion_path(index), tree.root_hash())
    for old in (1, 255, 256, 257, 65_536, 69_999):
        check_consistency(old, tree.root_hash(old), 70_000, tree.root_hash(), tree.consistency_path(old))


def test_a_leaf_is_never_taken_for_a_node() -> None:
    left, right = hash_leaf(b"a"), hash_leaf(b"b")

    assert hash_leaf(left + right) != hash_node(left, right)


def test_a_proof_outside_the_tree_is_refused() -> None:
    tree = build_tree([bytes(HASH_SIZE)] * 3)

    for ask in (
        lambda: tree.inclusion_path(3),
        lambda: tree.inclusion_path(-1),
        lambda: tree.consistency_path(4),
        lambda: tree.root_hash(4),
        lambda: tree.inclusion_path(0, 4),
    ):
        with pytest.raises(ValueError, match="leaves"):
            ask()
