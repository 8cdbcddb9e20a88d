"""Extend the ledger by journal entries, sign its heads, and store cosignatures of witnesses.

The worker acts, so no permission is required. `AdvisoryLock.LEDGER` admits one signer at a time; a second one finds
what the first signed.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from app.core import clock, journal
from app.core.db import WriteSession, add_row_lock
from app.core.locks import AdvisoryLock, lock_until_commit
from app.core.signing import Signer, SigningPurpose
from app.domain.ledger.models import LedgerHead, LedgerTile, LedgerWitness
from app.domain.ledger.queries import ledger
from app.domain.ledger.queries.ledger import JournalRow
from app.domain.ledger.rules import signed_notes
from app.domain.ledger.rules.merkle_tree import TILE_WIDTH, compute_root, hash_leaf
from app.domain.ledger.rules.signed_notes import Checkpoint, NoteVerifier, SignatureLine, SignedNote

TILES_PER_BATCH = 16
"""Tiles filled in one transaction: some 4,000 entries."""


class InconsistentJournal(Exception):
    """The journal contradicts an earlier head, or its chain is broken: nothing more is signed."""


def store_next_full_tiles(session: WriteSession) -> bool:
    """Store the next full tiles, at most `TILES_PER_BATCH`. Returns whether there may be more. Raises
    InconsistentJournal."""
    lock_until_commit(session, AdvisoryLock.LEDGER)
    full = ledger.count_full_tiles(session)
    lines = ledger.list_journal_lines(session, full * TILE_WIDTH, limit=TILES_PER_BATCH * TILE_WIDTH)
    require_unbroken_chain(session, full * TILE_WIDTH, lines)
    filled = len(lines) // TILE_WIDTH
    for number in range(filled):
        leaves = lines[number * TILE_WIDTH : (number + 1) * TILE_WIDTH]
        _store_tile(session, 0, full + number, [hash_leaf(journal.canonical_line(line)) for line in leaves])
    return filled == TILES_PER_BATCH


def _store_tile(session: WriteSession, level: int, index: int, hashes: Sequence[bytes]) -> None:
    """Store a full tile, and the one above it if that is full now."""
    session.add(LedgerTile(level=level, index=index, hashes=b"".join(hashes), root=compute_root(hashes)))
    session.flush()
    if (index + 1) % TILE_WIDTH == 0:
        first = index + 1 - TILE_WIDTH
        below = select(LedgerTile.root).where(LedgerTile.level == level, LedgerTile.index >= first)
        _store_tile(session, level + 1, index // TILE_WIDTH, session.scalars(below.order_by(LedgerTile.index)).all())


def require_unbroken_chain(session: WriteSession, after: int, lines: Sequence[JournalRow]) -> None:
    """Raise InconsistentJournal unless these entries follow one another, and the entry of number `after`."""
    previous = ledger.get_journal_line(session, after)["digest"] if after else journal.FIRST_PREVIOUS_DIGEST
    for number, row in enumerate(lines, start=after + 1):
        for fault in journal.find_line_faults(row, number, previous):
            raise InconsistentJournal(fault)
        previous = row["digest"]


def sign_head(session: WriteSession) -> LedgerHead | None:
    """Sign a head over all journal entries; None if there is one already. All full tiles must be stored
    (`store_next_full_tiles`).

    Raises InconsistentJournal if the tree at the size of the last head is another one now.
    """
    lock_until_commit(session, AdvisoryLock.LEDGER)
    signer, last = session.get_signer(SigningPurpose.LEDGER), ledger.find_latest_head(session)
    full = ledger.count_full_tiles(session) * TILE_WIDTH
    edge = ledger.list_journal_lines(session, full, limit=(TILES_PER_BATCH + 1) * TILE_WIDTH)
    require_unbroken_chain(session, full, edge)
    size = full + len(edge)
    if last and size < last.size:
        raise InconsistentJournal(f"the journal has {size} lines, and the last head {last.size}")
    tree = ledger.build_tree(session, size)
    if last:
        require_signed_head(last, signer)
        if tree.root_hash(last.size) != last.root:
            raise InconsistentJournal(f"the first {last.size} lines are not those of the head of that size")
        if size == last.size:
            return None
    if not size:
        return None
    checkpoint = Checkpoint(signed_notes.ledger_origin(signer.portal), size, tree.root_hash())
    head = LedgerHead(
        size=size,
        root=checkpoint.root,
        note=signed_notes.sign_checkpoint(checkpoint, signer),
        at=clock.now(),
        cosignatures=[],
    )
    session.add(head)
    session.flush()
    return head


def require_signed_head(head: LedgerHead, signer: Signer) -> None:
    """Raise InconsistentJournal unless the portal signed this head: to sign a later one would vouch for it."""
    try:
        note = SignedNote.parse_note(head.note)
        checkpoint = Checkpoint.parse_body(note.body)
    except signed_notes.MalformedNote as error:
        raise InconsistentJournal(f"the head of size {head.size} cannot be read") from error
    is_signed = note.find_verifier([NoteVerifier(checkpoint.origin, key) for key in signer.public_keys]) is not None
    if not is_signed or (checkpoint.size, checkpoint.root) != (head.size, head.root):
        raise InconsistentJournal(f"the head of size {head.size} is not as it was signed")


def add_cosignature(session: WriteSession, size: int, witness: NoteVerifier, line: SignatureLine) -> None:
    """Store a cosignature of a head, the first of each witness only. The caller has checked the signature."""
    head = session.scalars(add_row_lock(select(LedgerHead).where(LedgerHead.size == size))).one()
    if not ledger.is_head_cosigned(head, witness):
        head.cosignatures = [*head.cosignatures, line.text]
    state = _lock_witness(session, witness.name)
    if size >= state.size:
        state.size, state.seen_at = size, datetime.fromtimestamp(line.cosigned_at, tz=clock.now().tzinfo)
        state.refused = state.refused_at = None


def record_witness_refusal(session: WriteSession, witness: NoteVerifier, reason: str) -> bool:
    """Record that a witness refused a head. Returns whether the reason is new."""
    state = _lock_witness(session, witness.name)
    is_new = state.refused != reason
    if is_new:
        state.refused, state.refused_at = reason, clock.now()
    return is_new


def _lock_witness(session: WriteSession, name: str) -> LedgerWitness:
    """Lock and return the state of a witness; create it if there is none."""
    state = session.scalar(add_row_lock(select(LedgerWitness).where(LedgerWitness.name == name)))
    if state is None:
        state = LedgerWitness(name=name, size=0)
        session.add(state)
        session.flush()
    return state
