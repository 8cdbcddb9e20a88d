"""Queries on the ledger: heads, the tree behind a head, and proofs for journal entries.

Hashes reveal nothing of an entry: every entry contains the digest of the one before, which cannot be guessed. So heads,
tiles and proofs need no actor; journal entries do.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select

from app.core import clock, journal
from app.core.db import ReadSession
from app.core.errors import Unknown
from app.core.journal import JournalLine
from app.domain.ledger import notes
from app.domain.ledger.models import LedgerHead, LedgerTile, LedgerWitness
from app.domain.ledger.notes import Line, Verifier
from app.domain.ledger.tree import SIZE, WIDTH, Tree, leaf_hash

COLUMNS = tuple(JournalLine.__table__.columns)
Read = Mapping[str, Any]
"""A journal entry, by column."""


@dataclass(frozen=True, slots=True)
class Place:
    """The proof that the ledger contains a journal entry: the entry as text, and the proof."""

    entry: str
    proof: str

    @property
    def said(self) -> dict[str, str]:
        """Return entry and proof as keys of a file."""
        return {"entry": self.entry, "proof": self.proof}


@dataclass(frozen=True, slots=True)
class Vouching:
    """State of a witness: when it last cosigned, how long a head has waited for it, and why it refuses."""

    name: str
    seen_at: datetime | None
    behind: timedelta
    refused: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Journal entries that no head covers: the time of the first, and whether one names a receipt or manifest."""

    since: datetime
    is_receipt: bool


def lines(session: ReadSession, after: int, *, most: int) -> list[Read]:
    """List journal entries after this number, in order."""
    statement = select(*COLUMNS).where(JournalLine.seq > after).order_by(JournalLine.seq).limit(most)
    return [dict(row) for row in session.execute(statement).mappings()]


def every_line(session: ReadSession) -> Iterator[Read]:
    """Yield all journal entries, read a thousand at a time."""
    rows = session.execute(select(*COLUMNS).order_by(JournalLine.seq)).mappings()
    yield from map(dict, rows.yield_per(1000))


def line(session: ReadSession, seq: int) -> Read:
    """Return the journal entry of this number. Raises NotFound."""
    row = session.execute(select(*COLUMNS).where(JournalLine.seq == seq)).mappings().one_or_none()
    if row is None:
        raise Unknown()
    return dict(row)


def waiting(session: ReadSession) -> Waiting | None:
    """Find the journal entries that no head covers yet; None if there are none."""
    last_size = select(func.coalesce(func.max(LedgerHead.size), 0)).scalar_subquery()
    is_signed_record = or_(
        JournalLine.facts["receipt"].astext.is_not(None), JournalLine.facts["manifest"].astext.is_not(None)
    )
    row = session.execute(
        select(func.min(JournalLine.at), func.bool_or(is_signed_record)).where(JournalLine.seq > last_size)
    ).one()
    return Waiting(*row) if row[0] is not None else None


def latest(session: ReadSession, before: datetime | None = None) -> LedgerHead | None:
    """Find the last head, or the last one signed before an instant."""
    statement = select(LedgerHead).order_by(LedgerHead.size.desc()).limit(1)
    return session.scalar(statement if before is None else statement.where(LedgerHead.at < before))


def signing_since(session: ReadSession, verifier: Verifier) -> datetime | None:
    """Find the time of the first head signed with this key; None if there is none.

    A head is recognised by the key ID before its signature: five characters of base64 are 30 bits of it.
    """
    prefix = notes.in_base64(verifier.id)[:5]
    is_signed = LedgerHead.note.contains(f"\n{notes.DASH} {verifier.name} {prefix}", autoescape=True)
    return session.scalar(select(func.min(LedgerHead.at)).where(is_signed))


def head(session: ReadSession, size: int) -> LedgerHead:
    """Return the head of this size. Raises NotFound."""
    row = session.get(LedgerHead, size)
    if row is None:
        raise Unknown()
    return row


def tree(session: ReadSession, size: int) -> Tree:
    """Return the tree of the first `size` entries, which reads tiles when they are needed."""

    def tile(level: int, index: int, width: int) -> bytes:
        statement = select(LedgerTile.hashes).where(LedgerTile.level == level, LedgerTile.index == index)
        if (hashes := session.scalar(statement)) is not None:
            return hashes[: width * SIZE]
        return _compute_partial_tile(session, level, index, width)

    return Tree(size, tile)


def _compute_partial_tile(session: ReadSession, level: int, index: int, width: int) -> bytes:
    """Compute the hashes of a partial tile from journal entries, or from the tiles below. Raises NotFound if some are
    missing."""
    first = index * WIDTH
    if level == 0:
        hashes = [leaf_hash(journal.canonical(entry)) for entry in lines(session, first, most=width)]
    else:
        child_roots = select(LedgerTile.root).where(
            LedgerTile.level == level - 1, LedgerTile.index >= first, LedgerTile.index < first + width
        )
        hashes = list(session.scalars(child_roots.order_by(LedgerTile.index)))
    if len(hashes) != width:
        raise Unknown()
    return b"".join(hashes)


def full_tiles(session: ReadSession, level: int = 0) -> int:
    """Count the full tiles of a level."""
    last = session.scalar(select(func.max(LedgerTile.index)).where(LedgerTile.level == level))
    return 0 if last is None else last + 1


def heads_over(size: int) -> Select[LedgerHead]:
    """Select the heads that cover the first `size` entries, the earliest first."""
    return select(LedgerHead).where(LedgerHead.size >= size).order_by(LedgerHead.size)


def covering(session: ReadSession, seq: int) -> LedgerHead | None:
    """Find the head by which an entry is proven: the first that covers it and has a cosignature; else the first.

    So the proof stays the same once a witness has cosigned.
    """
    heads = heads_over(seq).limit(1)
    cosigned = heads.where(func.cardinality(LedgerHead.cosignatures) > 0)
    return session.scalar(cosigned) or session.scalar(heads)


def place(session: ReadSession, found: Read, over: LedgerHead | None = None) -> Place | None:
    """Find the inclusion proof of a journal entry, by this head if one is given; None while no head covers it."""
    covering_head = over or covering(session, found["seq"])
    if covering_head is None:
        return None
    return Place(journal.canonical(found).decode(), inclusion(session, found["seq"] - 1, covering_head))


def place_of_receipt(session: ReadSession, digest: str) -> Place | None:
    """Find the inclusion proof of the journal entry that names a receipt, by the SHA-256 of its statement."""
    entry = line_of_receipt(session, digest)
    return place(session, entry) if entry else None


def line_of_receipt(session: ReadSession, digest: str) -> Read | None:
    """Find the journal entry that names a receipt, by the SHA-256 of its statement."""
    entries = select(*COLUMNS).where(JournalLine.facts["receipt"].astext == digest)
    row = session.execute(entries.order_by(JournalLine.seq).limit(1)).mappings().one_or_none()
    return dict(row) if row else None


def inclusion(session: ReadSession, index: int, by: LedgerHead) -> str:
    """Return the proof, as text, that this head covers the entry of this index. Raises NotFound if it does not."""
    if not 0 <= index < by.size:
        raise Unknown()
    return notes.proof(index, tree(session, by.size).inclusion(index), by.checkpoint)


def consistency(session: ReadSession, old: LedgerHead, new: LedgerHead) -> dict[str, object]:
    """Return the proof that the newer head extends the older one. Raises NotFound if it is smaller."""
    if old.size > new.size:
        raise Unknown()
    hashes = tree(session, new.size).consistency(old.size)
    return notes.consistency(old.checkpoint, new.checkpoint, hashes)


def witness(session: ReadSession, name: str) -> LedgerWitness | None:
    """Find the state of a witness by name."""
    return session.get(LedgerWitness, name)


def vouching(session: ReadSession, names: Iterable[str]) -> list[Vouching]:
    """List the states of these witnesses; one never heard of lets every head wait."""
    known = {each.name: each for each in session.scalars(select(LedgerWitness))}
    return [_build_witness_status(session, name, known.get(name)) for name in names]


def _build_witness_status(session: ReadSession, name: str, known: LedgerWitness | None) -> Vouching:
    """Build the state of a witness."""
    seen_size = known.size if known else 0
    waiting_since = session.scalar(select(func.min(LedgerHead.at)).where(LedgerHead.size > seen_size))
    waiting_time = max(clock.now() - waiting_since, timedelta()) if waiting_since else timedelta()
    return Vouching(name, known.seen_at if known else None, waiting_time, known.refused if known else None)


def is_cosigned(found: LedgerHead, by: Verifier) -> bool:
    """Whether the head has a cosignature of this witness."""
    cosignatures: list[Line] = [notes.signature_line(text[:-1]) for text in found.cosignatures]
    return any(line.is_of(by) for line in cosignatures)
