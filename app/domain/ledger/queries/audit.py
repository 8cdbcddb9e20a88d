"""Audit the ledger: rebuild tiles and roots from the journal, and check every signature.

Faults are reported as text, one line each. The caller asks the witnesses for the heads that they hold.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from app.core import journal
from app.core.db import ReadSession
from app.core.signing import PublicKey
from app.domain.ledger.models import LedgerHead, LedgerTile
from app.domain.ledger.queries import ledger as queries
from app.domain.ledger.rules.merkle_tree import TILE_WIDTH, MerkleFrontier, compute_root, hash_leaf, split_hashes
from app.domain.ledger.rules.signed_notes import Checkpoint, MalformedNote, NoteVerifier, SignedNote


@dataclass(frozen=True, slots=True)
class LedgerIdentity:
    """The ledger to be audited: its origin, the keys that sign it, and the witnesses that cosign it."""

    origin: str
    keys: Sequence[PublicKey]
    witnesses: Sequence[NoteVerifier] = ()

    @property
    def verifiers(self) -> list[NoteVerifier]:
        """The verifiers of the portal's keys."""
        return [NoteVerifier(self.origin, key) for key in self.keys]


@dataclass(slots=True)
class ExpectedLedger:
    """The ledger rebuilt from the journal: the tiles of each level, and the roots at the sizes of heads."""

    sizes: frozenset[int]
    size: int = 0
    roots: dict[int, bytes] = field(default_factory=dict)
    tiles: dict[tuple[int, int], bytes] = field(default_factory=dict)


def audit_ledger(
    session: ReadSession, identity: LedgerIdentity | None, witness_notes: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Yield every fault of the ledger. Without `identity`, signatures are not checked.

    `witness_notes` are the last heads that witnesses hold, as notes, by name of the witness.
    """
    heads = session.scalars(select(LedgerHead).order_by(LedgerHead.size)).all()
    checkpoints = dict(_parse_witness_notes(witness_notes or {}))
    sizes = {head.size for head in heads} | {head.size for head in checkpoints.values()}
    ledger = rebuild_ledger(session, frozenset(sizes))
    yield from audit_tiles(session, ledger)
    for head in heads:
        yield from audit_head(head, ledger, identity)
    for name, note in (witness_notes or {}).items():
        yield from audit_witness(name, note, checkpoints.get(name), ledger, identity)


def rebuild_ledger(session: ReadSession, sizes: frozenset[int]) -> ExpectedLedger:
    """Rebuild tiles and roots by reading the journal once from its beginning."""
    ledger, frontier = ExpectedLedger(sizes), MerkleFrontier()
    leaves: list[bytes] = []
    for line in queries.iterate_journal_lines(session):
        leaf = hash_leaf(journal.canonical_line(line))
        frontier.append_leaf(leaf)
        leaves.append(leaf)
        if frontier.size in sizes:
            ledger.roots[frontier.size] = frontier.root_hash()
        if len(leaves) == TILE_WIDTH:
            ledger.tiles[0, frontier.size // TILE_WIDTH - 1] = b"".join(leaves)
            leaves.clear()
    ledger.size = frontier.size
    level = 0
    while full := ledger.size // TILE_WIDTH ** (level + 2):
        for index in range(full):
            child_tiles = (ledger.tiles[level, index * TILE_WIDTH + place] for place in range(TILE_WIDTH))
            ledger.tiles[level + 1, index] = b"".join(_tile_root(hashes) for hashes in child_tiles)
        level += 1
    return ledger


def audit_tiles(session: ReadSession, ledger: ExpectedLedger) -> Iterator[str]:
    """Yield stored tiles that do not follow from the journal, and missing ones before the last stored one."""
    stored = set()
    for tile in session.scalars(select(LedgerTile).order_by(LedgerTile.level, LedgerTile.index)).yield_per(200):
        stored.add((tile.level, tile.index))
        expected = ledger.tiles.get((tile.level, tile.index))
        if expected is None:
            yield f"tile {tile.index} of level {tile.level}: the journal has no such lines (any more)"
        elif tile.hashes != expected or tile.root != _tile_root(expected):
            yield f"tile {tile.index} of level {tile.level} is not what the journal says"
    last = max((index for level, index in stored if level == 0), default=-1)
    for level, index in sorted(ledger.tiles):
        if (level, index) not in stored and (index + 1) * TILE_WIDTH**level <= last + 1:
            yield f"tile {index} of level {level} is missing"


def audit_head(head: LedgerHead, ledger: ExpectedLedger, identity: LedgerIdentity | None) -> Iterator[str]:
    """Yield the faults of a head: its root must be that of the journal, and its signatures valid."""
    name = f"head of {head.size} lines"
    if head.size > ledger.size:
        yield f"{name}: the journal has {ledger.size} lines only; it was cut, or an older state was put back"
    elif ledger.roots.get(head.size) != head.root:
        yield f"{name}: the journal up to there is not what was signed"
    try:
        note = SignedNote.parse_note(head.checkpoint)
        checkpoint = Checkpoint.parse_body(note.body)
    except MalformedNote:
        yield f"{name} was altered"
        return
    if (checkpoint.size, checkpoint.root) != (head.size, head.root) or (
        identity and checkpoint.origin != identity.origin
    ):
        yield f"{name} was altered"
    if identity is None:
        return
    if not note.find_verifier(identity.verifiers):
        yield f"{name} is not signed with a key of this portal"
    for witness in identity.witnesses:
        if queries.is_head_cosigned(head, witness) and not note.find_verifier([witness]):
            yield f"{name}: the cosignature of {witness.name} does not hold"


def audit_witness(
    name: str, note: str, checkpoint: Checkpoint | None, ledger: ExpectedLedger, identity: LedgerIdentity | None
) -> Iterator[str]:
    """Yield the faults of the head that a witness holds, which must be an earlier state of this ledger."""
    if checkpoint is None:
        yield f"witness {name}: what it holds cannot be read"
        return
    witness = next((each for each in identity.witnesses if each.name == name), None) if identity else None
    if identity and (witness is None or not SignedNote.parse_note(note).find_verifier([witness])):
        yield f"witness {name}: what it holds is not signed by it"
    if checkpoint.size > ledger.size:
        yield (
            f"witness {name} saw {checkpoint.size} lines, and the journal has {ledger.size}: "
            "an older state was put back"
        )
    elif checkpoint.size and ledger.roots.get(checkpoint.size) != checkpoint.root:
        yield f"witness {name} saw another journal of {checkpoint.size} lines: it was rewritten"


def _parse_witness_notes(witness_notes: Mapping[str, str]) -> Iterator[tuple[str, Checkpoint]]:
    """Yield the checkpoints that witnesses hold; unreadable notes are left out."""
    for name, note in witness_notes.items():
        try:
            yield name, Checkpoint.parse_body(SignedNote.parse_note(note).body)
        except MalformedNote:
            continue


def _tile_root(hashes: bytes) -> bytes:
    """Compute the root over the hashes of a tile."""
    return compute_root(split_hashes(hashes))
