"""Whether the ledger is what it should be: tiles and heads made again from the journal, every signature checked.

Says what is wrong, a line for each thing. What a witness holds is asked for by the caller (`Seen`).
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
    """Whose ledger it is, which keys sign it, which witnesses cosign it."""

    origin: str
    keys: Sequence[PublicKey]
    witnesses: Sequence[Verifier] = ()

    @property
    def verifiers(self) -> list[Verifier]:
        return [Verifier(self.origin, key) for key in self.keys]


@dataclass(slots=True)
class Journal:
    """What the journal says the ledger should be: the tiles of each level, and the root at the sizes that matter."""

    sizes: frozenset[int]
    size: int = 0
    roots: dict[int, bytes] = field(default_factory=dict)
    tiles: dict[tuple[int, int], bytes] = field(default_factory=dict)


def faults(session: ReadSession, expected: Expected | None, seen: Mapping[str, str] | None = None) -> Iterator[str]:
    """Everything that is wrong. Without `expected`, whose signatures they are is not asked.

    `seen` are the last heads that witnesses hold, as notes, by the name of the witness.
    """
    heads = session.scalars(select(LedgerHead).order_by(LedgerHead.size)).all()
    held = dict(_held(seen or {}))
    sizes = {head.size for head in heads} | {head.size for head in held.values()}
    whole = made_again(session, frozenset(sizes))
    yield from wrong_tiles(session, whole)
    for head in heads:
        yield from wrong_head(head, whole, expected)
    for name, note in (seen or {}).items():
        yield from wrong_witness(name, note, held.get(name), whole, expected)


def made_again(session: ReadSession, sizes: frozenset[int]) -> Journal:
    """Read the journal once, from its beginning."""
    made, frontier = Journal(sizes), Frontier()
    leaves: list[bytes] = []
    for line in queries.every_line(session):
        leaf = leaf_hash(journal.canonical(line))
        frontier.add(leaf)
        leaves.append(leaf)
        if frontier.size in sizes:
            made.roots[frontier.size] = frontier.root()
        if len(leaves) == WIDTH:
            made.tiles[0, frontier.size // WIDTH - 1] = b"".join(leaves)
            leaves.clear()
    made.size = frontier.size
    level = 0
    while full := made.size // WIDTH ** (level + 2):
        for index in range(full):
            below = (made.tiles[level, index * WIDTH + place] for place in range(WIDTH))
            made.tiles[level + 1, index] = b"".join(_root(hashes) for hashes in below)
        level += 1
    return made


def wrong_tiles(session: ReadSession, whole: Journal) -> Iterator[str]:
    """Tiles that the journal does not make, and those that are missing below others."""
    there = set()
    for tile in session.scalars(select(LedgerTile).order_by(LedgerTile.level, LedgerTile.index)).yield_per(200):
        there.add((tile.level, tile.index))
        made = whole.tiles.get((tile.level, tile.index))
        if made is None:
            yield f"tile {tile.index} of level {tile.level}: the journal has no such lines (any more)"
        elif tile.hashes != made or tile.root != _root(made):
            yield f"tile {tile.index} of level {tile.level} is not what the journal says"
    last = max((index for level, index in there if level == 0), default=-1)
    for level, index in sorted(whole.tiles):
        if (level, index) not in there and (index + 1) * WIDTH**level <= last + 1:
            yield f"tile {index} of level {level} is missing"


def wrong_head(head: LedgerHead, whole: Journal, expected: Expected | None) -> Iterator[str]:
    """Whether it is signed, and of this journal. Where both hold of all, each follows from the one before."""
    name = f"head of {head.size} lines"
    if head.size > whole.size:
        yield f"{name}: the journal has {whole.size} lines only; it was cut, or an older state was put back"
    elif whole.roots.get(head.size) != head.root:
        yield f"{name}: the journal up to there is not what was signed"
    try:
        note = Note.read(head.checkpoint)
        said = Checkpoint.read(note.body)
    except Unreadable:
        yield f"{name} was altered"
        return
    if (said.size, said.root) != (head.size, head.root) or (expected and said.origin != expected.origin):
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
    """What a witness holds of us has to be our past."""
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


def _held(seen: Mapping[str, str]) -> Iterator[tuple[str, Checkpoint]]:
    for name, note in seen.items():
        try:
            yield name, Checkpoint.read(Note.read(note).body)
        except Unreadable:
            continue


def _root(hashes: bytes) -> bytes:
    return root_of(pieces(hashes))
