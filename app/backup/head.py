"""A head that somebody kept, compared with a journal that came back: does it hold everything that the head tells of?

The tree is made here from the lines themselves (docs/ledger.md), so that no table that came back is believed.
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
    """A head of this portal, signed with a key that it has or had. Raises ValueError."""
    try:
        note = Note.read(text)
        head = Checkpoint.read(note.body)
    except Unreadable as fault:
        raise ValueError(f"the head is none: {fault}") from fault
    origin = notes.origin_of(sign.portal)
    if head.origin != origin:
        raise ValueError(f"the head is of another ledger, {head.origin}: CWG_PORTAL_URL says {origin}")
    if note.signed_by(notes.verifiers(sign)) is None:
        raise ValueError("the head is not signed with a key of ours: set CWG_SIGNING_KEY and CWG_PREVIOUS_PUBLIC_KEYS")
    return head


def doubt_about(session: ReadSession, head: Checkpoint | None) -> Doubt | None:
    """Why this journal must not be gone on with; None where it holds all that the head tells of."""
    if head is None:
        return Doubt.UNPROVEN
    tree = Frontier()
    for line in islice(queries.every_line(session), head.size):
        tree.add(leaf_hash(journal.canonical(line)))
    if tree.size < head.size:
        return Doubt.BEHIND
    return None if tree.root() == head.root else Doubt.FORKED
