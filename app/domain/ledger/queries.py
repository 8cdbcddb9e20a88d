"""What is known of the ledger: heads, the tree behind one, and the proof for a line of the journal.

Hashes tell nothing of what was hashed: every line holds the digest of the line before, which nobody can guess. So
heads, tiles and proofs are asked for without an actor; the lines themselves are not.
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
"""A line of the journal, column by column."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line's place in the ledger, as it goes with what was signed: the line as text, and the proof."""

    entry: str
    proof: str

    @property
    def said(self) -> dict[str, str]:
        return {"entry": self.entry, "proof": self.proof}


@dataclass(frozen=True, slots=True)
class Vouching:
    """How it stands with a witness: when it last cosigned, for how long a head has waited for it, why it refuses."""

    name: str
    seen_at: datetime | None
    behind: timedelta
    refused: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Lines without a head: when the first was written, and whether one of them names something that was signed."""

    since: datetime
    is_receipt: bool


def lines(session: ReadSession, after: int, *, most: int) -> list[Read]:
    """Lines of the journal with a number beyond that, in their order."""
    following = select(*COLUMNS).where(JournalLine.seq > after).order_by(JournalLine.seq).limit(most)
    return [dict(row) for row in session.execute(following).mappings()]


def every_line(session: ReadSession) -> Iterator[Read]:
    """The whole journal, a thousand lines at a time."""
    rows = session.execute(select(*COLUMNS).order_by(JournalLine.seq)).mappings()
    yield from map(dict, rows.yield_per(1000))


def line(session: ReadSession, seq: int) -> Read:
    """One line. Raises Unknown."""
    found = session.execute(select(*COLUMNS).where(JournalLine.seq == seq)).mappings().one_or_none()
    if found is None:
        raise Unknown()
    return dict(found)


def waiting(session: ReadSession) -> Waiting | None:
    """Lines that no head holds yet, or None where there are none."""
    last = select(func.coalesce(func.max(LedgerHead.size), 0)).scalar_subquery()
    named = or_(JournalLine.facts["receipt"].astext.is_not(None), JournalLine.facts["manifest"].astext.is_not(None))
    found = session.execute(select(func.min(JournalLine.at), func.bool_or(named)).where(JournalLine.seq > last)).one()
    return Waiting(*found) if found[0] is not None else None


def latest(session: ReadSession, before: datetime | None = None) -> LedgerHead | None:
    """The last head; or the last that was signed before an instant."""
    statement = select(LedgerHead).order_by(LedgerHead.size.desc()).limit(1)
    return session.scalar(statement if before is None else statement.where(LedgerHead.at < before))


def signing_since(session: ReadSession, verifier: Verifier) -> datetime | None:
    """When the first head was signed with this key, or None where it signed none.

    A head names its key by an id, which stands before the signature: five letters of base64 are thirty bits of it.
    """
    begins = notes.in_base64(verifier.id)[:5]
    signed = LedgerHead.note.contains(f"\n{notes.DASH} {verifier.name} {begins}", autoescape=True)
    return session.scalar(select(func.min(LedgerHead.at)).where(signed))


def head(session: ReadSession, size: int) -> LedgerHead:
    """The head of that size. Raises Unknown."""
    found = session.get(LedgerHead, size)
    if found is None:
        raise Unknown()
    return found


def tree(session: ReadSession, size: int) -> Tree:
    """The tree of the first `size` lines."""

    def tile(level: int, index: int, width: int) -> bytes:
        kept = select(LedgerTile.hashes).where(LedgerTile.level == level, LedgerTile.index == index)
        if (hashes := session.scalar(kept)) is not None:
            return hashes[: width * SIZE]
        return _edge(session, level, index, width)

    return Tree(size, tile)


def _edge(session: ReadSession, level: int, index: int, width: int) -> bytes:
    """What is to the right of all full tiles: of lines, or of the tiles below."""
    first = index * WIDTH
    if level == 0:
        found = [leaf_hash(journal.canonical(each)) for each in lines(session, first, most=width)]
    else:
        below = select(LedgerTile.root).where(
            LedgerTile.level == level - 1, LedgerTile.index >= first, LedgerTile.index < first + width
        )
        found = list(session.scalars(below.order_by(LedgerTile.index)))
    if len(found) != width:
        raise Unknown()
    return b"".join(found)


def full_tiles(session: ReadSession, level: int = 0) -> int:
    """How many full tiles a level has."""
    last = session.scalar(select(func.max(LedgerTile.index)).where(LedgerTile.level == level))
    return 0 if last is None else last + 1


def heads_over(size: int) -> Select[LedgerHead]:
    """Heads that hold the first `size` lines, the earliest first."""
    return select(LedgerHead).where(LedgerHead.size >= size).order_by(LedgerHead.size)


def covering(session: ReadSession, seq: int) -> LedgerHead | None:
    """The head by which a line is proven: the first that has it and that a witness saw; else the first that has it.

    So the same proof is given each time, once a witness has seen it.
    """
    over = heads_over(seq).limit(1)
    seen = over.where(func.cardinality(LedgerHead.cosignatures) > 0)
    return session.scalar(seen) or session.scalar(over)


def place(session: ReadSession, found: Read, over: LedgerHead | None = None) -> Place | None:
    """The place of a line, or None while no head has it."""
    by = over or covering(session, found["seq"])
    if by is None:
        return None
    return Place(journal.canonical(found).decode(), inclusion(session, found["seq"] - 1, by))


def place_of_receipt(session: ReadSession, digest: str) -> Place | None:
    """The place of the line that names a receipt, by the SHA-256 of what was signed."""
    found = line_of_receipt(session, digest)
    return place(session, found) if found else None


def line_of_receipt(session: ReadSession, digest: str) -> Read | None:
    """The line that names a receipt."""
    named = select(*COLUMNS).where(JournalLine.facts["receipt"].astext == digest)
    found = session.execute(named.order_by(JournalLine.seq).limit(1)).mappings().one_or_none()
    return dict(found) if found else None


def inclusion(session: ReadSession, index: int, by: LedgerHead) -> str:
    """The proof that this head holds the entry of that index. Raises Unknown."""
    if not 0 <= index < by.size:
        raise Unknown()
    return notes.proof(index, tree(session, by.size).inclusion(index), by.checkpoint)


def consistency(session: ReadSession, old: LedgerHead, new: LedgerHead) -> dict[str, object]:
    """The proof that one head went on to become the other. Raises Unknown."""
    if old.size > new.size:
        raise Unknown()
    hashes = tree(session, new.size).consistency(old.size)
    return notes.consistency(old.checkpoint, new.checkpoint, hashes)


def witness(session: ReadSession, name: str) -> LedgerWitness | None:
    return session.get(LedgerWitness, name)


def vouching(session: ReadSession, names: Iterable[str]) -> list[Vouching]:
    """How it stands with each of these; one that was never heard of has let every head wait."""
    known = {each.name: each for each in session.scalars(select(LedgerWitness))}
    return [_vouching(session, name, known.get(name)) for name in names]


def _vouching(session: ReadSession, name: str, known: LedgerWitness | None) -> Vouching:
    seen = known.size if known else 0
    first = session.scalar(select(func.min(LedgerHead.at)).where(LedgerHead.size > seen))
    behind = max(clock.now() - first, timedelta()) if first else timedelta()
    return Vouching(name, known.seen_at if known else None, behind, known.refused if known else None)


def is_cosigned(found: LedgerHead, by: Verifier) -> bool:
    """Whether that witness's cosignature is on the head."""
    kept: list[Line] = [notes.signature_line(each[:-1]) for each in found.cosignatures]
    return any(line.is_of(by) for line in kept)
