"""A head that somebody kept, compared with a journal that came back: does it hold everything that the head tells of?

A head is a checkpoint (C2SP tlog-checkpoint): origin, number of lines, root of the Merkle tree (RFC 9162, 2.1.1) in
base64, and signatures. The tree is made here from the lines themselves, so that no table that came back is believed.
"""

import hashlib
from base64 import b64decode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from app.core import journal
from app.core.db import ReadSession
from app.core.journal import JournalLine
from app.core.signing import PublicKey
from app.domain.preservation.models import Doubt

SIGNATURE = 64  # bytes of Ed25519


@dataclass(frozen=True, slots=True)
class Head:
    """So many lines of the journal, and the root of the tree over them."""

    lines: int
    root: bytes


def read(text: str, keys: Sequence[PublicKey]) -> Head:
    """A checkpoint that one of these keys signed. Raises ValueError."""
    note, blank, signatures = text.partition("\n\n")
    body = note.split("\n")
    try:
        head = Head(int(body[1]), b64decode(body[2], validate=True))
        signed = [b64decode(line.split(" ")[2], validate=True)[4:] for line in signatures.splitlines()]
    except (IndexError, ValueError) as fault:
        raise ValueError(
            "the head is no checkpoint: origin, number of lines, root, an empty line, signatures"
        ) from fault
    message = f"{note}\n".encode()
    if not blank or not any(key.holds(each, message) for key in keys for each in signed if len(each) == SIGNATURE):
        raise ValueError("the head is not signed with a key of ours: set CWG_SIGNING_KEY and CWG_PREVIOUS_PUBLIC_KEYS")
    return head


def doubt_about(session: ReadSession, head: Head | None) -> Doubt | None:
    """Why this journal must not be gone on with; None where it holds all that the head tells of."""
    if head is None:
        return Doubt.UNPROVEN
    columns = JournalLine.__table__.columns
    lines = session.execute(select(*columns).order_by(JournalLine.seq).limit(head.lines)).mappings().yield_per(1000)
    count, root = tree(journal.canonical(dict(line)) for line in lines)
    if count < head.lines:
        return Doubt.BEHIND
    return None if root == head.root else Doubt.FORKED


def tree(entries: Iterable[bytes]) -> tuple[int, bytes]:
    """How many there are, and the root over them: whole subtrees wait on a stack for one of their own size."""
    waiting: list[tuple[int, bytes]] = []
    count = 0
    for count, entry in enumerate(entries, start=1):  # noqa: B007 - the last one counts
        size, node = 1, hashlib.sha256(b"\x00" + entry).digest()
        while waiting and waiting[-1][0] == size:
            node = hashlib.sha256(b"\x01" + waiting.pop()[1] + node).digest()
            size *= 2
        waiting.append((size, node))
    if not waiting:
        return 0, hashlib.sha256(b"").digest()
    root = waiting.pop()[1]
    while waiting:
        root = hashlib.sha256(b"\x01" + waiting.pop()[1] + root).digest()
    return count, root
