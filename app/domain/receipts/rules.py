"""Statements of receipts, which are signed, and the files that contain them (docs/receipts.md)."""

from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.core.canonical_json import format_instant, to_canonical_json
from app.core.permissions import Actor
from app.core.signing import PublicKey, build_signature_envelope
from app.domain.ledger.queries.ledger import InclusionProof
from app.domain.receipts.models import Receipt, ReceiptKind

RECEIPT_FORMAT = "cwg-receipt/1"

ReceiptFacts = Mapping[str, object]
"""The facts of one kind of receipt: objects, lists, texts and integers."""


def build_receipt_statement(
    actor: Actor | None,
    body_id: UUID,
    facts: ReceiptFacts,
    *,
    receipt_id: UUID,
    kind: ReceiptKind,
    version: int,
    at: datetime,
    portal: str,
) -> bytes:
    """Build the bytes that are signed. Person and capacities are taken from the actor; None means that the portal
    acted."""
    person = actor and {"capacities": list(actor.capacities_in(body_id)), "entity": actor.entity, "name": actor.name}
    common_facts = {
        "at": format_instant(at),
        "format": RECEIPT_FORMAT,
        "kind": kind,
        "person": person,
        "portal": portal,
        "receipt": str(receipt_id),
        "version": version,
    }
    return to_canonical_json({**facts, **common_facts})


class FileInLanguage(Protocol):
    """A file in one language, of whatever it is part."""

    @property
    def language(self) -> str: ...
    @property
    def media(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def size(self) -> int: ...


def build_file_facts(file: FileInLanguage) -> dict[str, object]:
    """Return the facts that every kind of receipt states of a file."""
    return {
        "language": file.language,
        "media": file.media,
        "name": file.name,
        "sha256": file.sha256,
        "size": file.size,
    }


def render_receipt_file(receipt: Receipt, inclusion_proof: InclusionProof | None = None) -> bytes:
    """Render a receipt as a file, with the inclusion proof of its journal entry if a ledger head covers it."""
    signature, key = b64decode(receipt.signature), PublicKey.parse(receipt.public_key)
    return build_signature_envelope(
        receipt.statement.encode(), signature, key, inclusion_proof.as_dict if inclusion_proof else None
    )
