"""A release's place in the ledger as it is kept in memory, where there are many: the line and its proof, compressed."""

import json
import zlib
from collections.abc import Mapping, Sequence

from app.core.signing import PublicKey
from app.domain.ledger.notes import Checkpoint, Note, Verifier, origin_of, read_proof
from app.domain.ledger.tree import check_inclusion, leaf_hash


def packed(entry: str | None, proof: str | None) -> bytes:
    """Nothing, where there is no proof yet."""
    return zlib.compress(f"{entry}\n{proof}".encode()) if entry and proof else b""


def unpacked(place: bytes) -> Mapping[str, str] | None:
    """Line and proof, as they go with a manifest. A line of the journal is one line."""
    if not place:
        return None
    entry, _, proof = zlib.decompress(place).decode().partition("\n")
    return {"entry": entry, "proof": proof}


def is_good(place: Mapping[str, str], named: str, portal: str, keys: Sequence[PublicKey]) -> bool:
    """Whether the line names what was signed, and a head that the house signed holds it.

    Nothing in schema `release` vouches for a proof, so it is checked before it is given to anybody.
    """
    try:
        index, hashes, checkpoint = read_proof(place["proof"])
        note = Note.read(checkpoint)
        head, line = Checkpoint.read(note.body), json.loads(place["entry"])
        check_inclusion(leaf_hash(place["entry"].encode()), index, head.size, hashes, head.root)
        is_named = (line["seq"], line["facts"]["manifest"]) == (index + 1, named)
    except (ValueError, KeyError, TypeError):
        return False
    verifiers = [Verifier(origin_of(portal), key) for key in keys]
    return is_named and head.origin == origin_of(portal) and note.signed_by(verifiers) is not None
