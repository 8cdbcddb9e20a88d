"""Compare a checkpoint of the ledger that was kept elsewhere with a restored journal: does the journal contain
everything the checkpoint covers?

The Merkle tree is computed from the journal lines themselves (docs/ledger.md); no restored table is trusted.
"""

from collections.abc import Sequence
from itertools import islice

from app.core import journal
from app.core.db import ReadSession
from app.core.signing import PublicKey
from app.domain.ledger.queries import ledger
from app.domain.ledger.rules import signed_notes
from app.domain.ledger.rules.merkle_tree import MerkleFrontier, hash_leaf
from app.domain.ledger.rules.signed_notes import Checkpoint, MalformedNote, SignedNote
from app.domain.preservation.models import RestoreHoldReason


def verify_and_parse_checkpoint(text: str, portal_url: str, keys: Sequence[PublicKey]) -> Checkpoint:
    """Parse a checkpoint of this portal, signed with one of these keys of its ledger. Raises ValueError."""
    try:
        note = SignedNote.parse_note(text)
        checkpoint = Checkpoint.parse_body(note.body)
    except MalformedNote as error:
        raise ValueError(f"the head is none: {error}") from error
    origin = signed_notes.ledger_origin(portal_url)
    if checkpoint.origin != origin:
        raise ValueError(f"the head is of another ledger, {checkpoint.origin}: CWG_PORTAL_URL says {origin}")
    if note.find_verifier(signed_notes.list_portal_verifiers(portal_url, keys)) is None:
        raise ValueError("the head is not signed with a key of ours: set CWG_LEDGER_PUBLIC_KEYS")
    return checkpoint


def find_doubt_about_restored_journal(session: ReadSession, checkpoint: Checkpoint | None) -> RestoreHoldReason | None:
    """Return why this journal must not be continued; None if it contains everything that the checkpoint covers."""
    if checkpoint is None:
        return RestoreHoldReason.UNPROVEN
    tree = MerkleFrontier()
    for line in islice(ledger.iterate_journal_lines(session), checkpoint.size):
        tree.append_leaf(hash_leaf(journal.canonical_line(line)))
    if tree.size < checkpoint.size:
        return RestoreHoldReason.BEHIND
    return None if tree.root_hash() == checkpoint.root else RestoreHoldReason.FORKED
