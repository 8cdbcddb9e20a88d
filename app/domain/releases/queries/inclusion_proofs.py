"""Inclusion proofs of releases in the ledger: compressed, since many are held in memory, and checked before use."""

import json
import zlib
from collections.abc import Mapping, Sequence

from app.core.signing import PublicKey
from app.domain.ledger.rules.merkle_tree import check_inclusion, hash_leaf
from app.domain.ledger.rules.signed_notes import (
    Checkpoint,
    NoteVerifier,
    SignedNote,
    ledger_origin,
    parse_inclusion_proof,
)


def compress_inclusion_proof(entry: str | None, proof: str | None) -> bytes:
    """Compress journal entry and proof; empty if there is no proof yet."""
    return zlib.compress(f"{entry}\n{proof}".encode()) if entry and proof else b""


def decompress_inclusion_proof(compressed_proof: bytes) -> Mapping[str, str] | None:
    """Return the journal entry and its proof as keys of a manifest file; None if empty. A journal entry is one line."""
    if not compressed_proof:
        return None
    entry, _, proof = zlib.decompress(compressed_proof).decode().partition("\n")
    return {"entry": entry, "proof": proof}


def is_valid_inclusion_proof(
    inclusion_proof: Mapping[str, str], statement_digest: str, portal: str, keys: Sequence[PublicKey]
) -> bool:
    """Whether the entry names this manifest, and a head that one of these keys signed contains the entry.

    Rows of schema `release` are not trusted, so a proof is checked before it is handed out.
    """
    try:
        index, hashes, checkpoint = parse_inclusion_proof(inclusion_proof["proof"])
        note = SignedNote.parse_note(checkpoint)
        head, entry = Checkpoint.parse_body(note.body), json.loads(inclusion_proof["entry"])
        check_inclusion(hash_leaf(inclusion_proof["entry"].encode()), index, head.size, hashes, head.root)
        is_named = (entry["seq"], entry["facts"]["manifest"]) == (index + 1, statement_digest)
    except (ValueError, KeyError, TypeError):
        return False
    verifiers = [NoteVerifier(ledger_origin(portal), key) for key in keys]
    return is_named and head.origin == ledger_origin(portal) and note.find_verifier(verifiers) is not None
