"""What a receipt says and how it leaves: the statement that is signed, and the file around it (docs/receipts.md)."""

import json
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from app.core.access import Actor
from app.core.canonical import canonical, instant
from app.core.signing import PublicKey
from app.domain.receipts.models import Kind, Receipt

FORMAT = "cwg-receipt/1"

Said = Mapping[str, object]
"""What is particular to one kind of receipt: objects, lists, texts and whole numbers."""


def statement(
    actor: Actor, body: UUID, said: Said, *, receipt: UUID, kind: Kind, version: int, at: datetime, portal: str
) -> bytes:
    """The bytes that are signed. Who acted, and in which capacity, is taken from the actor."""
    person = {"capacities": list(actor.capacities(body)), "entity": actor.entity, "name": actor.name}
    always = {
        "at": instant(at),
        "format": FORMAT,
        "kind": kind,
        "person": person,
        "portal": portal,
        "receipt": str(receipt),
        "version": version,
    }
    return canonical({**said, **always})


def as_file(receipt: Receipt) -> bytes:
    """The receipt as a file to keep. `log` is its place in the ledger, once there is one."""
    key = PublicKey.read(receipt.public_key)
    whole = {
        "statement": json.loads(receipt.statement),
        "signature": receipt.signature,
        "key": {"algorithm": "Ed25519", "id": key.id, "public": key.text},
        "log": None,
    }
    return json.dumps(whole, ensure_ascii=False, indent=2).encode() + b"\n"
