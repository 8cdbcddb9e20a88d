"""Compare a checkpoint of the ledger that was kept elsewhere with a restored journal: does the journal contain
everything the checkpoint covers?

The Merkle tree is computed from the journal lines themselves (docs/ledger.md); no restored table is trusted.
"""

from itertools import islice

from app.core import journal
from app.core.db import ReadSession
from app.core.signing import Signer
from app.domain.ledger import notes, queries
from app.domain.ledger.notes import Checkpoint, Note, Unreadable
from app.domain.ledger.tree import Frontier, leaf_hash
from app.domain.preservation.models import Doubt


def read(text: str, sign: Signer) -> Checkpoint:
    """Parse a checkpoint of this portal, signed with a current or previous key. Raises ValueError."""
    try:
        note = Note.read(text)
        checkpoint = Checkpoint.read(note.body)
    except Unreadable as error:
        raise ValueError(f"the head is none: {error}") from error
    origin = notes.origin_of(sign.portal)
    if checkpoint.origin != origin:
        raise ValueError(f"the head is of another ledger, {checkpoint.origin}: CWG_PORTAL_URL says {origin}")
    if note.signed_by(notes.verifiers(sign)) is None:
        raise ValueError("the head is not signed with a key of ours: set CWG_SIGNING_KEY and CWG_PREVIOUS_PUBLIC_KEYS")
    return checkpoint


def doubt_about(session: ReadSession, head: Checkpoint | None) -> Doubt | None:
    """Return why this journal must not be continued; None if it contains everything that the checkpoint covers."""
    if head is None:
        return Doubt.UNPROVEN
    tree = Frontier()
    for line in islice(queries.every_line(session), head.size):
        tree.add(leaf_hash(journal.canonical(line)))
    if tree.size < head.size:
        return Doubt.BEHIND
    return None if tree.root() == head.root else Doubt.FORKED
