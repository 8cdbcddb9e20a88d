"""What the worker does for the ledger: take the journal's lines into full tiles, sign heads, keep what witnesses say.

The house acts here, so nobody is asked. One signer at a time (`LOCK`): whoever comes second finds what the first
signed.
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
"""The advisory lock that orders heads."""
BATCH = 16
"""Tiles that are filled in one transaction: some 4,000 lines."""


class NotConsistent(Exception):  # noqa: N818 - a fault that people have to look into
    """The journal is not what an earlier head says, or its chain is broken: nothing more is signed."""


def take_turn(session: WriteSession) -> None:
    """Until this transaction ends, nobody else adds to the ledger."""
    session.execute(select(func.pg_advisory_xact_lock(LOCK)))


def extend(session: WriteSession) -> bool:
    """Take the next lines into full tiles, `BATCH` at most; whether there may be more. Raises NotConsistent."""
    take_turn(session)
    full = queries.full_tiles(session)
    found = queries.lines(session, full * WIDTH, most=BATCH * WIDTH)
    insist_on_chain(session, full * WIDTH, found)
    filled = len(found) // WIDTH
    for number in range(filled):
        leaves = found[number * WIDTH : (number + 1) * WIDTH]
        _keep(session, 0, full + number, [leaf_hash(journal.canonical(each)) for each in leaves])
    return filled == BATCH


def _keep(session: WriteSession, level: int, index: int, hashes: Sequence[bytes]) -> None:
    """A full tile; and the one above it, if that is full now."""
    session.add(LedgerTile(level=level, index=index, hashes=b"".join(hashes), root=root_of(hashes)))
    session.flush()
    if (index + 1) % WIDTH == 0:
        first = index + 1 - WIDTH
        below = select(LedgerTile.root).where(LedgerTile.level == level, LedgerTile.index >= first)
        _keep(session, level + 1, index // WIDTH, session.scalars(below.order_by(LedgerTile.index)).all())


def insist_on_chain(session: WriteSession, after: int, found: Sequence[Read]) -> None:
    """Raise NotConsistent unless these lines follow one another, and the line of the number before them."""
    previous = queries.line(session, after)["digest"] if after else journal.FIRST
    for number, row in enumerate(found, start=after + 1):
        for fault in journal.faults_of(row, number, previous):
            raise NotConsistent(fault)
        previous = row["digest"]


def sign_head(session: WriteSession, *, sign: Signer) -> LedgerHead | None:
    """Sign what the journal holds now, or None where that was done. All full tiles are there (`extend`).

    Raises NotConsistent if the tree as it was at the last head is another one now.
    """
    take_turn(session)
    last = queries.latest(session)
    full = queries.full_tiles(session) * WIDTH
    edge = queries.lines(session, full, most=(BATCH + 1) * WIDTH)
    insist_on_chain(session, full, edge)
    size = full + len(edge)
    if last and size < last.size:
        raise NotConsistent(f"the journal has {size} lines, and the last head {last.size}")
    found = queries.tree(session, size)
    if last:
        insist_on_signed(last, sign)
        if found.root(last.size) != last.root:
            raise NotConsistent(f"the first {last.size} lines are not those of the head of that size")
        if size == last.size:
            return None
    if not size:
        return None
    head = Checkpoint(notes.origin_of(sign.portal), size, found.root())
    made = LedgerHead(size=size, root=head.root, note=notes.signed(head, sign), at=clock.now(), cosignatures=[])
    session.add(made)
    session.flush()
    return made


def insist_on_signed(found: LedgerHead, sign: Signer) -> None:
    """Raise NotConsistent unless the house signed this head: to sign on top of it vouches for it."""
    try:
        note = Note.read(found.note)
        head = Checkpoint.read(note.body)
    except notes.Unreadable as error:
        raise NotConsistent(f"the head of size {found.size} cannot be read") from error
    is_signed = note.signed_by([Verifier(head.origin, key) for key in sign.keys]) is not None
    if not is_signed or (head.size, head.root) != (found.size, found.root):
        raise NotConsistent(f"the head of size {found.size} is not as it was signed")


def add_cosignature(session: WriteSession, size: int, witness: Verifier, line: Line) -> None:
    """Keep what a witness signed of a head; its first time counts. The caller has checked the signature."""
    found = session.get_one(LedgerHead, size, with_for_update=True)
    if not queries.is_cosigned(found, witness):
        found.cosignatures = [*found.cosignatures, line.text]
    kept = _witness(session, witness.name)
    if size >= kept.size:
        kept.size, kept.seen_at = size, datetime.fromtimestamp(line.at, tz=clock.now().tzinfo)
        kept.refused = kept.refused_at = None


def note_refusal(session: WriteSession, witness: Verifier, why: str) -> bool:
    """A witness does not believe a head; whether that is new."""
    kept = _witness(session, witness.name)
    is_new = kept.refused != why
    if is_new:
        kept.refused, kept.refused_at = why, clock.now()
    return is_new


def _witness(session: WriteSession, name: str) -> LedgerWitness:
    found = session.get(LedgerWitness, name, with_for_update=True)
    if found is None:
        found = LedgerWitness(name=name, size=0)
        session.add(found)
        session.flush()
    return found
