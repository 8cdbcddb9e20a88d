"""Inclusion proofs of releases in the ledger: compressed, since many are held in memory, and checked before use."""

import json
import zlib
from collections.abc import Mapping, Sequence

from app.core.signing import PublicKey
from app.domain.ledger.notes import Checkpoint, Note, Verifier, origin_of, read_proof
from app.domain.ledger.tree import check_inclusion, leaf_hash


def packed(entry: str | None, proof: str | None) -> bytes:
    """Compress journal entry and proof; empty if there is no proof yet."""
    return zlib.compress(f"{entry}\n{proof}".encode()) if entry and proof else b""


def unpacked(place: bytes) -> Mapping[str, str] | None:
    """Return the journal entry and its proof as keys of a manifest file; None if empty. A journal entry is one line."""
    if not place:
        return None
    entry, _, proof = zlib.decompress(place).decode().partition("\n")
    return {"entry": entry, "proof": proof}


def is_good(place: Mapping[str, str], named: str, portal: str, keys: Sequence[PublicKey]) -> bool:
    """Whether the entry names this manifest, and a head that one of these keys signed contains the entry.

    Rows of schema `release` are not trusted, so a proof is checked before it is handed out.
    """
    try:
        index, hashes, checkpoint = read_proof(place["proof"])
        note = Note.read(checkpoint)
        head, entry = Checkpoint.read(note.body), json.loads(place["entry"])
        check_inclusion(leaf_hash(place["entry"].encode()), index, head.size, hashes, head.root)
        is_named = (entry["seq"], entry["facts"]["manifest"]) == (index + 1, named)
    except (ValueError, KeyError, TypeError):
        return False
    verifiers = [Verifier(origin_of(portal), key) for key in keys]
    return is_named and head.origin == origin_of(portal) and note.signed_by(verifiers) is not None
