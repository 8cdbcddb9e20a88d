"""The checker's verification of noted heads: consistent ones pass, and each kind of false head is reported."""

import hashlib
from itertools import pairwise

import pytest

from app.core.signing import Signer
from app.domain.ledger.rules import signed_notes
from app.domain.ledger.rules.merkle_tree import MerkleFrontier
from app.domain.ledger.rules.signed_notes import Checkpoint
from tests.faults.noted_heads import find_head_faults, tree_roots
from tests.world import LEDGER_SIGNER

LEAVES = [hashlib.sha256(b"%d" % number).digest() for number in range(70)]
OTHER = Signer.from_secret(LEDGER_SIGNER.portal, "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=")


def head(size: int, leaves: list[bytes] = LEAVES, by: Signer = LEDGER_SIGNER) -> str:
    """As the portal signs it."""
    grown = MerkleFrontier()
    for leaf in leaves[:size]:
        grown.append_leaf(leaf)
    return signed_notes.sign_checkpoint(Checkpoint(signed_notes.ledger_origin(by.portal), size, grown.root_hash()), by)


def found(*noted: str) -> list[str]:
    return list(find_head_faults(LEAVES, [list(noted)], LEDGER_SIGNER.public_key.text))


def test_heads_that_grow_have_no_fault() -> None:
    sizes = [1, 2, 3, 5, 8, 31, 32, 33, 64, 70]

    assert found(*map(head, sizes)) == []
    assert len(set(tree_roots(LEAVES))) == len(LEAVES) + 1
    assert all(earlier != later for earlier, later in pairwise(tree_roots(LEAVES)))


@pytest.mark.parametrize(
    ("noted", "fault"),
    [
        ([head(40, LEAVES[:20] + LEAVES[21:])], "the head of 40 lines does not lead to the journal as it is now"),
        ([head(71, [*LEAVES, LEAVES[0]])], "the head of 71 lines does not lead to the journal as it is now"),
        ([head(40), head(39)], "the head of 40 lines was followed by one of 39"),
        ([head(40, by=OTHER)], "the head of 40 lines is not signed as it should be"),
        ([head(40).replace("\n40\n", "\n41\n")], "the head of 41 lines is not signed as it should be"),
    ],
    ids=["another journal", "the journal was cut", "it shrank", "another key", "altered"],
)
def test_a_false_head_is_reported(noted: list[str], fault: str) -> None:
    assert fault in found(*noted)
