"""Extend the ledger by journal entries, sign its heads, and store cosignatures of witnesses.

The worker acts, so no permission is required. `LEDGER_LOCK` admits one signer at a time; a second one finds what the
first signed.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from app.core import clock, journal
from app.core.db import WriteSession
from app.core.signing import Signer
from app.domain.ledger import notes, queries
from app.domain.ledger.models import LedgerHead, LedgerTile, LedgerWitness
from app.domain.ledger.notes import Checkpoint, Line, Note, Verifier
from app.domain.ledger.queries import Read
from app.domain.ledger.tree import WIDTH, leaf_hash, root_of

LOCK = 7_510_077
"""Number of the advisory lock that orders heads."""
BATCH = 16
"""Tiles filled in one transaction: some 4,000 entries."""


class NotConsistent(Exception):  # noqa: N818 - a fault that people have to look into
    """The journal contradicts an earlier head, or its chain is broken: nothing more is signed."""


def take_turn(session: WriteSession) -> None:
    """Wait for the ledger lock, held until the transaction ends: nobody else extends the ledger meanwhile."""
    session.execute(select(func.pg_advisory_xact_lock(LOCK)))


def extend(session: WriteSession) -> bool:
    """Store the next full tiles, at most `TILES_PER_BATCH`. Returns whether there may be more. Raises
    InconsistentJournal."""
    take_turn(session)
    full = queries.full_tiles(session)
    lines = queries.lines(session, full * WIDTH, most=BATCH * WIDTH)
    insist_on_chain(session, full * WIDTH, lines)
    filled = len(lines) // WIDTH
    for number in range(filled):
        leaves = lines[number * WIDTH : (number + 1) * WIDTH]
        _store_tile(session, 0, full + number, [leaf_hash(journal.canonical(line)) for line in leaves])
    return filled == BATCH


def _store_tile(session: WriteSession, level: int, index: int, hashes: Sequence[bytes]) -> None:
    """Store a full tile, and the one above it if that is full now."""
    session.add(LedgerTile(level=level, index=index, hashes=b"".join(hashes), root=root_of(hashes)))
    session.flush()
    if (index + 1) % WIDTH == 0:
        first = index + 1 - WIDTH
        below = select(LedgerTile.root).where(LedgerTile.level == level, LedgerTile.index >= first)
        _store_tile(session, level + 1, index // WIDTH, session.scalars(below.order_by(LedgerTile.index)).all())


def insist_on_chain(session: WriteSession, after: int, found: Sequence[Read]) -> None:
    """Raise InconsistentJournal unless these entries follow one another, and the entry of number `after`."""
    previous = queries.line(session, after)["digest"] if after else journal.FIRST
    for number, row in enumerate(found, start=after + 1):
        for fault in journal.faults_of(row, number, previous):
            raise NotConsistent(fault)
        previous = row["digest"]


def sign_head(session: WriteSession, *, sign: Signer) -> LedgerHead | None:
    """Sign a head over all journal entries; None if there is one already. All full tiles must be stored
    (`extend_tiles`).

    Raises InconsistentJournal if the tree at the size of the last head is another one now.
    """
    take_turn(session)
    last = queries.latest(session)
    full = queries.full_tiles(session) * WIDTH
    edge = queries.lines(session, full, most=(BATCH + 1) * WIDTH)
    insist_on_chain(session, full, edge)
    size = full + len(edge)
    if last and size < last.size:
        raise NotConsistent(f"the journal has {size} lines, and the last head {last.size}")
    tree = queries.tree(session, size)
    if last:
        insist_on_signed(last, sign)
        if tree.root(last.size) != last.root:
            raise NotConsistent(f"the first {last.size} lines are not those of the head of that size")
        if size == last.size:
            return None
    if not size:
        return None
    checkpoint = Checkpoint(notes.origin_of(sign.portal), size, tree.root())
    head = LedgerHead(
        size=size, root=checkpoint.root, note=notes.signed(checkpoint, sign), at=clock.now(), cosignatures=[]
    )
    session.add(head)
    session.flush()
    return head


def insist_on_signed(found: LedgerHead, sign: Signer) -> None:
    """Raise InconsistentJournal unless the portal signed this head: to sign a later one would vouch for it."""
    try:
        note = Note.read(found.note)
        checkpoint = Checkpoint.read(note.body)
    except notes.Unreadable as error:
        raise NotConsistent(f"the head of size {found.size} cannot be read") from error
    is_signed = note.signed_by([Verifier(checkpoint.origin, key) for key in sign.keys]) is not None
    if not is_signed or (checkpoint.size, checkpoint.root) != (found.size, found.root):
        raise NotConsistent(f"the head of size {found.size} is not as it was signed")


def add_cosignature(session: WriteSession, size: int, witness: Verifier, line: Line) -> None:
    """Store a cosignature of a head, the first of each witness only. The caller has checked the signature."""
    head = session.get_one(LedgerHead, size, with_for_update=True)
    if not queries.is_cosigned(head, witness):
        head.cosignatures = [*head.cosignatures, line.text]
    state = _lock_witness(session, witness.name)
    if size >= state.size:
        state.size, state.seen_at = size, datetime.fromtimestamp(line.at, tz=clock.now().tzinfo)
        state.refused = state.refused_at = None


def note_refusal(session: WriteSession, witness: Verifier, why: str) -> bool:
    """Record that a witness refused a head. Returns whether the reason is new."""
    state = _lock_witness(session, witness.name)
    is_new = state.refused != why
    if is_new:
        state.refused, state.refused_at = why, clock.now()
    return is_new


def _lock_witness(session: WriteSession, name: str) -> LedgerWitness:
    """Lock and return the state of a witness; create it if there is none."""
    state = session.get(LedgerWitness, name, with_for_update=True)
    if state is None:
        state = LedgerWitness(name=name, size=0)
        session.add(state)
        session.flush()
    return state
