"""Audit the ledger: rebuild tiles and roots from the journal, and check every signature.

Faults are reported as text, one line each. The caller asks the witnesses for the heads that they hold.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from app.core import journal
from app.core.db import ReadSession
from app.core.signing import PublicKey
from app.domain.ledger import queries
from app.domain.ledger.models import LedgerHead, LedgerTile
from app.domain.ledger.notes import Checkpoint, Note, Unreadable, Verifier
from app.domain.ledger.tree import WIDTH, Frontier, leaf_hash, pieces, root_of


@dataclass(frozen=True, slots=True)
class Expected:
    """The ledger to be audited: its origin, the keys that sign it, and the witnesses that cosign it."""

    origin: str
    keys: Sequence[PublicKey]
    witnesses: Sequence[Verifier] = ()

    @property
    def verifiers(self) -> list[Verifier]:
        """The verifiers of the portal's keys."""
        return [Verifier(self.origin, key) for key in self.keys]


@dataclass(slots=True)
class Journal:
    """The ledger rebuilt from the journal: the tiles of each level, and the roots at the sizes of heads."""

    sizes: frozenset[int]
    size: int = 0
    roots: dict[int, bytes] = field(default_factory=dict)
    tiles: dict[tuple[int, int], bytes] = field(default_factory=dict)


def faults(session: ReadSession, expected: Expected | None, seen: Mapping[str, str] | None = None) -> Iterator[str]:
    """Yield every fault of the ledger. Without `identity`, signatures are not checked.

    `witness_notes` are the last heads that witnesses hold, as notes, by name of the witness.
    """
    heads = session.scalars(select(LedgerHead).order_by(LedgerHead.size)).all()
    checkpoints = dict(_parse_witness_notes(seen or {}))
    sizes = {head.size for head in heads} | {head.size for head in checkpoints.values()}
    ledger = made_again(session, frozenset(sizes))
    yield from wrong_tiles(session, ledger)
    for head in heads:
        yield from wrong_head(head, ledger, expected)
    for name, note in (seen or {}).items():
        yield from wrong_witness(name, note, checkpoints.get(name), ledger, expected)


def made_again(session: ReadSession, sizes: frozenset[int]) -> Journal:
    """Rebuild tiles and roots by reading the journal once from its beginning."""
    ledger, frontier = Journal(sizes), Frontier()
    leaves: list[bytes] = []
    for line in queries.every_line(session):
        leaf = leaf_hash(journal.canonical(line))
        frontier.add(leaf)
        leaves.append(leaf)
        if frontier.size in sizes:
            ledger.roots[frontier.size] = frontier.root()
        if len(leaves) == WIDTH:
            ledger.tiles[0, frontier.size // WIDTH - 1] = b"".join(leaves)
            leaves.clear()
    ledger.size = frontier.size
    level = 0
    while full := ledger.size // WIDTH ** (level + 2):
        for index in range(full):
            child_tiles = (ledger.tiles[level, index * WIDTH + place] for place in range(WIDTH))
            ledger.tiles[level + 1, index] = b"".join(_tile_root(hashes) for hashes in child_tiles)
        level += 1
    return ledger


def wrong_tiles(session: ReadSession, whole: Journal) -> Iterator[str]:
    """Yield stored tiles that do not follow from the journal, and missing ones before the last stored one."""
    stored = set()
    for tile in session.scalars(select(LedgerTile).order_by(LedgerTile.level, LedgerTile.index)).yield_per(200):
        stored.add((tile.level, tile.index))
        expected = whole.tiles.get((tile.level, tile.index))
        if expected is None:
            yield f"tile {tile.index} of level {tile.level}: the journal has no such lines (any more)"
        elif tile.hashes != expected or tile.root != _tile_root(expected):
            yield f"tile {tile.index} of level {tile.level} is not what the journal says"
    last = max((index for level, index in stored if level == 0), default=-1)
    for level, index in sorted(whole.tiles):
        if (level, index) not in stored and (index + 1) * WIDTH**level <= last + 1:
            yield f"tile {index} of level {level} is missing"


def wrong_head(head: LedgerHead, whole: Journal, expected: Expected | None) -> Iterator[str]:
    """Yield the faults of a head: its root must be that of the journal, and its signatures valid."""
    name = f"head of {head.size} lines"
    if head.size > whole.size:
        yield f"{name}: the journal has {whole.size} lines only; it was cut, or an older state was put back"
    elif whole.roots.get(head.size) != head.root:
        yield f"{name}: the journal up to there is not what was signed"
    try:
        note = Note.read(head.checkpoint)
        checkpoint = Checkpoint.read(note.body)
    except Unreadable:
        yield f"{name} was altered"
        return
    if (checkpoint.size, checkpoint.root) != (head.size, head.root) or (
        expected and checkpoint.origin != expected.origin
    ):
        yield f"{name} was altered"
    if expected is None:
        return
    if not note.signed_by(expected.verifiers):
        yield f"{name} is not signed with a key of this portal"
    for witness in expected.witnesses:
        if queries.is_cosigned(head, witness) and not note.signed_by([witness]):
            yield f"{name}: the cosignature of {witness.name} does not hold"


def wrong_witness(
    name: str, note: str, held: Checkpoint | None, whole: Journal, expected: Expected | None
) -> Iterator[str]:
    """Yield the faults of the head that a witness holds, which must be an earlier state of this ledger."""
    if held is None:
        yield f"witness {name}: what it holds cannot be read"
        return
    witness = next((each for each in expected.witnesses if each.name == name), None) if expected else None
    if expected and (witness is None or not Note.read(note).signed_by([witness])):
        yield f"witness {name}: what it holds is not signed by it"
    if held.size > whole.size:
        yield f"witness {name} saw {held.size} lines, and the journal has {whole.size}: an older state was put back"
    elif held.size and whole.roots.get(held.size) != held.root:
        yield f"witness {name} saw another journal of {held.size} lines: it was rewritten"


def _parse_witness_notes(witness_notes: Mapping[str, str]) -> Iterator[tuple[str, Checkpoint]]:
    """Yield the checkpoints that witnesses hold; unreadable notes are left out."""
    for name, note in witness_notes.items():
        try:
            yield name, Checkpoint.read(Note.read(note).body)
        except Unreadable:
            continue


def _tile_root(hashes: bytes) -> bytes:
    """Compute the root over the hashes of a tile."""
    return root_of(pieces(hashes))
