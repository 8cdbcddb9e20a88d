"""Statements of receipts, which are signed, and the files that contain them (docs/receipts.md)."""

import json
from base64 import b64decode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.core.canonical_json import format_instant, to_canonical_json
from app.core.permissions import Actor
from app.core.signing import PublicKey, PublicKeysByPurpose, SigningPurpose, build_signature_envelope
from app.domain.ledger.queries.ledger import InclusionProof
from app.domain.receipts.models import Receipt, ReceiptKind

RECEIPT_FORMAT = "cwg-receipt/1"

ReceiptFacts = Mapping[str, object]
"""The facts of one kind of receipt: objects, lists, texts and integers."""


def list_signing_purposes(kind: str, *, has_person: bool) -> tuple[SigningPurpose, ...]:
    """Return the purposes whose keys sign a receipt of this kind, the first that a process signs for.

    Pages sign what people do. The worker signs a release. An adoption by silence, which is no act of a person, is
    recorded by the worker, or by a page if a person comes first after the deadline: each signs it with what it has.
    """
    if kind == ReceiptKind.RELEASE:
        return (SigningPurpose.RELEASES,)
    return (SigningPurpose.RECEIPTS,) if has_person else (SigningPurpose.RELEASES, SigningPurpose.RECEIPTS)


def list_accepted_keys(receipt: Receipt, keys: PublicKeysByPurpose) -> Sequence[PublicKey]:
    """Return the keys of the portal with which a receipt of this kind is signed."""
    has_person = json.loads(receipt.statement).get("person") is not None
    purposes = list_signing_purposes(receipt.kind, has_person=has_person)
    return [key for purpose in purposes for key in keys.list_keys(purpose)]


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


def render_receipt_file(
    receipt: Receipt, inclusion_proof: InclusionProof | None = None, *, proof_address: str = ""
) -> bytes:
    """Render a receipt as a file, with the inclusion proof of its journal entry if a ledger head covers it; else with
    the address at which the file will have one, if that is given."""
    signature, key = b64decode(receipt.signature), PublicKey.parse(receipt.public_key)
    return build_signature_envelope(
        receipt.statement.encode(),
        signature,
        key,
        inclusion_proof.as_dict if inclusion_proof else None,
        proof_address=proof_address,
    )
