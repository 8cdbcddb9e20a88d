"""Queries on the ledger: heads, the tree behind a head, and proofs for journal entries.

Hashes reveal nothing of an entry: every entry contains the digest of the one before, which cannot be guessed. So heads,
tiles and proofs need no actor; journal entries do.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import Row, Select, func, or_, select

from app.core import clock, journal
from app.core.database.combined_lists import read_statements_together
from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.journal import JournalLine
from app.domain.ledger.models import LedgerHead, LedgerTile, LedgerWitness
from app.domain.ledger.rules import signed_notes
from app.domain.ledger.rules.merkle_tree import HASH_SIZE, TILE_WIDTH, MerkleTree, hash_leaf
from app.domain.ledger.rules.signed_notes import NoteVerifier, SignatureLine

JOURNAL_COLUMNS = tuple(JournalLine.__table__.columns)
JournalRow = Mapping[str, Any]
"""A journal entry, by column."""


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """The proof that the ledger contains a journal entry: the entry as text, and the proof."""

    entry: str
    proof: str

    @property
    def as_dict(self) -> dict[str, str]:
        """Return entry and proof as keys of a file."""
        return {"entry": self.entry, "proof": self.proof}


@dataclass(frozen=True, slots=True)
class WitnessStatus:
    """State of a witness: when it last cosigned, how long a head has waited for it, and why it refuses."""

    name: str
    seen_at: datetime | None
    waiting_time: timedelta
    refused: str | None


@dataclass(frozen=True, slots=True)
class UncoveredLines:
    """Journal entries that no head covers: the time of the first, and whether one names a receipt or manifest."""

    since: datetime
    has_signed_record: bool


def list_journal_lines(session: ReadSession, after: int, *, limit: int) -> list[JournalRow]:
    """List journal entries after this number, in order."""
    statement = select(*JOURNAL_COLUMNS).where(JournalLine.seq > after).order_by(JournalLine.seq).limit(limit)
    return [dict(row) for row in session.execute(statement).mappings()]


def iterate_journal_lines(session: ReadSession) -> Iterator[JournalRow]:
    """Yield all journal entries, read a thousand at a time."""
    rows = session.execute(select(*JOURNAL_COLUMNS).order_by(JournalLine.seq)).mappings()
    yield from map(dict, rows.yield_per(1000))


def get_journal_line(session: ReadSession, seq: int) -> JournalRow:
    """Return the journal entry of this number. Raises NotFound."""
    row = session.execute(select(*JOURNAL_COLUMNS).where(JournalLine.seq == seq)).mappings().one_or_none()
    if row is None:
        raise NotFound()
    return dict(row)


def select_uncovered_journal_lines() -> Select[datetime, bool]:
    """Select when the first journal entry that no head covers yet was written, and whether one of them is of a signed
    record; one row, empty if there are none."""
    last_size = select(func.coalesce(func.max(LedgerHead.size), 0)).scalar_subquery()
    is_signed_record = or_(
        JournalLine.facts["receipt"].astext.is_not(None), JournalLine.facts["manifest"].astext.is_not(None)
    )
    since, is_any_signed = func.min(JournalLine.at).label("since"), func.bool_or(is_signed_record).label("is_signed")
    return select(since, is_any_signed).where(JournalLine.seq > last_size)


def find_uncovered_journal_lines(session: ReadSession) -> UncoveredLines | None:
    """Find the journal entries that no head covers yet; None if there are none."""
    row = session.execute(select_uncovered_journal_lines()).one()
    return UncoveredLines(*row) if row[0] is not None else None


def find_latest_head(session: ReadSession, before: datetime | None = None) -> LedgerHead | None:
    """Find the last head, or the last one signed before an instant."""
    statement = select(LedgerHead).order_by(LedgerHead.size.desc()).limit(1)
    return session.scalar(statement if before is None else statement.where(LedgerHead.at < before))


def find_first_head_time_of_key(session: ReadSession, verifier: NoteVerifier) -> datetime | None:
    """Find the time of the first head signed with this key; None if there is none.

    A head is recognised by the key ID before its signature: five characters of base64 are 30 bits of it.
    """
    prefix = signed_notes.encode_base64(verifier.key_id)[:5]
    is_signed = LedgerHead.note.contains(f"\n{signed_notes.EM_DASH} {verifier.name} {prefix}", autoescape=True)
    return session.scalar(select(func.min(LedgerHead.at)).where(is_signed))


def get_head(session: ReadSession, size: int) -> LedgerHead:
    """Return the head of this size. Raises NotFound."""
    row = session.get(LedgerHead, size)
    if row is None:
        raise NotFound()
    return row


def build_tree(session: ReadSession, size: int) -> MerkleTree:
    """Return the tree of the first `size` entries, which reads tiles when they are needed."""

    def tile(level: int, index: int, width: int) -> bytes:
        statement = select(LedgerTile.hashes).where(LedgerTile.level == level, LedgerTile.index == index)
        if (hashes := session.scalar(statement)) is not None:
            return hashes[: width * HASH_SIZE]
        return _compute_partial_tile(session, level, index, width)

    return MerkleTree(size, tile)


def _compute_partial_tile(session: ReadSession, level: int, index: int, width: int) -> bytes:
    """Compute the hashes of a partial tile from journal entries, or from the tiles below. Raises NotFound if some are
    missing."""
    first = index * TILE_WIDTH
    if level == 0:
        hashes = [hash_leaf(journal.canonical_line(entry)) for entry in list_journal_lines(session, first, limit=width)]
    else:
        child_roots = select(LedgerTile.root).where(
            LedgerTile.level == level - 1, LedgerTile.index >= first, LedgerTile.index < first + width
        )
        hashes = list(session.scalars(child_roots.order_by(LedgerTile.index)))
    if len(hashes) != width:
        raise NotFound()
    return b"".join(hashes)


def count_full_tiles(session: ReadSession, level: int = 0) -> int:
    """Count the full tiles of a level."""
    last = session.scalar(select(func.max(LedgerTile.index)).where(LedgerTile.level == level))
    return 0 if last is None else last + 1


def select_heads_covering(size: int) -> Select[LedgerHead]:
    """Select the heads that cover the first `size` entries, the earliest first."""
    return select(LedgerHead).where(LedgerHead.size >= size).order_by(LedgerHead.size)


def find_covering_head(session: ReadSession, seq: int) -> LedgerHead | None:
    """Find the head by which an entry is proven: the first that covers it and has a cosignature; else the first.

    So the proof stays the same once a witness has cosigned.
    """
    heads = select_heads_covering(seq).limit(1)
    cosigned = heads.where(func.cardinality(LedgerHead.cosignatures) > 0)
    found = chain.from_iterable(read_statements_together(session, (cosigned, heads)))
    return next((head for [head] in found), None)


def find_inclusion_proof(
    session: ReadSession, line: JournalRow, head: LedgerHead | None = None
) -> InclusionProof | None:
    """Find the inclusion proof of a journal entry, by this head if one is given; None while no head covers it."""
    covering_head = head or find_covering_head(session, line["seq"])
    if covering_head is None:
        return None
    return InclusionProof(
        journal.canonical_line(line).decode(), get_inclusion_proof_text(session, line["seq"] - 1, covering_head)
    )


def find_receipt_inclusion_proof(session: ReadSession, digest: str) -> InclusionProof | None:
    """Find the inclusion proof of the journal entry that names a receipt, by the SHA-256 of its statement."""
    entry = find_journal_line_of_receipt(session, digest)
    return find_inclusion_proof(session, entry) if entry else None


def find_journal_line_of_receipt(session: ReadSession, digest: str) -> JournalRow | None:
    """Find the journal entry that names a receipt, by the SHA-256 of its statement."""
    entries = select(*JOURNAL_COLUMNS).where(JournalLine.facts["receipt"].astext == digest)
    row = session.execute(entries.order_by(JournalLine.seq).limit(1)).mappings().one_or_none()
    return dict(row) if row else None


def get_inclusion_proof_text(session: ReadSession, index: int, head: LedgerHead) -> str:
    """Return the proof, as text, that this head covers the entry of this index. Raises NotFound if it does not."""
    if not 0 <= index < head.size:
        raise NotFound()
    return signed_notes.format_inclusion_proof(
        index, build_tree(session, head.size).inclusion_path(index), head.checkpoint
    )


def get_consistency_proof(session: ReadSession, old: LedgerHead, new: LedgerHead) -> dict[str, object]:
    """Return the proof that the newer head extends the older one. Raises NotFound if it is smaller."""
    if old.size > new.size:
        raise NotFound()
    hashes = build_tree(session, new.size).consistency_path(old.size)
    return signed_notes.build_consistency_proof(old.checkpoint, new.checkpoint, hashes)


def find_witness(session: ReadSession, name: str) -> LedgerWitness | None:
    """Find the state of a witness by name."""
    return session.get(LedgerWitness, name)


def list_witness_statuses(session: ReadSession, names: Collection[str]) -> list[WitnessStatus]:
    """List the states of these witnesses; one never heard of lets every head wait."""
    return build_witness_statuses(session, names, session.execute(select_witnesses()).all())


def select_witnesses() -> Select[LedgerWitness, datetime | None]:
    """Select the witnesses that were heard of, each with the time of the first head that waits for it."""
    waiting = select(func.min(LedgerHead.at)).where(LedgerHead.size > LedgerWitness.size)
    return select(LedgerWitness, waiting.correlate(LedgerWitness).scalar_subquery().label("waiting_since"))


def build_witness_statuses(
    session: ReadSession, names: Collection[str], rows: Iterable[Row[LedgerWitness, datetime | None]]
) -> list[WitnessStatus]:
    """Build the states of these witnesses from the rows of those that were heard of."""
    statuses = {row[0].name: _build_witness_status(row[0].name, row[1], row[0]) for row in rows}
    unknown = [name for name in names if name not in statuses]
    first_head_at = session.scalar(select(func.min(LedgerHead.at))) if unknown else None
    statuses |= {name: _build_witness_status(name, first_head_at) for name in unknown}
    return [statuses[name] for name in names]


def _build_witness_status(
    name: str, waiting_since: datetime | None, known: LedgerWitness | None = None
) -> WitnessStatus:
    """Build the state of a witness for which a head has waited since then."""
    waiting_time = max(clock.now() - waiting_since, timedelta()) if waiting_since else timedelta()
    return WitnessStatus(name, known.seen_at if known else None, waiting_time, known.refused if known else None)


def is_head_cosigned(head: LedgerHead, witness: NoteVerifier) -> bool:
    """Whether the head has a cosignature of this witness."""
    cosignatures: list[SignatureLine] = [signed_notes.parse_signature_line(text[:-1]) for text in head.cosignatures]
    return any(line.matches_verifier(witness) for line in cosignatures)
