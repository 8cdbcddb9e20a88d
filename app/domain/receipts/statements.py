"""Statements of receipts, which are signed, and the files that contain them (docs/receipts.md)."""

from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.core.access import Actor
from app.core.canonical import canonical, instant
from app.core.signing import PublicKey, enveloped
from app.domain.ledger.queries import Place
from app.domain.receipts.models import Kind, Receipt

FORMAT = "cwg-receipt/1"

Said = Mapping[str, object]
"""The facts of one kind of receipt: objects, lists, texts and integers."""


def statement(
    actor: Actor | None, body: UUID, said: Said, *, receipt: UUID, kind: Kind, version: int, at: datetime, portal: str
) -> bytes:
    """Build the bytes that are signed. Person and capacities are taken from the actor; None means that the portal
    acted."""
    person = actor and {"capacities": list(actor.capacities(body)), "entity": actor.entity, "name": actor.name}
    common_facts = {
        "at": instant(at),
        "format": FORMAT,
        "kind": kind,
        "person": person,
        "portal": portal,
        "receipt": str(receipt),
        "version": version,
    }
    return canonical({**said, **common_facts})


class HandedIn(Protocol):
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


def file_said(file: HandedIn) -> dict[str, object]:
    """Return the facts that every kind of receipt states of a file."""
    return {
        "language": file.language,
        "media": file.media,
        "name": file.name,
        "sha256": file.sha256,
        "size": file.size,
    }


def as_file(receipt: Receipt, place: Place | None = None) -> bytes:
    """Render a receipt as a file, with the inclusion proof of its journal entry if a ledger head covers it."""
    signature, key = b64decode(receipt.signature), PublicKey.read(receipt.public_key)
    return enveloped(receipt.statement.encode(), signature, key, place.said if place else None)
